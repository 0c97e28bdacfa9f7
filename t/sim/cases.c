/* SPDX-License-Identifier: MIT */
#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "indexing/poller.h"
#include "world.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define WISHES 64
#define TOKEN "simulation-simulation-simulation"

static struct life {
	struct poller *poller;
	int64_t end;
	int64_t helper_ms;		/* how long one takes; 0 = it answers at once */
	bool running, answered;
	int64_t asked[WISHES], told[WISHES];	/* when the source was asked, when it answered */
	size_t wishes;
	int64_t interval_ms;
	int rate;
	void (*cycle)(const struct snapshot *s);	/* after each one */
	int64_t listed_at, started_at;	/* when the first list was whole; start of the last cycle */
	int64_t values_at;		/* when values were told last, 0 = never */
	double longest_cycle_s;
	size_t silent;			/* cycles that sent no request */
	size_t sent;			/* requests before this cycle */
	bool broken;
} life;

static void promise(bool kept, const char *what, size_t n)
{
	if (kept)
		return;
	printf("# broken at %lld ms: %s (%zu)\n", (long long)world_now, what, n);
	life.broken = true;
}

/* --- its token ------------------------------------------------------------- */

static void helper_ends(void)
{
	life.running = false;
	life.answered = true;
	poller_wake(life.poller);
}

static enum watch_token answer(struct secret **out, struct err *err)
{
	if (life.wishes < WISHES)
		life.told[life.wishes++] = world_now;
	life.answered = false;
	return secret_new(TOKEN, strlen(TOKEN), out, err) == 0 ? WATCH_TOKEN_NEW : WATCH_TOKEN_NONE;
}

static enum watch_token give_token(void *ctx, bool needed, struct secret **out, struct err *err)
{
	(void)ctx;
	if (life.answered)
		return answer(out, err);
	if (life.running)
		return WATCH_TOKEN_LATER;
	if (!needed)
		return WATCH_TOKEN_SAME;
	if (life.wishes < WISHES)
		life.asked[life.wishes] = world_now;
	if (life.helper_ms == 0)
		return answer(out, err);
	life.running = true;
	world_alarm = helper_ends;
	world_alarm_at = world_now + life.helper_ms;
	return WATCH_TOKEN_LATER;
}

static void values_apart(unsigned what)
{
	if (!(what & WATCH_VALUES))
		return;
	promise(life.values_at == 0 || world_now - life.values_at >= WATCH_VALUES_MS,
		"a second between two tellings of values", (size_t)world_now);
	promise(life.values_at == 0 || world_now - life.values_at <= 2 * life.interval_ms,
		"values are told again before they are given up", (size_t)world_now);
	life.values_at = world_now;
}

static void published(void *ctx, const struct snapshot *s, unsigned what)
{
	int64_t start = s->taken_at - (int64_t)(s->cycle_s * SECOND + 0.5);

	(void)ctx;
	values_apart(what);
	if (!(what & WATCH_NEWS))
		return;
	if (s->listed && life.listed_at == 0)
		life.listed_at = s->taken_at;
	promise(life.started_at == 0 || start - life.started_at >= life.interval_ms,
		"an interval between two cycles", (size_t)start);
	life.started_at = start;
	if (s->cycle_s > life.longest_cycle_s)
		life.longest_cycle_s = s->cycle_s;
	life.silent += world_log.count == life.sent;
	if (life.cycle)
		life.cycle(s);
	life.sent = world_log.count;
	if (world_now >= life.end)
		poller_stop(life.poller);
}

/* A life of that many ms: its first token is there before. */
static void live(const struct world_config *world, int budget)
{
	struct err err = { 0 };
	struct watch *watch;
	struct watch_config config = {
		.base_url = "https://api.test/client/v4",
		.account = "023e105f4ecef8ad9ca31a8372d0c353",
		.interval_ms = life.interval_ms, .request_budget = budget,
		.request_rate = life.rate, .token_state = life.rate > 0,
		.token = give_token, .published = published,
	};

	world_make(world);
	life.end = world->end_ms;
	if (poller_new(&world_clock, &life.poller, &err) < 0 ||
	    poller_add(life.poller, &config, &watch, &err) < 0 ||
	    poller_run(life.poller, &err) < 0)
		promise(false, err.what, 0);
	poller_free(life.poller);
}

/* From the n-th answer to the next wish there is the pause of so many wishes. */
static void pauses_grow(size_t first, size_t least)
{
	promise(life.wishes >= least, "it is asked again", life.wishes);
	for (size_t i = 1; i + 1 < life.wishes; i++) {
		int64_t pause = token_use_pause_ms((int)i, life.interval_ms);
		int64_t gap = life.asked[i + 1] - life.told[i];

		if (i < first)
			continue;
		promise(gap >= pause, "not before the pause is over", i);
		promise(gap <= pause + pause / 2 + 2 * life.interval_ms, "but then", i);
	}
}

