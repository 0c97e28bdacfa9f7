/* SPDX-License-Identifier: MIT */
#include "indexing/fetch.h"

#include <string.h>

#define BLOCK_DEFAULT_S 60	/* after a 429 that does not say */
#define REFUSALS_MAX 8		/* doublings after 429s in a row */
#define ANSWER_MAX (4u * 1024 * 1024)	/* bytes; a list page has 228 kB */
#define SENDS_MAX 24		/* of one request; libcurl makes six of one submission */
#define LATER_MS 5000		/* beside the Timeout, to send again: the rate has to allow it */

struct get {			/* one request, freed by its callback or fetch_clear() */
	struct fetch *fetch;
	struct get *prev, *next;	/* in fetch->live */
	size_t index;
	enum snapshot_endpoint endpoint;
	int sends, repeats;
	/* submitted, and not gone out yet: its place in the second is held */
	bool waiting;
	bool barred;		/* by leaves(): to be sent when the budget has room */
	int64_t number;		/* budget_spend() */
	int64_t sent_at;
	int64_t deadline;	/* to send it again */
	struct get *later;
	struct err why;		/* for which it is sent again */
	struct buf url;
};

int fetch_init(struct fetch *f, const struct fetch_config *c, struct err *err)
{
	memset(f, 0, sizeof(*f));
	f->http = c->http;
	f->clock = c->clock;
	f->base_url = c->base_url;
	f->timeout_ms = c->timeout_ms;
	f->streams = HTTP_STREAMS;
	return http_peer_new(c->peer, &f->peer, err);
}

/* It goes out now, or never. */
static void give_back(struct get *g)
{
	if (g->waiting)
		budget_give_back(g->fetch->second);
	g->waiting = false;
}

static void get_free(struct get *g)
{
	give_back(g);
	if (g->prev)
		g->prev->next = g->next;
	else
		g->fetch->live = g->next;
	if (g->next)
		g->next->prev = g->prev;
	buf_clear(&g->url);
	free(g);
}

void fetch_clear(struct fetch *f)
{
	while (f->live)
		get_free(f->live);
	f->later = NULL;
	http_peer_free(f->peer);
	f->peer = NULL;
}

void fetch_begin(struct fetch *f)
{
	f->refused = f->unreachable = false;
	memset(f->answers, 0, sizeof(f->answers));
	memset(f->seconds, 0, sizeof(f->seconds));
	f->remaining = (struct count){ 0 };
}

void fetch_start(struct fetch *f, const struct fetch_batch *batch)
{
	f->batch = *batch;
	f->next = 0;
	f->failed = false;
	f->running = true;
}

static struct get *get_new(struct fetch *f)
{
	struct get *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->fetch = f;
	g->index = f->next;
	g->deadline = clock_mono_ms(f->clock) + f->timeout_ms + LATER_MS;
	g->url = (struct buf)BUF(8192);
	g->next = f->live;
	if (f->live)
		f->live->prev = g;
	f->live = g;
	return g;
}

static void on_done(void *ctx, const struct http_response *r, bool sent, const struct err *err);

static bool of_stats(const struct get *g)
{
	return g->endpoint == ENDPOINT_STATS || g->endpoint == ENDPOINT_JOBS;
}

static void count(struct get *g, int64_t now)
{
	struct fetch *f = g->fetch;

	g->number = budget_spend(&f->quota->window, of_stats(g), now);
	budget_spend(f->own, of_stats(g), now);
	f->requests[g->endpoint]++;
	g->sends++;
	g->sent_at = now;
}

/* Milliseconds until one more may go out. */
static int64_t closed_ms(const struct fetch *f, int64_t now)
{
	const struct budget *all[] = { &f->quota->window, f->own, f->second };
	int64_t longest = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int64_t wait = budget_wait_ms(all[i], now);

		if (wait > longest)
			longest = wait;
	}
	return longest;
}

/*
 * It was counted when it was submitted, and goes out now: perhaps seconds later, when
 * a connection had to be made.
 */
static void goes_out(struct get *g, int64_t now)
{
	struct fetch *f = g->fetch;

	give_back(g);
	budget_spend(f->second, false, now);
	budget_move(&f->quota->window, of_stats(g), g->sent_at, now);
	budget_move(f->own, of_stats(g), g->sent_at, now);
	g->sent_at = now;
}

static bool leaves(void *ctx, bool again)
{
	struct get *g = ctx;
	int64_t now = clock_mono_ms(g->fetch->clock);

	if (g->waiting)
		goes_out(g, now);
	if (!again)
		return true;
	if (g->sends >= SENDS_MAX)
		return false;
	g->barred = closed_ms(g->fetch, now) > 0;
	if (g->barred)
		return false;
	count(g, now);
	budget_spend(g->fetch->second, false, now);
	return true;
}

static int send_get(struct get *g, struct err *err)
{
	struct fetch *f = g->fetch;
	struct http_request request = {
		.peer = f->peer,
		.method = "GET",
		.url = g->url.data,
		.bearer = f->token,
		.timeout_ms = f->timeout_ms,
		.max_body = ANSWER_MAX,
		.leaves = leaves,
	};

	if (http_submit(f->http, &request, on_done, g, err) < 0)
		return -1;
	count(g, clock_mono_ms(f->clock));
	budget_hold(f->second);
	g->waiting = true;
	f->quota->in_flight++;
	f->in_flight++;
	return 0;
}

static int64_t until(const struct fetch *f)
{
	return f->later ? f->later->deadline : f->batch.until;
}

