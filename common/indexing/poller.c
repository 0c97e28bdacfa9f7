/* SPDX-License-Identifier: MIT */
#include "indexing/poller.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "indexing/schedule.h"

#define SLICE_MS 1000		/* the longest sleep without a look around */

struct member {
	struct watch *watch;
	struct member *next;
};

struct poller {
	struct http *http;
	const struct clock *clock;
	struct member *members;
	struct watch_quota *quotas;
	struct watch_pace *paces;
	atomic_bool stopped, woken;
};

int poller_new(const struct clock *clock, struct poller **out, struct err *err)
{
	struct poller *p = calloc(1, sizeof(*p));

	if (!p)
		return err_nomem(err);
	p->clock = clock ? clock : &clock_system;
	atomic_init(&p->stopped, false);
	atomic_init(&p->woken, false);
	if (http_new(&p->http, err) < 0) {
		free(p);
		return -1;
	}
	*out = p;
	return 0;
}

static void quota_free(struct watch_quota *q)
{
	budget_clear(&q->fetch.window);
	secret_free(q->token);
	free(q);
}

void poller_free(struct poller *p)
{
	if (!p)
		return;
	http_abort(p->http);
	while (p->members) {
		struct member *m = p->members;

		p->members = m->next;
		watch_free(m->watch);
		free(m);
	}
	http_free(p->http);
	while (p->quotas) {
		struct watch_quota *q = p->quotas;

		p->quotas = q->next;
		quota_free(q);
	}
	while (p->paces) {
		struct watch_pace *pace = p->paces;

		p->paces = pace->next;
		budget_clear(&pace->second);
		free(pace);
	}
	free(p);
}

/*
 * Quotas are kept when a token is replaced: what was sent with it counts until
 * it has left the window.  One that nobody wants and whose window is empty goes.
 */
static void drop_idle_quotas(struct poller *p)
{
	int64_t now = clock_mono_ms(p->clock);

	for (struct watch_quota **q = &p->quotas; *q;) {
		struct watch_quota *idle = *q;

		if (idle->users > 0 || idle->fetch.in_flight > 0 ||
		    budget_used(&idle->fetch.window, now) > 0 ||
		    budget_blocked(&idle->fetch.window, now)) {
			q = &idle->next;
			continue;
		}
		*q = idle->next;
		quota_free(idle);
	}
}

static struct watch_quota *quota(void *ctx, const char *host, const struct secret *token,
				 int limit, struct err *err)
{
	struct poller *p = ctx;
	struct watch_quota *q;

	drop_idle_quotas(p);
	for (q = p->quotas; q; q = q->next) {
		if (strcmp(q->host, host) != 0 || !secret_equal(q->token, token))
			continue;
		budget_tighten(&q->fetch.window, limit);
		return q;
	}
	q = calloc(1, sizeof(*q));
	if (!q) {
		err_nomem(err);
		return NULL;
	}
	snprintf(q->host, sizeof(q->host), "%s", host);
	if (budget_init(&q->fetch.window, limit, BUDGET_WINDOW_MS, err) < 0 ||
	    secret_new(secret_bytes(token), secret_len(token), &q->token, err) < 0) {
		quota_free(q);
		return NULL;
	}
	q->next = p->quotas;
	p->quotas = q;
	return q;
}

static struct watch_pace *pace(void *ctx, const char *host, int limit, struct err *err)
{
	struct poller *p = ctx;
	struct watch_pace *pace;

	for (pace = p->paces; pace; pace = pace->next) {
		if (strcmp(pace->host, host) != 0)
			continue;
		budget_tighten(&pace->second, limit);
		return pace;
	}
	pace = calloc(1, sizeof(*pace));
	if (!pace) {
		err_nomem(err);
		return NULL;
	}
	snprintf(pace->host, sizeof(pace->host), "%s", host);
	if (budget_init(&pace->second, limit, BUDGET_SECOND_MS, err) < 0) {
		free(pace);
		return NULL;
	}
	pace->next = p->paces;
	p->paces = pace;
	return pace;
}

/* The memory of a need for each user: there are as many as <Account> blocks. */
static int part(void *ctx, const struct watch *w)
{
	struct poller *p = ctx;
	const struct watch_quota *q = watch_quota_of(w);
	scoped_free int64_t *needs = calloc(q->users, sizeof(*needs));
	size_t n = 0, mine = 0;

	for (struct member *m = p->members; needs && m && n < q->users; m = m->next) {
		if (watch_quota_of(m->watch) != q)
			continue;
		if (m->watch == w)
			mine = n;
		needs[n++] = watch_need(m->watch);
	}
	if (!needs)
		return q->fetch.window.limit / (int)q->users > 0 ? q->fetch.window.limit / (int)q->users : 1;
	return schedule_part(q->fetch.window.limit, needs, n, mine);
}

int poller_add(struct poller *p, const struct watch_config *config, struct watch **out,
	       struct err *err)
{
	struct watch_owner owner = { .http = p->http, .clock = p->clock, .ctx = p, .quota = quota,
				     .pace = pace, .part = part };
	struct member *m = calloc(1, sizeof(*m)), **end = &p->members;

	if (!m)
		return err_nomem(err);
	if (watch_new(config, &owner, &m->watch, err) < 0) {
		free(m);
		return -1;
	}
	while (*end)
		end = &(*end)->next;
	*end = m;
	*out = m->watch;
	return 0;
}

/* Another one first each time: a rate that is too small for all is not always the first one's. */
static void rotate(struct poller *p)
{
	struct member *first = p->members, **end = &p->members;

	if (!first || !first->next)
		return;
	p->members = first->next;
	first->next = NULL;
	while (*end)
		end = &(*end)->next;
	*end = first;
}

static int64_t step_all(struct poller *p)
{
	int64_t next = INT64_MAX;
	bool woken = atomic_exchange(&p->woken, false);

	rotate(p);

	for (struct member *m = p->members; m; m = m->next) {
		if (woken)
			watch_wake(m->watch);
		int64_t at = watch_step(m->watch);
		if (at < next)
			next = at;
	}
	return next;
}

int poller_run(struct poller *p, struct err *err)
{
	while (!atomic_load(&p->stopped)) {
		int64_t next = step_all(p), wait = SLICE_MS, now = clock_mono_ms(p->clock);
		int r;

		if (next < INT64_MAX)
			wait = next > now ? next - now : 0;
		if (atomic_load(&p->stopped))
			break;
		if (http_pending(p->http) > 0)
			r = http_run(p->http, wait < SLICE_MS ? wait : SLICE_MS, err);
		else
			r = http_idle(p->http, wait, err);
		if (r < 0)
			return -1;
	}
	return 0;
}

void poller_stop(struct poller *p)
{
	atomic_store(&p->stopped, true);
	http_wake(p->http);
}

bool poller_stopped(const struct poller *p)
{
	return atomic_load(&p->stopped);
}

void poller_wake(struct poller *p)
{
	atomic_store(&p->woken, true);
	http_wake(p->http);
}
