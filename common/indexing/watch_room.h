/* SPDX-License-Identifier: MIT */
/*
 * watch_room.h -- the rooms of watch.h among themselves: a watch, and what is told
 * of its cycles (watch_publish.c).
 */
#ifndef INDEXING_WATCH_ROOM_H
#define INDEXING_WATCH_ROOM_H

#include "indexing/listing.h"
#include "indexing/sweep.h"
#include "indexing/watch.h"

enum watch_state {
	RESTING,		/* until next_at */
	NEEDS_TOKEN,		/* it is being fetched by somebody else */
	READING,		/* requests are under way */
};

struct watch {
	struct watch_config config;
	struct watch_owner owner;
	char host[300];
	struct client *paths;		/* knows the paths; sends nothing */
	struct fetch fetch;
	struct watch_quota *quota;
	struct watch_pace *pace;
	struct budget own;		/* its part of the quota, and what it has sent */
	int64_t need;			/* requests of a window */

	enum watch_state state;
	bool looked;			/* for the token, since watch_wake() */
	int64_t next_at, started_at;

	struct token_use token;

	struct roster roster;
	struct listing listing;
	bool listed;
	size_t pages;
	/* start of the last list that was read, and of the last sweep */
	int64_t listed_at, swept_at;
	int64_t list_again_at;		/* after one without an end, */
	struct err list_err;		/* which is this */
	struct sweep sweep;

	size_t bad_in_a_row;		/* stats answers, over cycles without a good one */

	struct err first;		/* of this cycle */
	struct err standing;		/* the last of an instance */
	bool failed, failed_before;	/* the API could not be read: this cycle, the last one */

	struct snapshot shown;		/* of the last cycle */
	int64_t shown_at;		/* its values; 0 = never */
	bool owed;			/* there are newer ones */
};

static inline int64_t watch_now(const struct watch *w)
{
	return clock_mono_ms(w->owner.clock);
}

void watch_publish(struct watch *watch);	/* the cycle is over */
void watch_tell(struct watch *watch, unsigned what);	/* bits of WATCH_NEWS, WATCH_VALUES */

/*
 * When values are to be told without news: of a cycle that hangs in time before
 * collectd gives them up (two intervals), and those that came right after such.
 */
int64_t watch_values_at(const struct watch *watch);

#endif
