/* SPDX-License-Identifier: MIT */
/*
 * sim -- the poller's real code against an account that lives days in seconds.
 *
 * sim [long|short]: a row for each scenario, as TAP with the numbers in its comments;
 * what collectd-aisearch(5) promises is asserted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indexing/poller.h"
#include "indexing/schedule.h"
#include "indexing/select.h"
#include "cases.h"
#include "world.h"

#define HOUR 3600000
#define AGES 20000		/* seconds */
#define TOKEN "simulation-simulation-simulation"

static struct scenario {
	const char *name;
	struct world_config world;
	int hours, long_hours;
	int interval_s, budget;
	int rate;		/* 0 = the default */
	bool beside;		/* another account with the same token has three of the instances */
} scenarios[] = {
	{ "one, idle",                 { PATTERN_IDLE, 1, 0, 0, 0, 20, 0 }, 12, 72, 60, 600, 0, 0 },
	{ "one, import",               { PATTERN_IMPORT, 1, 0, 0, 0, 20, 0 }, 4, 24, 60, 600, 0, 0 },
	{ "5, import, 1 s",            { PATTERN_IMPORT, 5, 0, 0, 0, 20, 0 }, 3, 6, 1, 600, 0, 0 },
	{ "one, at work, 1 s, a part of a token", { PATTERN_WORKING, 1, 0, 0, 0, 20, 0 }, 1, 2, 1, 109, 0, 0 },
	{ "20, idle, rate 1", { PATTERN_IDLE, 20, 0, 0, 0, 20, 0 }, 1, 2, 1, 600, 1, 0 },
	{ "1,000, churn, three beside", { PATTERN_CHURN, 1000, 0, 0, 0, 20, 0 }, 2, 24, 60, 600, 0, 1 },
	{ "100, syncs",                { PATTERN_SYNC, 100, 0, 0, 0, 20, 0 }, 8, 72, 60, 600, 0, 0 },
	{ "115, churn",                { PATTERN_CHURN, 115, 0, 0, 0, 20, 0 }, 4, 24, 60, 600, 0, 0 },
	{ "250, syncs",                { PATTERN_SYNC, 250, 0, 0, 0, 20, 0 }, 8, 48, 60, 600, 0, 0 },
	{ "1,000, idle",               { PATTERN_IDLE, 1000, 0, 0, 0, 20, 0 }, 4, 48, 60, 600, 0, 0 },
	{ "1,000, import",             { PATTERN_IMPORT, 1000, 0, 0, 0, 20, 0 }, 4, 48, 60, 600, 0, 0 },
	{ "1,000, comings and goings", { PATTERN_COMINGS, 1000, 0, 0, 0, 20, 0 }, 4, 48, 60, 600, 0, 0 },
	{ "1,000, churn, silent list", { PATTERN_CHURN, 1000, 1, 0, 0, 20, 0 }, 4, 48, 60, 600, 0, 0 },
	{ "1,000, churn, 10 s",        { PATTERN_CHURN, 1000, 0, 0, 0, 20, 0 }, 2, 24, 10, 600, 0, 0 },
	{ "1,000, churn, slow API",    { PATTERN_CHURN, 1000, 0, 0, 0, 1000, 0 }, 3, 24, 60, 600, 0, 0 },
	{ "1,000, churn, others",      { PATTERN_CHURN, 1000, 0, 1, 0, 20, 0 }, 4, 48, 60, 600, 0, 0 },
	{ "1,000, churn, 429",         { PATTERN_CHURN, 1000, 0, 0, 1, 20, 0 }, 4, 48, 60, 600, 0, 0 },
	{ "5,000, idle",               { PATTERN_IDLE, 5000, 0, 0, 0, 20, 0 }, 2, 24, 60, 600, 0, 0 },
	{ "5,000, import",             { PATTERN_IMPORT, 5000, 0, 0, 0, 20, 0 }, 2, 24, 60, 600, 0, 0 },
	{ "5,000, syncs",              { PATTERN_SYNC, 5000, 0, 0, 0, 20, 0 }, 6, 48, 60, 600, 0, 0 },
	{ "5,000, churn",              { PATTERN_CHURN, 5000, 0, 0, 0, 20, 0 }, 2, 24, 60, 600, 0, 0 },
	{ "5,000, churn, others, 429", { PATTERN_CHURN, 5000, 0, 1, 1, 20, 0 }, 2, 24, 60, 600, 0, 0 },
};

static struct run {
	const struct scenario *s;
	struct poller *poller;
	struct watch *watch;
	struct selection *three;
	int64_t end;
	size_t *next;		/* of each instance: the activity that is to be seen */
	size_t ages[AGES], age_count;
	int64_t *delays;
	size_t delay_count, delay_room;
	size_t lies;		/* data that was not what the API had at the time of its age */
	int64_t first_ms;	/* until every instance had data */
	int64_t last_ok;
	int64_t longest_unread;	/* ms since an instance's stats were asked, at the end */
	int64_t beside_first, beside_oldest;	/* of the three */
} run;

/* --- looking at what is published ------------------------------------------ */

