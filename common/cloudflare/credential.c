/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cloudflare/page.h"
#include "cloudflare/token.h"

#define CREDENTIAL_PAGE 100
#define CREDENTIAL_PAGES 100	/* the API stops there */

void credential_clear(struct credential *c)
{
	free(c->id);
	free(c->name);
	free(c->cf_api_id);
	memset(c, 0, sizeof(*c));
}

static int decode(struct json_object *o, struct credential *c, struct err *err)
{
	if (!json_object_is_type(o, json_type_object))
		return err_set(err, ERR_PROTOCOL, "a registered token is %s, expected an object",
			       json_type_to_name(json_object_get_type(o)));
	if (json_copy_needed(o, "id", &c->id, err) < 0 ||
	    json_copy_needed(o, "name", &c->name, err) < 0 ||
	    json_copy_needed(o, "cf_api_id", &c->cf_api_id, err) < 0)
		return -1;
	return json_get_instant(o, "created_at", &c->created_at, err) ||
	       json_get_flag(o, "enabled", &c->enabled, err) ? -1 : 0;
}

static void add_collection(struct client *client, struct buf *path)
{
	client_add_account(client, path);
	buf_adds(path, "/ai-search/tokens");
}

/* The key goes from its secret into a buffer that is wiped, never into json-c. */
static void add_body(const char *name, const char *cf_api_id, const struct secret *key,
		     struct buf *body)
{
	buf_adds(body, "{\"cf_api_id\":");
	buf_add_json(body, cf_api_id, strlen(cf_api_id));
	buf_adds(body, ",\"cf_api_key\":");
	buf_add_json(body, secret_bytes(key), secret_len(key));
	buf_adds(body, ",\"name\":");
	buf_add_json(body, name, strlen(name));
	/* omitted it would be true, and legacy ones were seen to answer 401 on GET and DELETE */
	buf_adds(body, ",\"legacy\":false}");
}

int credential_register(struct client *client, const char *name, const char *cf_api_id,
			const struct secret *cf_api_key, struct credential *out, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_credential struct credential c = { 0 };
	scoped_buf struct buf path = BUF(512), body = BUF(16384);

	add_collection(client, &path);
	add_body(name, cf_api_id, cf_api_key, &body);
	struct client_call call = { .method = "POST", .path = path.data, .body = &body,
				    .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) < 0 || decode(e.result, &c, err) < 0)
		return err_context(err, "registering the service token with AI Search");
	*out = c;
	memset(&c, 0, sizeof(c));
	return 0;
}

int credential_replace(struct client *client, const char *id, const char *name,
		       const char *cf_api_id, const struct secret *cf_api_key, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(512), body = BUF(16384);

	add_collection(client, &path);
	buf_adds(&path, "/");
	buf_add_urlencoded(&path, id);
	add_body(name, cf_api_id, cf_api_key, &body);
	struct client_call call = { .method = "PUT", .path = path.data, .body = &body,
				    .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "replacing the service token in AI Search");
	return 0;
}

int credential_may_edit(struct client *client, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(512), body = BUF(8);
	unsigned char b[16];

	if (getentropy(b, sizeof(b)) < 0)
		return err_errno(err, ERR_STORAGE, errno, "no random number for a name");
	add_collection(client, &path);
	buf_addf(&path, "/%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10], b[11], b[12], b[13],
		 b[14], b[15]);
	buf_adds(&body, "{}");
	struct client_call call = { .method = "PUT", .path = path.data, .body = &body,
				    .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) == 0)
		return 0;
	/* it went on to look at the request */
	if (err->kind == ERR_NOT_FOUND || (err->kind == ERR_REMOTE && err->status < 500))
		return 0;
	return err_context(err, "editing registered tokens");
}

int credential_delete(struct client *client, const char *id, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(512);

	add_collection(client, &path);
	buf_adds(&path, "/");
	buf_add_urlencoded(&path, id);
	struct client_call call = { .method = "DELETE", .path = path.data,
				    .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "deleting registered token '%.64s'", id);
	return 0;
}

struct each_credential {
	int (*each)(void *ctx, const struct credential *credential);
	void *ctx;
};

static int credential_row(void *ctx, struct json_object *row, struct err *err)
{
	struct each_credential *e = ctx;
	scoped_credential struct credential c = { 0 };

	return decode(row, &c, err) < 0 ? -1 : e->each(e->ctx, &c);
}

int credential_list(struct client *client,
		    int (*each)(void *ctx, const struct credential *credential), void *ctx,
		    struct err *err)
{
	scoped_buf struct buf path = BUF(512);
	struct each_credential e = { each, ctx };

	add_collection(client, &path);
	struct page_walk walk = { .path = path.data, .permission = "AI Search Read",
				  .per_page = CREDENTIAL_PAGE,
				  .page_max = CREDENTIAL_PAGES, .row = credential_row, .ctx = &e };
	int r = page_walk(client, &walk, err);
	return r < 0 && err->kind ? err_context(err, "listing registered tokens") : r;
}
