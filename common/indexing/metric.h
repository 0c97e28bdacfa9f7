/* SPDX-License-Identifier: MIT */
/*
 * metric.h -- pure: the one table of everything a snapshot knows as a number.
 *
 * collectd's plugin dispatches it, the manual is held to it by a test, and any
 * other exporter reads the same rows.  Types are those of collectd's stock
 * types.db.  What is unknown is not emitted: never 0 in its place, never NaN.
 * Data older than max_age_ms is unknown too; only its age is told.
 *
 * collectd keeps about 1.7 kB for every value it has seen: the basic set has at
 * most METRIC_BASIC_MAX values an instance, the rest are groups to switch on.
 */
#ifndef INDEXING_METRIC_H
#define INDEXING_METRIC_H

#include "indexing/snapshot.h"

#define METRIC_BASIC_MAX 9

enum metric_group {		/* bits of metric_view.groups; 0 = always */
	METRIC_BASIC = 0,
	METRIC_ENGINE = 1 << 0,	/* CollectEngine: vectors, dimensions, storage */
	METRIC_ERRORS = 1 << 1,	/* CollectErrors: errors by source, share that can be found */
	METRIC_JOBS = 1 << 2,	/* CollectJobs: running, last duration and end; costs requests */
	METRIC_SYNC = 1 << 3,	/* CollectSync: last activity, next sync, paused, enabled */
	METRIC_TOKEN = 1 << 4,	/* CollectToken: expiry, active; costs a request now and then */
	METRIC_TIME = 1 << 5,	/* MeasureResponseTime: by endpoint */
	METRIC_CODE = 1 << 6,	/* MeasureResponseCode: answers by HTTP status */
};

enum metric_scope { METRIC_OF_INSTANCE, METRIC_OF_ACCOUNT };
/* DERIVE: counts from the process's start */
enum metric_kind { METRIC_GAUGE, METRIC_DERIVE };

struct metric {
	enum metric_scope scope;
	enum metric_group group;
	enum metric_kind kind;
	const char *type;		/* of types.db */
	/* "" = none; NULL = a family: one value for each of its members */
	const char *type_instance;
	const char *unit;		/* "items", "seconds", "%", "bytes", "0 or 1", ... */
	const char *help;		/* one line, no capital, no full stop */
};

extern const struct metric *const metrics[];	/* ends with NULL; in the order of the manual */

struct metric_view {		/* borrowed during the call */
	const struct snapshot *snapshot;
	int64_t now_ms;		/* monotonic, as the snapshot's */
	int64_t wall_s;		/* Unix seconds */
	int64_t max_age_ms;	/* StatsMaxAge */
	unsigned groups;
};

union metric_value {
	double gauge;
	int64_t derive;		/* >= 0 */
};

/*
 * type_instance is the metric's own, or the member's name when that is NULL; lives during
 * the call.
 */
typedef void metric_emit(void *ctx, const struct metric *metric, const char *type_instance,
			 union metric_value value);

void metric_each_of_account(const struct metric_view *view, metric_emit *emit, void *ctx);
void metric_each_of_instance(const struct metric_view *view,
			     const struct snapshot_instance *instance,
			     metric_emit *emit, void *ctx);

#endif
