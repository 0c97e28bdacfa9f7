/* SPDX-License-Identifier: MIT */
#include "indexing/budget.h"
#include "unit.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define COUNT(n) { true, (n) }

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
		int burst = (int)(random >> 24 & 7);
		for (; burst > 0 && n < SENT && budget_left(&b, now) > 0; burst--) {
			budget_spend(&b, false, now);
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
	budget_spend(&b, true, 5000);
	budget_spend(&b, false, 5400);
	CU_ASSERT_EQUAL(budget_left(&b, 5500), 0);
	CU_ASSERT_EQUAL(budget_used(&b, 5500), 2);
	CU_ASSERT_EQUAL(budget_marked(&b, 5500), 1);
	CU_ASSERT_EQUAL(budget_marked(&b, 6001), 0);
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 5500), 501);
	CU_ASSERT_EQUAL(budget_left(&b, 6000), 0);
	CU_ASSERT_EQUAL(budget_left(&b, 6001), 1);
	CU_ASSERT_EQUAL(budget_left(&b, 9000), 2);
}

static void a_large_one_keeps_all_of_its_window(void)
{
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, 5000, 10000, &err), 0);
	for (int i = 0; i < 4000; i++)
		budget_spend(&b, false, 1000);
	CU_ASSERT_EQUAL(budget_left(&b, 1000), 1000);
	for (int i = 0; i < 1000; i++)
		budget_spend(&b, true, 3000);
	CU_ASSERT_EQUAL(budget_left(&b, 3000), 0);
	CU_ASSERT_EQUAL(budget_marked(&b, 3000), 1000);
	CU_ASSERT_EQUAL(budget_left(&b, 11001), 4000);
	CU_ASSERT_EQUAL(budget_left(&b, 13001), 5000);
}

static void a_429_closes_it_until_then(void)
{
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, 10, 1000, &err), 0);
	budget_block(&b, 9000, 5000);
	budget_block(&b, 7000, 5000);		/* an earlier word does not shorten it */
	CU_ASSERT(budget_blocked(&b, 8999));
	CU_ASSERT_EQUAL(budget_left(&b, 8999), 0);
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 8000), 1000);
	CU_ASSERT_EQUAL(budget_left(&b, 9000), 10);
	budget_block(&b, 99999999000, 9000);	/* an absurd one is a look in five minutes */
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 9000), BUDGET_BLOCK_MAX_MS);
}

static void what_leaves_late_counts_when_it_leaves(void)
{
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, 4, 1000, &err), 0);
	budget_spend(&b, false, 100);
	budget_spend(&b, true, 100);
	budget_spend(&b, false, 900);
	budget_move(&b, true, 100, 1050);
	CU_ASSERT_EQUAL(budget_used(&b, 1050), 3);
	CU_ASSERT_EQUAL(budget_used(&b, 1101), 2);	/* 900, 1050 */
	CU_ASSERT_EQUAL(budget_marked(&b, 1101), 1);
	CU_ASSERT_EQUAL(budget_used(&b, 1901), 1);
	CU_ASSERT_EQUAL(budget_marked(&b, 2050), 1);
	budget_move(&b, true, 1050, 1950);
	CU_ASSERT_EQUAL(budget_marked(&b, 2950), 1);
	CU_ASSERT_EQUAL(budget_used(&b, 2951), 0);
	budget_move(&b, false, 50, 3000);		/* not known any more */
	CU_ASSERT_EQUAL(budget_used(&b, 3000), 1);
}

/* Whenever they go out: those of the last second and those that are held are never too many. */
static void what_is_held_takes_a_place_until_it_goes_out(void)
{
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, 3, 1000, &err), 0);
	budget_hold(&b);
	budget_hold(&b);
	CU_ASSERT_EQUAL(budget_left(&b, 5000), 1);
	CU_ASSERT_EQUAL(budget_used(&b, 5000), 0);
	budget_spend(&b, false, 5000);
	CU_ASSERT_EQUAL(budget_left(&b, 5900), 0);
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 5900), 101);
	CU_ASSERT_EQUAL(budget_left(&b, 6001), 1);
	budget_hold(&b);
	CU_ASSERT_EQUAL(budget_left(&b, 9000), 0);	/* however long */
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 9000), 1001);
	budget_give_back(&b);
	budget_spend(&b, false, 9000);
	CU_ASSERT_EQUAL(budget_left(&b, 9000), 0);
	budget_give_back(&b);
	CU_ASSERT_EQUAL(budget_left(&b, 9000), 1);
	budget_give_back(&b);
	CU_ASSERT_EQUAL(budget_left(&b, 9000), 2);
}

