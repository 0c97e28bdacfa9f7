/* SPDX-License-Identifier: MIT */
#include "indexing/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indexing/budget.h"
#include "unit.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static struct schedule account(size_t instances, int interval_s, int limit, int cost)
{
	return (struct schedule){ .limit = limit, .rate = BUDGET_RATE,
				  .window_ms = BUDGET_WINDOW_MS,
				  .interval_ms = interval_s * 1000, .instances = instances,
				  .pages = instances ? (instances + 99) / 100 : 1, .cost = cost };
}

static void the_cheaper_way_is_chosen(void)
{
	static const struct {
		size_t instances;
		int interval_s, limit, cost;
		enum schedule_way way;
		int list_s;		/* from one list to the next */
	} cases[] = {
		{ 0, 60, 600, 1, SCHEDULE_ALL, 300 },		/* nothing known yet */
		{ 100, 60, 600, 1, SCHEDULE_ALL, 300 },
		/* 5 x (118 + a glance) + 2 pages: 597 */
		{ 118, 60, 600, 1, SCHEDULE_ALL, 300 },
		{ 119, 60, 600, 1, SCHEDULE_CHANGED, 60 },
		{ 60, 60, 600, 2, SCHEDULE_CHANGED, 60 },	/* with its jobs each costs two */
		{ 59, 60, 600, 2, SCHEDULE_ALL, 300 },
		{ 118, 60, 300, 1, SCHEDULE_CHANGED, 60 },	/* half the budget */
		{ 15, 10, 600, 1, SCHEDULE_ALL, 50 },		/* each fifth interval */
		{ 1, 2, 600, 1, SCHEDULE_ALL, 10 },
		{ 1, 1, 600, 1, SCHEDULE_CHANGED, 1 },		/* 600 + 60 lists */
		{ 500, 3600, 600, 1, SCHEDULE_ALL, 3600 },
		{ 5000, 60, 600, 1, SCHEDULE_CHANGED, 60 },	/* 250 of 600 */
		{ 5000, 10, 600, 1, SCHEDULE_CHANGED, 50 },	/* half of the budget at the most */
		{ 5000, 60, 100, 1, SCHEDULE_CHANGED, 300 },
		{ 10000, 60, 60, 1, SCHEDULE_CHANGED, 1000 },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct schedule s = account(cases[i].instances, cases[i].interval_s, cases[i].limit,
					    cases[i].cost);

		UNIT_ROW(i, schedule_way(&s) == cases[i].way);
		UNIT_ROW(i, schedule_list_period_ms(&s) == cases[i].list_s * 1000);
	}
	struct schedule slow = account(100, 60, 600, 1);
	slow.rate = 1;		/* 60 requests in an interval, some for the list */
	CU_ASSERT_EQUAL(schedule_way(&slow), SCHEDULE_CHANGED);
}

static void a_cycle_takes_half_of_what_is_left_or_its_even_share(void)
{
	static const struct {
		size_t instances;
		int interval_s, limit, cost, used;
		size_t urgent, new, idle;
		int since_s;		/* 0 = an interval, -1 = never */
	} cases[] = {
		/* all of them, whatever was before */
		{ 100, 60, 600, 1, 500, 100, 100, 100, 0 },
		{ 30, 60, 600, 2, 0, 60, 60, 60, 0 },
		/* 350 for stats in a window: half of it */
		{ 5000, 60, 600, 1, 0, 175, 153, 35, 0 },
		{ 5000, 60, 600, 1, 175, 87, 70, 35, 0 },
		{ 5000, 60, 600, 1, 262, 70, 45, 35, 0 },	/* 88 are left: the even share */
		{ 5000, 60, 600, 1, 310, 40, 0, 0, 0 },	/* the last 43 are for what begins */
		{ 5000, 60, 600, 1, 350, 0, 0, 0, 0 },
		{ 5000, 60, 600, 1, 400, 0, 0, 0, 0 },	/* the limit has been lowered */
		{ 250, 60, 600, 1, 0, 292, 256, 59, 0 },	/* the first picture at once */
		{ 5000, 3600, 600, 1, 0, 550, 482, 275, 0 },	/* one cycle a window */
		{ 9, 1, 600, 1, 200, 1, 31, 1, 0 },	/* an even share of one is not halved */
		{ 9, 1, 600, 2, 0, 2, 90, 1, 0 },	/* short intervals: slower, but not dry */
		{ 9, 1, 600, 2, 250, 1, 6, 1, 0 },
		{ 9, 1, 600, 2, 250, 2, 6, 1, 2 },	/* what was not used is there next time */
		{ 5000, 60, 600, 1, 262, 82, 45, 41, 70 },
		/* one of several users of a token: a part of a request */
		{ 1, 1, 109, 1, 0, 0, 24, 0, 0 },
		{ 1, 1, 109, 1, 0, 27, 24, 6, -1 },	/* which would stay one if it never began */
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct schedule s = account(cases[i].instances, cases[i].interval_s, cases[i].limit,
					    cases[i].cost);
		int64_t since_ms = cases[i].since_s < 0 ? SCHEDULE_NEVER
							: cases[i].since_s * 1000;
		struct schedule_share share = schedule_share(&s, cases[i].used, since_ms);

		UNIT_ROW(i, share.urgent == cases[i].urgent);
		UNIT_ROW(i, share.new == cases[i].new);
		UNIT_ROW(i, share.idle == cases[i].idle);
	}
}

