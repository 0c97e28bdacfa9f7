/* SPDX-License-Identifier: MIT */
/* survey_list.c -- the list, tried again as long as there is hope, and what only it tells. */
#include "indexing/survey_room.h"

#include <stdlib.h>
#include <string.h>

#include "cloudflare/retry.h"
#include "indexing/listing.h"

void survey_origins_clear(struct origins *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->row[i].source);
	free(o->row);
	memset(o, 0, sizeof(*o));
}

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

const struct survey_origin *survey_origin(const struct survey *s, const char *id)
{
	struct survey_origin key = { 0 };

	snprintf(key.id, sizeof(key.id), "%s", id);
	if (s->origins.count == 0)
		return NULL;
	return bsearch(&key, s->origins.row, s->origins.count, sizeof(key), by_id);
}

static void list_over(void *ctx, const struct err *err)
{
	struct survey *s = ctx;

	s->over = true;
	s->err = *err;
}

/* Nothing has failed, and not all pages were asked. */
static void not_whole(struct survey *s)
{
	if (survey_refill_ms(s) == 0 && survey_expired(s))
		survey_late(s, &s->err);
	else
		err_set(&s->err, ERR_LIMIT, "%s", s->fetch.limited.kind
			? s->fetch.limited.what : "the budget does not allow it");
	err_context(&s->err, "listing instances");
}

/* One try.  -1: s->err says why there is no list, or err why nothing more is to be tried. */
static int read_list(struct survey *s, struct err *err)
{
	struct listing l = { .fetch = &s->fetch, .paths = s->paths, .over = list_over,
			     .each = keep_origin, .ctx = s };
	int r;

	survey_origins_clear(&s->listed);
	memset(&s->err, 0, sizeof(s->err));
	survey_batch(s);
	listing_start(&l, survey_batch_until(s, LISTING_PAGES_MAX));
	r = survey_run(s, err);
	if (r == 0 && s->err.kind == ERR_NONE && !l.whole)
		not_whole(s);
	if (r == 0 && s->err.kind == ERR_NONE && l.bad_row.kind != ERR_NONE && s->config.failed)
		s->config.failed(s->config.ctx, NULL, &l.bad_row);
	if (r == 0 && s->err.kind == ERR_NONE)
		r = roster_merge(&s->roster, &l.found, l.pages == 1, l.started_at, err);
	listing_clear(&l);
	if (r < 0 || s->err.kind != ERR_NONE)
		return -1;
	survey_origins_clear(&s->origins);
	s->origins = s->listed;
	memset(&s->listed, 0, sizeof(s->listed));
	if (s->origins.count > 0)
		qsort(s->origins.row, s->origins.count, sizeof(s->origins.row[0]), by_id);
	return 0;
}

int survey_list(struct survey *s, struct err *err)
{
	struct err last = { 0 };	/* says more than that time or budget are up after it */
	struct retry_case try = { .method = "GET", .sent = true,
				  .jitter = (unsigned)survey_now(s) };

	while (read_list(s, err) < 0) {
		int64_t pause, refill = survey_refill_ms(s);

		if (err->kind == ERR_TIMEOUT && last.kind != ERR_NONE)
			*err = last;
		if (err->kind != ERR_NONE)
			return -1;
		if (survey_renew(s, &s->err))
			continue;
		if (last.kind == ERR_NONE || s->err.status ||
		    (s->err.kind != ERR_TIMEOUT && s->err.kind != ERR_LIMIT))
			last = s->err;
		pause = retry_delay_ms(&try, &s->err);
		/* by the API's word; a budget that is used up is our own */
		if (pause < 0 && s->err.kind == ERR_LIMIT && refill > 0 &&
		    survey_may_wait(s, refill))
			pause = 0;
		if (pause < refill && pause >= 0)
			pause = refill;
		if (pause < 0 || !survey_in_time(s, pause) ||
		    (pause > RETRY_CEILING_MS && !survey_may_wait(s, pause))) {
			*err = last;
			return -1;
		}
		if (survey_sleep(s, pause, err) < 0)
			return -1;
		fetch_begin(&s->fetch);
		try.attempt += s->patience != INT64_MAX || s->err.kind != ERR_LIMIT;
	}
	return 0;
}
