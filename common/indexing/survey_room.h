/* SPDX-License-Identifier: MIT */
/*
 * survey_room.h -- the rooms of survey.h among themselves: a survey, how it passes its
 * time (survey_wait.c), the list (survey_list.c) and the stats (survey_stats.c).
 */
#ifndef INDEXING_SURVEY_ROOM_H
#define INDEXING_SURVEY_ROOM_H

#include "cloudflare/bearer.h"
#include "indexing/fetch.h"
#include "indexing/roster.h"
#include "indexing/survey.h"

struct origins {		/* sorted by id, once the list is whole */
	struct survey_origin *row;
	size_t count, room;
};

struct survey {
	struct survey_config config;
	struct http_config http_config;
	const struct clock *clock;
	struct client *paths;	/* knows the paths; sends nothing */
	struct http *http;
	struct fetch fetch;
	struct fetch_quota quota;
	struct budget own, second;
	struct bearer bearer;

	struct roster roster;
	struct origins origins, listed;	/* of the roster; of the list that is being read */
	struct snapshot shown;

	/* of one look */
	int64_t began, patience;
	int64_t sent_before;
	size_t done, of;
	size_t unasked;
	bool *gone;		/* by roster row */
	struct err *why;	/* likewise: kind ERR_NONE = it was read, or not asked */

	/* of one batch */
	bool over;
	struct err err;		/* the list's */
	enum snapshot_endpoint endpoint;	/* what is asked of the instances: */
	struct schedule_item *asks;		/* index: of the roster's row */
	size_t count;
};

static inline int64_t survey_now(const struct survey *s)
{
	return clock_mono_ms(s->clock);
}

/* --- survey_wait.c ----------------------------------------------------------- */

void survey_batch(struct survey *s);	/* before one is started */
/* When one of so many requests is given up. */
int64_t survey_batch_until(const struct survey *s, size_t count);

/*
 * Pumps until the batch is over; sleeps.  -1: ERR_CANCELLED, or ERR_TIMEOUT when what is
 * under way does not end by itself.
 */
int survey_run(struct survey *s, struct err *err);
int survey_sleep(struct survey *s, int64_t ms, struct err *err);

int survey_late(const struct survey *s, struct err *err);	/* ERR_TIMEOUT, by the deadline */

/* Whether there is the time for it: by the deadline; by the caller's patience too. */
bool survey_in_time(const struct survey *s, int64_t ms);
bool survey_may_wait(const struct survey *s, int64_t ms);
bool survey_expired(const struct survey *s);

/* --- survey.c ---------------------------------------------------------------- */

/* Refused for this reason (NULL = it was not): is there another token to go on with? */
bool survey_renew(struct survey *s, struct err *why);

/* --- survey_list.c ----------------------------------------------------------- */

/* Into the roster and the origins; those of before stay when it fails. */
int survey_list(struct survey *s, struct err *err);
void survey_origins_clear(struct origins *origins);

/* --- survey_stats.c ---------------------------------------------------------- */

/*
 * Of all whose stats can have changed, as far as time and budget allow: into the roster,
 * s->why and s->gone, which have room for each row.
 */
int survey_ask_stats(struct survey *s, struct err *err);
/* Why the API refused the token in the last batch of stats; NULL = it did not. */
struct err *survey_refusal(struct survey *s);
/* The jobs of those that have a source and count nothing; one that fails is no failure. */
int survey_ask_jobs(struct survey *s, struct err *err);

#endif