static void the_urgent_come_first(void)
{
	static const char classes[] = "FONI";
	static const struct {
		const char *have;	/* class and age, the larger the older */
		size_t urgent, idle;
		const char *asked;
	} cases[] = {
		{ "I5 O9 F1", 9, 9, "F1 O9 I5" },
		{ "I5 O9 F1 I7 O3", 9, 9, "F1 O9 O3 I7 I5" },	/* the oldest of each class */
		{ "I5 O9 F1 I7 O3", 9, 1, "F1 O9 O3 I7" },
		{ "I5 O9 F1 I7 O3", 9, 0, "F1 O9 O3" },
		{ "I5 O9 F1 I7 O3", 4, 9, "F1 O9 O3 I7" },
		{ "I5 O9 F1 I7 O3", 2, 9, "F1 O9" },
		{ "F1 F2 F3 F4 O1 O2 O3 O4", 4, 9, "F4 F3 O4 O3" },	/* half each */
		{ "F1 F2 F3 F4 O1", 4, 9, "F4 F3 F2 O1" },
		{ "F1 F2 F3 F4", 3, 9, "F4 F3 F2" },
		{ "F1 O2 O3 O4", 3, 9, "F1 O4 O3" },
		{ "F1 F2 F3 O1 O2", 1, 9, "F3" },
		{ "F1 O1 I1", 0, 0, "" },
		{ "N1 N2 O1 I1", 9, 9, "O1 N2 N1 I1" },
		{ "N1 N2 N3 N4 O1 O2 O3 O4", 4, 0, "O4 O3 O2 N4" },	/* a quarter for the new */
		{ "N1 N2 N3 N4 F1 F2 F3 F4 O1 O2 O3 O4", 8, 0, "F4 F3 F2 O4 O3 O2 N4 N3" },
		{ "N1 N2 N3 N4 F1", 4, 0, "F1 N4 N3 N2" },
		{ "N1 O1 O2", 2, 0, "O2 O1" },
		{ "", 9, 9, "" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct schedule s = account(5000, 60, 600, 1);
		struct schedule_item items[16];
		char copy[64], asked[64] = "", *rest = copy;
		size_t n = 0;

		snprintf(copy, sizeof(copy), "%s", cases[i].have);
		for (char *word; (word = strsep(&rest, " "));)
			if (*word) {
				items[n].class = (enum schedule_class)(strchr(classes,
									      *word) - classes);
				items[n].turn = -atoi(word + 1);
				items[n].index = n;
				n++;
			}
		struct schedule_share share = { cases[i].urgent, cases[i].urgent, cases[i].idle };
		n = schedule_pick(items, n, &s, share);
		for (size_t k = 0; k < n; k++)
			snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked), "%s%c%d",
				 k ? " " : "", classes[items[k].class], (int)-items[k].turn);
		UNIT_STR(asked, cases[i].asked);
	}
}

static void with_jobs_half_as_many_fit(void)
{
	struct schedule s = account(5000, 60, 600, 2);
	struct schedule_item items[8] = { 0 };

	for (size_t i = 0; i < ROWS(items); i++)
		items[i] = (struct schedule_item){ SCHEDULE_OPEN, (int64_t)i, i };
	struct schedule_share share = { 7, 7, 0 };
	CU_ASSERT_EQUAL(schedule_pick(items, ROWS(items), &s, share), 3);
}

static void a_small_user_of_a_token_gets_what_it_needs(void)
{
	static const struct {
		int64_t needs[4];
		size_t count;
		int parts[4];
	} cases[] = {
		{ { 25000 }, 1, { 600 } },
		{ { 100 }, 1, { 600 } },
		{ { 25000, 105, 20 }, 3, { 475, 105, 20 } },
		{ { 20, 105, 25000 }, 3, { 20, 105, 475 } },
		{ { 25000, 25000, 150, 150 }, 4, { 150, 150, 150, 150 } },
		{ { 25000, 25000, 150, 250 }, 4, { 150, 150, 150, 150 } },
		/* the second round */
		{ { 25000, 25000, 100, 160 }, 4, { 170, 170, 100, 160 } },
		{ { 100, 200, 300 }, 3, { 600, 600, 600 } },	/* enough for everybody */
	};

	for (size_t i = 0; i < ROWS(cases); i++)
		for (size_t k = 0; k < cases[i].count; k++)
			UNIT_ROW(i, schedule_part(600, cases[i].needs, cases[i].count, k) ==
				 cases[i].parts[k]);
	CU_ASSERT_EQUAL(schedule_part(1, (int64_t[]){ 5, 5, 5 }, 3, 1), 1);	/* never none */
}

static void the_manual_s_bound(void)
{
	static const struct {
		size_t instances;
		int bound_s;
	} cases[] = {
		{ 100, 120 }, { 250, 420 }, { 1000, 1260 }, { 5000, 8700 },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct schedule s = account(cases[i].instances, 60, 600, 1);

		UNIT_ROW(i, schedule_age_bound_ms(&s, s.instances) == cases[i].bound_s * 1000);
	}
}

UNIT_SUITE(schedule,
	{ "the cheaper way for the account is chosen", the_cheaper_way_is_chosen },
	{ "a cycle takes half of what is left, or its even share",
	  a_cycle_takes_half_of_what_is_left_or_its_even_share },
	{ "what has changed comes first, then the oldest", the_urgent_come_first },
	{ "with jobs an instance costs two requests", with_jobs_half_as_many_fit },
	{ "a small user of a token gets what it needs, the others share the rest",
	  a_small_user_of_a_token_gets_what_it_needs },
	{ "the bounds are those of the manual", the_manual_s_bound });