static bool halted(const struct fetch *f, int64_t now)
{
	return f->failed || f->refused || f->unreachable || now >= until(f) ||
	       (!f->later && f->next >= f->batch.count) ||
	       budget_blocked(&f->quota->window, now);
}

static size_t streams(const struct fetch *f)
{
	size_t n = http_streams(f->peer);

	if (f->probe)
		return 1;
	if (f->streams < n)
		n = f->streams;
	return f->batch.streams > 0 && f->batch.streams < n ? f->batch.streams : n;
}

static void send_next(struct fetch *f)
{
	struct err why = { 0 };
	struct get *g = f->later;

	if (g) {
		if (send_get(g, &why) == 0) {
			f->later = g->later;
			return;
		}
	} else if ((g = get_new(f))) {
		buf_adds(&g->url, f->base_url);
		g->endpoint = f->batch.path(f->batch.ctx, g->index, &g->url);
		if (!g->url.failed && send_get(g, &why) == 0) {
			f->next++;
			return;
		}
		get_free(g);
	}
	f->failed = true;	/* memory; the URL was checked when the account was made */
}

/* What was lost, and could not be sent again. */
static void give_up(struct fetch *f)
{
	struct get *g = f->later;

	f->later = g->later;
	f->unreachable = !fetch_answered(f);
	fetch_failed(f, &g->why);
	f->sent_at = g->sent_at;
	f->batch.done(f->batch.ctx, g->index, NULL, &g->why);
	get_free(g);
}

int64_t fetch_pump(struct fetch *f)
{
	while (f->running) {
		int64_t now = clock_mono_ms(f->clock), wait = 0;

		while (!halted(f, now) && f->in_flight < streams(f) &&
		       (wait = closed_ms(f, now)) == 0)
			send_next(f);
		/* nothing more to come in time */
		bool end = halted(f, now) || now + wait >= until(f);
		if (end && f->in_flight == 0) {
			while (f->later)
				give_up(f);
			f->running = false;
			f->batch.over(f->batch.ctx, f->next);
			continue;	/* it may have started another */
		}
		return !end && wait > 0 ? now + wait : INT64_MAX;
	}
	return INT64_MAX;
}

/* As long as the API said; each time that this was not long enough, twice as long. */
static void close_budget(struct fetch_quota *quota, int64_t seconds, int64_t now)
{
	int times = quota->refusals;

	if (!budget_blocked(&quota->window, now) && quota->refusals < REFUSALS_MAX)
		quota->refusals++;	/* once for all that were under way together */
	else if (times > 0)
		times--;
	budget_block(&quota->window, now + (seconds * 1000 << times), now);
}

static void note_limits(struct fetch *f, const struct get *g, const struct http_response *r)
{
	int64_t now = clock_mono_ms(f->clock);
	struct count left = r->ratelimit.remaining;

	budget_advise(&f->quota->window, &r->ratelimit, g->number, now);
	if (left.known && (!f->remaining.known || left.value < f->remaining.value))
		f->remaining = left;
	if (r->status == 429)
		close_budget(f->quota, r->retry_after > 0 ? r->retry_after : BLOCK_DEFAULT_S, now);
	else
		f->quota->refusals = 0;
	if (r->status != 429)
		f->limited = (struct err){ 0 };
}

static bool repeatable(const struct get *g, const struct err *why, int64_t now)
{
	const struct fetch *f = g->fetch;

	return g->repeats == 0 && g->sends < SENDS_MAX && why->kind == ERR_NETWORK && !f->failed &&
	       !f->refused && now < g->deadline;
}

static void send_later(struct get *g)
{
	struct get **end = &g->fetch->later;

	while (*end)
		end = &(*end)->later;
	g->later = NULL;
	*end = g;
}

static void on_done(void *ctx, const struct http_response *r, bool sent, const struct err *err)
{
	struct get *g = ctx;
	struct fetch *f = g->fetch;
	struct err why = *err;
	scoped_envelope struct envelope e = { 0 };
	bool ok = false;

	f->in_flight--;
	f->quota->in_flight--;
	if (g->waiting && sent)		/* before libcurl 7.80 nobody says when */
		budget_spend(f->second, false, clock_mono_ms(f->clock));
	give_back(g);
	if (!r) {
		bool again = sent && repeatable(g, &why, clock_mono_ms(f->clock));

		if (g->barred || again) {
			g->repeats += !g->barred;
			g->barred = false;
			g->why = why;
			send_later(g);
			fetch_pump(f);
			return;
		}
		f->unreachable = !fetch_answered(f);
	} else {
		struct envelope_input in = {
			.status = r->status, .content_type = r->content_type,
			.body = r->body->data, .len = r->body->len,
			.retry_after = r->retry_after, .cf_ray = r->cf_ray,
			.permission = "AI Search Read",
		};
		f->probe = false;
		fetch_count(f, g->endpoint, r->status, r->seconds);
		note_limits(f, g, r);
		ok = envelope_decode(&in, &e, &why) == 0;
		/* the token's own endpoints say 401 to a token of the other kind too */
		if (!ok && why.kind == ERR_AUTH && g->endpoint != ENDPOINT_TOKEN)
			f->refused = true;
		if (why.status == 429)
			f->limited = why;
	}
	if (!ok && why.status != 404)	/* a thing that is gone is no failure */
		fetch_failed(f, &why);
	f->sent_at = g->sent_at;
	f->batch.done(f->batch.ctx, g->index, ok ? &e : NULL, &why);
	get_free(g);
	fetch_pump(f);
}
