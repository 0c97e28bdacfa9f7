/* SPDX-License-Identifier: MIT */
#include "cloudflare/item.h"

#include <sodium.h>
#include <string.h>

#include "base/utf8.h"
#include "cloudflare/call.h"
#include "cloudflare/page.h"

#define METADATA_MAX 65536
#define WAIT_MS 60000		/* the API answers a waited-for upload after 30 s at the latest */
#define DOWNLOAD_MAX (64u * 1024 * 1024)	/* more than the API ever takes */
#define DOWNLOAD_MS 300000
#define READ "AI Search Read"
#define EDIT "AI Search Edit"

void item_clear(struct item *i)
{
	free(i->id);
	free(i->key);
	free(i->status);
	free(i->error);
	free(i->checksum);
	json_object_put(i->json);
	memset(i, 0, sizeof(*i));
}

int item_decode(struct json_object *o, struct item *out, struct err *err)
{
	scoped_item struct item i = { 0 };

	if (json_copy_needed(o, "id", &i.id, err) < 0 ||
	    json_copy_needed(o, "key", &i.key, err) < 0 ||
	    json_copy_text(o, "status", &i.status, err) < 0 ||
	    json_copy_text(o, "error", &i.error, err) < 0 ||
	    json_copy_text(o, "checksum", &i.checksum, err) < 0 ||
	    json_get_count(o, "file_size", &i.file_size, err) < 0 ||
	    json_get_count(o, "chunks_count", &i.chunks_count, err) < 0)
		return -1;
	i.json = json_object_get(o);
	*out = i;
	memset(&i, 0, sizeof(i));
	return 0;
}

static void add_collection(struct client *client, const char *instance, struct buf *path)
{
	client_add_instance(client, instance, path);
	buf_adds(path, "/items");
}

static void add_item(struct client *client, const char *instance, const char *item_id,
		     struct buf *path)
{
	add_collection(client, instance, path);
	buf_adds(path, "/");
	call_add_escaped(path, item_id);
}

struct each_item {
	int (*each)(void *ctx, const struct item *item);
	void *ctx;
};

static int on_row(void *ctx, struct json_object *row, struct err *err)
{
	struct each_item *e = ctx;
	scoped_item struct item i = { 0 };

	return item_decode(row, &i, err) < 0 ? -1 : e->each(e->ctx, &i);
}

static int one_page(struct client *client, struct buf *path, const struct item_filter *f,
		    struct each_item *each, struct err *err)
{
	scoped_json struct json_object *rows = NULL;

	call_add_query_number(path, "page", f->page > 0 ? f->page : 1);
	if (f->per_page > 0)
		call_add_query_number(path, "per_page", f->per_page);
	if (call_json(client, "GET", path, NULL, READ, &rows, err) < 0)
		return -1;
	if (!json_object_is_type(rows, json_type_array))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
			       json_type_to_name(json_object_get_type(rows)));
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		int r = on_row(each, json_object_array_get_idx(rows, i), err);
		if (r != 0)
			return r;
	}
	return 0;
}

int item_list(struct client *client, const char *instance, const struct item_filter *filter,
	      int (*each)(void *ctx, const struct item *item), void *ctx, struct err *err)
{
	static const struct item_filter all = { 0 };
	const struct item_filter *f = filter ? filter : &all;
	scoped_buf struct buf path = BUF(16384);
	struct each_item e = { each, ctx };
	int r;

	add_collection(client, instance, &path);
	call_add_query(&path, "status", f->status);
	call_add_query(&path, "search", f->search);
	call_add_query(&path, "key", f->key);
	call_add_query(&path, "source", f->source);
	call_add_query(&path, "metadata_filter", f->metadata_filter);
	call_add_query(&path, "sort_by", f->sort_by);
	if (path.failed)
		return err_set(err, ERR_INPUT, "the request's URL is too long");
	if (f->page > 0 || f->per_page > 0) {
		r = one_page(client, &path, f, &e, err);
	} else {
		/* a million files are 10,000 pages */
		struct page_walk walk = { .path = path.data, .permission = READ, .per_page = 100,
					  .page_max = 10000, .row = on_row, .ctx = &e };
		r = page_walk(client, &walk, err);
	}
	return r < 0 && err->kind ? err_context(err, "listing items of '%s'", instance) : r;
}

/* One call that answers with the item. */
static int item_call(struct client *client, const char *method, const struct buf *path,
		     struct json_object *body, struct item *out, struct err *err)
{
	scoped_json struct json_object *result = NULL;

	if (call_json(client, method, path, body, body ? EDIT : READ, &result, err) < 0)
		return -1;
	return item_decode(result, out, err);
}

int item_get(struct client *client, const char *instance, const char *item_id, struct item *out,
	     struct err *err)
{
	scoped_buf struct buf path = BUF(4096);

	add_item(client, instance, item_id, &path);
	if (item_call(client, "GET", &path, NULL, out, err) < 0)
		return err_context(err, "reading item '%.64s'", item_id);
	return 0;
}

struct by_key {
	const char *key;
	struct item *out;
};

static int take_if_key(void *ctx, const struct item *item)
{
	struct by_key *by = ctx;
	struct err ignored = { 0 };

	if (strcmp(item->key, by->key) != 0)
		return 0;
	return item_decode(item->json, by->out, &ignored) < 0 ? 0 : 1;
}

/*
 * No id has a slash or a dot; most keys have one, and a key of letters alone is asked for
 * second.
 */
