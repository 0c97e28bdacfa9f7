/* SPDX-License-Identifier: MIT */
#include "cloudflare/token_object.h"

#include <string.h>

static void add_path(const struct client *client, enum token_owner owner, const char *id,
		     struct buf *path)
{
	if (owner == TOKEN_OF_USER)
		buf_adds(path, "/user");
	else
		client_add_account(client, path);
	buf_adds(path, "/tokens/");
	buf_add_urlencoded(path, id);
}

int token_get(struct client *client, enum token_owner owner, const char *id,
	      struct json_object **out, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(512);

	add_path(client, owner, id, &path);
	struct client_call call = { .method = "GET", .path = path.data,
				    .permission = owner == TOKEN_OF_USER
							  ? "User > API Tokens > Read"
							  : "Account > Account API Tokens > Read" };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "looking at token '%.64s'", id);
	if (!json_object_is_type(e.result, json_type_object))
		return err_set(err, ERR_PROTOCOL, "token '%.64s' is %s, expected an object", id,
			       json_type_to_name(json_object_get_type(e.result)));
	*out = json_object_get(e.result);
	return 0;
}

static enum token_owner other(enum token_owner owner)
{
	return owner == TOKEN_OF_USER ? TOKEN_OF_ACCOUNT : TOKEN_OF_USER;
}

/* It is not there, or it is not for this client to see. */
static bool unseen(const struct err *err)
{
	return err->kind == ERR_NOT_FOUND || err->kind == ERR_AUTH || err->kind == ERR_FORBIDDEN;
}

int token_get_any(struct client *client, enum token_owner *owner, const char *id,
		  struct json_object **out, struct err *err)
{
	struct err second = { 0 };

	if (token_get(client, *owner, id, out, err) == 0)
		return 0;
	if (!unseen(err))
		return -1;
	if (token_get(client, other(*owner), id, out, &second) == 0) {
		*owner = other(*owner);
		return 0;
	}
	if (!unseen(&second) || (err->kind != ERR_NOT_FOUND && second.kind == ERR_NOT_FOUND))
		*err = second;
	return -1;
}

static int delete_both(struct client *client, enum token_owner first, const char *id, bool *hidden,
		       struct err *err)
{
	struct err second = { 0 };

	*hidden = false;
	if (token_delete(client, first, id, err) == 0)
		return 0;
	if (!unseen(err))
		return -1;
	if (token_delete(client, other(first), id, &second) == 0)
		return 0;
	if (!unseen(&second))
		*err = second;
	else
		*hidden = err->kind != ERR_NOT_FOUND || second.kind != ERR_NOT_FOUND;
	return -1;
}

int token_delete_any(struct client *client, enum token_owner first, const char *id,
		     struct err *err)
{
	bool hidden;

	return delete_both(client, first, id, &hidden, err);
}

int token_delete_certain(struct client *client, enum token_owner first, const char *id,
			 struct err *err)
{
	const bool user = first == TOKEN_OF_USER;
	bool hidden;

	if (delete_both(client, first, id, &hidden, err) == 0)
		return 0;
	if (!hidden || err->kind != ERR_NOT_FOUND)
		return -1;
	err_set(err, ERR_FORBIDDEN, "token %.64s is none of the %s's, and this creator may not look at"
		" the %s's", id, user ? "user" : "account", user ? "account" : "user");
	return err_hint(err, "a creator of the %s may: aisearch login; or the dashboard",
			user ? "account" : "user");
}

/* --- a second one like it ------------------------------------------------------------ */

void token_copy_clear(struct token_copy *copy)
{
	buf_clear(&copy->policies);
	buf_clear(&copy->condition);
}

static int add_member(struct json_object *from, const char *key, struct json_object *to,
		      bool needed, struct err *err)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(from, key, &value) || !value)
		return needed ? err_set(err, ERR_PROTOCOL, "a policy has no '%s'", key) : 0;
	json_object_object_add(to, key, json_object_get(value));
	return 0;
}

/*
 * {effect, resources, permission_groups:[{id}]}: ids of policies and names of groups are
 * the API's.
 */
static int copy_policy(struct json_object *policy, struct json_object *to, struct err *err)
{
	struct json_object *groups = NULL, *list = json_object_new_array();

	json_object_object_add(to, "permission_groups", list);
	if (add_member(policy, "effect", to, true, err) < 0 ||
	    add_member(policy, "resources", to, true, err) < 0 ||
	    json_get_array(policy, "permission_groups", &groups, err) < 0)
		return -1;
	for (size_t i = 0; groups && i < json_object_array_length(groups); i++) {
		struct json_object *group = json_object_new_object();

		json_object_array_add(list, group);
		if (add_member(json_object_array_get_idx(groups, i), "id", group, true, err) < 0)
			return -1;
	}
	return json_object_array_length(list) ? 0
					      : err_set(err, ERR_PROTOCOL,
							"a policy allows nothing");
}

static int copy_policies(struct json_object *token, struct buf *out, struct err *err)
{
	scoped_json struct json_object *list = json_object_new_array();
	struct json_object *policies = NULL;

	if (json_get_array(token, "policies", &policies, err) < 0)
		return -1;
	for (size_t i = 0; policies && i < json_object_array_length(policies); i++) {
		struct json_object *to = json_object_new_object();

		json_object_array_add(list, to);
		if (copy_policy(json_object_array_get_idx(policies, i), to, err) < 0)
			return -1;
	}
	if (json_object_array_length(list) == 0)
		return err_set(err, ERR_PROTOCOL, "the token has no policies");
	buf_adds(out, json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN));
	return out->failed ? err_nomem(err) : 0;
}

int token_copy_decode(struct json_object *token, struct token_copy *out, struct err *err)
{
	struct json_object *condition = NULL;
	struct instant issued = { 0 }, expires = { 0 };

	if (json_get_object(token, "condition", &condition, err) < 0 ||
	    json_get_instant(token, "issued_on", &issued, err) < 0 ||
	    json_get_instant(token, "expires_on", &expires, err) < 0 ||
	    copy_policies(token, &out->policies, err) < 0)
		return err_context(err, "what the token may do");
	if (condition)
		buf_adds(&out->condition,
			 json_object_to_json_string_ext(condition, JSON_C_TO_STRING_PLAIN));
	out->expires_on = expires.known ? expires.unix_s : 0;
	out->life_s = expires.known && issued.known && expires.unix_s > issued.unix_s
			      ? expires.unix_s - issued.unix_s : 0;
	return out->condition.failed ? err_nomem(err) : 0;
}

void token_permissions(struct json_object *token, void (*each)(void *ctx, const char *name),
		       void *ctx)
{
	struct json_object *policies = NULL;
	struct err ignored = { 0 };

	json_get_array(token, "policies", &policies, &ignored);
	for (size_t i = 0; policies && i < json_object_array_length(policies); i++) {
		struct json_object *policy = json_object_array_get_idx(policies, i), *groups = NULL;
		const char *effect = NULL;

		json_get_text(policy, "effect", &effect, &ignored);
		json_get_array(policy, "permission_groups", &groups, &ignored);
		for (size_t k = 0; groups && (!effect || strcmp(effect, "deny")) &&
				   k < json_object_array_length(groups); k++) {
			struct json_object *group = json_object_array_get_idx(groups, k);
			const char *name = NULL, *id = NULL;

			json_get_text(group, "name", &name, &ignored);
			json_get_text(group, "id", &id, &ignored);
			if (name || id)
				each(ctx, name ? name : id);
		}
	}
}
