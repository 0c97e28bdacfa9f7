/* SPDX-License-Identifier: MIT */
#include "cloudflare/token.h"

#include <string.h>

#include "base/rfc3339.h"
#include "cloudflare/page.h"

#define ACCOUNT_SCOPE "com.cloudflare.api.account"
#define TOKEN_PAGE 50		/* /user/tokens and /accounts/A/tokens take 5..50 */

void token_clear(struct token *t)
{
	free(t->id);
	free(t->name);
	free(t->status);
	secret_free(t->value);
	memset(t, 0, sizeof(*t));
}

bool token_is_active(const struct token *t)
{
	return !t->status || !strcmp(t->status, "active");
}

static int decode(struct json_object *o, struct token *t, struct err *err)
{
	if (!json_object_is_type(o, json_type_object))
		return err_set(err, ERR_PROTOCOL, "a token is %s, expected an object",
			       json_type_to_name(json_object_get_type(o)));
	if (json_copy_needed(o, "id", &t->id, err) < 0 ||
	    json_copy_text(o, "name", &t->name, err) < 0 ||
	    json_copy_text(o, "status", &t->status, err) < 0 ||
	    json_get_instant(o, "expires_on", &t->expires_on, err) < 0 ||
	    json_get_instant(o, "issued_on", &t->issued_on, err) < 0 ||
	    json_get_instant(o, "last_used_on", &t->last_used_on, err) < 0)
		return -1;
	if (strlen(t->id) != 32 || strspn(t->id, "0123456789abcdef") != 32)
		return err_set(err, ERR_PROTOCOL, "'id' is '%.40s', expected 32 hex digits", t->id);
	return 0;
}

static void add_collection(struct client *client, enum token_owner owner, struct buf *path)
{
	if (owner == TOKEN_OF_USER)
		buf_adds(path, "/user/tokens");
	else {
		client_add_account(client, path);
		buf_adds(path, "/tokens");
	}
}

static const char *edit_permission(enum token_owner owner)
{
	return owner == TOKEN_OF_USER ? "User > API Tokens > Edit"
				      : "Account > Account API Tokens > Edit";
}

int token_verify(struct client *client, enum token_owner owner, struct token *out,
		 struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_token struct token t = { 0 };
	scoped_buf struct buf path = BUF(512);

	add_collection(client, owner, &path);
	buf_adds(&path, "/verify");
	struct client_call call = { .method = "GET", .path = path.data };
	if (client_call(client, &call, &e, err) < 0 || decode(e.result, &t, err) < 0)
		return err_context(err, "verifying the token");
	*out = t;
	memset(&t, 0, sizeof(t));
	return 0;
}

int token_verify_any(struct client *client, enum token_owner *owner, struct token *out,
		     struct err *err)
{
	struct err first = { 0 };

	*owner = TOKEN_OF_USER;
	if (token_verify(client, TOKEN_OF_USER, out, &first) == 0)
		return 0;
	if (first.kind == ERR_AUTH) {
		*owner = TOKEN_OF_ACCOUNT;
		if (token_verify(client, TOKEN_OF_ACCOUNT, out, err) == 0)
			return 0;
		if (err->kind != ERR_AUTH && err->kind != ERR_FORBIDDEN &&
		    err->kind != ERR_NOT_FOUND)
			return -1;
	}
	*owner = TOKEN_OF_USER;
	*err = first;
	return -1;
}

static bool has_scope(struct json_object *group, const char *scope)
{
	struct json_object *scopes = NULL;
	struct err ignored = { 0 };

	json_get_array(group, "scopes", &scopes, &ignored);
	for (size_t i = 0; scopes && i < json_object_array_length(scopes); i++) {
		struct json_object *s = json_object_array_get_idx(scopes, i);
		if (json_object_is_type(s, json_type_string) &&
		    !strcmp(json_object_get_string(s), scope))
			return true;
	}
	return false;
}

int token_group_of_scope(struct client *client, enum token_owner owner, const char *name,
			 const char *scope, char id[33], struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024);

	add_collection(client, owner, &path);
	buf_adds(&path, "/permission_groups?name=");
	buf_add_urlencoded(&path, name);
	struct client_call call = { .method = "GET", .path = path.data,
				    .permission = edit_permission(owner) };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "looking up permission group '%s'", name);
	if (!json_object_is_type(e.result, json_type_array))
		return err_set(err, ERR_PROTOCOL, "permission groups are %s, expected a list",
			       json_type_to_name(json_object_get_type(e.result)));
	for (size_t i = 0; i < json_object_array_length(e.result); i++) {
		struct json_object *g = json_object_array_get_idx(e.result, i);
		const char *group_name, *group_id;

		if (json_get_text(g, "name", &group_name, err) < 0 ||
		    json_get_text(g, "id", &group_id, err) < 0)
			return -1;
		if (!group_name || strcmp(group_name, name) || !has_scope(g, scope))
			continue;
		if (!group_id || strlen(group_id) != 32 ||
		    strspn(group_id, "0123456789abcdef") != 32)
			return err_set(err, ERR_PROTOCOL, "a permission group has no id");
		memcpy(id, group_id, 33);
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "there is no permission group '%s' for %s", name,
		       strcmp(scope, ACCOUNT_SCOPE) ? scope : "accounts");
}

int token_group_id(struct client *client, enum token_owner owner, const char *name, char id[33],
		   struct err *err)
{
	return token_group_of_scope(client, owner, name, ACCOUNT_SCOPE, id, err);
}

