/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rfc3339.h"

#define MINUTE 60000
#define HOUR (60 * MINUTE)
#define WINDOW 300000

struct period {
	int64_t start, stop;
};

struct thing {			/* one instance */
	int64_t from, to;	/* it exists */
	struct period *periods;
	size_t count;
};

static struct world_config config;
static struct thing *things;
static size_t thing_count;
static uint64_t seed;

int64_t world_now, world_alarm_at;
void (*world_alarm)(void);
int world_status;
struct world_log world_log;
static size_t log_room;
static int64_t *others;		/* when somebody else sent a request */
static size_t other_count, other_next;

static int64_t mono(void *ctx)
{
	(void)ctx;
	return world_now;
}

static int64_t wall(void *ctx)
{
	(void)ctx;
	return WORLD_WALL + world_now / 1000;
}

const struct clock world_clock = { .mono_ms = mono, .wall_s = wall };

void world_pass(int64_t until)
{
	bool ring = world_alarm_at > 0 && world_alarm_at <= until;

	if (ring)
		until = world_alarm_at;
	if (until > world_now)
		world_now = until;
	if (!ring)
		return;
	world_alarm_at = 0;
	world_alarm();
}

/* --- making it ------------------------------------------------------------- */

static int64_t below(int64_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((seed >> 33) % (uint64_t)n);
}

static void add_period(struct thing *t, int64_t start, int64_t length)
{
	if (start >= config.end_ms)
		return;
	/* two that touch would be one */
	if (t->count > 0 && t->periods[t->count - 1].stop + 2000 > start)
		return;
	t->periods = reallocarray(t->periods, t->count + 1, sizeof(*t->periods));
	t->periods[t->count++] = (struct period){ start, start + length };
}

static void make_churn(void)
{
	for (int64_t at = 10 * MINUTE; at < config.end_ms; at += MINUTE)
		for (size_t i = 0; i < 40; i++)
			add_period(&things[below((int64_t)thing_count)], at + below(MINUTE),
				   10000 + below(110000));
}

static void make_syncs(void)
{
	for (int64_t at = HOUR; at < config.end_ms; at += 6 * HOUR)
		for (size_t i = 0; i < thing_count; i++)
			add_period(&things[i], at + below(MINUTE), 30000 + below(270000));
}

static void make_others(void)
{
	/* 250 requests in half a minute, each five minutes: a script of somebody's */
	size_t room = (size_t)(config.end_ms / WINDOW + 1) * 250;

	others = calloc(room, sizeof(*others));
	for (int64_t at = 2 * MINUTE; at < config.end_ms; at += WINDOW)
		for (int i = 0; i < 250 && other_count < room; i++)
			others[other_count++] = at + i * 120;
}

void world_make(const struct world_config *c)
{
	config = *c;
	seed = 42;
	world_now = world_alarm_at = 0;
	world_status = 0;
	thing_count = c->instances;
	things = calloc(thing_count, sizeof(*things));
	for (size_t i = 0; i < thing_count; i++)
		things[i] = (struct thing){ .from = INT64_MIN, .to = INT64_MAX };
	switch (c->pattern) {
	case PATTERN_IDLE:
		break;
	case PATTERN_IMPORT:
		add_period(&things[0], HOUR, 40 * MINUTE);
		break;
	case PATTERN_SYNC:
		make_syncs();
		break;
	case PATTERN_CHURN:
		make_churn();
		break;
	case PATTERN_WORKING:
		for (size_t i = 0; i < thing_count; i++)
			add_period(&things[i], 0, c->end_ms);
		break;
	case PATTERN_COMINGS:
		for (size_t i = 0; i < thing_count; i++) {
			if (i % 10 == 1)
				things[i].from = below(c->end_ms);
			if (i % 10 == 2)
				things[i].to = below(c->end_ms);
		}
		break;
	}
	if (c->others)
		make_others();
}

void world_free(void)
{
	for (size_t i = 0; i < thing_count; i++)
		free(things[i].periods);
	free(things);
	free(others);
	free(world_log.at);
	things = NULL;
	others = NULL;
	other_count = other_next = thing_count = log_room = 0;
	memset(&world_log, 0, sizeof(world_log));
}

/* --- looking at it --------------------------------------------------------- */

size_t world_count(void)
{
	return thing_count;
}

bool world_exists(size_t i, int64_t at)
{
	return at >= things[i].from && at < things[i].to;
}

int64_t world_start(size_t i, size_t k)
{
	return k < things[i].count ? things[i].periods[k].start : -1;
}

int64_t world_stop(size_t i, size_t k)
{
	return k < things[i].count ? things[i].periods[k].stop : -1;
}

