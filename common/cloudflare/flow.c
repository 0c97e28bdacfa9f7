/* SPDX-License-Identifier: MIT */
#include "cloudflare/flow.h"

#include <string.h>

#include "cloudflare/client_parts.h"
#include "cloudflare/retry.h"

#define CODE_RATE 971

struct slot {
	enum { SLOT_IDLE, SLOT_WAITS, SLOT_RUNS } state;
	struct client_call call;
	struct client_answer answer;
	struct buf url;
	int64_t not_before;	/* monotonic ms */
	int attempt;
	bool repeated;
};

struct run {
	struct client *client;
	const struct flow *flow;
	struct slot slots[FLOW_WIDTH_MAX];
	int64_t not_before;	/* for all slots */
	bool exhausted;		/* next() has no more */
};

static int fetch(struct run *run, size_t i, struct err *err)
{
	struct slot *s = &run->slots[i];

	memset(&s->call, 0, sizeof(s->call));
	int r = run->flow->next(run->flow->ctx, i, &s->call, err);
	if (r == 0)
		run->exhausted = true;
	if (r <= 0)
		return r;
	buf_reset(&s->url);
	s->attempt = 0;
	s->not_before = 0;
	s->repeated = false;
	s->state = SLOT_WAITS;
	return client_url(run->client, &s->call, &s->url, err);
}

static void hold_back(struct run *run, int64_t ms)
{
	int64_t at = clock_mono_ms(&clock_system) + ms;

	if (at <= run->not_before + 1000)
		return;
	run->not_before = at;
	if (run->flow->waits)
		run->flow->waits(run->flow->ctx, ms);
}

/* Overstepping would block every call of this token, others' too, for the rest of the window. */
static void spare(struct run *run, const struct ratelimit *l)
{
	int64_t reserve = l->quota.known ? l->quota.value / 20 : 0;

	if (reserve < (int64_t)run->flow->width)
		reserve = (int64_t)run->flow->width;
	if (l->remaining.known && l->remaining.value <= reserve && l->reset_s.known &&
	    l->reset_s.value > 0 && l->reset_s.value <= 3600)
		hold_back(run, l->reset_s.value * 1000 + 250);
}

/* When it may be asked again, or -1: it has ended. */
static int64_t again_at(struct run *run, struct slot *s)
{
	const struct err *err = &s->answer.err;
	struct retry_case again = { .method = run->flow->repeatable ? "PUT" : s->call.method,
				    .sent = s->answer.sent, .attempt = s->attempt,
				    .jitter = run->client->jitter += 7919 };
	int64_t now = clock_mono_ms(&clock_system);

	if (err->status == 429 && err->code == CODE_RATE && err->retry_after > 0) {
		s->attempt--;
		hold_back(run, (int64_t)err->retry_after * 1000 + 250);
		return now;
	}
	int64_t wait = err->kind == ERR_CANCELLED || s->answer.streamed ? -1 : retry_delay_ms(&again, err);

	if (wait < 0 || (run->client->deadline > 0 && now + wait >= run->client->deadline))
		return -1;
	return now + wait;
}

static int settle(struct run *run, size_t i, struct err *err)
{
	struct slot *s = &run->slots[i];
	struct flow_end end = { .envelope = &s->answer.envelope, .repeated = s->repeated };

	if (client_renewed(run->client, &s->answer)) {
		s->state = SLOT_WAITS;
		return 0;
	}
	if (s->answer.result < 0) {
		int64_t at = again_at(run, s);

		/* a refusal for the rate is no effect */
		s->repeated |= s->answer.sent && s->answer.err.status != 429;
		if (at >= 0) {
			s->not_before = at;
			s->attempt++;
			s->state = SLOT_WAITS;
			return 0;
		}
		end.envelope = NULL;
		end.err = &s->answer.err;
	}
	s->state = SLOT_IDLE;
	int r = run->flow->done(run->flow->ctx, i, &end, err);
	envelope_clear(&s->answer.envelope);
	return r;
}

/* Begins, ends and repeats what is due; *next = when a waiting one will be, INT64_MAX = none. */
static int turn(struct run *run, size_t *busy, int64_t *next, struct err *err)
{
	*busy = 0;
	*next = INT64_MAX;
	/* what came at once came in any order: each is heard before another call begins */
	for (size_t i = 0; i < run->flow->width; i++)
		if (run->slots[i].state == SLOT_RUNS && run->slots[i].answer.done)
			spare(run, &run->slots[i].answer.ratelimit);
	for (size_t i = 0; i < run->flow->width; i++) {
		struct slot *s = &run->slots[i];

		if (s->state == SLOT_RUNS && s->answer.done && settle(run, i, err) < 0)
			return -1;
		if (s->state == SLOT_IDLE && !run->exhausted && fetch(run, i, err) < 0)
			return -1;
		if (s->state == SLOT_WAITS) {
			int64_t at = s->not_before > run->not_before ? s->not_before : run->not_before;

			if (at > clock_mono_ms(&clock_system)) {
				*next = at < *next ? at : *next;
			} else {
				if (client_submit(run->client, &s->call, s->url.data, &s->answer, err) < 0)
					return -1;
				s->state = SLOT_RUNS;
			}
		}
		*busy += s->state != SLOT_IDLE;
	}
	return 0;
}

static int run_all(struct run *run, struct err *err)
{
	struct client *c = run->client;

	for (;;) {
		size_t busy;
		int64_t next;

		if (client_cancelled(c))
			return client_cancelled_err(err);
		if (client_expired(c))
			return err_set(err, ERR_TIMEOUT, "the time limit has passed");
		if (turn(run, &busy, &next, err) < 0)
			return -1;
		if (busy == 0)
			return 0;
		int64_t wait = next == INT64_MAX ? CLIENT_SLICE_MS : next - clock_mono_ms(&clock_system);
		wait = wait < 0 ? 0 : wait > CLIENT_SLICE_MS ? CLIENT_SLICE_MS : wait;
		if (c->http && http_pending(c->http) > 0 ? http_run(c->http, wait, err) < 0
							 : client_sleep_ms(c, wait, err) < 0)
			return -1;
	}
}

int flow_run(struct client *client, const struct flow *flow, struct err *err)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return err_nomem(err);
	run->client = client;
	run->flow = flow;
	for (size_t i = 0; i < flow->width; i++)
		run->slots[i].url = (struct buf)BUF(16384);
	int r = run_all(run, err);
	if (r < 0 && client->http)
		http_abort(client->http);
	for (size_t i = 0; i < flow->width; i++) {
		envelope_clear(&run->slots[i].answer.envelope);
		buf_clear(&run->slots[i].url);
	}
	free(run);
	return r;
}
