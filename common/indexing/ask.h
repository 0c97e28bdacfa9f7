/* SPDX-License-Identifier: MIT */
/*
 * ask.h -- what is asked of one instance: a request's path, and what its answer puts
 * into the instance's row.
 *
 * The poller's sweeps and the survey ask the same; only whose turn it is differs.
 */
#ifndef INDEXING_ASK_H
#define INDEXING_ASK_H

#include "cloudflare/client.h"
#include "cloudflare/envelope.h"
#include "indexing/roster.h"

/* Below the base URL; endpoint is ENDPOINT_STATS or ENDPOINT_JOBS. */
void ask_add_path(const struct client *paths, enum snapshot_endpoint endpoint,
		  const struct roster_row *row, struct buf *path);

/* sent_at: when the request went out; stats are not older than that.  -1 leaves the row alone. */
int ask_take(enum snapshot_endpoint endpoint, const struct envelope *answer, int64_t sent_at,
	     struct roster_row *row, struct err *err);

#endif