/* --- the cases ------------------------------------------------------------- */

static void all_401(const struct snapshot *s)
{
	(void)s;
	world_status = 401;
}

/* Three instances at an interval of a second. */
static void live_small(int minutes, int budget, void (*cycle)(const struct snapshot *s))
{
	struct world_config world = { .instances = 3, .latency_ms = 20,
				      .end_ms = minutes * MINUTE };

	life.interval_ms = SECOND;
	life.cycle = cycle;
	live(&world, budget);
}

static void refused(int64_t helper_ms)
{
	life.helper_ms = helper_ms;
	live_small(60, 600, all_401);
	pauses_grow(1, 10);
	promise(life.longest_cycle_s < 2, "what a helper takes is not the cycle's", 0);
}

static void a_quick_helper(void)
{
	refused(0);
}

static void a_slow_helper(void)
{
	refused(1500);
}

static void a_very_slow_helper(void)
{
	refused(9 * SECOND);
}

/* Two minutes of 503 amid the 401s. */
static void now_and_then_503(const struct snapshot *s)
{
	world_status = s->taken_at % (4 * MINUTE) < 2 * MINUTE ? 401 : 503;
}

static void an_answer_of_another_kind(void)
{
	live_small(60, 600, now_and_then_503);
	pauses_grow(1, 10);
}

static void no_budget(void)
{
	live_small(60, 20, all_401);
	promise(life.silent > 0, "there are cycles without a request", life.silent);
	pauses_grow(1, 8);
}

static void it_works_again(const struct snapshot *s)
{
	world_status = s->taken_at % (10 * MINUTE) < 5 * MINUTE ? 0 : 401;
}

static void a_token_that_is_taken_again(void)
{
	live_small(20, 600, it_works_again);
	promise(life.wishes > 4, "it is asked again", life.wishes);
	for (size_t i = 1; i + 1 < life.wishes; i++)	/* of the second time */
		if (life.asked[i] > 10 * MINUTE)
			return promise(life.asked[i + 1] - life.told[i] < 3 * SECOND,
				       "the first pause is short again", i);
	promise(false, "it is asked in the second time too", life.wishes);
}

static void a_slow_list(void)
{
	struct world_config world = { .instances = 250, .latency_ms = 3 * SECOND,
				      .end_ms = 5 * MINUTE };

	life.interval_ms = SECOND;
	live(&world, 600);
	promise(life.listed_at > 0 && life.listed_at < MINUTE, "it is read",
		(size_t)life.listed_at);
}

static void nothing_is_forgotten(const struct snapshot *s)
{
	for (size_t i = 0; s->taken_at > 5 * MINUTE && i < s->count; i++)
		promise(s->taken_at - snapshot_instance(s, i)->stats_at < 5 * MINUTE,
			"every instance is asked within five minutes", i);
}

/* What goes first, the token and the list, takes all of many a cycle. */
static void one_in_a_second(void)
{
	life.rate = 1;
	live_small(20, 60, nothing_is_forgotten);
	promise(life.listed_at > 0, "the list is read", 0);
}

static const struct {
	const char *sentence;
	void (*run)(void);
} cases[] = {
	{ "a refused token is asked for in growing pauses", a_quick_helper },
	{ "those of a slow helper begin when it has answered", a_slow_helper },
	{ "also when it takes many intervals", a_very_slow_helper },
	{ "an answer that says nothing about the token does not shorten them",
	  an_answer_of_another_kind },
	{ "nor does a cycle that may not ask anything", no_budget },
	{ "when the token was taken they begin anew", a_token_that_is_taken_again },
	{ "cycles that have only time for what goes first do not use up the instances' share",
	  one_in_a_second },
	{ "a list that takes longer than an interval is read to its end", a_slow_list },
};
const size_t cases_count = sizeof(cases) / sizeof(cases[0]);

int cases_run(size_t first)
{
	int bad = 0;

	for (size_t i = 0; i < cases_count; i++) {
		memset(&life, 0, sizeof(life));
		cases[i].run();
		world_free();
		for (size_t k = 0; life.broken && k < life.wishes; k++)
			printf("# asked at %lld, told at %lld ms\n", (long long)life.asked[k],
			       (long long)life.told[k]);
		printf("%sok %zu - %s\n",
		       life.broken ? "not " : "", first + i + 1, cases[i].sentence);
		bad += life.broken;
	}
	return bad;
}
