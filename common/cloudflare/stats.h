/* SPDX-License-Identifier: MIT */
/*
 * stats.h -- how far the indexing of one instance has come.
 *
 * With degraded:true the counts are *missing*, not zero: do not report
 * "finished".
 */
#ifndef CLOUDFLARE_STATS_H
#define CLOUDFLARE_STATS_H

#include "cloudflare/client.h"

struct stats {
	struct count queued, running, completed, error, skipped, outdated;	/* items */
	struct count vectors, dimensions;	/* engine.vectorize */
	struct count payload_bytes, metadata_bytes, object_count;	/* engine.r2 */
	struct count file_embed_errors, index_source_errors;	/* sums over their reasons */
	struct instant last_activity;
	bool degraded;
};

/* Pure. */
int stats_decode(struct json_object *result, struct stats *out, struct err *err);

/* The six statuses with their names, in the order to show them. */
struct stats_field {
	const char *name;
	struct count (*get)(const struct stats *stats);
};
#define STATS_STATUSES 6
extern const struct stats_field stats_statuses[STATS_STATUSES];

/* Sum of the six; unknown when any of them is. */
struct count stats_total(const struct stats *stats);

/*
 * (completed + error + skipped + outdated) / total: items that need no more work; known
 * when total > 0.
 */
bool stats_percent_processed(const struct stats *stats, double *percent);

/* completed / total: items that can be found. */
bool stats_percent_indexed(const struct stats *stats, double *percent);

/*
 * queued + running == 0, counts known, and something has finished (right after creation
 * all are 0).
 */
bool stats_finished(const struct stats *stats);

int stats_get(struct client *client, const char *instance, struct stats *out, struct err *err);

#endif
