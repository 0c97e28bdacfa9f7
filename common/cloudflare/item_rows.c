/* SPDX-License-Identifier: MIT */
/* item_rows.c -- the log and the chunks of one item, which page by cursor and by offset. */
#include <string.h>

#include "cloudflare/call.h"
#include "cloudflare/item.h"

#define PAGE 100
#define PAGES_MAX 10000

struct walk {
	struct client *client;
	const char *instance, *item_id, *what;
	int64_t limit, given;	/* rows; limit 0 = all */
	item_row *each;
	void *ctx;
};

/* One answer; *info is its result_info or NULL, borrowed from *e.  > 0: stopped, or enough. */
static int page(struct walk *w, const char *name, const char *value, struct envelope *e,
		size_t *rows, struct json_object **info, struct err *err)
{
	scoped_buf struct buf path = BUF(8192);
	int64_t left = w->limit > 0 ? w->limit - w->given : PAGE;

	client_add_instance(w->client, w->instance, &path);
	buf_adds(&path, "/items/");
	call_add_escaped(&path, w->item_id);
	buf_addf(&path, "/%s", w->what);
	call_add_query_number(&path, "limit", left < PAGE ? left : PAGE);
	call_add_query(&path, name, value);
	if (path.failed)
		return err_set(err, ERR_PROTOCOL, "the cursor in the answer is too long");
	struct client_call call = { .method = "GET", .path = path.data,
				    .permission = "AI Search Read" };
	if (client_call(w->client, &call, e, err) < 0)
		return -1;
	if (!json_object_is_type(e->result, json_type_array))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
			       json_type_to_name(json_object_get_type(e->result)));
	*rows = json_object_array_length(e->result);
	for (size_t i = 0; i < *rows; i++) {
		if (w->limit > 0 && w->given == w->limit)
			return 1;
		int r = w->each(w->ctx, json_object_array_get_idx(e->result, i), err);
		if (r != 0)
			return r;
		w->given++;
	}
	if (w->limit > 0 && w->given >= w->limit)
		return 1;
	return json_get_object(e->root, "result_info", info, err);
}

static int walk_logs(struct walk *w, struct err *err)
{
	scoped_free char *cursor = NULL;

	for (int i = 0; i < PAGES_MAX; i++) {
		scoped_envelope struct envelope e = { 0 };
		struct json_object *info = NULL;
		const char *next = NULL;
		size_t rows = 0;

		int r = page(w, "cursor", cursor, &e, &rows, &info, err);
		if (r != 0)
			return r;
		if (info && json_get_text(info, "cursor", &next, err) < 0)
			return -1;
		if (!next || rows == 0)
			return 0;
		if (cursor && !strcmp(cursor, next))
			return err_set(err, ERR_PROTOCOL, "the list repeats itself");
		free(cursor);
		cursor = strdup(next);
		if (!cursor)
			return err_nomem(err);
	}
	return err_set(err, ERR_PROTOCOL, "the list did not end after %d pages", PAGES_MAX);
}

static int walk_chunks(struct walk *w, struct err *err)
{
	for (int i = 0; i < PAGES_MAX; i++) {
		scoped_envelope struct envelope e = { 0 };
		struct count total = { 0 };
		struct json_object *info = NULL;
		char offset[24];
		size_t rows = 0;

		snprintf(offset, sizeof(offset), "%lld", (long long)w->given);
		int r = page(w, "offset", offset, &e, &rows, &info, err);
		if (r != 0)
			return r;
		if (info && json_get_count(info, "total", &total, err) < 0)
			return -1;
		if (rows == 0 || (total.known ? w->given >= total.value : rows < PAGE))
			return 0;
	}
	return err_set(err, ERR_PROTOCOL, "the list did not end after %d pages", PAGES_MAX);
}

int item_logs(struct client *client, const char *instance, const char *item_id, int64_t limit,
	      item_row *each, void *ctx, struct err *err)
{
	struct walk w = { client, instance, item_id, "logs", limit, 0, each, ctx };
	int r = walk_logs(&w, err);

	return r < 0 ? err_context(err, "reading the log of item '%.64s'", item_id) : 0;
}

int item_chunks(struct client *client, const char *instance, const char *item_id, int64_t limit,
		item_row *each, void *ctx, struct err *err)
{
	struct walk w = { client, instance, item_id, "chunks", limit, 0, each, ctx };
	int r = walk_chunks(&w, err);

	return r < 0 ? err_context(err, "reading the chunks of item '%.64s'", item_id) : 0;
}
