/* SPDX-License-Identifier: MIT */
#include "indexing/fetch.h"

#include <string.h>
#include <time.h>

#define SECOND_MS 1000
#define BLOCK_DEFAULT_S 60	/* after a 429 that does not say */
#define SLICE_MS 1000		/* the longest http_run() without a look around */
/*
 * A cycle that starts exactly one window after another finds that one's requests
 * still counted; they leave the window as fast as they came.
 */
#define PATIENCE_MS 2000
#define STATS_BODY_MAX (4u * 1024 * 1024)

int fetch_init(struct fetch *f, const struct fetch_config *c, struct err *err)
{
	pthread_condattr_t attr;

	memset(f, 0, sizeof(*f));
	f->clock = c->clock;
	f->base_url = c->base_url;
	f->timeout_ms = c->timeout_ms;
	atomic_init(&f->stopped, false);
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (budget_init(&f->window, c->budget, BUDGET_WINDOW_MS, err) < 0 ||
	    budget_init(&f->second, c->rate, SECOND_MS, err) < 0 ||
	    http_new(c->http, &f->http, err) < 0) {
		fetch_clear(f);
		return -1;
	}
	return 0;
}

void fetch_clear(struct fetch *f)
{
	http_free(f->http);
	f->http = NULL;
	budget_clear(&f->window);
	budget_clear(&f->second);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
}

void fetch_stop(struct fetch *f)
{
	pthread_mutex_lock(&f->lock);
	atomic_store(&f->stopped, true);
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
	http_wake(f->http);
}

bool fetch_stopped(const struct fetch *f)
{
	return atomic_load(&f->stopped);
}