static void add_delay(int64_t ms)
{
	if (run.delay_count == run.delay_room) {
		run.delay_room = run.delay_room ? 2 * run.delay_room : 1024;
		run.delays = reallocarray(run.delays, run.delay_room, sizeof(*run.delays));
	}
	run.delays[run.delay_count++] = ms;
}

/* Has the snapshot noticed that an activity has started? */
static bool seen(const struct snapshot_instance *i, int64_t start)
{
	if (i->has_stats && i->stats_at >= start)
		return true;	/* by its counts */
	if (i->indexing.known && i->indexing.value)
		return true;	/* by the list's word */
	/* by the list's last activity, when it is over already */
	return !run.s->world.silent && i->last_activity.unix_s >= WORLD_WALL + start / 1000;
}

static void look_for_starts(const struct snapshot *s, const struct snapshot_instance *i, size_t n)
{
	for (;;) {
		int64_t start = world_start(n, run.next[n]);

		if (start < 0 || start > s->taken_at || !seen(i, start))
			return;
		add_delay(s->taken_at - start);
		run.next[n]++;
	}
}

static void look_at(const struct snapshot *s, const struct snapshot_instance *i, size_t n)
{
	int64_t age = (s->taken_at - i->fresh_at) / 1000;

	look_for_starts(s, i, n);
	if (!i->has_stats)
		return;
	run.ages[age < AGES ? age : AGES - 1]++;
	run.age_count++;
	/* as it was when it was fetched, and still when it was proved */
	if (i->stats.completed.value != world_completed(n, i->fresh_at))
		run.lies++;
}

static void published(void *ctx, const struct snapshot *s, unsigned what)
{
	size_t with_stats = 0;

	(void)ctx;
	if (!(what & WATCH_NEWS))
		return;
	run.longest_unread = 0;
	for (size_t k = 0; k < s->count; k++) {
		const struct snapshot_instance *is = snapshot_instance(s, k);

		look_at(s, is, (size_t)strtoul(is->id + 1, NULL, 10));
		with_stats += is->has_stats;
		if (s->taken_at - is->stats_at > run.longest_unread)
			run.longest_unread = s->taken_at - is->stats_at;
	}
	if (run.first_ms == 0 && s->listed && with_stats == s->count)
		run.first_ms = s->taken_at;
	if (s->up)
		run.last_ok = s->taken_at;
	if (world_now >= run.end)
		poller_stop(run.poller);
}

/* The small account beside a large one is served as if it were alone. */
static void published_beside(void *ctx, const struct snapshot *s, unsigned what)
{
	(void)ctx, (void)what;
	for (size_t k = 0; k < s->count; k++) {
		const struct snapshot_instance *is = snapshot_instance(s, k);

		if (is->has_stats && s->taken_at - is->fresh_at > run.beside_oldest)
			run.beside_oldest = s->taken_at - is->fresh_at;
		if (is->has_stats && run.beside_first == 0)
			run.beside_first = s->taken_at;
	}
}

static int add_beside(const struct watch_config *config, struct err *err)
{
	struct watch_config three = *config;
	struct watch *w;

	for (int i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "i%05d", i);
		if (selection_add(run.three, name, err) < 0)
			return -1;
	}
	three.instances = run.three;
	three.published = published_beside;
	return poller_add(run.poller, &three, &w, err);
}

static enum watch_token give_token(void *ctx, bool needed, struct secret **out, struct err *err)
{
	(void)ctx;
	if (!needed)
		return WATCH_TOKEN_SAME;
	return secret_new(TOKEN, strlen(TOKEN), out, err) == 0 ? WATCH_TOKEN_NEW : WATCH_TOKEN_NONE;
}

/* --- one scenario ---------------------------------------------------------- */

static int fail(const char *what, struct err *err)
{
	printf("# %s: %s\n", what, err->what);
	return -1;
}

static int live(struct scenario *s)
{
	struct err err = { 0 };
	struct watch_config config = {
		.base_url = "https://api.test/client/v4",
		.account = "023e105f4ecef8ad9ca31a8372d0c353",
		.interval_ms = s->interval_s * 1000,
		.request_budget = s->budget,
		.request_rate = s->rate,
		.token = give_token,
		.published = published,
	};

	world_make(&s->world);
	memset(&run, 0, sizeof(run));
	run.s = s;
	run.end = s->world.end_ms;
	run.next = calloc(world_count(), sizeof(*run.next));
	run.three = selection_new();
	if (poller_new(&world_clock, &run.poller, &err) < 0 ||
	    poller_add(run.poller, &config, &run.watch, &err) < 0 ||
	    (s->beside && add_beside(&config, &err) < 0))
		return fail("the poller", &err);
	if (poller_run(run.poller, &err) < 0)
		return fail("running", &err);
	poller_free(run.poller);
	return 0;
}

/* --- what came of it ------------------------------------------------------- */

