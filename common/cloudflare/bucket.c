/* SPDX-License-Identifier: MIT */
#include "cloudflare/bucket.h"

#include <string.h>

#include "cloudflare/call.h"

#define BUCKET_PAGE 1000
#define BUCKET_PAGES 1000	/* an account may have a million */

static int each_bucket(struct json_object *result, int (*each)(void *ctx, const char *name),
		       void *ctx, struct err *err)
{
	struct json_object *rows;
	const char *name;
	int r = 0;

	if (json_get_array(result, "buckets", &rows, err) < 0)
		return -1;
	if (!rows)
		return err_set(err, ERR_PROTOCOL, "'buckets' is missing");
	for (size_t i = 0; r == 0 && i < json_object_array_length(rows); i++) {
		if (json_need_text(json_object_array_get_idx(rows, i), "name", &name, err) < 0)
			return -1;
		r = each(ctx, name);
	}
	return r;
}

/* Appends the next page's cursor; nothing when this was the last one. */
static int next_cursor(struct json_object *root, struct buf *out, struct err *err)
{
	struct json_object *info;
	const char *cursor = NULL;

	buf_reset(out);
	if (json_get_object(root, "result_info", &info, err) < 0 ||
	    (info && json_get_text(info, "cursor", &cursor, err) < 0))
		return -1;
	return cursor ? buf_adds(out, cursor) : 0;
}

int bucket_list(struct client *client, int (*each)(void *ctx, const char *name), void *ctx,
		struct err *err)
{
	scoped_buf struct buf path = BUF(8192), cursor = BUF(4096);

	for (int page = 0; page < BUCKET_PAGES; page++) {
		scoped_envelope struct envelope e = {0};

		buf_reset(&path);
		client_add_account(client, &path);
		buf_adds(&path, "/r2/buckets");
		call_add_query_number(&path, "per_page", BUCKET_PAGE);
		call_add_query(&path, "cursor", cursor.len ? cursor.data : NULL);
		struct client_call call = { .method = "GET", .path = path.data,
					    .permission = "Workers R2 Storage Read" };
		if (path.failed)
			return err_set(err, ERR_PROTOCOL, "the list's cursor is too long");
		if (client_call(client, &call, &e, err) < 0)
			return err_context(err, "listing R2 buckets");
		int r = each_bucket(e.result, each, ctx, err);
		if (r != 0)
			return r < 0 && err->kind ? err_context(err, "listing R2 buckets") : r;
		if (next_cursor(e.root, &cursor, err) < 0)
			return err_context(err, "listing R2 buckets");
		if (cursor.len == 0)
			return 0;
	}
	return err_set(err, ERR_PROTOCOL, "the list of R2 buckets did not end");
}
