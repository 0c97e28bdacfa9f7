/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "indexing/budget.h"
#include "indexing/changes.h"
#include "indexing/roster.h"
#include "indexing/schedule.h"
#include "indexing/select.h"
#include "indexing/snapshot.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define COUNT(n) { true, (n) }

/* --- select ---------------------------------------------------------------- */

static void names_are_exact_or_regex(void)
{
	static const struct {
		const char *patterns[3];
		bool ignore;
		const char *name;
		bool selected;
	} cases[] = {
		{ { NULL }, false, "docs", true },		/* no entry selects all */
		{ { NULL }, true, "docs", true },
		{ { "docs" }, false, "docs", true },
		{ { "docs" }, false, "docs2", false },		/* exact, not a prefix */
		{ { "docs" }, false, "Docs", false },		/* case-sensitive */
		{ { "docs" }, true, "docs", false },
		{ { "docs" }, true, "docs2", true },
		{ { "/oc/" }, false, "docs", true },		/* not anchored */
		{ { "/^oc/" }, false, "docs", false },
		{ { "/^(a|b)+$/" }, false, "abba", true },	/* extended */
		{ { "a", "/^d/" }, false, "docs", true },	/* any entry will do */
		{ { "a", "/^d/" }, true, "docs", false },
		{ { "a", "/^d/" }, true, "x", true },
		{ { "/" }, false, "a", false },			/* too short for a regex */
		{ { "//" }, false, "a", false },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct selection *s = selection_new();
		struct err err = { 0 };

		for (size_t k = 0; k < 3 && cases[i].patterns[k]; k++)
			UNIT_ROW(i, selection_add(s, cases[i].patterns[k], &err) == 0);
		selection_ignore(s, cases[i].ignore);
		UNIT_ROW(i, selection_matches(s, cases[i].name) == cases[i].selected);
		selection_free(s);
	}
	CU_ASSERT(selection_matches(NULL, "x"));
}

static void a_bad_regex_is_refused(void)
{
	static const char *const bad[] = { "", "/(/", "/[/", "/a{2,1}/" };

	for (size_t i = 0; i < ROWS(bad); i++) {
		struct selection *s = selection_new();
		struct err err = { 0 };

		UNIT_ROW(i, selection_add(s, bad[i], &err) == -1 && err.kind == ERR_CONFIG);
		UNIT_ROW(i, selection_matches(s, "x"));	/* as if it had not been given */
		selection_free(s);
	}
}

UNIT_SUITE(select,
	{ "a name is selected exactly or by regex, like collectd's ignorelist", names_are_exact_or_regex },
	{ "a bad regular expression is refused with its reason", a_bad_regex_is_refused });

/* --- budget ---------------------------------------------------------------- */

/* Spends greedily at odd moments and counts every window of the record. */
static void no_window_holds_more_than_the_limit(void)
{
	enum { LIMIT = 60, WINDOW = 3000, SENT = 3000 };
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };
	static int64_t at[SENT];
	int64_t now = 1000000;
	unsigned random = 1;
	int n = 0;

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, LIMIT, WINDOW, &err), 0);
	while (n < SENT) {
		random = random * 1103515245u + 12345u;
		now += random >> 16 & 63;
		for (int k = (int)(random >> 24 & 7); k > 0 && n < SENT && budget_left(&b, now) > 0; k--) {
			budget_spend(&b, now);
			at[n++] = now;
		}
	}
	for (int i = LIMIT; i < SENT; i++)
		if (at[i] - at[i - LIMIT] <= WINDOW) {
			unit_note("requests %d and %d are %lld ms apart", i - LIMIT, i,
				  (long long)(at[i] - at[i - LIMIT]));
			CU_FAIL("too many in a window");
			break;
		}
}

static void it_opens_again_when_it_says(void)
{
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, 2, 1000, &err), 0);
	CU_ASSERT_EQUAL(budget_left(&b, 5000), 2);
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 5000), 0);
	budget_spend(&b, 5000);
	budget_spend(&b, 5400);
	CU_ASSERT_EQUAL(budget_left(&b, 5500), 0);
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 5500), 501);
	CU_ASSERT_EQUAL(budget_left(&b, 6000), 0);
	CU_ASSERT_EQUAL(budget_left(&b, 6001), 1);
	CU_ASSERT_EQUAL(budget_left(&b, 9000), 2);
}

