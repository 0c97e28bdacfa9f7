/* SPDX-License-Identifier: MIT */
#include "indexing/survey.h"

#include <stdlib.h>
#include <string.h>

#include "cloudflare/retry.h"
#include "indexing/jobs.h"
#include "indexing/listing.h"
#include "indexing/roster.h"

#define SLICE_MS 100		/* how soon a cancellation is noticed */
#define BATCH_MS 30000		/* for the answers of one batch, beside what the rate takes */
#define PASSES 3		/* tries of an instance whose stats could not be read */
#define GRACE_MS 500		/* what is under way ends by its own deadline first */

struct origins {
	struct survey_origin *row;
	size_t count, room;
};

struct ask {
	enum snapshot_endpoint endpoint;
	size_t row;		/* of the roster */
	enum schedule_class class;
	int64_t turn;
};

struct survey {
	struct survey_config config;
	const struct clock *clock;
	struct client *paths;	/* knows the paths; sends nothing */
	struct http *http;
	struct fetch fetch;
	struct fetch_quota quota;
	struct budget own, second;
	struct bearer bearer;

	struct roster roster;
	struct origins origins, listed;
	struct snapshot shown;

	/* of one look */
	bool over;
	struct err err;		/* the list's */
	int64_t began, patience;
	struct ask *asks;
	size_t count, unasked, done, of;
	int64_t sent_before;
	bool *gone;
	struct err *why;	/* by roster row: kind ERR_NONE = it was read, or not asked */
	struct http_config http_config;
};

static int64_t now_ms(const struct survey *s)
{
	return clock_mono_ms(s->clock);
}

static void origins_clear(struct origins *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->row[i].source);
	free(o->row);
	memset(o, 0, sizeof(*o));
}

static void look_clear(struct survey *s)
{
	free(s->asks);
	free(s->gone);
	free(s->why);
	s->asks = NULL;
	s->gone = NULL;
	s->why = NULL;
}

/* --- waiting ----------------------------------------------------------------- */

static bool expired(const struct survey *s)
{
	return s->config.deadline > 0 && now_ms(s) >= s->config.deadline;
}

/* ERR_CANCELLED, or ERR_TIMEOUT when what is under way does not end by itself. */
static int stop_or_go(struct survey *s, struct err *err)
{
	if (s->config.cancelled && s->config.cancelled(s->config.ctx))
		return err_set(err, ERR_CANCELLED, "stopped on request");
	if (s->config.deadline > 0 && now_ms(s) >= s->config.deadline + GRACE_MS)
		return err_set(err, ERR_TIMEOUT, "the time is up");
	return 0;
}

/* Pumps until the batch is over. */
static int run(struct survey *s, struct err *err)
{
	while (!s->over) {
		int64_t next = fetch_pump(&s->fetch), wait = SLICE_MS, now = now_ms(s);

		if (s->over)
			break;
		if (stop_or_go(s, err) < 0)
			return -1;
		if (next < now + wait)
			wait = next > now ? next - now : 0;
		if ((http_pending(s->http) > 0 ? http_run(s->http, wait, err)
					       : http_idle(s->http, wait, err)) < 0)
			return -1;
	}
	return 0;
}

static int sleep_ms(struct survey *s, int64_t ms, struct err *err)
{
	int64_t end = now_ms(s) + ms, left;

	while ((left = end - now_ms(s)) > 0) {
		if (stop_or_go(s, err) < 0 ||
		    http_idle(s->http, left < SLICE_MS ? left : SLICE_MS, err) < 0)
			return -1;
	}
	return 0;
}

/* Whether there is the time for it: by the caller's patience and the deadline. */
static bool may_wait(const struct survey *s, int64_t ms)
{
	int64_t now = now_ms(s);

	if (s->config.deadline > 0 && now + ms >= s->config.deadline)
		return false;
	return s->patience == INT64_MAX || now + ms <= s->began + s->patience;
}

/* No request is to outlive the deadline. */
static void set_timeout(struct survey *s)
{
	int64_t left = s->config.deadline > 0 ? s->config.deadline - now_ms(s) : HTTP_TIMEOUT_MS;

	s->fetch.timeout_ms = left < 1 ? 1 : left < HTTP_TIMEOUT_MS ? left : HTTP_TIMEOUT_MS;
}

