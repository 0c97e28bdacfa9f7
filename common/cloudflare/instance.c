/* SPDX-License-Identifier: MIT */
#include "cloudflare/instance.h"

#include <string.h>

#include "cloudflare/page.h"

void instance_clear(struct instance *i)
{
	free(i->source);
	free(i->token_id);
	memset(i, 0, sizeof(*i));
}

/* A foreign string into a fixed field; too long is ERR_PROTOCOL, absent is "". */
static int fixed(struct json_object *o, const char *key, char *out, size_t size, struct err *err)
{
	const char *text;

	out[0] = '\0';
	if (json_get_text(o, key, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	if (strlen(text) >= size)
		return err_set(err, ERR_PROTOCOL, "'%s' is longer than %zu bytes", key, size - 1);
	strcpy(out, text);
	return 0;
}

int instance_decode(struct json_object *o, struct instance *out, struct err *err)
{
	scoped_instance struct instance i = { 0 };
	struct err why = { 0 };

	if (!json_object_is_type(o, json_type_object))
		return err_set(err, ERR_PROTOCOL, "an instance is %s, expected an object",
			       json_type_to_name(json_object_get_type(o)));
	if (fixed(o, "id", i.id, sizeof(i.id), err) < 0)
		return -1;
	if (client_check_instance(i.id, &why) < 0)
		return err_set(err, ERR_PROTOCOL, "'id' is '%.70s', expected an instance id", i.id);
	if (fixed(o, "namespace", i.namespace, sizeof(i.namespace), err) < 0 ||
	    fixed(o, "type", i.type, sizeof(i.type), err) < 0 ||
	    fixed(o, "status", i.status, sizeof(i.status), err) < 0 ||
	    json_copy_text(o, "source", &i.source, err) < 0 ||
	    json_copy_text(o, "token_id", &i.token_id, err) < 0 ||
	    json_get_flag(o, "enable", &i.enable, err) < 0 ||
	    json_get_flag(o, "paused", &i.paused, err) < 0 ||
	    json_get_count(o, "sync_interval", &i.sync_interval_s, err) < 0 ||
	    json_get_instant(o, "created_at", &i.created_at, err) < 0 ||
	    json_get_instant(o, "modified_at", &i.modified_at, err) < 0 ||
	    json_get_instant(o, "last_activity", &i.last_activity, err) < 0)
		return -1;
	*out = i;
	memset(&i, 0, sizeof(i));
	return 0;
}

static void add_member(struct buf *body, const char *key, const char *value)
{
	if (!value)
		return;
	buf_addf(body, "%s\"%s\":", body->len > 1 ? "," : "", key);
	buf_add_json(body, value, strlen(value));
}

int instance_create(struct client *client, const struct instance_create *what,
		    struct instance *out, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024), body = BUF(16384);

	if (client_check_instance(what->id, err) < 0)
		return -1;
	client_add_instances(client, &path);
	buf_adds(&body, "{");
	add_member(&body, "id", what->id);
	add_member(&body, "type", what->type);
	add_member(&body, "source", what->source);
	add_member(&body, "token_id", what->token_id);
	buf_adds(&body, "}");
	struct client_call call = { .method = "POST", .path = path.data, .body = &body,
				    .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) < 0 || instance_decode(e.result, out, err) < 0)
		return err_context(err, "creating instance '%s'", what->id);
	return 0;
}

int instance_get(struct client *client, const char *id, struct instance *out, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024);

	if (client_check_instance(id, err) < 0)
		return -1;
	client_add_instance(client, id, &path);
	struct client_call call = { .method = "GET", .path = path.data,
				    .permission = "AI Search Read" };
	if (client_call(client, &call, &e, err) < 0 || instance_decode(e.result, out, err) < 0)
		return err_context(err, "instance '%s'", id);
	return 0;
}

int instance_delete(struct client *client, const char *id, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024);

	if (client_check_instance(id, err) < 0)
		return -1;
	client_add_instance(client, id, &path);
	struct client_call call = { .method = "DELETE", .path = path.data,
				    .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "deleting instance '%s'", id);
	return 0;
}

struct each_instance {
	int (*each)(void *ctx, const struct instance *instance);
	void *ctx;
};

static int instance_row(void *ctx, struct json_object *row, struct err *err)
{
	struct each_instance *e = ctx;
	scoped_instance struct instance i = { 0 };

	return instance_decode(row, &i, err) < 0 ? -1 : e->each(e->ctx, &i);
}

int instance_list(struct client *client,
		  int (*each)(void *ctx, const struct instance *instance), void *ctx,
		  struct err *err)
{
	scoped_buf struct buf path = BUF(1024);
	struct each_instance e = { each, ctx };

	client_add_instances(client, &path);
	buf_adds(&path, "?order_by=created_at&order_by_direction=asc");
	struct page_walk walk = { .path = path.data, .permission = "AI Search Read",
				  .per_page = INSTANCE_PAGE, .row = instance_row, .ctx = &e };
	int r = page_walk(client, &walk, err);
	return r < 0 && err->kind ? err_context(err, "listing instances") : r;
}

void instance_add_glance_path(const struct client *client, struct buf *path)
{
	client_add_instances(client, path);
	buf_adds(path, "?order_by=created_at&order_by_direction=asc&page=1&per_page=1");
}

void instance_add_list_path(const struct client *client, int page, struct buf *path)
{
	client_add_instances(client, path);
	buf_addf(path, "?order_by=created_at&order_by_direction=asc&page=%d&per_page=%d", page,
		 INSTANCE_PAGE);
}
