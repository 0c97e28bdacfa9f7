/* SPDX-License-Identifier: MIT */
#include "cloudflare/item.h"

#include <sodium.h>
#include <string.h>

#include "cloudflare/page.h"

#define NAME_MAX_BYTES 128

void item_clear(struct item *i)
{
	free(i->id);
	free(i->key);
	free(i->status);
	free(i->error);
	memset(i, 0, sizeof(*i));
}

int item_decode(struct json_object *o, struct item *out, struct err *err)
{
	scoped_item struct item i = { 0 };

	if (json_copy_needed(o, "id", &i.id, err) < 0 || json_copy_needed(o, "key", &i.key, err) < 0 ||
	    json_copy_text(o, "status", &i.status, err) < 0 ||
	    json_copy_text(o, "error", &i.error, err) < 0 ||
	    json_get_count(o, "file_size", &i.file_size, err) < 0 ||
	    json_get_count(o, "chunks_count", &i.chunks_count, err) < 0)
		return -1;
	*out = i;
	memset(&i, 0, sizeof(i));
	return 0;
}

static void add_collection(struct client *client, const char *instance, struct buf *path)
{
	client_add_instance(client, instance, path);
	buf_adds(path, "/items");
}

struct each_item {
	int (*each)(void *ctx, const struct item *item);
	void *ctx;
};

static int item_row(void *ctx, struct json_object *row, struct err *err)
{
	struct each_item *e = ctx;
	scoped_item struct item i = { 0 };

	return item_decode(row, &i, err) < 0 ? -1 : e->each(e->ctx, &i);
}

int item_list(struct client *client, const char *instance, const char *status,
	      int (*each)(void *ctx, const struct item *item), void *ctx, struct err *err)
{
	scoped_buf struct buf path = BUF(1024);
	struct each_item e = { each, ctx };

	add_collection(client, instance, &path);
	if (status) {
		buf_adds(&path, "?status=");
		buf_add_urlencoded(&path, status);
	}
	/* a million files are 10,000 pages */
	struct page_walk walk = { .path = path.data, .permission = "AI Search Read",
				  .per_page = 100, .page_max = 10000, .row = item_row, .ctx = &e };
	int r = page_walk(client, &walk, err);
	return r < 0 && err->kind ? err_context(err, "listing items of '%s'", instance) : r;
}

static int check_name(const char *name, struct err *err)
{
	if (!name[0] || strlen(name) > NAME_MAX_BYTES)
		return err_set(err, ERR_USAGE, "item name '%.60s' has not 1 to %d bytes", name,
			       NAME_MAX_BYTES);
	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		if (*c < 0x20 || *c == 0x7f || *c == '"')
			return err_set(err, ERR_USAGE, "item name '%.60s' has a control character or a quote", name);
	return 0;
}

int item_upload(struct client *client, const char *instance, const char *name, const void *data,
		size_t len, struct item *out, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024), body = BUF(ITEM_UPLOAD_MAX + 4096);
	char boundary[33], type[96];
	unsigned char random[16];

	if (check_name(name, err) < 0)
		return -1;
	if (len > ITEM_UPLOAD_MAX)
		return err_set(err, ERR_INPUT, "'%.60s' is larger than 4 MiB", name);
	if (sodium_init() < 0)
		return err_set(err, ERR_STORAGE, "libsodium could not be initialised");
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(boundary, sizeof(boundary), random, sizeof(random));
	snprintf(type, sizeof(type), "multipart/form-data; boundary=%s", boundary);
	buf_addf(&body, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
		 "Content-Type: application/octet-stream\r\n\r\n", boundary, name);
	buf_add(&body, data, len);
	buf_addf(&body, "\r\n--%s--\r\n", boundary);
	add_collection(client, instance, &path);
	struct client_call call = { .method = "POST", .path = path.data, .body = &body,
				    .content_type = type, .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) < 0 || item_decode(e.result, out, err) < 0)
		return err_context(err, "uploading '%.60s'", name);
	return 0;
}

int item_delete(struct client *client, const char *instance, const char *item_id,
		struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024);

	add_collection(client, instance, &path);
	buf_adds(&path, "/");
	buf_add_urlencoded(&path, item_id);
	struct client_call call = { .method = "DELETE", .path = path.data,
				    .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "deleting item '%.64s'", item_id);
	return 0;
}