static int64_t batch_until(const struct survey *s, size_t count)
{
	int64_t until = now_ms(s) + BATCH_MS +
			((int64_t)count / s->second.limit + 1) * BUDGET_SECOND_MS;

	return s->config.deadline > 0 && until > s->config.deadline ? s->config.deadline : until;
}

/* --- another token ----------------------------------------------------------- */

/* Why the API refused the token in this batch of stats; NULL = it did not. */
static struct err *refusal(struct survey *s)
{
	for (size_t i = 0; s->fetch.refused && i < s->roster.count; i++)
		if (s->why[i].kind == ERR_AUTH)
			return &s->why[i];
	return NULL;
}

/* Is there another one? */
static bool renew(struct survey *s, struct err *why)
{
	if (!s->fetch.refused || !why || !bearer_refused(&s->bearer, s->bearer.turn, why))
		return false;
	s->fetch.token = s->bearer.token;
	s->fetch.refused = false;
	return true;
}

/* --- the list ---------------------------------------------------------------- */

static int keep_origin(void *ctx, const struct instance *i, struct err *err)
{
	struct survey *s = ctx;
	struct origins *o = &s->listed;

	if (o->count == o->room) {
		size_t room = o->room ? 2 * o->room : 64;
		struct survey_origin *more = reallocarray(o->row, room, sizeof(*more));

		if (!more)
			return err_nomem(err);
		o->row = more;
		o->room = room;
	}
	struct survey_origin *row = &o->row[o->count];
	memcpy(row->id, i->id, sizeof(row->id));
	memcpy(row->type, i->type, sizeof(row->type));
	row->source = i->source ? strdup(i->source) : NULL;
	if (i->source && !row->source)
		return err_nomem(err);
	o->count++;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct survey_origin *)a)->id, ((const struct survey_origin *)b)->id);
}

static void list_over(void *ctx, const struct err *err)
{
	struct survey *s = ctx;

	s->over = true;
	s->err = *err;
}

/* One try.  -1: s->err says why the list is not there, or err why nothing more is to be tried. */
static int read_list(struct survey *s, struct err *err)
{
	struct listing l = { .fetch = &s->fetch, .paths = s->paths, .over = list_over,
			     .each = keep_origin, .ctx = s };
	int r;

	origins_clear(&s->listed);
	s->over = false;
	memset(&s->err, 0, sizeof(s->err));
	set_timeout(s);
	listing_start(&l, batch_until(s, LISTING_PAGES_MAX));
	r = run(s, err);
	if (r == 0 && s->err.kind == ERR_NONE && !l.whole)
		err_set(&s->err, ERR_LIMIT, "listing instances: %s", s->fetch.limited.kind
			? s->fetch.limited.what : "the budget does not allow it");
	if (r == 0 && s->err.kind == ERR_NONE && l.bad_row.kind != ERR_NONE && s->config.failed)
		s->config.failed(s->config.ctx, NULL, &l.bad_row);
	if (r == 0 && s->err.kind == ERR_NONE)
		r = roster_merge(&s->roster, &l.found, l.pages == 1, l.started_at, err);
	listing_clear(&l);
	if (r < 0 || s->err.kind != ERR_NONE)
		return -1;
	origins_clear(&s->origins);
	s->origins = s->listed;
	memset(&s->listed, 0, sizeof(s->listed));
	if (s->origins.count > 0)
		qsort(s->origins.row, s->origins.count, sizeof(s->origins.row[0]), by_id);
	return 0;
}

static int list(struct survey *s, struct err *err)
{
	struct retry_case try = { .method = "GET", .sent = true, .jitter = (unsigned)now_ms(s) };

	while (read_list(s, err) < 0) {
		int64_t pause, refill = survey_refill_ms(s);

		if (err->kind != ERR_NONE)
			return -1;
		if (renew(s, &s->err))
			continue;
		pause = retry_delay_ms(&try, &s->err);
		/* by the API's word; a budget that is used up is our own */
		if (pause < 0 && s->err.kind == ERR_LIMIT && refill > 0 && may_wait(s, refill))
			pause = 0;
		if (pause < refill && pause >= 0)
			pause = refill;
		if (pause < 0 || expired(s) || (pause > RETRY_CEILING_MS && !may_wait(s, pause))) {
			*err = s->err;
			return -1;
		}
		if (sleep_ms(s, pause, err) < 0)
			return -1;
		fetch_begin(&s->fetch);
		try.attempt += s->patience != INT64_MAX || s->err.kind != ERR_LIMIT;
	}
	return 0;
}

