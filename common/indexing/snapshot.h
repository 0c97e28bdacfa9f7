/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h -- what is known of an account at one moment: immutable once
 * published, reference counted, each value with its age.
 *
 * Times are clock milliseconds (monotonic) unless said otherwise.
 */
#ifndef INDEXING_SNAPSHOT_H
#define INDEXING_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "cloudflare/instance.h"
#include "cloudflare/stats.h"

struct snapshot_instance {
	char id[65];
	char namespace[33];
	char status[32];
	struct flag paused;
	struct instant last_activity;	/* the younger of list and stats */
	bool has_stats;
	struct stats stats;
	int64_t stats_at;	/* when the stats were fetched; meaningless unless has_stats */
	int64_t fresh_at;	/* when they were fetched, or a list last proved them unchanged */
	struct flag indexing;	/* queued + running > 0, when that was last known */
	struct count errors;	/* items in error, when that was last known */
};

struct snapshot_response_code {
	int status;		/* HTTP status */
	int64_t count;		/* answers since start */
};
#define SNAPSHOT_CODES 32

struct snapshot {
	int64_t taken_at;	/* monotonic ms */
	bool up;		/* the last cycle reached the API and it answered with success */
	bool listed;		/* the list of instances has been read at least once */
	int64_t requests;	/* sent since start */
	struct snapshot_response_code codes[SNAPSHOT_CODES];
	size_t code_count;
	bool has_response_time;
	double response_time_s;	/* mean of the last cycle's requests */
	struct count ratelimit_remaining;
	struct err last_error;	/* kind ERR_NONE when the last cycle had none */
	size_t count;
	struct snapshot_instance *instances;	/* sorted by namespace, id */
};

/* An empty one with a count of 1. */
struct snapshot *snapshot_new(void);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot);	/* NULL is fine; safe from any thread */

/* NULL when there is none of that name. */
const struct snapshot_instance *snapshot_find(const struct snapshot *snapshot,
					      const char *namespace, const char *id);

static inline void cleanup_snapshot(struct snapshot **s)
{
	snapshot_unref(*s);
}
#define scoped_snapshot SCOPED(cleanup_snapshot)

#endif
