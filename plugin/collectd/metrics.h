/* SPDX-License-Identifier: MIT */
/*
 * metrics.h -- what a snapshot knows (indexing/metric.h) -> collectd's values.
 *
 * Unknown is not dispatched: never 0, never NaN (collectd's threshold plugin
 * takes NaN for "in range").  Runs in a read callback: no waiting, no network.
 */
#ifndef COLLECTD_METRICS_H
#define COLLECTD_METRICS_H

#include "indexing/metric.h"

struct metrics_dispatch {	/* borrowed during the call */
	const char *host;	/* NULL = collectd's own */
	int64_t interval_ms;
	int64_t max_age_ms;	/* older data is not dispatched, only its age */
	unsigned groups;	/* enum metric_group */
	const char *front;	/* what stands before an instance's id */
	const char *own_name;	/* plugin instance of the account's values, <= NAME_MAX_BYTES */
};

/* Dispatches everything that is known.  now: monotonic ms; wall: Unix seconds. */
void metrics_dispatch(const struct metrics_dispatch *how, const struct snapshot *snapshot,
		      int64_t now, int64_t wall);

#endif