static void a_smaller_limit_holds_at_once(void)
{
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, 4, 1000, &err), 0);
	for (int i = 0; i < 3; i++)
		budget_spend(&b, false, 100 * i);
	budget_tighten(&b, 9);		/* a larger one changes nothing */
	CU_ASSERT_EQUAL(budget_left(&b, 200), 1);
	budget_tighten(&b, 2);
	CU_ASSERT_EQUAL(budget_left(&b, 200), 0);
	CU_ASSERT_EQUAL(budget_wait_ms(&b, 200), 901);	/* until the second last has left */
	CU_ASSERT_EQUAL(budget_left(&b, 1101), 1);
}

static void advice_leaves_a_tenth_to_others(void)
{
	static const struct {
		struct ratelimit said;
		int since;	/* requests sent after the one that was answered */
		int left;
	} cases[] = {
		{ { COUNT(1180), COUNT(204), COUNT(1200), COUNT(300) }, 0, 600 },
		{ { COUNT(220), COUNT(204), COUNT(1200), COUNT(300) }, 0, 100 },
		{ { COUNT(220), COUNT(204), COUNT(1200), COUNT(300) }, 30, 70 },
		{ { COUNT(120), COUNT(204), COUNT(1200), COUNT(300) }, 0, 0 },
		{ { COUNT(3), COUNT(204), COUNT(1200), COUNT(300) }, 0, 0 },
		{ { COUNT(4), COUNT(10), COUNT(5), COUNT(10) }, 0, 4 },
		/* no end told: ignored */
		{ { COUNT(3), { 0 }, COUNT(1200), COUNT(300) }, 0, 600 },
		{ { { 0 }, COUNT(204), COUNT(1200), COUNT(300) }, 0, 600 },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_budget struct budget b = { 0 };
		struct err err = { 0 };

		CU_ASSERT_EQUAL_FATAL(budget_init(&b, 600, 300000, &err), 0);
		for (int k = 0; k < cases[i].since; k++)
			budget_spend(&b, false, -300000);	/* out of the window */
		budget_advise(&b, &cases[i].said, 0, 1000);
		UNIT_ROW(i, budget_left(&b, 1000) == cases[i].left);
		UNIT_ROW(i, budget_left(&b, 1000 + 205000) == 600);	/* a new window */
	}
}

static void the_latest_request_s_word_counts(void)
{
	struct ratelimit much = { COUNT(520), COUNT(60), COUNT(1200), COUNT(300) };
	struct ratelimit little = { COUNT(130), COUNT(60), COUNT(1200), COUNT(300) };
	scoped_budget struct budget b = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(budget_init(&b, 600, 300000, &err), 0);
	int64_t first = budget_spend(&b, false, 0), second = budget_spend(&b, false, 0);
	budget_advise(&b, &little, second, 10);
	CU_ASSERT_EQUAL(budget_left(&b, 10), 10);
	budget_advise(&b, &much, first, 20);	/* overtaken */
	CU_ASSERT_EQUAL(budget_left(&b, 20), 10);
	budget_spend(&b, false, 30);
	CU_ASSERT_EQUAL(budget_left(&b, 30), 9);
	/* the others' window is over */
	budget_advise(&b, &much, budget_spend(&b, false, 40), 50);
	CU_ASSERT_EQUAL(budget_left(&b, 50), 400);
}

UNIT_SUITE(budget,
	{ "no window holds more requests than the limit, wherever it starts",
	  no_window_holds_more_than_the_limit },
	{ "what leaves late counts when it leaves", what_leaves_late_counts_when_it_leaves },
	{ "what is held takes a place until it goes out",
	  what_is_held_takes_a_place_until_it_goes_out },
	{ "a spent budget opens again exactly when it says", it_opens_again_when_it_says },
	{ "a large one keeps all of its window, with as much memory as it needs",
	  a_large_one_keeps_all_of_its_window },
	{ "a 429 closes it until the time it named, five minutes at the most",
	  a_429_closes_it_until_then },
	{ "a smaller limit holds at once", a_smaller_limit_holds_at_once },
	{ "the word of the request sent last counts, in whatever order answers come",
	  the_latest_request_s_word_counts },
	{ "the Ratelimit header's remainder is kept, less a tenth for others",
	  advice_leaves_a_tenth_to_others });
