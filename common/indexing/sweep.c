/* SPDX-License-Identifier: MIT */
#include "indexing/sweep.h"

#include <string.h>

#include "indexing/ask.h"

void sweep_clear(struct sweep *s)
{
	free(s->asks);
	free(s->gone);
	s->asks = NULL;
	s->gone = NULL;
	s->count = 0;
}

static enum snapshot_endpoint ask_path(void *ctx, size_t i, struct buf *path)
{
	struct sweep *s = ctx;
	const struct sweep_ask *a = &s->asks[i];

	if (a->endpoint == ENDPOINT_TOKEN) {
		if (s->of_account)
			client_add_account(s->paths, path);
		else
			buf_adds(path, "/user");
		buf_adds(path, "/tokens/verify");
		return a->endpoint;
	}
	if (a->endpoint == ENDPOINT_LIST) {
		instance_add_glance_path(s->paths, path);
		return a->endpoint;
	}
	ask_add_path(s->paths, a->endpoint, &s->roster->rows[a->row], path);
	return a->endpoint;
}

static void token_done(struct sweep *s, const struct envelope *e, const struct err *err)
{
	const char *status = NULL;
	struct err why = *err;

	s->token_at = clock_mono_ms(s->fetch->clock);
	if (!e) {
		/* a token of the other kind is refused here: its own path next time */
		if (why.kind == ERR_AUTH || why.kind == ERR_FORBIDDEN || why.kind == ERR_NOT_FOUND) {
			s->of_account = !s->of_account;
			if (!s->token.known && s->of_account)
				s->token_at = 0;
		}
		return;
	}
	struct snapshot_token t = { .known = true };
	if (!json_object_is_type(e->result, json_type_object) ||
	    json_need_text(e->result, "status", &status, &why) < 0 ||
	    json_get_instant(e->result, "expires_on", &t.expires_on, &why) < 0)
		return;
	t.active = !strcmp(status, "active");
	s->token = t;
}

static void ask_done(void *ctx, size_t i, struct envelope *e, const struct err *err)
{
	struct sweep *s = ctx;
	const struct sweep_ask *a = &s->asks[i];
	struct err why = *err;

	if (a->endpoint == ENDPOINT_TOKEN) {
		token_done(s, e, err);
		return;
	}
	if (a->endpoint == ENDPOINT_LIST) {
		if (e && e->total_count.known && s->total.known)
			s->more_or_less = e->total_count.value != s->total.value;
		if (e)
			return;
	}
	struct roster_row *row = a->endpoint == ENDPOINT_LIST ? NULL : &s->roster->rows[a->row];
	if (row && !e && why.status == 404) {
		/* an instance without jobs may be one that never has any */
		s->gone[a->row] |= a->endpoint == ENDPOINT_STATS;
		s->good++;	/* an answer like any other */
		return;
	}
	if (e && ask_take(a->endpoint, e, s->fetch->sent_at, row, &why) == 0) {
		s->good++;
		return;
	}
	s->bad++;
	if (row && a->endpoint == ENDPOINT_STATS)
		roster_put_failure(row, s->fetch->sent_at);
	if (e)
		fetch_failed(s->fetch, &why);
	if (row)
		err_context(&why, "%s of '%s'", snapshot_endpoint_names[a->endpoint],
			    row->known.id);
	else
		err_context(&why, "listing instances");
	if (s->first.kind == ERR_NONE || why.status == 429)
		s->first = why;
}

static void asks_over(void *ctx, size_t sent)
{
	struct sweep *s = ctx;

	if (sent > s->others)
		s->stats_at = s->began_at;
	if (s->fetch->failed && s->first.kind == ERR_NONE)
		err_nomem(&s->first);
	for (size_t i = s->roster->count; i-- > 0;)
		if (s->gone[i])
			roster_remove(s->roster, i);
	sweep_clear(s);
	s->over(s->ctx);
}

static void add(struct sweep *s, enum snapshot_endpoint endpoint, size_t row)
{
	s->asks[s->count++] = (struct sweep_ask){ endpoint, row };
}

/*
 * One that cannot be read goes to the end of the queue, or a few would stop it;
 * those that the list proves are all as fresh as the list: who was asked first.
 */
static int64_t turn(const struct roster_row *row, enum schedule_class class)
{
	if (class == SCHEDULE_IDLE)
		return row->tried_at;
	return row->tried_at > row->known.fresh_at ? row->tried_at : row->known.fresh_at;
}

int sweep_start(struct sweep *s, const struct schedule *schedule, int64_t until, struct err *err)
{
	struct roster *r = s->roster;
	scoped_free struct schedule_item *items = calloc(r->count + 1, sizeof(*items));
	int64_t now = clock_mono_ms(s->fetch->clock);
	size_t picked, count = 0;

	s->good = s->bad = 0;
	s->more_or_less = false;
	memset(&s->first, 0, sizeof(s->first));
	if (!items)
		return err_nomem(err);
	for (size_t i = 0; i < r->count; i++) {
		enum schedule_class class = roster_class(&r->rows[i]);

		if (!s->only_new || !r->rows[i].known.has_stats)
			items[count++] = (struct schedule_item){ class,
								 turn(&r->rows[i], class), i };
	}
	picked = schedule_pick(items, count, schedule,
			       schedule_share(schedule, s->used,
					      s->stats_at ? now - s->stats_at : SCHEDULE_NEVER));
	s->began_at = now;
	s->asks = calloc(2 * picked + 2, sizeof(*s->asks));
	s->gone = calloc(r->count + 1, sizeof(*s->gone));
	if (!s->asks || !s->gone) {
		sweep_clear(s);
		return err_nomem(err);
	}
	if (s->ask_token && (s->token_at == 0 || now - s->token_at >= SWEEP_TOKEN_EVERY_MS))
		add(s, ENDPOINT_TOKEN, 0);
	/* not when it would be one more than go at once: it is not worth a round trip */
	if (s->glance && (picked == 0 || picked % s->fetch->streams != 0))
		add(s, ENDPOINT_LIST, 0);
	s->others = s->count;
	for (size_t i = 0; i < picked; i++) {
		add(s, ENDPOINT_STATS, items[i].index);
		if (s->jobs)
			add(s, ENDPOINT_JOBS, items[i].index);
	}
	struct fetch_batch batch = { .count = s->count, .until = until, .path = ask_path,
				     .done = ask_done, .over = asks_over, .ctx = s };
	fetch_start(s->fetch, &batch);
	return 0;
}