/* The most requests in any span that long, wherever it starts. */
static size_t most_in(int64_t span)
{
	size_t most = 0;

	for (size_t first = 0, i = 0; i < world_log.count; i++) {
		while (world_log.at[i] - world_log.at[first] >= span)
			first++;
		if (i - first + 1 > most)
			most = i - first + 1;
	}
	return most;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static double delay(double part)
{
	if (run.delay_count == 0)
		return 0;
	return (double)run.delays[(size_t)((double)(run.delay_count - 1) * part)] / 1000;
}

static size_t age(double part)
{
	size_t below = 0, i = 0;

	while (i < AGES - 1 && (double)(below += run.ages[i]) < (double)run.age_count * part)
		i++;
	return i;
}

static size_t oldest(void)
{
	size_t i = AGES - 1;

	while (i > 0 && run.ages[i] == 0)
		i--;
	return i;
}

static size_t unseen(void)
{
	size_t n = 0;

	/* what started in the last minutes may be seen after the end */
	for (size_t i = 0; i < world_count(); i++) {
		int64_t start = world_start(i, run.next[i]);

		n += start >= 0 && start < run.end - 2 * HOUR / 10;
	}
	return n;
}

static int failures;

static void promise(bool kept, const char *what)
{
	if (kept)
		return;
	failures++;
	printf("# broken: %s\n", what);
}

static void judge(const struct scenario *s)
{
	const struct world_config *w = &s->world;
	struct schedule now = { .limit = s->budget, .rate = s->rate ? s->rate : BUDGET_RATE, .window_ms = BUDGET_WINDOW_MS,
				.interval_ms = s->interval_s * 1000, .instances = w->instances,
				.pages = (w->instances + 99) / 100, .cost = 1 };
	int64_t bound = schedule_age_bound_ms(&now, w->instances);
	int64_t pass = w->latency_ms * 2 * 10 + 6000;
	bool alone = !w->others && !w->limited;
	size_t window = most_in(BUDGET_WINDOW_MS), second = most_in(1000);

	if (run.delay_count > 0)
		qsort(run.delays, run.delay_count, sizeof(*run.delays), by_size);
	printf("# %-36s %3d h at %2d s | requests: %3zu in 5 min, %3zu in 1 s, %zu of others' 429 |"
	       " first picture %5.1f s | started, seen after: %5.1f %5.1f %5.1f s (%zu) |"
	       " age: %3zu %4zu %4zu s, bound %5lld\n", s->name, (int)(w->end_ms / HOUR),
	       s->interval_s, window, second, world_log.refused, (double)run.first_ms / 1000,
	       delay(0.5), delay(0.95), delay(1), run.delay_count, age(0.5), age(0.95), oldest(),
	       (long long)bound / 1000);
	promise(window <= (size_t)s->budget, "never more than the budget in any window");
	promise(second <= (size_t)(s->rate ? s->rate : BUDGET_RATE), "never more than the rate in any second");
	promise(world_log.refused == 0, "never over what the token has");
	promise(run.first_ms > 0 || run.end < 2 * bound, "there is data of everything at some time");
	promise(!s->beside || (run.beside_first > 0 && run.beside_first < 60000 &&
			       run.beside_oldest <= 2 * s->interval_s * 1000),
		"a small account beside a large one is read in each interval");
	promise(run.lies == 0, "data is what the API had at the time of its age");
	promise(run.last_ok > run.end - HOUR / 10, "it works at the end");
	promise(!alone || unseen() == 0, "every start is seen");
	/* what a list proves is read all the same, with half of the even share */
	promise(w->pattern != PATTERN_IDLE || run.longest_unread < run.end - HOUR ||
		run.longest_unread < 3 * bound, "everything is read again in turn");
	if (alone) {
		promise((int64_t)oldest() * 1000 <= bound, "no data is older than its bound");
		int64_t look = schedule_way(&now) == SCHEDULE_ALL ? now.interval_ms
								  : schedule_list_period_ms(&now);

		promise(delay(1) * 1000 <= (double)(look + pass),
			"a start is seen within one interval and one list pass");
	}
}

static void clean_up(void)
{
	free(run.next);
	selection_free(run.three);
	free(run.delays);
	world_free();
}

int main(int argc, char **argv)
{
	bool longer = argc > 1 && !strcmp(argv[1], "long");
	bool shorter = argc > 1 && !strcmp(argv[1], "short");
	size_t n = sizeof(scenarios) / sizeof(scenarios[0]);
	int bad = 0;

	printf("1..%zu\n", n + cases_count);
	printf("# seen after and age: median, 95 %% and the longest\n");
	for (size_t i = 0; i < n; i++) {
		struct scenario *s = &scenarios[i];

		if (shorter && s->world.instances > 1000) {
			printf("ok %zu - %s # SKIP too slow in this variant\n", i + 1, s->name);
			continue;
		}
		failures = 0;
		s->world.end_ms = (int64_t)(longer ? s->long_hours : shorter ? 2 : s->hours) * HOUR;
		if (live(s) < 0)
			failures++;
		else
			judge(s);
		clean_up();
		printf("%sok %zu - %s: the manual's promises are kept\n", failures ? "not " : "", i + 1,
		       s->name);
		fflush(stdout);
		bad += failures > 0;
	}
	bad += cases_run(n);
	return bad ? 1 : 0;
}
