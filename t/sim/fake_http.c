/* SPDX-License-Identifier: MIT */
/*
 * fake_http.c -- http.h without a network: the world answers, time is what the
 * next answer or time-out makes of it.  Linked in the place of http.c.
 */
#include "cloudflare/http.h"

#include <string.h>

#include "world.h"

struct transfer {
	struct transfer *next;
	http_done *done;
	bool (*leaves)(void *ctx, bool again);	/* NULL once it was told */
	void *ctx;
	char *url;
	int64_t arrives, ends;
	bool asked;
	struct world_answer answer;
	struct buf body;
};

struct http {
	struct transfer *transfers;	/* in order of `ends` */
	size_t pending;
	bool woken;
};

struct http_peer {
	int nothing;
};

int http_new(struct http **out, struct err *err)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : err_nomem(err);
}

int http_peer_new(const struct http_config *config, struct http_peer **out, struct err *err)
{
	(void)config;
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : err_nomem(err);
}

void http_peer_free(struct http_peer *peer)
{
	free(peer);
}

size_t http_streams(const struct http_peer *peer)
{
	(void)peer;
	return HTTP_STREAMS;
}

static void transfer_free(struct transfer *t)
{
	buf_clear(&t->body);
	free(t->url);
	free(t);
}

void http_abort(struct http *h)
{
	while (h->transfers) {
		struct transfer *t = h->transfers;

		h->transfers = t->next;
		transfer_free(t);
	}
	h->pending = 0;
}

void http_free(struct http *h)
{
	if (h)
		http_abort(h);
	free(h);
}

int http_submit(struct http *h, const struct http_request *r, http_done *done, void *ctx,
		struct err *err)
{
	struct transfer *t = calloc(1, sizeof(*t)), **place = &h->transfers;
	int latency = world_latency_ms();

	(void)err;
	t->done = done;
	t->leaves = r->leaves;
	t->ctx = ctx;
	t->url = strdup(r->url);
	t->body = (struct buf)BUF(1024 * 1024);
	t->ends = world_now + latency;
	/* the world answers as it is now: arrival and sending are one moment */
	world_get(t->url, &t->answer, &t->body);
	while (*place && (*place)->ends <= t->ends)
		place = &(*place)->next;
	t->next = *place;
	*place = t;
	h->pending++;
	return 0;
}

size_t http_pending(const struct http *h)
{
	return h->pending;
}

int http_run(struct http *h, int64_t timeout_ms, struct err *err)
{
	int64_t end = world_now + timeout_ms;

	(void)err;
	for (struct transfer *t = h->transfers; t; t = t->next)
		if (t->leaves) {
			t->leaves(t->ctx, false);
			t->leaves = NULL;
		}
	if (h->transfers && h->transfers->ends < end)
		end = h->transfers->ends;
	world_pass(end);
	while (h->transfers && h->transfers->ends <= world_now) {
		struct transfer *t = h->transfers;
		struct err none = { 0 };
		struct http_response r = {
			.status = t->answer.status, .content_type = "application/json",
			.ratelimit = t->answer.ratelimit, .retry_after = t->answer.retry_after,
			.body = &t->body, .seconds = 0.02,
		};

		h->transfers = t->next;
		h->pending--;
		t->done(t->ctx, &r, true, &none);
		transfer_free(t);
	}
	return 0;
}

int http_idle(struct http *h, int64_t timeout_ms, struct err *err)
{
	(void)err;
	if (!h->woken && timeout_ms > 0)
		world_pass(world_now + timeout_ms);
	h->woken = false;
	return 0;
}

void http_wake(struct http *h)
{
	h->woken = true;
}

int http_global_init(struct err *err)
{
	(void)err;
	return 0;
}

void http_global_cleanup(void)
{
}