static void a_429_closes_it_until_then(void)
{
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, 10, 1000, &err), 0);
	budget_block(&b, 9000);
	budget_block(&b, 7000);		/* an earlier word does not shorten it */
	CU_ASSERT(budget_blocked(&b, 8999));
	CU_ASSERT_EQUAL(budget_left(&b, 8999), 0);
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 8000), 1000);
	CU_ASSERT_EQUAL(budget_left(&b, 9000), 10);
}

static void advice_leaves_a_tenth_to_others(void)
{
	static const struct {
		struct ratelimit said;
		size_t in_flight;
		int left;
	} cases[] = {
		{ { COUNT(1180), COUNT(204), COUNT(1200), COUNT(300) }, 0, 600 },
		{ { COUNT(220), COUNT(204), COUNT(1200), COUNT(300) }, 0, 100 },
		{ { COUNT(220), COUNT(204), COUNT(1200), COUNT(300) }, 30, 70 },
		{ { COUNT(120), COUNT(204), COUNT(1200), COUNT(300) }, 0, 0 },
		{ { COUNT(3), COUNT(204), COUNT(1200), COUNT(300) }, 0, 0 },
		{ { COUNT(4), COUNT(10), COUNT(5), COUNT(10) }, 0, 4 },
		{ { COUNT(3), { 0 }, COUNT(1200), COUNT(300) }, 0, 600 },	/* no end told: ignored */
		{ { { 0 }, COUNT(204), COUNT(1200), COUNT(300) }, 0, 600 },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_budget struct budget b = { 0 };
		struct err err = { 0 };

		CU_ASSERT_EQUAL_FATAL(budget_init(&b, 600, 300000, &err), 0);
		budget_advise(&b, &cases[i].said, cases[i].in_flight, 1000);
		UNIT_ROW(i, budget_left(&b, 1000) == cases[i].left);
		UNIT_ROW(i, budget_left(&b, 1000 + 205000) == 600);	/* a new window */
	}
}

UNIT_SUITE(budget,
	{ "no window holds more requests than the limit, wherever it starts", no_window_holds_more_than_the_limit },
	{ "a spent budget opens again exactly when it says", it_opens_again_when_it_says },
	{ "a 429 closes it until the time it named", a_429_closes_it_until_then },
	{ "the Ratelimit header's remainder is kept, less a tenth for others", advice_leaves_a_tenth_to_others });

/* --- schedule -------------------------------------------------------------- */

static void the_most_urgent_come_first(void)
{
	struct schedule_item items[] = {
		{ SCHEDULE_IDLE, 50, 0 },    { SCHEDULE_BUSY, 90, 1 },   { SCHEDULE_NEW, 0, 2 },
		{ SCHEDULE_CHANGED, 95, 3 }, { SCHEDULE_IDLE, 10, 4 },   { SCHEDULE_BUSY, 80, 5 },
		{ SCHEDULE_NEW, 0, 6 },	     { SCHEDULE_CHANGED, 20, 7 },
	};
	static const size_t expected[] = { 2, 6, 7, 3, 5, 1, 4, 0 };

	CU_ASSERT_EQUAL(schedule_order(items, ROWS(items), 3), 3);
	for (size_t i = 0; i < ROWS(items); i++)
		UNIT_ROW(i, items[i].index == expected[i]);
	CU_ASSERT_EQUAL(schedule_order(items, ROWS(items), 100), ROWS(items));
	CU_ASSERT_EQUAL(schedule_order(NULL, 0, 100), 0);
}

static void listing_takes_half_at_the_most(void)
{
	static const struct {
		struct schedule_pace pace;
		int64_t period_ms;
	} cases[] = {
		{ { 600, 300000, 60000, 1 }, 60000 },
		{ { 600, 300000, 60000, 50 }, 60000 },	/* 5,000 instances each minute */
		{ { 600, 300000, 10000, 50 }, 50000 },
		{ { 600, 300000, 1000, 1 }, 1000 },
		{ { 100, 300000, 60000, 50 }, 300000 },
	};

	for (size_t i = 0; i < ROWS(cases); i++)
		UNIT_ROW(i, schedule_list_period_ms(&cases[i].pace) == cases[i].period_ms);
}

