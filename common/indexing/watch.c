/* SPDX-License-Identifier: MIT */
#include "indexing/watch_room.h"

#include <string.h>

/* What leaves the budget's window in the next moments is waited for (fetch.h). */
#define SOON_MS 5000

#define BAD_MAX 10
#define STREAMS_LEAST 4
#define LIST_MS 60000
#define LIST_COST_MS 1000	/* for each page of a list without an end: half of the default budget */

static void note(struct watch *w, const struct err *err)
{
	if (w->first.kind == ERR_NONE)
		w->first = *err;
}

static void fail(struct watch *w, const struct err *err)
{
	note(w, err);
	w->failed = true;
}

/* --- what the account is like ---------------------------------------------- */

static struct schedule schedule(struct watch *w)
{
	struct schedule s = {
		.limit = w->quota->fetch.window.limit,
		.rate = (double)w->pace->second.limit / (double)w->pace->users,
		.window_ms = w->quota->fetch.window.window_ms,
		.interval_ms = w->config.interval_ms,
		.instances = w->roster.count,
		.pages = w->pages ? w->pages : 1,
		.cost = w->config.jobs ? 2 : 1,
	};

	w->need = schedule_need(&s);
	s.limit = w->owner.part(w->owner.ctx, w);
	budget_allow(&w->own, s.limit);
	return s;
}

static bool list_due(struct watch *w)
{
	struct schedule s = schedule(w);

	/* half an interval of slack: cycles do not start to the millisecond */
	return !w->listed || w->started_at - w->listed_at >=
		schedule_list_period_ms(&s) - w->config.interval_ms / 2;
}

/* --- the end of a cycle ---------------------------------------------------- */

static void finish(struct watch *w)
{
	if (w->fetch.refused) {
		token_use_refused(&w->token, &w->first);
		token_use_explain(&w->token, w->config.refused_hint, &w->first);
		w->failed = true;
	} else if (!w->failed && fetch_answered(&w->fetch)) {
		token_use_taken(&w->token);
	}
	w->failed_before = w->failed;
	w->state = RESTING;
	watch_publish(w);
}

/* --- reading --------------------------------------------------------------- */

static void read_list(struct watch *w);

static void sweep_over(void *ctx)
{
	struct watch *w = ctx;
	bool again = w->sweep.more_or_less && !w->fetch.refused && watch_now(w) < w->next_at;

	if (w->sweep.first.kind != ERR_NONE)
		w->standing = w->sweep.first;
	/* what could not be read before, and was not asked this time, is still not well */
	if (w->sweep.first.kind != ERR_NONE || roster_failing(&w->roster) > 0)
		note(w, &w->standing);
	/* one instance that cannot be read is not the API: as many as there are in a row, or ten */
	w->bad_in_a_row = w->sweep.good > 0 ? 0 : w->bad_in_a_row + w->sweep.bad;
	if (w->sweep.bad > 0 && (w->bad_in_a_row >= BAD_MAX || w->bad_in_a_row >= w->roster.count))
		w->failed = true;
	if (again && !w->failed)
		read_list(w);	/* and then the new ones */
	else
		finish(w);
}

static void read_stats(struct watch *w)
{
	struct schedule s = schedule(w);
	struct err why = { 0 };
	bool all = schedule_way(&s) == SCHEDULE_ALL;

	w->sweep.glance = all && w->listed_at < w->started_at;
	w->sweep.only_new = all && w->swept_at >= w->started_at;
	w->swept_at = watch_now(w);

	w->sweep.used = budget_marked(&w->own, watch_now(w) + SOON_MS);
	if (sweep_start(&w->sweep, &s, w->next_at > w->swept_at ? w->next_at
				 : w->swept_at + w->config.interval_ms, &why) < 0) {
		fail(w, &why);
		finish(w);
	}
}

static void list_over(void *ctx, const struct err *err)
{
	struct watch *w = ctx;
	struct listing *l = &w->listing;
	struct err why = *err;

	if (l->bad_row.kind != ERR_NONE)
		note(w, &l->bad_row);
	if (why.kind == ERR_NONE && l->whole) {
		w->pages = l->pages;
		w->listed = true;
		w->listed_at = l->started_at;
		w->sweep.total = l->total;
		roster_merge(&w->roster, &l->found, w->pages == 1, l->started_at, &why);
	}
	listing_clear(l);
	if (why.kind != ERR_NONE) {
		/* one without an end costs as much as it may; not in every cycle */
		if (l->pages >= LISTING_PAGES_MAX) {
			w->list_again_at = w->started_at + (int64_t)l->pages * LIST_COST_MS;
			w->list_err = why;
		}
		fail(w, &why);
		finish(w);
	} else if (w->fetch.refused || w->fetch.unreachable) {
		finish(w);
	} else {
		read_stats(w);
	}
}

static void read_list(struct watch *w)
{
	w->listing = (struct listing){ .fetch = &w->fetch, .paths = w->paths,
				       .instances = w->config.instances, .over = list_over,
				       .ctx = w };
	/* a list that is begun is read to its end: half of one is worth nothing */
	listing_start(&w->listing, w->started_at + (w->config.interval_ms > LIST_MS ?
						    w->config.interval_ms : LIST_MS));
}

/*
 * Its part of what the host's connection carries, and of what the rate can use: half a
 * second's worth.  A handle takes 33 kB for as long as the poller lives.
 */
static size_t streams(const struct watch *w)
{
	size_t all = (size_t)w->pace->second.limit / 2;

	if (all > HTTP_STREAMS)
		all = HTTP_STREAMS;
	all /= w->pace->users;
	return all < STREAMS_LEAST ? STREAMS_LEAST : all;
}

