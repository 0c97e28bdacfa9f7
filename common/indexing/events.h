/* SPDX-License-Identifier: MIT */
/*
 * events.h -- pure: snapshots in, what happened out; transitions only, with
 * hysteresis.
 *
 * Remembers a little of each instance between snapshots.  Only transitions
 * between things that are known count: an unknown count is no finish, and what
 * was under way before the first snapshot did not start; the first one tells
 * nothing of the instances.  One that waits for its first stats has started when
 * they find it at work and it has stirred since it was first listed (snapshot.h).
 *
 * At once: STARTED, APPEARED, DISAPPEARED, PAUSED, UNPAUSED, TOKEN_REFUSED, the
 * first ERRORS, JOB_*, TOKEN_*.  Hysteresis: the API is down, or good again
 * (API_UP, TOKEN_ACCEPTED), after EVENTS_SETTLE snapshots in a row; FINISHED,
 * DEGRADED, RESTORED and ERRORS_GONE need as many with news of the instance
 * (event_row.h).  Growing errors are told again when they have grown by a tenth and
 * ten minutes have passed or the indexing has finished.
 *
 * More than EVENTS_MANY instances that appear in one snapshot, or disappear, are one
 * event: it has their number and no instance.
 *
 * One cause, one event: while the token is refused the API is not down as well,
 * and whatever was told last of the two is ended by its own opposite.
 */
#ifndef INDEXING_EVENTS_H
#define INDEXING_EVENTS_H

#include "indexing/snapshot.h"

#define EVENTS_STALL_AFTER_S 1800	/* default of StallAfter */
#define EVENTS_SETTLE 2			/* observations in a row that confirm a change for the better or worse */

#define EVENTS_MANY 20
#define EVENTS_NAMED 5		/* of those: so many ids */

enum event_kind {
	EVENT_API_DOWN,		/* after->last_error says why; also when the first cycle fails */
	EVENT_API_UP,
	EVENT_TOKEN_REFUSED,	/* 401 */
	EVENT_TOKEN_ACCEPTED,	/* again */
	/* in 14, 3, 1 days, 0 = it has, or is inactive; once each for a date: days_left */
	EVENT_TOKEN_EXPIRES,
	EVENT_TOKEN_RENEWED,	/* after that: another date, further away, or active again */
	EVENT_APPEARED,		/* an instance that an earlier list did not have */
	EVENT_DISAPPEARED,
	EVENT_STARTED,		/* indexing */
	EVENT_FINISHED,		/* items, duration_s, errors */
	EVENT_STALLED,		/* queued or running, but nothing completed for stall_after_s */
	EVENT_RESUMED,		/* after a stall */
	EVENT_ERRORS,		/* items in error appeared or grew: new_errors */
	EVENT_ERRORS_GONE,
	EVENT_DEGRADED,		/* the API has stopped counting */
	EVENT_RESTORED,
	EVENT_PAUSED,
	EVENT_UNPAUSED,
	EVENT_JOB_FAILED,	/* once for each job */
	EVENT_JOB_DONE,		/* the first good one after that */
};

struct event {			/* borrowed during the callback */
	enum event_kind kind;
	const struct snapshot *after;
	/* NULL for the account's own, and for many; DISAPPEARED has id and namespace only */
	const struct snapshot_instance *instance;
	/*
	 * FINISHED: completed since it started; unknown as duration_s, or without counts
	 * before
	 */
	struct count items;
	/*
	 * FINISHED: since it started; STALLED: without progress; unknown when the start
	 * was not seen
	 */
	struct count duration_s;
	int64_t new_errors;	/* ERRORS: how many more; FINISHED: since it started */
	size_t many;		/* APPEARED, DISAPPEARED: so many at once; 0 = the instance */
	const char *first;	/* the first ids of those, "a, b, c" */
	int days_left;		/* TOKEN_EXPIRES: begun ones count; 0 = over */
};

struct events;
struct events_config {
	int64_t stall_after_s;	/* 0 = EVENTS_STALL_AFTER_S */
};
/* config NULL = defaults; NULL = no memory */
struct events *events_new(const struct events_config *config);
void events_free(struct events *events);	/* NULL is fine */

/* Call once for each snapshot, in order.  ERR_NOMEM; then it goes on with the next. */
int events_observe(struct events *events, const struct snapshot *snapshot, int64_t wall_s,
		   void (*each)(void *ctx, const struct event *event), void *ctx, struct err *err);

#endif
