/* SPDX-License-Identifier: MIT */
/*
 * sweep.h -- the smallest client that asks the stats of N instances at once:
 * curl_multi, one HTTP/2 connection, reused handles, json-c.  No list, no
 * limits, no retries, no errors but a count: what the plugin is measured against.
 */
#ifndef BENCH_SWEEP_H
#define BENCH_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#define SWEEP_STREAMS 100
#define SWEEP_COUNTS 6
extern const char *const sweep_names[SWEEP_COUNTS];	/* queued, running, ... */

struct sweep_stats {
	bool known;
	double count[SWEEP_COUNTS];
	bool degraded;
};

/*
 * The environment says where: BENCH_URL (up to .../instances), BENCH_CA (PEM
 * file), BENCH_TOKEN_FILE, BENCH_N (instances idle-00001 and on).
 */
struct sweep;
struct sweep *sweep_new(void);		/* NULL when the environment is incomplete */
void sweep_free(struct sweep *sweep);

size_t sweep_count(const struct sweep *sweep);
/* One full sweep; how many were not answered with stats. */
size_t sweep_run(struct sweep *sweep);
/* What the last sweep found for instance i (idle-%05zu of i + 1). */
const struct sweep_stats *sweep_stats(const struct sweep *sweep, size_t i);

#endif