/* --- stats ------------------------------------------------------------------- */

static enum snapshot_endpoint ask_path(void *ctx, size_t i, struct buf *path)
{
	const struct survey *s = ctx;
	const struct ask *a = &s->asks[i];

	client_add_instance(s->paths, s->roster.rows[a->row].known.id, path);
	if (a->endpoint == ENDPOINT_JOBS)
		buf_addf(path, "/jobs?page=1&per_page=%d", JOBS_PAGE);
	else
		buf_adds(path, "/stats");
	return a->endpoint;
}

static void ask_done(void *ctx, size_t i, struct envelope *e, const struct err *err)
{
	struct survey *s = ctx;
	const struct ask *a = &s->asks[i];
	struct roster_row *row = &s->roster.rows[a->row];
	struct err *why = &s->why[a->row];
	struct stats stats;
	struct snapshot_jobs jobs;

	if (a->endpoint == ENDPOINT_JOBS) {
		struct err ignored = { 0 };

		if (e && jobs_read(e->result, &jobs, &ignored) == 0)
			roster_put_jobs(row, &jobs);
		return;
	}
	memset(why, 0, sizeof(*why));
	if (!e && err->status == 404) {
		s->gone[a->row] = true;	/* deleted between list and stats */
	} else if (!e) {
		*why = *err;
	} else if (stats_decode(e->result, &stats, why) == 0) {
		roster_put_stats(row, &stats, s->fetch.sent_at);
	}
	if (why->kind != ERR_NONE) {
		roster_put_failure(row, s->fetch.sent_at);
		return;
	}
	s->done++;
	if (s->config.told)
		s->config.told(s->config.ctx, s->done, s->of);
}

static void asks_over(void *ctx, size_t sent)
{
	struct survey *s = ctx;

	s->over = true;
	s->unasked = s->count - sent;
}

static int by_urgency(const void *a, const void *b)
{
	const struct ask *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void pick_all(struct survey *s)
{
	s->count = 0;
	for (size_t i = 0; i < s->roster.count; i++) {
		const struct roster_row *row = &s->roster.rows[i];
		enum schedule_class class = roster_class(row);

		if (class == SCHEDULE_IDLE ||
		    (row->known.has_stats && s->config.skip && s->config.skip(s->config.ctx, &row->known)))
			continue;
		s->asks[s->count++] = (struct ask){ ENDPOINT_STATS, i, class, row->tried_at };
	}
	if (s->count > 0)
		qsort(s->asks, s->count, sizeof(s->asks[0]), by_urgency);
}

/* Those not sent go on to the front; then those whose failure a moment may cure. */
static int64_t pick_again(struct survey *s, int attempt)
{
	struct retry_case try = { .method = "GET", .sent = true, .attempt = attempt };
	size_t kept = 0, sent = s->count - s->unasked;
	int64_t longest = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct err *why = &s->why[s->asks[i].row];
		int64_t pause = i >= sent ? 0 : -1;

		if (i < sent && (why->status == 429 || why->kind == ERR_AUTH))
			pause = 0;	/* the budget knows until when; there is another token */
		else if (i < sent && why->kind != ERR_NONE && why->kind != ERR_TIMEOUT &&
			 attempt + 1 < PASSES)
			pause = retry_delay_ms(&try, why);
		if (pause < 0)
			continue;
		if (pause > longest)
			longest = pause;
		s->asks[kept++] = s->asks[i];
	}
	s->count = kept;
	return longest;
}

/* As many of the asks as the budget has room for. */
static int send(struct survey *s, struct err *err)
{
	size_t left = (size_t)budget_left(&s->quota.window, now_ms(s));
	size_t count = s->count < left ? s->count : left;
	struct fetch_batch batch = { .count = count, .until = batch_until(s, count), .path = ask_path,
				     .done = ask_done, .over = asks_over, .ctx = s };

	s->over = false;
	set_timeout(s);
	fetch_start(&s->fetch, &batch);
	if (run(s, err) < 0)
		return -1;
	return s->fetch.failed ? err_nomem(err) : 0;
}