int item_find(struct client *client, const char *instance, const char *id_or_key, struct item *out,
	      struct err *err)
{
	struct item_filter filter = { .key = id_or_key, .per_page = 100 };
	struct by_key by = { id_or_key, out };
	int r;

	if (!strpbrk(id_or_key, "/. ")) {
		if (item_get(client, instance, id_or_key, out, err) == 0)
			return 0;
		if (err->kind != ERR_NOT_FOUND || err->code == 7002 || err->code == 7063)
			return -1;
	}
	if (strlen(id_or_key) > ITEM_NAME_MAX)
		return err_set(err, ERR_USAGE,
			       "'%.60s' is neither an item's id nor its key", id_or_key);
	r = item_list(client, instance, &filter, take_if_key, &by, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	err_set(err, ERR_NOT_FOUND, "'%s' has no item '%.80s'", instance, id_or_key);
	return err_hint(err, "aisearch item list %s", instance);
}

int item_check_name(const char *name, struct err *err)
{
	if (!name[0] || strlen(name) > ITEM_NAME_MAX)
		return err_set(err, ERR_USAGE, "item name '%.60s' has not 1 to %d bytes", name,
			       ITEM_NAME_MAX);
	if (!utf8_valid(name, strlen(name)))
		return err_set(err, ERR_USAGE, "item name '%.60s' is not UTF-8", name);
	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		if (*c < 0x20 || *c == 0x7f || *c == '"')
			return err_set(err, ERR_USAGE,
				       "item name '%.60s' has a control character or a quote",
				       name);
	return 0;
}

void item_request_clear(struct item_request *r)
{
	buf_clear(&r->path);
	buf_clear(&r->body);
}

static void add_field(struct buf *body, const char *boundary, const char *name, const char *value)
{
	buf_addf(body, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n",
		 boundary, name);
	buf_adds(body, value);
	buf_adds(body, "\r\n");
}

int item_upload_request(struct client *client, const char *instance, const struct item_upload *up,
			struct item_request *out, struct err *err)
{
	struct buf *body = &out->body;
	unsigned char random[16];
	char boundary[33];

	if (item_check_name(up->name, err) < 0)
		return -1;
	if (up->len == 0)
		return err_set(err, ERR_INPUT, "'%.60s' is empty", up->name);
	if (up->len > ITEM_UPLOAD_MAX)
		return err_set(err, ERR_INPUT, "'%.60s' is larger than 4 MiB", up->name);
	if (up->metadata && strlen(up->metadata) > METADATA_MAX)
		return err_set(err, ERR_INPUT, "the metadata is longer than %d bytes",
			       METADATA_MAX);
	if (sodium_init() < 0)
		return err_set(err, ERR_STORAGE, "libsodium could not be initialised");
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(boundary, sizeof(boundary), random, sizeof(random));
	snprintf(out->type, sizeof(out->type), "multipart/form-data; boundary=%s", boundary);
	buf_reset(&out->path);
	buf_reset(body);
	body->max = ITEM_UPLOAD_MAX + METADATA_MAX + 4096;
	if (up->metadata)
		add_field(body, boundary, "metadata", up->metadata);
	if (up->wait)
		add_field(body, boundary, "wait_for_completion", "true");
	buf_addf(body, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
		 "Content-Type: application/octet-stream\r\n\r\n", boundary, up->name);
	buf_add(body, up->data, up->len);
	buf_addf(body, "\r\n--%s--\r\n", boundary);
	add_collection(client, instance, &out->path);
	out->call = (struct client_call){ .method = "POST", .path = out->path.data, .body = body,
					  .content_type = out->type, .permission = EDIT,
					  .timeout_ms = up->wait ? WAIT_MS : 0 };
	return 0;
}

int item_upload(struct client *client, const char *instance, const struct item_upload *upload,
		struct item *out, struct err *err)
{
	scoped_item_request struct item_request request = ITEM_REQUEST;
	scoped_envelope struct envelope e = { 0 };

	if (item_upload_request(client, instance, upload, &request, err) < 0)
		return -1;
	if (client_call(client, &request.call, &e, err) < 0 || item_decode(e.result, out, err) < 0)
		return err_context(err, "uploading '%.60s'", upload->name);
	return 0;
}

int item_delete(struct client *client, const char *instance, const char *item_id,
		struct err *err)
{
	scoped_buf struct buf path = BUF(4096);

	add_item(client, instance, item_id, &path);
	if (call_json(client, "DELETE", &path, NULL, EDIT, NULL, err) < 0)
		return err_context(err, "deleting item '%.64s'", item_id);
	return 0;
}

int item_sync(struct client *client, const char *instance, const char *item_id, struct item *out,
	      struct err *err)
{
	scoped_json struct json_object *body = json_object_new_object();
	scoped_buf struct buf path = BUF(4096);

	json_object_object_add(body, "next_action", json_object_new_string("INDEX"));
	add_item(client, instance, item_id, &path);
	if (item_call(client, "PATCH", &path, body, out, err) < 0)
		return err_context(err, "indexing item '%.64s' again", item_id);
	return 0;
}

int item_download(struct client *client, const char *instance, const char *item_id,
		  bool (*take)(void *ctx, const char *data, size_t len), void *ctx, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(4096);

	add_item(client, instance, item_id, &path);
	buf_adds(&path, "/download");
	struct client_call call = { .method = "GET", .path = path.data, .permission = READ,
				    .max_body = DOWNLOAD_MAX, .timeout_ms = DOWNLOAD_MS,
				    .on_data = take, .data_ctx = ctx };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "downloading item '%.64s'", item_id);
	return 0;
}
