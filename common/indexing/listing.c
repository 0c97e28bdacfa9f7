/* SPDX-License-Identifier: MIT */
#include "indexing/listing.h"

#include <string.h>

static enum snapshot_endpoint list_path(void *ctx, size_t i, struct buf *path)
{
	const struct listing *l = ctx;

	instance_add_list_path(l->paths, l->first_page + (int)i, path);
	return ENDPOINT_LIST;
}

/* The flat family lists the whole account; its other paths mean "default". */
static bool ours(const struct listing *l, const struct instance *i)
{
	if (i->namespace[0] && strcmp(i->namespace, client_namespace(l->paths)) != 0)
		return false;
	return selection_matches(l->instances, i->id);
}

static int take_row(struct listing *l, struct json_object *row, struct err *err)
{
	scoped_instance struct instance i = { 0 };

	if (instance_decode(row, &i, err) < 0) {
		if (l->bad_row.kind == ERR_NONE)
			l->bad_row = *err;
		return 0;
	}
	l->good_rows++;
	if (!ours(l, &i))
		return 0;
	if (l->each && l->each(l->ctx, &i, err) < 0)
		return -1;
	return roster_list_add(&l->found, &i, client_namespace(l->paths), err);
}

static int take_page(struct listing *l, int page, struct envelope *e, struct err *err)
{
	int64_t per_page = e->per_page.known && e->per_page.value > 0 ? e->per_page.value
								      : INSTANCE_PAGE;

	if (!json_object_is_type(e->result, json_type_array))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
			       json_type_to_name(json_object_get_type(e->result)));
	size_t rows = json_object_array_length(e->result);
	l->total = e->total_count;
	for (size_t i = 0; i < rows; i++)
		if (take_row(l, json_object_array_get_idx(e->result, i), err) < 0)
			return -1;
	if (page >= l->last_page)
		l->more = instance_more_pages(e, page, rows);
	/* a short first page with a larger total is a total that cannot be trusted */
	if (page == 1 && e->total_count.known && (int64_t)rows >= per_page) {
		int64_t last = e->total_count.value / per_page +
			       (e->total_count.value % per_page != 0);
		l->last_page = last > LISTING_PAGES_MAX ? LISTING_PAGES_MAX : (int)last;
	}
	return 0;
}

static void list_done(void *ctx, size_t i, struct envelope *e, const struct err *err)
{
	struct listing *l = ctx;
	struct err why = *err;

	if (e && take_page(l, l->first_page + (int)i, e, &why) == 0)
		return;
	if (e)
		fetch_failed(l->fetch, &why);
	if (l->failure.kind == ERR_NONE || why.status == 429)	/* that one closes the budget */
		l->failure = why;
}

static void pages_over(void *ctx, size_t sent);

static void ask_pages(struct listing *l)
{
	l->batch = l->last_page > l->first_page ? (size_t)(l->last_page - l->first_page + 1) : 1;
	l->more = false;
	struct fetch_batch batch = { .count = l->batch, .streams = LISTING_STREAMS,
				     .until = l->until,
				     .path = list_path, .done = list_done, .over = pages_over,
				     .ctx = l };
	fetch_start(l->fetch, &batch);
}

static void end(struct listing *l)
{
	if (l->failure.kind != ERR_NONE)
		err_context(&l->failure, "listing instances");
	if (l->bad_row.kind != ERR_NONE)
		err_context(&l->bad_row, "listing instances");
	l->over(l->ctx, &l->failure);
}

static void pages_over(void *ctx, size_t sent)
{
	struct listing *l = ctx;

	if (l->failure.kind == ERR_NONE && l->fetch->failed)
		err_nomem(&l->failure);
	if (l->failure.kind == ERR_NONE && l->good_rows == 0)
		l->failure = l->bad_row;
	if (l->failure.kind != ERR_NONE || sent < l->batch) {
		end(l);
		return;
	}
	l->pages = (size_t)l->first_page + l->batch - 1;
	l->whole = !l->more;
	if (l->more && l->pages >= LISTING_PAGES_MAX)
		err_set(&l->failure, ERR_PROTOCOL, "no end after %d pages", LISTING_PAGES_MAX);
	if (l->whole || l->failure.kind != ERR_NONE) {
		end(l);
		return;
	}
	l->first_page += (int)l->batch;
	ask_pages(l);
}

void listing_start(struct listing *l, int64_t until)
{
	l->until = until;
	l->started_at = clock_mono_ms(l->fetch->clock);
	l->first_page = 1;
	ask_pages(l);
}

void listing_clear(struct listing *l)
{
	roster_list_clear(&l->found);
}
