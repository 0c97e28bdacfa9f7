/* SPDX-License-Identifier: MIT */
/*
 * changes.h -- pure: two snapshots -> what happened between them.
 *
 * Only transitions between things that are known: an unknown count is no
 * finish, and what was under way before the first snapshot did not start.
 */
#ifndef INDEXING_CHANGES_H
#define INDEXING_CHANGES_H

#include "indexing/snapshot.h"

enum change_kind {
	CHANGE_API_DOWN,	/* after->last_error says why; also when the first cycle fails */
	CHANGE_API_UP,
	CHANGE_APPEARED,	/* an instance that an earlier list did not have */
	CHANGE_DISAPPEARED,
	CHANGE_STARTED,		/* items are queued or running */
	CHANGE_FINISHED,	/* none are any more */
	CHANGE_ERRORS,		/* more items in error than before */
	CHANGE_DEGRADED,	/* the API has stopped counting */
	CHANGE_RESTORED,	/* it counts again */
};

struct change {			/* borrowed from the snapshots during the callback */
	enum change_kind kind;
	const struct snapshot *after;
	const struct snapshot_instance *instance;	/* NULL for the API's own; the earlier for DISAPPEARED */
	int64_t new_errors;	/* CHANGE_ERRORS: how many more */
};

/* before may be NULL: nothing is known of the time before. */
void changes_find(const struct snapshot *before, const struct snapshot *after,
		  void (*each)(void *ctx, const struct change *change), void *ctx);

#endif
