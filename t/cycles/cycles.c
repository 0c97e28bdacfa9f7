/* SPDX-License-Identifier: MIT */
/*
 * cycles -- runs the poller back to back, as no configuration would: how long
 * does a cycle take, and does anything grow?
 *
 *	cycles URL ACCOUNT TOKEN-FILE COUNT [CA-FILE]
 *
 * Prints `key value` lines: cycles that succeeded and failed, milliseconds of a
 * cycle (median, slowest), instances with data, memory (kB of RssAnon) and
 * descriptors after a tenth of them and at the end.  Exit 0 when the last cycle
 * succeeded.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "indexing/poller.h"

#define WARM 10			/* cycles before anything is measured */
#define BUDGET 6000		/* a thousand instances, five cycles a window; the ring of a larger one would look like growth */
#define INTERVAL_MS 60000	/* as the poller's clock has it: it jumps when a cycle is over */

static struct {
	struct poller *poller;
	struct secret *token;
	size_t wanted, done, good, bad, with_data;
	double *ms;
	long kb_early, fds_early;
	bool up;
	int64_t jumped;		/* ms */
} run;

static int64_t mono(void *ctx)
{
	(void)ctx;
	return clock_mono_ms(&clock_system) + run.jumped;
}

static int64_t wall(void *ctx)
{
	(void)ctx;
	return clock_wall_s(&clock_system);
}

static const struct clock hasty = { .mono_ms = mono, .wall_s = wall };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long memory_kb(void)
{
	scoped_file FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld", &kb) == 1)
			break;
	return kb;
}

static long descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long n = -1;		/* its own */

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static enum watch_token give_token(void *ctx, bool needed, struct secret **out, struct err *err)
{
	(void)ctx;
	if (!needed)
		return WATCH_TOKEN_SAME;
	return secret_new(secret_bytes(run.token), secret_len(run.token), out, err) == 0 ?
		WATCH_TOKEN_NEW : WATCH_TOKEN_NONE;
}

static void published(void *ctx, const struct snapshot *s, unsigned what)
{
	static double last;
	double at = now();

	(void)ctx;
	if (!(what & WATCH_NEWS))
		return;
	run.up = s->up;
	run.good += s->up;
	run.bad += !s->up;
	run.with_data = 0;
	for (size_t i = 0; i < s->count; i++)
		run.with_data += snapshot_instance(s, i)->has_stats;
	run.ms[run.done] = at - last;
	last = at;
	if (++run.done == run.wanted / 10 + WARM) {
		run.kb_early = memory_kb();
		run.fds_early = descriptors();
	}
	run.jumped += INTERVAL_MS;
	if (run.done >= run.wanted)
		poller_stop(run.poller);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void report(void)
{
	size_t n = run.done - WARM;

	qsort(run.ms + WARM, n, sizeof(*run.ms), by_size);
	printf("good %zu\nbad %zu\nwith_data %zu\n", run.good, run.bad, run.with_data);
	printf("median_ms %.2f\np99_ms %.2f\nslowest_ms %.2f\n", run.ms[WARM + n / 2],
	       run.ms[WARM + n * 99 / 100], run.ms[WARM + n - 1]);
	printf("kb_early %ld\nkb_end %ld\n", run.kb_early, memory_kb());
	printf("fds_early %ld\nfds_end %ld\n", run.fds_early, descriptors());
}

static int go(int argc, char **argv, struct err *err)
{
	struct http_config http = { .ca_file = argc > 5 ? argv[5] : NULL };
	struct watch_config config = {
		.base_url = argv[1], .account = argv[2], .http = &http, .interval_ms = INTERVAL_MS,
		.timeout_ms = 2000, .request_budget = BUDGET, .request_rate = BUDGET,
		.token = give_token, .published = published,
	};
	struct watch *watch;

	run.wanted = strtoul(argv[4], NULL, 10);
	if (run.wanted <= WARM)
		return err_set(err, ERR_USAGE, "more than %d cycles", WARM);
	run.ms = calloc(run.wanted + 1, sizeof(*run.ms));
	if (!run.ms)
		return err_nomem(err);
	if (http_global_init(err) < 0 ||
	    file_read_secret(argv[3], 4096, true, &run.token, err) < 0 ||
	    poller_new(&hasty, &run.poller, err) < 0 ||
	    poller_add(run.poller, &config, &watch, err) < 0 || poller_run(run.poller, err) < 0)
		return -1;
	report();
	poller_free(run.poller);
	secret_free(run.token);
	free(run.ms);
	http_global_cleanup();
	return 0;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	if (argc < 5) {
		fprintf(stderr, "usage: cycles URL ACCOUNT TOKEN-FILE COUNT [CA-FILE]\n");
		return 2;
	}
	if (go(argc, argv, &err) < 0) {
		fprintf(stderr, "cycles: %s\n", err.what);
		return 1;
	}
	return run.up ? 0 : 1;
}