static void read_api(struct watch *w)
{
	struct err why = { 0 };

	if (budget_blocked(&w->quota->fetch.window, w->started_at)) {
		if (w->fetch.limited.kind != ERR_NONE)
			why = w->fetch.limited;
		else
			err_set(&why, ERR_LIMIT, "waiting, because the API said 429");
		fail(w, &why);
		finish(w);
		return;
	}
	if (w->started_at < w->list_again_at) {
		fail(w, &w->list_err);
		finish(w);
		return;
	}
	w->state = READING;
	w->fetch.token = w->token.token;
	w->fetch.quota = &w->quota->fetch;
	w->fetch.second = &w->pace->second;
	w->fetch.own = &w->own;
	w->fetch.streams = streams(w);
	w->fetch.probe = w->failed_before;
	if (list_due(w))
		read_list(w);
	else
		read_stats(w);
}

/* --- the token ------------------------------------------------------------- */

/* A new token has a budget of its own. */
static int adopt(void *ctx, const struct secret *token, struct err *err)
{
	struct watch *w = ctx;

	if (w->quota)
		w->quota->users--;
	w->quota = w->owner.quota(w->owner.ctx, w->host, token,
				  w->config.request_budget ? w->config.request_budget : BUDGET_REQUESTS,
				  err);
	if (!w->quota)
		return -1;
	memset(&w->sweep.token, 0, sizeof(w->sweep.token));
	w->sweep.token_at = 0;
	w->quota->users++;
	return 0;
}

/* Whether to go on: there is a token.  A refused one is tried too, with one request. */
static bool have_token(struct watch *w)
{
	struct token_answer answer = { .wanted = token_use_wanted(&w->token, w->started_at) };

	w->looked = true;
	answer.found = w->config.token(w->config.token_ctx, answer.wanted, &answer.fresh,
				       &answer.why);
	if (answer.found == WATCH_TOKEN_LATER) {
		w->state = NEEDS_TOKEN;
		return false;
	}
	if (token_use_answer(&w->token, &answer, w->started_at, w->config.interval_ms, adopt, w))
		return true;
	fail(w, &w->token.err);
	finish(w);
	return false;
}

/* --- the loop's side ------------------------------------------------------- */

static void begin(struct watch *w, int64_t now)
{
	w->started_at = now;
	w->next_at = now + w->config.interval_ms;
	memset(&w->first, 0, sizeof(w->first));
	w->failed = false;
	fetch_begin(&w->fetch);
	if (have_token(w))
		read_api(w);
}

/* A helper may have taken longer than an interval: the cycle's time begins now. */
static void resume(struct watch *w, int64_t now)
{
	w->started_at = now;
	w->next_at = now + w->config.interval_ms;
	if (have_token(w))
		read_api(w);
}

int64_t watch_step(struct watch *w)
{
	int64_t now = watch_now(w), next = INT64_MAX;

	if (w->state == RESTING && now >= w->next_at)
		begin(w, now);
	else if (w->state == NEEDS_TOKEN && !w->looked)
		resume(w, now);
	if (w->state == READING)
		next = fetch_pump(&w->fetch);
	if (now >= watch_values_at(w))
		watch_tell(w, WATCH_VALUES);
	if (w->state == RESTING)
		next = w->next_at;
	return next < watch_values_at(w) ? next : watch_values_at(w);
}

void watch_wake(struct watch *w)
{
	w->looked = false;
}

/* --- life ------------------------------------------------------------------ */

static int setup(struct watch *w, const struct watch_config *config, struct err *err)
{
	static const struct http_config plain;
	struct client_config paths = { .base_url = config->base_url, .account = config->account,
				       .namespace = config->namespace, .flat = config->flat };

	if (!config->account || !config->token || config->interval_ms < 1)
		return err_set(err, ERR_CONFIG, "an account, a token and an interval are needed");
	if (client_new(&paths, &w->paths, err) < 0)
		return -1;
	struct fetch_config fetch = {
		.http = w->owner.http, .peer = config->http ? config->http : &plain,
		.clock = w->owner.clock, .base_url = client_base_url(w->paths),
		.timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : HTTP_TIMEOUT_MS,
	};
	if (url_host(fetch.base_url, w->host, sizeof(w->host), err) < 0 ||
	    fetch_init(&w->fetch, &fetch, err) < 0)
		return -1;
	w->sweep = (struct sweep){ .fetch = &w->fetch, .paths = w->paths, .roster = &w->roster,
				   .jobs = config->jobs, .ask_token = config->token_state,
				   .over = sweep_over, .ctx = w };
	w->pace = w->owner.pace(w->owner.ctx, w->host,
				config->request_rate ? config->request_rate : BUDGET_RATE, err);
	if (!w->pace)
		return -1;
	w->pace->users++;
	if (budget_init(&w->own, BUDGET_REQUESTS, BUDGET_WINDOW_MS, err) < 0)
		return -1;
	return 0;
}

int watch_new(const struct watch_config *config, const struct watch_owner *owner,
	      struct watch **out, struct err *err)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return err_nomem(err);
	w->config = *config;
	w->owner = *owner;
	w->next_at = watch_now(w);
	if (setup(w, config, err) < 0) {
		watch_free(w);
		return -1;
	}
	/* copied above, by the rooms that need them */
	w->config.base_url = w->config.account = w->config.namespace = NULL;
	w->config.http = NULL;
	*out = w;
	return 0;
}

int64_t watch_need(const struct watch *w)
{
	return w->need;
}

const struct watch_quota *watch_quota_of(const struct watch *w)
{
	return w->quota;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	fetch_clear(&w->fetch);
	budget_clear(&w->own);
	listing_clear(&w->listing);
	sweep_clear(&w->sweep);
	client_free(w->paths);
	token_use_clear(&w->token);
	roster_clear(&w->roster);
	free(w);
}
