/* SPDX-License-Identifier: MIT */
/* account.c -- what is there, as a manifest. */
#include "provision/account.h"

#include <string.h>

#include "cloudflare/call.h"
#include "cloudflare/instance.h"
#include "cloudflare/page.h"

#define READ "AI Search Read"
#define NAMESPACE_PAGE 100
#define SERVICE "service:"

void account_add_namespace(const struct account *a, const char *name, struct buf *path)
{
	client_add_account(a->manager, path);
	buf_adds(path, "/ai-search/namespaces");
	if (name)
		buf_addf(path, "/%s", name);
}

void account_add_instance(const struct account *a, const char *namespace, const char *id,
			  struct buf *path)
{
	account_add_namespace(a, namespace, path);
	buf_addf(path, "/instances%s%s", id ? "/" : "", id ? id : "");
}

/* --- reading ---------------------------------------------------------------- */

struct rows {			/* of one list, into one array */
	struct json_object *to;
	const char *namespace;	/* of instances: what a row that tells none belongs to */
	size_t max;
};

static int keep_row(void *ctx, struct json_object *row, struct err *err)
{
	struct rows *rows = ctx;
	struct json_object *name;

	if (!json_object_is_type(row, json_type_object))
		return err_set(err, ERR_PROTOCOL, "a row of the list is no object");
	if (json_object_array_length(rows->to) >= rows->max)
		return err_set(err, ERR_PROTOCOL, "the list has more than %zu rows", rows->max);
	if (rows->namespace &&
	    (!json_object_object_get_ex(row, "namespace", &name) || !name))
		json_object_object_add(row, "namespace", json_object_new_string(rows->namespace));
	json_object_array_add(rows->to, json_object_get(row));
	return 0;
}

/* The list leaves "default" out (api.md, 5). */
static int read_default(const struct account *a, struct json_object *to, struct err *err)
{
	scoped_buf struct buf path = BUF(1024);
	scoped_json struct json_object *o = NULL;

	for (size_t i = 0; i < json_object_array_length(to); i++) {
		struct json_object *name = json_object_object_get(json_object_array_get_idx(to, i), "name");

		if (name && !strcmp(json_object_get_string(name), CLIENT_NAMESPACE_DEFAULT))
			return 0;
	}
	account_add_namespace(a, CLIENT_NAMESPACE_DEFAULT, &path);
	if (call_json(a->manager, "GET", &path, NULL, READ, &o, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		memset(err, 0, sizeof(*err));
	}
	if (!json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = json_object_new_object();
		json_object_object_add(o, "name", json_object_new_string(CLIENT_NAMESPACE_DEFAULT));
	}
	json_object_array_add(to, STEAL(o));
	return 0;
}

static int read_namespaces(const struct account *a, struct json_object *to, struct err *err)
{
	scoped_buf struct buf path = BUF(1024);
	struct rows rows = { .to = to, .max = MANIFEST_NAMESPACES_MAX };

	account_add_namespace(a, NULL, &path);
	struct page_walk walk = { .path = path.data, .permission = READ, .per_page = NAMESPACE_PAGE,
				  .row = keep_row, .ctx = &rows };
	if (page_walk(a->manager, &walk, err) < 0)
		return err_context(err, "listing namespaces");
	return read_default(a, to, err);
}

static int read_instances(const struct account *a, const char *namespace, struct json_object *to,
			  struct err *err)
{
	scoped_buf struct buf path = BUF(1024);
	struct rows rows = { .to = to, .namespace = namespace, .max = MANIFEST_INSTANCES_MAX };

	account_add_instance(a, namespace, NULL, &path);
	buf_adds(&path, "?order_by=created_at&order_by_direction=asc");
	struct page_walk walk = { .path = path.data, .permission = READ, .per_page = INSTANCE_PAGE,
				  .row = keep_row, .ctx = &rows };
	if (page_walk(a->manager, &walk, err) < 0)
		return err_context(err, "listing the instances of namespace '%s'", namespace);
	return 0;
}

struct services {
	struct json_object *tokens;	/* { name, api_id } until the registrations are known */
};

static int note_service(void *ctx, const struct vault_item *item)
{
	struct services *s = ctx;

	if (!item->username || strncmp(item->username, SERVICE, strlen(SERVICE)) != 0 ||
	    item->state != VAULT_ACTIVE || !item->token_id)
		return 0;
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "name", json_object_new_string(item->username + strlen(SERVICE)));
	json_object_object_add(o, "api_id", json_object_new_string(item->token_id));
	json_object_array_add(s->tokens, o);
	return 0;
}

static int note_registration(void *ctx, const struct credential *c)
{
	struct services *s = ctx;

	for (size_t i = 0; i < json_object_array_length(s->tokens); i++) {
		struct json_object *o = json_object_array_get_idx(s->tokens, i);

		if (!strcmp(json_object_get_string(json_object_object_get(o, "api_id")), c->cf_api_id))
			json_object_object_add(o, "credential", json_object_new_string(c->id));
	}
	return 0;
}

static int read_tokens(const struct account *a, struct json_object *to, struct err *err)
{
	struct services s = { .tokens = to };
	char path[64];

	if (!a->vault)
		return 0;
	snprintf(path, sizeof(path), "accounts/%s", a->id);
	const struct vault_id id = { .protocol = "https", .host = a->vault_host, .path = path };
	if (vault_list(a->vault, &id, note_service, &s, err) < 0 ||
	    (json_object_array_length(to) > 0 && credential_list(a->manager, note_registration, &s, err) < 0))
		return -1;
	for (size_t i = 0; i < json_object_array_length(to); i++)
		json_object_object_del(json_object_array_get_idx(to, i), "api_id");
	return 0;
}

int account_read(const struct account *a, struct manifest *out, struct err *err)
{
	struct json_object *namespaces = json_object_new_array(), *tokens = json_object_new_array(),
			   *instances = json_object_new_array();

	out->root = json_object_new_object();
	out->whole = true;
	if (!out->root || !namespaces || !tokens || !instances)
		return err_nomem(err);
	json_object_object_add(out->root, "namespaces", namespaces);
	json_object_object_add(out->root, "tokens", tokens);
	json_object_object_add(out->root, "instances", instances);
	if (read_namespaces(a, namespaces, err) < 0 || read_tokens(a, tokens, err) < 0)
		return -1;
	for (size_t i = 0; i < json_object_array_length(namespaces); i++) {
		struct json_object *name =
			json_object_object_get(json_object_array_get_idx(namespaces, i), "name");
		struct err why = { 0 };

		if (!json_object_is_type(name, json_type_string) ||
		    client_check_namespace(json_object_get_string(name), &why) < 0)
			return err_set(err, ERR_PROTOCOL, "the list has a namespace without a proper name");
		if (read_instances(a, json_object_get_string(name), instances, err) < 0)
			return -1;
	}
	if (manifest_index(out, err) == 0)
		return 0;
	if (err->kind == ERR_CONFIG)
		err->kind = ERR_PROTOCOL;
	return err_context(err, "what the API lists");
}