/* The last period that has begun, or NULL. */
static const struct period *last_period(size_t i, int64_t at)
{
	size_t low = 0, high = things[i].count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (things[i].periods[middle].start <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &things[i].periods[low - 1] : NULL;
}

bool world_active(size_t i, int64_t at)
{
	const struct period *p = last_period(i, at);

	return p && at < p->stop;
}

int64_t world_completed(size_t i, int64_t at)
{
	const struct period *p = last_period(i, at);
	int64_t done = 100;

	for (const struct period *q = things[i].periods; p && q <= p; q++)
		done += ((at < q->stop ? at : q->stop) - q->start) / 1000 + 1;
	return done;
}

static int64_t last_activity(size_t i, int64_t at)
{
	const struct period *p = last_period(i, at);

	if (!p)
		return WORLD_WALL - 86400 - (int64_t)i;
	return WORLD_WALL + (at < p->stop ? at : p->stop) / 1000;
}

/* --- the API --------------------------------------------------------------- */

static void add_time(struct buf *b, int64_t unix_s)
{
	char text[RFC3339_SIZE];

	rfc3339_format(unix_s, text);
	buf_addf(b, "\"%s\"", text);
}

static void list(int page, struct buf *b)
{
	size_t seen = 0, first = (size_t)(page - 1) * 100, rows = 0;

	buf_adds(b, "{\"success\":true,\"result\":[");
	for (size_t i = 0; i < thing_count; i++) {
		bool active;

		if (!world_exists(i, world_now))
			continue;
		if (seen++ < first || rows == 100)
			continue;
		active = world_active(i, world_now);
		buf_addf(b, "%s{\"id\":\"i%05zu\",\"namespace\":\"default\",\"status\":\"%s\","
			 "\"paused\":false,\"last_activity\":", rows++ ? "," : "", i,
			 active && !config.silent ? "indexing" : "ready");
		add_time(b, last_activity(i, world_now));
		buf_adds(b, "}");
	}
	buf_addf(b, "],\"result_info\":{\"page\":%d,\"per_page\":100,\"count\":%zu,\"total_count\":%zu}}",
		 page, rows, seen);
}

static void stats(size_t i, struct buf *b)
{
	bool active = world_active(i, world_now);

	buf_addf(b, "{\"success\":true,\"result\":{\"queued\":%d,\"running\":%d,\"completed\":%lld,"
		 "\"error\":0,\"skipped\":0,\"outdated\":0,\"last_activity\":", active ? 9 : 0,
		 active ? 3 : 0, (long long)world_completed(i, world_now));
	add_time(b, last_activity(i, world_now));
	buf_adds(b, "}}");
}

static size_t after(const int64_t *at, size_t count, int64_t time)
{
	size_t n = 0;

	while (n < count && at[count - 1 - n] > time)
		n++;
	return n;
}

/* The sliding window of the token, ours and the others'. */
static int64_t spent(void)
{
	while (other_next < other_count && others[other_next] <= world_now)
		other_next++;
	return (int64_t)(after(world_log.at, world_log.count, world_now - WINDOW) +
			 after(others, other_next, world_now - WINDOW));
}

static void write_down(void)
{
	if (world_log.count == log_room) {
		log_room = log_room ? 2 * log_room : 4096;
		world_log.at = reallocarray(world_log.at, log_room, sizeof(*world_log.at));
	}
	world_log.at[world_log.count++] = world_now;
}

int world_latency_ms(void)
{
	return config.latency_ms + (int)below(config.latency_ms + 1);
}

void world_get(const char *url, struct world_answer *a, struct buf *body)
{
	const char *page = strstr(url, "?order_by"), *id = strstr(url, "/i0");
	int64_t left;
	size_t i;

	write_down();
	left = WORLD_QUOTA - spent();
	a->ratelimit = (struct ratelimit){ { true, left > 0 ? left : 0 }, { true, 60 },
					   { true, WORLD_QUOTA }, { true, 300 } };
	a->status = 200;
	a->retry_after = 0;
	if (config.limited && world_now % HOUR > 30 * MINUTE && world_now % HOUR < 31 * MINUTE) {
		a->status = 429;
		a->retry_after = 20;
	} else if (left < 0) {
		a->status = 429;
		a->retry_after = 60;
		world_log.refused++;
	}
	if (a->status == 429) {
		buf_adds(body,
			 "{\"success\":false,\"errors\":[{\"code\":971,\"message\":\"rate\"}]}");
		return;
	}
	if (world_status) {
		a->status = world_status;
		buf_adds(body, "{\"success\":false,\"errors\":[{\"code\":1,\"message\":\"no\"}]}");
		return;
	}
	if (page) {
		list(atoi(strstr(page, "page=") + 5), body);
		return;
	}
	i = id ? (size_t)strtoul(id + 2, NULL, 10) : thing_count;
	if (i < thing_count && world_exists(i, world_now)) {
		stats(i, body);
		return;
	}
	a->status = 404;
	buf_adds(body,
		 "{\"success\":false,\"errors\":[{\"code\":7002,\"message\":\"not found\"}]}");
}
