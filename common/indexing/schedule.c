/* SPDX-License-Identifier: MIT */
#include "indexing/schedule.h"

#include <stdlib.h>

#define LIST_PART 2		/* listing may use one part in so many of the budget */
#define BURST_PART 10		/* and one part in so many may be saved */

int64_t schedule_list_period_ms(const struct schedule_pace *p)
{
	int64_t cost = (int64_t)p->pages * LIST_PART * p->window_ms / p->limit;

	return cost > p->interval_ms ? cost : p->interval_ms;
}

int64_t schedule_burst(const struct schedule_pace *p)
{
	return (int64_t)p->limit * SCHEDULE_REQUEST / BURST_PART;
}

int64_t schedule_earn(const struct schedule_pace *p, int64_t saved, int64_t elapsed_ms)
{
	int64_t burst = schedule_burst(p);
	int64_t rate = (int64_t)p->limit * SCHEDULE_REQUEST - burst;	/* per span */
	/* as many cycles as a window may hold share what it may hold */
	int64_t span = (p->window_ms + p->interval_ms - 1) / p->interval_ms * p->interval_ms;
	int64_t list, earned;

	if (elapsed_ms > p->window_ms)
		elapsed_ms = p->window_ms;
	list = (int64_t)p->pages * SCHEDULE_REQUEST * elapsed_ms / schedule_list_period_ms(p);
	earned = (saved < burst ? saved : burst) + rate * elapsed_ms / span;
	return earned > list ? earned - list : 0;
}

static int by_urgency(const void *a, const void *b)
{
	const struct schedule_item *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->class != SCHEDULE_NEW && x->stats_at != y->stats_at)
		return x->stats_at < y->stats_at ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

size_t schedule_order(struct schedule_item *items, size_t count, size_t share)
{
	if (count > 0)
		qsort(items, count, sizeof(*items), by_urgency);
	return count < share ? count : share;
}
