/* SPDX-License-Identifier: MIT */
/*
 * schedule.h -- pure: when to list, and whose stats to fetch now.
 *
 * Two ways, the cheaper one for the account at hand.  ALL: while the stats of
 * every instance fit the budget in every interval, they are asked, and the list
 * only now and then; a glance at how many instances there are (a list page of one
 * row) tells in each interval whether a list is due before that.  CHANGED: the list each interval (it may take half of the
 * budget), and stats of those whose data can have changed:
 *
 *	FIRST	at rest by what we know, but the list shows that it has changed,
 *		without telling that it is indexing
 *	OPEN	at work, changed, or not provable by the list
 *	NEW	without data, and at rest as far as the list shows
 *	IDLE	proved unchanged by the list
 *
 * The urgent go first, but NEW ones are sure of a quarter, and FIRST ones take no
 * more than half of the rest while OPEN ones wait; within a class the oldest data
 * first.  IDLE ones are read again with half of the even share,
 * so that there is room when many change at once.
 *
 * A cycle may use half of what the window still has for stats (an interval shorter
 * than a minute as much less of it), and its even share of it if that is left: the
 * first picture comes at once, a rush is met with more than an even share, and the
 * window does not run dry.  What the lists of a window need is never spent on stats, and an
 * eighth of the rest is kept from NEW and IDLE ones, for what begins meanwhile.
 */
#ifndef INDEXING_SCHEDULE_H
#define INDEXING_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEDULE_RARELY 5		/* ALL: a list each so many intervals, */
#define SCHEDULE_RARELY_MS 300000	/* but at least so often, if the interval allows */

struct schedule {		/* what the account is like at the start of a cycle */
	int limit;		/* requests per window that are its share, >= 1 */
	double rate;		/* requests per second; below 1 when others share it */
	int64_t window_ms, interval_ms;
	size_t instances, pages;	/* of the last list; pages >= 1 */
	int cost;		/* requests to read one instance: 1, with its jobs 2 */
};

enum schedule_way { SCHEDULE_ALL, SCHEDULE_CHANGED };
enum schedule_way schedule_way(const struct schedule *s);

/* Requests of a window that would do to ask everything each time: what it wants of a token. */
int64_t schedule_need(const struct schedule *s);

/*
 * What one of `count` users of a token may send of `limit` in a window: those that need
 * less than an even part get what they need, the others share the rest evenly.
 */
int schedule_part(int limit, const int64_t *needs, size_t count, size_t user);

/* Milliseconds from the start of one list to the next. */
int64_t schedule_list_period_ms(const struct schedule *s);

/*
 * The bound of the manual: no data of an instance is older than this many ms
 * when `open` instances have data that can have changed (all of them at worst),
 * none is without data, and nobody else uses the token.
 */
int64_t schedule_age_bound_ms(const struct schedule *s, size_t open);

struct schedule_share {		/* requests for stats in this cycle */
	size_t urgent;		/* for FIRST and OPEN */
	size_t new;		/* for NEW and IDLE; together not more than the larger of the two */
	size_t idle;		/* and of those so many for IDLE */
};

/*
 * stats_used: how many were sent for stats in the window that ends now; since_ms:
 * how long ago the last of them was, SCHEDULE_NEVER = there was none, and a
 * minute is taken: with short intervals an interval's part can be less than one request,
 * for ever.
 */
#define SCHEDULE_NEVER INT64_MAX
struct schedule_share schedule_share(const struct schedule *s, int stats_used, int64_t since_ms);

enum schedule_class { SCHEDULE_FIRST, SCHEDULE_OPEN, SCHEDULE_NEW, SCHEDULE_IDLE };

struct schedule_item {
	enum schedule_class class;
	int64_t turn;		/* clock ms: the smallest of a class goes first */
	size_t index;		/* the caller's */
};

/* The most urgent first: by class, by turn, and then as they came. */
void schedule_sort(struct schedule_item *items, size_t count);

/* Puts those to ask in front, the most urgent first; returns how many they are. */
size_t schedule_pick(struct schedule_item *items, size_t count, const struct schedule *s,
		     struct schedule_share share);

#endif