void fetch_sleep_ms(struct fetch *f, int64_t ms)
{
	struct timespec end;

	if (ms <= 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(ms / 1000);
	end.tv_nsec += (long)(ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&f->lock);
	while (!fetch_stopped(f) && pthread_cond_timedwait(&f->wake, &f->lock, &end) == 0)
		;
	pthread_mutex_unlock(&f->lock);
}

void fetch_begin(struct fetch *f)
{
	f->refused = false;
	f->answers = 0;
	f->seconds = 0;
	f->remaining = (struct count){ 0 };
}

struct run {			/* one fetch_all() */
	struct fetch *fetch;
	const struct fetch_batch *batch;
	size_t next;
	bool failed;		/* a submission failed: err tells */
	struct err *err;
	struct get *live;
};

struct get {			/* one request, freed by its callback or the end of the run */
	struct run *run;
	struct get *prev, *next;	/* in run->live */
	size_t index;
	int attempt;
	struct buf url;
};

static bool halted(const struct run *r)
{
	return r->failed || r->fetch->refused || fetch_stopped(r->fetch);
}

static struct get *get_new(struct run *r)
{
	struct get *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->run = r;
	g->index = r->next++;
	g->url = (struct buf)BUF(8192);
	g->next = r->live;
	if (r->live)
		r->live->prev = g;
	r->live = g;
	return g;
}

static void get_free(struct get *g)
{
	if (g->prev)
		g->prev->next = g->next;
	else
		g->run->live = g->next;
	if (g->next)
		g->next->prev = g->prev;
	buf_clear(&g->url);
	free(g);
}

static void count_code(struct fetch *f, int status)
{
	size_t i = 0;

	while (i < f->code_count && f->codes[i].status != status)
		i++;
	if (i == SNAPSHOT_CODES)
		return;
	f->code_count += i == f->code_count;
	f->codes[i].status = status;
	f->codes[i].count++;
}

static void on_done(void *ctx, const struct http_response *r, bool sent, const struct err *err);

static int send_get(struct get *g, struct err *err)
{
	struct fetch *f = g->run->fetch;
	int64_t now = clock_mono_ms(f->clock);
	struct http_request request = {
		.method = "GET",
		.url = g->url.data,
		.bearer = f->token,
		.timeout_ms = f->timeout_ms,
		.max_body = STATS_BODY_MAX,
	};

	if (http_submit(f->http, &request, on_done, g, err) < 0)
		return -1;
	budget_spend(&f->window, now);
	budget_spend(&f->second, now);
	f->requests++;
	return 0;
}

/* Sends what may be sent now. */
static void fill(struct run *r)
{
	struct fetch *f = r->fetch;

	while (r->next < r->batch->count && !halted(r) && http_pending(f->http) < FETCH_STREAMS) {
		int64_t now = clock_mono_ms(f->clock);

		if (budget_left(&f->window, now) == 0 || budget_left(&f->second, now) == 0)
			return;
		struct get *g = get_new(r);
		if (!g) {
			r->failed = true;
			err_nomem(r->err);
			return;
		}
		buf_adds(&g->url, f->base_url);
		r->batch->path(r->batch->ctx, g->index, &g->url);
		if (g->url.failed || send_get(g, r->err) < 0) {
			if (g->url.failed)
				err_set(r->err, ERR_CONFIG, "the request's URL is too long");
			r->failed = true;
			get_free(g);
			return;
		}
	}
}

static void note_limits(struct fetch *f, const struct http_response *r)
{
	int64_t now = clock_mono_ms(f->clock);
	struct count left = r->ratelimit.remaining;

	budget_advise(&f->window, &r->ratelimit, http_pending(f->http), now);
	if (left.known && (!f->remaining.known || left.value < f->remaining.value))
		f->remaining = left;
	if (r->status == 429)
		budget_block(&f->window,
			     now + 1000 * (r->retry_after > 0 ? r->retry_after : BLOCK_DEFAULT_S));
}

static void on_done(void *ctx, const struct http_response *r, bool sent, const struct err *err)
{
	struct get *g = ctx;
	struct run *run = g->run;
	struct fetch *f = run->fetch;
	struct err why = *err;
	scoped_envelope struct envelope e = { 0 };
	bool ok = false;

	if (!r) {
		if (sent && g->attempt++ == 0 && why.kind == ERR_NETWORK && !halted(run) &&
		    budget_left(&f->window, clock_mono_ms(f->clock)) > 0 && send_get(g, &why) == 0)
			return;
	} else {
		struct envelope_input in = {
			.status = r->status, .content_type = r->content_type,
			.body = r->body->data, .len = r->body->len,
			.retry_after = r->retry_after, .cf_ray = r->cf_ray,
			.permission = "AI Search Read",
		};
		f->answers++;
		f->seconds += r->seconds;
		count_code(f, r->status);
		note_limits(f, r);
		ok = envelope_decode(&in, &e, &why) == 0;
		if (!ok && why.kind == ERR_AUTH)
			f->refused = true;
	}
	run->batch->done(run->batch->ctx, g->index, ok ? &e : NULL, &why);
	get_free(g);
	fill(run);
}

/* Nothing is under way: is it worth waiting until more may be sent? */
static bool worth_waiting(const struct run *r, int64_t now, int64_t *wait)
{
	struct fetch *f = r->fetch;
	int64_t window = budget_wait_ms(&f->window, now), second = budget_wait_ms(&f->second, now);

	*wait = window > second ? window : second;
	return r->next < r->batch->count && !halted(r) && *wait <= PATIENCE_MS &&
	       !budget_blocked(&f->window, now);
}

static int run_batch(struct run *r, struct err *err)
{
	struct fetch *f = r->fetch;

	for (;;) {
		fill(r);
		if (fetch_stopped(f))
			return err_set(err, ERR_CANCELLED, "stopped on request");
		int64_t now = clock_mono_ms(f->clock), wait;
		if (http_pending(f->http) > 0) {
			wait = budget_wait_ms(&f->second, now);
			if (http_run(f->http, wait > 0 ? wait : SLICE_MS, err) < 0)
				return -1;
		} else if (worth_waiting(r, now, &wait)) {
			fetch_sleep_ms(f, wait);
		} else {
			return r->failed ? -1 : 0;
		}
	}
}

int fetch_all(struct fetch *f, const struct fetch_batch *batch, size_t *sent, struct err *err)
{
	struct run run = { .fetch = f, .batch = batch, .err = err };
	int r = run_batch(&run, err);

	*sent = run.next;
	if (r < 0)
		http_abort(f->http);	/* no callbacks any more: ours to free */
	while (run.live)
		get_free(run.live);
	return r;
}