static void add_texts(const struct token_list *list, struct buf *body)
{
	for (size_t i = 0; i < list->count; i++) {
		buf_adds(body, i ? "," : "");
		buf_add_json(body, list->item[i], strlen(list->item[i]));
	}
}

static void add_policy(struct client *client, const struct token_grant *grant, struct buf *body)
{
	scoped_buf struct buf account = BUF(256);

	buf_adds(body, "{\"effect\":\"allow\",\"resources\":{");
	client_add_account(client, &account);	/* "/accounts/ID" */
	if (grant->resources.count == 0)
		buf_addf(body, "\"" ACCOUNT_SCOPE ".%s\":\"*\"",
			 account.data + strlen("/accounts/"));
	for (size_t i = 0; i < grant->resources.count; i++) {
		const char *resource = grant->resources.item[i];

		buf_adds(body, i ? "," : "");
		buf_add_json(body, resource, strlen(resource));
		buf_adds(body, ":\"*\"");
	}
	buf_adds(body, "},\"permission_groups\":[");
	for (size_t i = 0; i < grant->groups.count; i++)
		buf_addf(body, "%s{\"id\":\"%s\"}", i ? "," : "", grant->groups.item[i]);
	buf_adds(body, "]}");
}

static void add_conditions(const struct token_grant *grant, struct buf *body)
{
	const bool in = !grant->policies && grant->allow_ip.count > 0;
	const bool out = !grant->policies && grant->deny_ip.count > 0;
	char expires[RFC3339_SIZE];

	if (grant->condition && *grant->condition)
		buf_addf(body, ",\"condition\":%s", grant->condition);
	if (in || out)
		buf_adds(body, ",\"condition\":{\"request_ip\":{");
	if (in) {
		buf_adds(body, "\"in\":[");
		add_texts(&grant->allow_ip, body);
		buf_adds(body, out ? "]," : "]");
	}
	if (out) {
		buf_adds(body, "\"not_in\":[");
		add_texts(&grant->deny_ip, body);
		buf_adds(body, "]");
	}
	if (in || out)
		buf_adds(body, "}}");
	if (grant->expires_on > 0) {
		rfc3339_format(grant->expires_on, expires);
		buf_addf(body, ",\"expires_on\":\"%s\"", expires);
	}
}

int token_mint(struct client *client, enum token_owner owner, const char *name,
	       const struct token_grant *grant, struct token *out, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_token struct token t = { 0 };
	scoped_buf struct buf path = BUF(512), body = BUF(65536);
	struct json_object *value = NULL;

	if (!name[0] || strlen(name) > TOKEN_NAME_MAX)
		return err_set(err, ERR_USAGE, "a token's name has 1 to %d bytes", TOKEN_NAME_MAX);
	add_collection(client, owner, &path);
	buf_adds(&body, "{\"name\":");
	buf_add_json(&body, name, strlen(name));
	buf_adds(&body, ",\"policies\":");
	if (grant->policies) {
		buf_adds(&body, grant->policies);
	} else {
		buf_adds(&body, "[");
		add_policy(client, grant, &body);
		buf_adds(&body, "]");
	}
	add_conditions(grant, &body);
	buf_adds(&body, "}");
	if (body.failed)
		return err_set(err, ERR_USAGE,
			       "what token '%s' shall be allowed is too much text", name);
	struct client_call call = { .method = "POST", .path = path.data, .body = &body,
				    .permission = edit_permission(owner) };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "minting token '%s'", name);
	if (decode(e.result, &t, err) < 0)
		return err_context(err, "minting token '%s'", name);
	json_object_object_get_ex(e.result, "value", &value);
	if (json_take_secret(value, &t.value, err) < 0)
		return err_context(err, "minting token '%s'", name);
	*out = t;
	memset(&t, 0, sizeof(t));
	return 0;
}

int token_roll(struct client *client, enum token_owner owner, const char *id,
	       struct secret **value, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(512), body = BUF(8);

	add_collection(client, owner, &path);
	buf_addf(&path, "/%.64s/value", id);
	buf_adds(&body, "{}");		/* the reference text wants an object, the SDK sends none */
	struct client_call call = { .method = "PUT", .path = path.data, .body = &body,
				    .permission = edit_permission(owner) };
	if (client_call(client, &call, &e, err) < 0 || json_take_secret(e.result, value, err) < 0)
		return err_context(err, "rolling the value of token '%.64s'", id);
	return 0;
}

int token_delete(struct client *client, enum token_owner owner, const char *id, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(512);

	add_collection(client, owner, &path);
	buf_addf(&path, "/%.64s", id);
	struct client_call call = { .method = "DELETE", .path = path.data,
				    .permission = edit_permission(owner) };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "revoking token '%.64s'", id);
	return 0;
}

struct each_token {
	int (*each)(void *ctx, const struct token *token);
	void *ctx;
};

static int token_row(void *ctx, struct json_object *row, struct err *err)
{
	struct each_token *e = ctx;
	scoped_token struct token t = { 0 };

	return decode(row, &t, err) < 0 ? -1 : e->each(e->ctx, &t);
}

int token_list(struct client *client, enum token_owner owner,
	       int (*each)(void *ctx, const struct token *token), void *ctx, struct err *err)
{
	scoped_buf struct buf path = BUF(512);
	struct each_token e = { each, ctx };

	add_collection(client, owner, &path);
	struct page_walk walk = { .path = path.data, .permission = edit_permission(owner),
				  .per_page = TOKEN_PAGE, .row = token_row, .ctx = &e };
	int r = page_walk(client, &walk, err);
	return r < 0 && err->kind ? err_context(err, "listing tokens") : r;
}