static int ask(struct survey *s, struct err *err)
{
	s->of = s->count;
	for (int attempt = 0; s->count > 0;) {
		size_t before = s->count;
		int64_t refill;

		if (send(s, err) < 0)
			return -1;
		renew(s, refusal(s));
		if (s->fetch.refused || s->fetch.unreachable || expired(s))
			break;
		int64_t pause = pick_again(s, attempt);
		if (s->count == 0)
			break;
		refill = survey_refill_ms(s);
		if (refill > 0 && !may_wait(s, refill))
			break;
		attempt += s->count < before || pause > 0;
		if (attempt > PASSES)
			attempt = PASSES;
		if (sleep_ms(s, pause > refill ? pause : refill, err) < 0)
			return -1;
	}
	return 0;
}

static int ask_jobs(struct survey *s, struct err *err)
{
	s->count = 0;
	for (size_t i = 0; i < s->roster.count; i++) {
		const struct snapshot_instance *k = &s->roster.rows[i].known;
		const struct survey_origin *o = survey_origin(s, k->id);
		struct count total = stats_total(&k->stats);

		if (k->has_stats && !k->stats.degraded && total.known && total.value == 0 && o &&
		    o->type[0] && !(s->config.skip && s->config.skip(s->config.ctx, k)))
			s->asks[s->count++] = (struct ask){ .endpoint = ENDPOINT_JOBS, .row = i };
	}
	return s->count > 0 ? send(s, err) : 0;
}

/* --- a look ------------------------------------------------------------------ */

static void show(struct survey *s)
{
	struct snapshot *v = &s->shown;
	const struct fetch *f = &s->fetch;

	v->taken_at = now_ms(s);
	v->refused = f->refused;
	v->listed = v->listed || v->up;
	v->cycle_s = (double)(v->taken_at - s->began) / 1000;
	v->ratelimit_remaining = f->remaining;
	v->budget_used = budget_used(&s->quota.window, v->taken_at);
	v->budget_limit = s->quota.window.limit;
	memcpy(v->codes, f->codes, sizeof(v->codes));
	v->code_count = f->code_count;
	memcpy(v->failures, f->failures, sizeof(v->failures));
	for (int i = 0; i < SNAPSHOT_ENDPOINTS; i++) {
		v->traffic[i].requests = f->requests[i];
		v->traffic[i].timed = f->answers[i] > 0;
		if (f->answers[i] > 0)
			v->traffic[i].response_time_s = f->seconds[i] / (double)f->answers[i];
	}
	roster_show(&s->roster, v);
}

/* Those that could not be read, each once; those that are gone leave. */
static void sum_up(struct survey *s)
{
	s->unasked = 0;
	for (size_t i = s->roster.count; i-- > 0;) {
		const struct roster_row *row = &s->roster.rows[i];

		if (s->why[i].kind != ERR_NONE && s->config.failed) {
			err_context(&s->why[i], "stats of '%s'", row->known.id);
			s->config.failed(s->config.ctx, row->known.id, &s->why[i]);
		}
		s->unasked += !s->gone[i] && !row->known.has_stats && !row->failing;
		if (s->gone[i])
			roster_remove(&s->roster, i);
	}
}

static int look(struct survey *s, struct err *err)
{
	if (list(s, err) < 0)
		return -1;
	s->asks = calloc(s->roster.count + 1, sizeof(*s->asks));
	s->gone = calloc(s->roster.count + 1, sizeof(*s->gone));
	s->why = calloc(s->roster.count + 1, sizeof(*s->why));
	if (!s->asks || !s->gone || !s->why)
		return err_nomem(err);
	pick_all(s);
	if (ask(s, err) < 0 || (s->config.empty_jobs && !s->fetch.refused && ask_jobs(s, err) < 0))
		return -1;
	/* a refused token is no matter of one instance */
	if (refusal(s)) {
		*err = *refusal(s);
		return -1;
	}
	bearer_accepted(&s->bearer, s->bearer.turn);
	sum_up(s);
	return 0;
}

