/* SPDX-License-Identifier: MIT */
#include "indexing/schedule.h"

#include <stdlib.h>

#define LIST_PART 2		/* listing may use one part in so many of the budget */
#define GLANCE 1		/* request: how many instances there are */
#define FIRST_PART 2		/* FIRST, while OPEN ones wait, of a cycle's share */
#define NEW_PART 4		/* NEW, of a cycle's share, while others wait */
#define RUSH_MS 120000		/* what is left is spent like this at the fastest: half in a minute */
#define SLACK 50			/* less than one request is rounded up from 0.98 on: cycles do not start to the ms */
#define KEPT_PART 8		/* of a window's stats, from NEW and IDLE */
#define IDLE_PART 2		/* IDLE, of an even share */

static int64_t divide_up(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t shorter(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How many cycles share a window. */
static int64_t cycles(const struct schedule *s)
{
	return divide_up(s->window_ms, s->interval_ms);
}

/* The lists of one window at this period. */
static int64_t list_requests(const struct schedule *s, int64_t period)
{
	return (int64_t)s->pages * divide_up(s->window_ms, period);
}

static int64_t rare_period(const struct schedule *s)
{
	return longer(s->interval_ms,
		      shorter(SCHEDULE_RARELY * s->interval_ms, SCHEDULE_RARELY_MS));
}

/* What the rate allows in one interval; the rest of a tenth is for the list. */
static int64_t rate_requests(const struct schedule *s)
{
	return longer(1, (int64_t)(s->rate * (double)s->interval_ms / 1000 * 9 / 10));
}

int64_t schedule_need(const struct schedule *s)
{
	return ((int64_t)s->instances * s->cost + GLANCE) * cycles(s) +
	       list_requests(s, rare_period(s));
}

enum schedule_way schedule_way(const struct schedule *s)
{
	return (int64_t)s->instances * s->cost <= rate_requests(s) && schedule_need(s) <= s->limit ?
		SCHEDULE_ALL : SCHEDULE_CHANGED;
}

int schedule_part(int limit, const int64_t *needs, size_t count, size_t user)
{
	int64_t left = limit, below = 0, even;
	size_t users = count;

	/* each round the even part grows by what the modest leave; it ends when it stays */
	for (;;) {
		size_t modest = 0;
		int64_t theirs = 0;

		even = users > 0 ? left / (int64_t)users : 0;
		for (size_t i = 0; i < count; i++)
			if (needs[i] > below && needs[i] <= even) {
				theirs += needs[i];
				modest++;
			}
		if (modest == 0)
			break;
		left -= theirs;
		users -= modest;
		below = even;
	}
	if (users == 0)		/* enough for everybody */
		return limit;
	return (int)longer(1, needs[user] <= below ? needs[user] : even);
}

int64_t schedule_list_period_ms(const struct schedule *s)
{
	if (schedule_way(s) == SCHEDULE_ALL)
		return rare_period(s);
	return longer(longer(s->interval_ms,
			     divide_up((int64_t)s->pages * LIST_PART * s->window_ms, s->limit)),
		      (int64_t)((double)s->pages * LIST_PART * 1000 / s->rate));
}

/* Requests for stats in a window. */
static int64_t stats_requests(const struct schedule *s)
{
	return longer(1, s->limit - list_requests(s, schedule_list_period_ms(s)));
}

/* A part of the room, but the even share if there is room for it. */
static int64_t part_of(int64_t room, int64_t part, int64_t even)
{
	return room <= 0 ? 0 : longer(part, shorter(room, even));
}

struct schedule_share schedule_share(const struct schedule *s, int stats_used, int64_t since_ms)
{
	int64_t all = stats_requests(s), most = rate_requests(s), room = all - stats_used, kept, even;
	struct schedule_share share;

	if (schedule_way(s) == SCHEDULE_ALL) {
		share.urgent = share.new = share.idle = s->instances * (size_t)s->cost;
		return share;
	}
	if (since_ms == SCHEDULE_NEVER)
		since_ms = RUSH_MS / 2;
	since_ms = shorter(longer(since_ms, s->interval_ms), s->window_ms);
	even = all * since_ms;
	even = (even + s->window_ms / (even < s->window_ms ? SLACK : 2)) / s->window_ms;
	kept = room - all / KEPT_PART;
	share.urgent = (size_t)shorter(most, part_of(room, room * shorter(since_ms, RUSH_MS / 2) / RUSH_MS,
						     even));
	share.new = (size_t)shorter(most, part_of(kept, kept / 2, even));
	share.idle = (size_t)shorter((int64_t)share.new, divide_up(even, IDLE_PART));
	return share;
}

int64_t schedule_age_bound_ms(const struct schedule *s, size_t open)
{
	int64_t share = stats_requests(s), turn;

	if (schedule_way(s) == SCHEDULE_ALL)
		return 2 * s->interval_ms;
	/* OPEN ones may count on what FIRST ones leave */
	share = longer(1, share - share / FIRST_PART);
	turn = divide_up(longer(1, (int64_t)open) * s->cost * s->window_ms, share);
	/* what the first minute of a rush took is missing later in the window */
	turn = longer(divide_up(turn, s->interval_ms) * s->interval_ms, s->window_ms / 2);
	return schedule_list_period_ms(s) + turn + s->interval_ms;
}

static int by_urgency(const void *a, const void *b)
{
	const struct schedule_item *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

void schedule_sort(struct schedule_item *items, size_t count)
{
	if (count > 0)
		qsort(items, count, sizeof(*items), by_urgency);
}

static size_t less(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Moves the block of `count` items at `from` down to `to`; what is between them goes up. */
static void move_down(struct schedule_item *items, size_t to, size_t from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct schedule_item moved = items[to + i];

		items[to + i] = items[from + i];
		items[from + i] = moved;
	}
}

size_t schedule_pick(struct schedule_item *items, size_t count, const struct schedule *s,
		     struct schedule_share share)
{
	size_t cost = (size_t)s->cost, urgent = share.urgent / cost, rest = share.new / cost;
	size_t idle = share.idle / cost, all = urgent > rest ? urgent : rest;
	size_t have[SCHEDULE_IDLE + 1] = { 0 };
	size_t first, open, new, busy;

	if (count == 0)
		return 0;
	schedule_sort(items, count);
	for (size_t i = 0; i < count; i++)
		have[items[i].class]++;
	new = less(have[SCHEDULE_NEW], rest);
	busy = less(urgent, all - less(new, all / NEW_PART));
	first = less(have[SCHEDULE_FIRST], busy - less(have[SCHEDULE_OPEN], busy / FIRST_PART));
	open = less(have[SCHEDULE_OPEN], busy - first);
	new = less(new, all - first - open);
	idle = less(less(idle, rest - new), less(have[SCHEDULE_IDLE], all - first - open - new));
	move_down(items, first, have[SCHEDULE_FIRST], open);
	move_down(items, first + open, have[SCHEDULE_FIRST] + have[SCHEDULE_OPEN], new);
	move_down(items, first + open + new, count - have[SCHEDULE_IDLE], idle);
	return first + open + new + idle;
}
