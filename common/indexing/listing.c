/* SPDX-License-Identifier: MIT */
#include "indexing/listing.h"

#include <string.h>

static void list_path(void *ctx, size_t i, struct buf *path)
{
	const struct listing *l = ctx;

	instance_add_list_path(l->paths, l->first_page + (int)i, path);
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
	return ours(l, &i) ? roster_list_add(&l->found, &i, client_namespace(l->paths), err) : 0;
}

static int take_page(struct listing *l, int page, struct envelope *e, struct err *err)
{
	int64_t per_page = e->per_page.known && e->per_page.value > 0 ? e->per_page.value
								      : INSTANCE_PAGE;

	if (!json_object_is_type(e->result, json_type_array))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
			       json_type_to_name(json_object_get_type(e->result)));
	size_t rows = json_object_array_length(e->result);
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
	if (l->failure.kind == ERR_NONE || why.status == 429)	/* that one closes the budget */
		l->failure = why;
}

static int read_pages(struct listing *l, struct err *err)
{
	size_t count = 1, sent;

	for (l->first_page = 1;; l->first_page += (int)count) {
		if (l->first_page > 1)
			count = l->last_page > l->first_page ?
				(size_t)(l->last_page - l->first_page + 1) : 1;
		struct fetch_batch batch = { .count = count, .path = list_path,
					     .done = list_done, .ctx = l };
		l->more = false;
		if (fetch_all(l->fetch, &batch, &sent, err) < 0)
			return -1;
		if (l->failure.kind == ERR_NONE && l->good_rows == 0)
			l->failure = l->bad_row;
		if (l->failure.kind != ERR_NONE) {
			*err = l->failure;
			return -1;
		}
		if (sent < count)
			return 0;
		l->pages = (size_t)l->first_page + count - 1;
		if (!l->more) {
			l->whole = true;
			return 0;
		}
		if (l->pages >= LISTING_PAGES_MAX)
			return err_set(err, ERR_PROTOCOL, "no end after %d pages",
				       LISTING_PAGES_MAX);
	}
}

int listing_read(struct listing *l, struct err *err)
{
	if (read_pages(l, err) < 0)
		return err_context(err, "listing instances");
	if (l->bad_row.kind != ERR_NONE)
		err_context(&l->bad_row, "listing instances");
	return 0;
}

void listing_clear(struct listing *l)
{
	roster_list_clear(&l->found);
}
