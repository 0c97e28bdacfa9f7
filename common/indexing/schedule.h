/* SPDX-License-Identifier: MIT */
/*
 * schedule.h -- pure: when to list, and whose stats to fetch now.
 *
 * The budget is spread evenly, so that it never runs dry and leaves minutes
 * without a list: nine tenths of it are earned as time goes by, one tenth may be
 * saved for a burst (the start, a sync of everything).  Any window then holds at
 * most burst + earned = the limit.  Listing may take up to half; the rest goes to
 * stats, the most urgent first:
 *
 *	1. never fetched		3. items queued, running, outdated; degraded
 *	2. changed, says the list	4. everything else
 *
 * and within each class the oldest first.  When all fit, all are asked.
 */
#ifndef INDEXING_SCHEDULE_H
#define INDEXING_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schedule_pace {
	int limit;		/* requests per window */
	int64_t window_ms, interval_ms;
	size_t pages;		/* of one list, >= 1 */
};

/* Milliseconds from one list to the next: the interval, or longer when many pages cost too much. */
int64_t schedule_list_period_ms(const struct schedule_pace *pace);

/*
 * Credit for stats requests, in thousandths of one: what is saved (at most a
 * burst) and what elapsed_ms have earned after the list has taken its part.
 */
#define SCHEDULE_REQUEST 1000
int64_t schedule_burst(const struct schedule_pace *pace);
int64_t schedule_earn(const struct schedule_pace *pace, int64_t saved, int64_t elapsed_ms);

enum schedule_class {
	SCHEDULE_NEW,
	SCHEDULE_CHANGED,
	SCHEDULE_BUSY,
	SCHEDULE_IDLE,
};

struct schedule_item {
	enum schedule_class class;
	int64_t stats_at;	/* when its stats were fetched; ignored for SCHEDULE_NEW */
	size_t index;		/* the caller's */
};

/* Puts the most urgent first; returns how many of them to ask: min(count, share). */
size_t schedule_order(struct schedule_item *items, size_t count, size_t share);

#endif
