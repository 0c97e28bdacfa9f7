/* SPDX-License-Identifier: MIT */
/*
 * metrics.h -- what a snapshot knows (indexing/metric.h) -> collectd's values.
 *
 * Unknown is not dispatched: never 0, never NaN (collectd's threshold plugin
 * takes NaN for "in range").  collectd queues what is dispatched, 0.8 kB a value, and
 * writes it in threads of its own: after METRICS_SLICE values they get a moment, or
 * 5,000 instances would grow the daemon by 30 MB for good.
 */
#ifndef COLLECTD_METRICS_H
#define COLLECTD_METRICS_H

#include "indexing/metric.h"

#define METRICS_SLICE 500
#define METRICS_MOMENT_US 1000

struct metrics_dispatch {	/* borrowed during the call */
	const char *host;	/* NULL = collectd's own */
	int64_t interval_ms;
	int64_t max_age_ms;	/* older data is not dispatched, only its age */
	unsigned groups;	/* enum metric_group */
	const char *front;	/* what stands before an instance's id */
	const char *own_name;	/* plugin instance of the account's values, <= NAME_MAX_BYTES */
	bool (*over)(void);	/* looked at between slices: the daemon ends, the rest is dropped */
};

/* Dispatches everything that is known.  now: monotonic ms; wall: Unix seconds. */
void metrics_dispatch(const struct metrics_dispatch *how, const struct snapshot *snapshot,
		      int64_t now, int64_t wall);

#endif
