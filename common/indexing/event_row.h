/* SPDX-License-Identifier: MIT */
/*
 * event_row.h -- pure: what events.c remembers of one instance, and what one
 * more look at it tells.
 *
 * News is a snapshot in which the instance's fresh_at has moved: stats were
 * fetched, or a list proved them unchanged.  Whatever has to last, lasts in news,
 * so that a snapshot which only repeats what was known confirms nothing.
 */
#ifndef INDEXING_EVENT_ROW_H
#define INDEXING_EVENT_ROW_H

#include "indexing/events.h"

enum event_known { EVENT_UNKNOWN, EVENT_NO, EVENT_YES };	/* 0 = not known yet */

struct event_row {		/* thousands of them: see the size below */
	char *name;		/* owned: NAMESPACE NUL ID */
	int64_t fresh_at;	/* of the last news */
	/* monotonic ms; rest_at: the first look that found it at rest */
	int64_t started_at, rest_at;
	int64_t completed;	/* last known */
	int64_t items;		/* completed since it started */
	int64_t progress, progress_at;	/* completed + error + skipped, and when that moved */
	int64_t errors;		/* last known */
	int64_t run_errors;	/* since it started */
	int64_t told_errors, told_errors_at;	/* the count that the next one is compared with */
	int64_t job;		/* the newest job that has ended, by its time */
	/* enum event_known; indexing and degraded: as told */
	uint8_t indexing, paused, degraded, job_failed;
	uint8_t seen : 1, has_news : 1, has_completed : 1, has_progress : 1, has_errors : 1;
	uint8_t start_seen : 1, items_known : 1, waited : 1, stalled : 1, errors_told : 1;
	uint8_t rest, flipped, fewer;	/* streaks, see event_confirmed() */
};
_Static_assert(sizeof(struct event_row) <= 120, "one row for each of 5,000 instances");

struct event_look {		/* one observation */
	const struct snapshot *snapshot;
	int64_t stall_after_s;
	void (*each)(void *ctx, const struct event *event);
	void *ctx;
};

void event_tell(const struct event_look *look, struct event event);	/* fills in .after */

/* Was it so EVENTS_SETTLE times in a row?  The streak then begins anew. */
bool event_confirmed(uint8_t *streak, bool so);

/*
 * is_new: it was not there before, so its beginning is known: at rest, nothing
 * completed, no errors.  -1: no memory, and the row is not to be used.
 */
int event_row_init(struct event_row *row, const struct snapshot_instance *instance, bool is_new);
void event_row_clear(struct event_row *row);
int event_row_order(const struct event_row *row, const struct snapshot_instance *instance);

void event_row_look(struct event_row *row, const struct snapshot_instance *instance,
		    const struct event_look *look);

#endif
