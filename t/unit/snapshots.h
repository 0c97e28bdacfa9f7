/* SPDX-License-Identifier: MIT */
/*
 * snapshots.h -- snapshots without a poller: the test's own rows.
 */
#ifndef T_UNIT_SNAPSHOTS_H
#define T_UNIT_SNAPSHOTS_H

#include <stdlib.h>

#include "base/cleanup.h"
#include "indexing/snapshot.h"

/* An empty one; the test may put an array from the heap into it. */
static inline struct snapshot *snapshot_new(void)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	s->stride = sizeof(*s->instances);
	return s;
}

static inline void cleanup_snapshot(struct snapshot **s)
{
	free((*s)->instances);
	free(*s);
}
#define scoped_snapshot SCOPED(cleanup_snapshot)

#endif
