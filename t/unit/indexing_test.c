/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "indexing/budget.h"
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
		{ { COUNT(3), { 0 }, COUNT(1200), COUNT(300) }, 0, 600 },	/* no end told: ignored */
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
	budget_advise(&b, &much, budget_spend(&b, false, 40), 50);	/* the others' window is over */
	CU_ASSERT_EQUAL(budget_left(&b, 50), 400);
}

UNIT_SUITE(budget,
	{ "no window holds more requests than the limit, wherever it starts", no_window_holds_more_than_the_limit },
	{ "what leaves late counts when it leaves", what_leaves_late_counts_when_it_leaves },
	{ "what is held takes a place until it goes out", what_is_held_takes_a_place_until_it_goes_out },
	{ "a spent budget opens again exactly when it says", it_opens_again_when_it_says },
	{ "a large one keeps all of its window, with as much memory as it needs", a_large_one_keeps_all_of_its_window },
	{ "a 429 closes it until the time it named, five minutes at the most", a_429_closes_it_until_then },
	{ "a smaller limit holds at once", a_smaller_limit_holds_at_once },
	{ "the word of the request sent last counts, in whatever order answers come", the_latest_request_s_word_counts },
	{ "the Ratelimit header's remainder is kept, less a tenth for others", advice_leaves_a_tenth_to_others });

/* --- schedule -------------------------------------------------------------- */

static struct schedule account(size_t instances, int interval_s, int limit, int cost)
{
	return (struct schedule){ .limit = limit, .rate = BUDGET_RATE, .window_ms = BUDGET_WINDOW_MS,
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
		{ 118, 60, 600, 1, SCHEDULE_ALL, 300 },		/* 5 x (118 + a glance) + 2 pages: 597 */
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
		{ 100, 60, 600, 1, 500, 100, 100, 100, 0 },	/* all of them, whatever was before */
		{ 30, 60, 600, 2, 0, 60, 60, 60, 0 },
		{ 5000, 60, 600, 1, 0, 175, 153, 35, 0 },	/* 350 for stats in a window: half of it */
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
		{ 1, 1, 109, 1, 0, 0, 24, 0, 0 },	/* one of several users of a token: a part of a request */
		{ 1, 1, 109, 1, 0, 27, 24, 6, -1 },	/* which would stay one if it never began */
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct schedule s = account(cases[i].instances, cases[i].interval_s, cases[i].limit,
					    cases[i].cost);
		struct schedule_share share = schedule_share(&s, cases[i].used, cases[i].since_s < 0 ? SCHEDULE_NEVER : cases[i].since_s * 1000);

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
				items[n].class = (enum schedule_class)(strchr(classes, *word) - classes);
				items[n].turn = -atoi(word + 1);
				items[n].index = n;
				n++;
			}
		n = schedule_pick(items, n, &s, (struct schedule_share){ cases[i].urgent, cases[i].urgent, cases[i].idle });
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
	CU_ASSERT_EQUAL(schedule_pick(items, ROWS(items), &s, (struct schedule_share){ 7, 7, 0 }), 3);
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
		{ { 25000, 25000, 100, 160 }, 4, { 170, 170, 100, 160 } },	/* the second round */
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
	{ "a cycle takes half of what is left, or its even share", a_cycle_takes_half_of_what_is_left_or_its_even_share },
	{ "what has changed comes first, then the oldest", the_urgent_come_first },
	{ "with jobs an instance costs two requests", with_jobs_half_as_many_fit },
	{ "a small user of a token gets what it needs, the others share the rest", a_small_user_of_a_token_gets_what_it_needs },
	{ "the bounds are those of the manual", the_manual_s_bound });

