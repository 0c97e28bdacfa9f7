/* SPDX-License-Identifier: MIT */
/* survey_stats.c -- whose stats are asked, and who of those that failed is asked again. */
#include "indexing/survey_room.h"

#include <stdlib.h>
#include <string.h>

#include "cloudflare/retry.h"
#include "indexing/ask.h"

#define PASSES 3		/* tries of an instance whose stats could not be read */

static enum snapshot_endpoint ask_path(void *ctx, size_t i, struct buf *path)
{
	const struct survey *s = ctx;

	ask_add_path(s->paths, s->endpoint, &s->roster.rows[s->asks[i].index], path);
	return s->endpoint;
}

static void ask_done(void *ctx, size_t i, struct envelope *e, const struct err *err)
{
	struct survey *s = ctx;
	size_t at = s->asks[i].index;
	struct roster_row *row = &s->roster.rows[at];
	struct err why = *err;
	bool gone = !e && why.status == 404;	/* deleted between list and stats */

	if (e)
		ask_take(s->endpoint, e, s->fetch.sent_at, row, &why);
	if (s->endpoint == ENDPOINT_JOBS)
		return;
	s->gone[at] |= gone;
	s->why[at] = gone ? (struct err){ 0 } : why;
	if (s->why[at].kind != ERR_NONE) {
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

static bool skipped(const struct survey *s, const struct snapshot_instance *known)
{
	return s->config.skip && s->config.skip(s->config.ctx, known);
}

static void pick_all(struct survey *s)
{
	s->endpoint = ENDPOINT_STATS;
	s->count = 0;
	for (size_t i = 0; i < s->roster.count; i++) {
		const struct roster_row *row = &s->roster.rows[i];
		enum schedule_class class = roster_class(row);

		if (class != SCHEDULE_IDLE && !(row->known.has_stats && skipped(s, &row->known)))
			s->asks[s->count++] = (struct schedule_item){ class, row->tried_at, i };
	}
	schedule_sort(s->asks, s->count);
}

struct err *survey_refusal(struct survey *s)
{
	for (size_t i = 0; s->fetch.refused && i < s->roster.count; i++)
		if (s->why[i].kind == ERR_AUTH)
			return &s->why[i];
	return NULL;
}

/* Those not sent go on to the front; then those whose failure a moment may cure. */
static int64_t pick_again(struct survey *s, int attempt)
{
	struct retry_case try = { .method = "GET", .sent = true, .attempt = attempt };
	size_t kept = 0, sent = s->count - s->unasked;
	int64_t longest = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct err *why = &s->why[s->asks[i].index];
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
	size_t left = (size_t)budget_left(&s->quota.window, survey_now(s));
	size_t count = s->count < left ? s->count : left;
	struct fetch_batch batch = { .count = count, .until = survey_batch_until(s, count),
				     .path = ask_path, .done = ask_done, .over = asks_over,
				     .ctx = s };

	survey_batch(s);
	fetch_start(&s->fetch, &batch);
	if (survey_run(s, err) < 0)
		return -1;
	return s->fetch.failed ? err_nomem(err) : 0;
}

int survey_ask_stats(struct survey *s, struct err *err)
{
	pick_all(s);
	s->of = s->count;
	for (int attempt = 0; s->count > 0;) {
		size_t before = s->count;
		int64_t refill;

		if (send(s, err) < 0)
			return -1;
		survey_renew(s, survey_refusal(s));
		if (s->fetch.refused || s->fetch.unreachable || survey_expired(s))
			break;
		int64_t pause = pick_again(s, attempt);
		if (s->count == 0)
			break;
		refill = survey_refill_ms(s);
		if (refill > 0 && !survey_may_wait(s, refill))
			break;
		if (!survey_in_time(s, pause))
			break;
		attempt += s->count < before || pause > 0;
		if (attempt > PASSES)
			attempt = PASSES;
		if (survey_sleep(s, pause > refill ? pause : refill, err) < 0)
			return -1;
	}
	return 0;
}

int survey_ask_jobs(struct survey *s, struct err *err)
{
	s->endpoint = ENDPOINT_JOBS;
	s->count = 0;
	for (size_t i = 0; i < s->roster.count; i++) {
		const struct snapshot_instance *k = &s->roster.rows[i].known;
		const struct survey_origin *o = survey_origin(s, k->id);
		struct count total = stats_total(&k->stats);

		if (k->has_stats && !k->stats.degraded && total.known && total.value == 0 && o &&
		    o->type[0] && !skipped(s, k))
			s->asks[s->count++] = (struct schedule_item){ .index = i };
	}
	return s->count > 0 ? send(s, err) : 0;
}
