/* SPDX-License-Identifier: MIT */
/* survey.c -- a look from beginning to end, what is known after it, and the survey's life. */
#include "indexing/survey_room.h"

#include <stdlib.h>

bool survey_renew(struct survey *s, struct err *why)
{
	if (!s->fetch.refused || !why || !bearer_refused(&s->bearer, s->bearer.turn, why))
		return false;
	s->fetch.token = s->bearer.token;
	s->fetch.refused = false;
	return true;
}

/* --- a look ------------------------------------------------------------------ */

static void show(struct survey *s)
{
	struct snapshot *v = &s->shown;

	v->taken_at = survey_now(s);
	v->refused = s->fetch.refused;
	v->listed = v->listed || v->up;
	v->cycle_s = (double)(v->taken_at - s->began) / 1000;
	v->budget_used = budget_used(&s->quota.window, v->taken_at);
	v->budget_limit = s->quota.window.limit;
	fetch_show(&s->fetch, v);
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
	if (survey_list(s, err) < 0)
		return -1;
	s->asks = calloc(s->roster.count + 1, sizeof(*s->asks));
	s->gone = calloc(s->roster.count + 1, sizeof(*s->gone));
	s->why = calloc(s->roster.count + 1, sizeof(*s->why));
	if (!s->asks || !s->gone || !s->why)
		return err_nomem(err);
	if (survey_ask_stats(s, err) < 0)
		return -1;
	if (s->config.empty_jobs && !s->fetch.refused && survey_ask_jobs(s, err) < 0)
		return -1;
	/* a refused token is no matter of one instance */
	if (survey_refusal(s)) {
		*err = *survey_refusal(s);
		return -1;
	}
	bearer_accepted(&s->bearer, s->bearer.turn);
	sum_up(s);
	return 0;
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

int survey_look(struct survey *s, int64_t patience_ms, struct err *err)
{
	int r;

	s->began = survey_now(s);
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

size_t survey_unasked(const struct survey *s)
{
	return s->unasked;
}

int64_t survey_refill_ms(const struct survey *s)
{
	return budget_wait_ms(&s->quota.window, survey_now(s));
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
	survey_origins_clear(&s->origins);
	survey_origins_clear(&s->listed);
	look_clear(s);
	bearer_clear(&s->bearer);
	client_free(s->paths);
	free(s);
}