/*
 * A greedy poller over an hour: it lists when due and takes all the stats it has
 * credit for.  The budget must never be what stops it; at the edge of a window it
 * may hold it up for the two seconds that fetch.c waits.
 */
static void credit_never_outruns_the_budget(void)
{
	static const struct schedule_pace paces[] = {
		{ 600, 300000, 60000, 50 }, { 600, 300000, 60000, 1 }, { 600, 300000, 10000, 50 },
		{ 600, 300000, 1000, 1 },   { 600, 300000, 7000, 3 },  { 100, 300000, 60000, 10 },
		{ 1200, 300000, 30000, 20 }, { 600, 300000, 70000, 4 }, { 600, 300000, 300000, 2 },
	};

	for (size_t i = 0; i < ROWS(paces); i++) {
		const struct schedule_pace *p = &paces[i];
		scoped_budget struct budget b = { 0 };
		struct err err = { 0 };
		int64_t credit = schedule_burst(p), listed = -1000000000, stats = 0;
		int refused = 0;

		CU_ASSERT_EQUAL_FATAL(budget_init(&b, p->limit, p->window_ms, &err), 0);
		for (int64_t now = 0; now < 3600000; now += p->interval_ms + 1) {
			int64_t ask = 0;

			if (now - listed >= schedule_list_period_ms(p) - p->interval_ms / 2) {
				ask += (int64_t)p->pages;
				listed = now;
			}
			credit = schedule_earn(p, credit, p->interval_ms + (now > 0));
			stats += credit / SCHEDULE_REQUEST;
			ask += credit / SCHEDULE_REQUEST;
			credit %= SCHEDULE_REQUEST;
			for (int64_t at = now; ask > 0; ask--) {
				at += budget_wait_ms(&b, at);
				refused += at - now > 2000;
				budget_spend(&b, at);
			}
		}
		if (refused)
			unit_note("row %zu: %d refused, %lld stats in an hour", i, refused, (long long)stats);
		UNIT_ROW(i, refused == 0);
		/* and it is not shy: list and stats use three quarters of what is allowed */
		int64_t lists = 3600000 / schedule_list_period_ms(p) * (int64_t)p->pages;
		UNIT_ROW(i, (stats + lists) * 10 >= (int64_t)p->limit * 12 * 75 / 10);
	}
}

UNIT_SUITE(schedule,
	{ "new, changed, busy, then the oldest are asked first", the_most_urgent_come_first },
	{ "listing takes half of the budget at the most", listing_takes_half_at_the_most },
	{ "credit for stats never outruns the budget", credit_never_outruns_the_budget });

/* --- snapshot -------------------------------------------------------------- */

static void instances_are_found_by_both_names(void)
{
	struct snapshot *s = snapshot_new();
	static const char *const names[][2] = {
		{ "alpha", "docs" }, { "alpha", "wiki" }, { "default", "docs" },
	};

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_PTR_NULL(snapshot_find(s, "default", "docs"));
	s->instances = calloc(3, sizeof(*s->instances));
	s->count = 3;
	for (size_t i = 0; i < 3; i++) {
		strcpy(s->instances[i].namespace, names[i][0]);
		strcpy(s->instances[i].id, names[i][1]);
	}
	for (size_t i = 0; i < 3; i++)
		UNIT_ROW(i, snapshot_find(s, names[i][0], names[i][1]) == &s->instances[i]);
	CU_ASSERT_PTR_NULL(snapshot_find(s, "default", "wiki"));
	CU_ASSERT_PTR_NULL(snapshot_find(s, "beta", "docs"));
	snapshot_unref(s);
	snapshot_unref(NULL);
}

static void *hold_and_drop(void *s)
{
	for (int i = 0; i < 100000; i++)
		snapshot_unref(snapshot_ref(s));
	snapshot_unref(s);
	return NULL;
}

static void threads_may_share_one(void)
{
	struct snapshot *s = snapshot_new();
	pthread_t threads[4];

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, hold_and_drop, snapshot_ref(s));
	snapshot_unref(s);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);	/* the asan variant tells if it was not freed once */
}

UNIT_SUITE(snapshot,
	{ "an instance is found by namespace and id", instances_are_found_by_both_names },
	{ "threads may hold and drop a snapshot at once", threads_may_share_one });