int survey_look(struct survey *s, int64_t patience_ms, struct err *err)
{
	int r;

	s->began = now_ms(s);
	s->patience = patience_ms;
	s->sent_before = s->quota.window.sent_ever;
	s->done = s->of = s->unasked = 0;
	fetch_begin(&s->fetch);
	r = look(s, err);
	look_clear(s);
	s->shown.up = r == 0;
	if (r < 0 && (err->kind == ERR_CANCELLED || err->kind == ERR_TIMEOUT))
		http_abort(s->http);
	show(s);
	return r;
}

int64_t survey_pause_ms(int cost, int used, int limit, int64_t interval_ms)
{
	int64_t even = limit > 0 ? (int64_t)cost * BUDGET_WINDOW_MS / limit : 0;

	return used < limit / 2 || even < interval_ms ? interval_ms : even;
}

/* --- what is known ----------------------------------------------------------- */

const struct snapshot *survey_snapshot(const struct survey *s)
{
	return &s->shown;
}

bool survey_failing(const struct survey *s, size_t row)
{
	return s->roster.rows[row].failing;
}

const struct survey_origin *survey_origin(const struct survey *s, const char *id)
{
	struct survey_origin key = { 0 };

	snprintf(key.id, sizeof(key.id), "%s", id);
	if (s->origins.count == 0)
		return NULL;
	return bsearch(&key, s->origins.row, s->origins.count, sizeof(key), by_id);
}

size_t survey_unasked(const struct survey *s)
{
	return s->unasked;
}

int64_t survey_refill_ms(const struct survey *s)
{
	return budget_wait_ms(&s->quota.window, now_ms(s));
}

int survey_cost(const struct survey *s)
{
	return (int)(s->quota.window.sent_ever - s->sent_before);
}

/* --- life -------------------------------------------------------------------- */

static int setup(struct survey *s, struct err *err)
{
	const struct survey_config *c = &s->config;
	struct client_config paths = { .base_url = c->base_url, .account = c->account,
				       .namespace = c->namespace };
	int budget = c->budget ? c->budget : BUDGET_REQUESTS;

	if (client_new(&paths, &s->paths, err) < 0 || http_new(&s->http, err) < 0)
		return -1;
	struct fetch_config fetch = { .http = s->http, .peer = &s->http_config, .clock = s->clock,
				      .base_url = client_base_url(s->paths),
				      .timeout_ms = HTTP_TIMEOUT_MS };
	if (fetch_init(&s->fetch, &fetch, err) < 0 ||
	    budget_init(&s->quota.window, budget, BUDGET_WINDOW_MS, err) < 0 ||
	    budget_init(&s->own, budget, BUDGET_WINDOW_MS, err) < 0 ||
	    budget_init(&s->second, c->rate ? c->rate : BUDGET_RATE, BUDGET_SECOND_MS, err) < 0)
		return -1;
	bearer_init(&s->bearer, c->token, &c->source);
	s->fetch.token = s->bearer.token;
	s->fetch.quota = &s->quota;
	s->fetch.own = &s->own;
	s->fetch.second = &s->second;
	return 0;
}

int survey_new(const struct survey_config *config, struct survey **out, struct err *err)
{
	scoped_survey struct survey *s = calloc(1, sizeof(*s));

	if (!s)
		return err_nomem(err);
	s->config = *config;
	if (config->http)
		s->http_config = *config->http;
	s->clock = config->clock ? config->clock : &clock_system;
	if (setup(s, err) < 0)
		return -1;
	s->config.base_url = s->config.account = s->config.namespace = NULL;
	s->config.http = NULL;
	*out = STEAL(s);
	return 0;
}

void survey_free(struct survey *s)
{
	if (!s)
		return;
	if (s->http)
		http_abort(s->http);
	fetch_clear(&s->fetch);
	http_free(s->http);
	budget_clear(&s->quota.window);
	budget_clear(&s->own);
	budget_clear(&s->second);
	roster_clear(&s->roster);
	origins_clear(&s->origins);
	origins_clear(&s->listed);
	look_clear(s);
	bearer_clear(&s->bearer);
	client_free(s->paths);
	free(s);
}
