/* SPDX-License-Identifier: MIT */
#include "token_words.h"

#include <stdio.h>
#include <string.h>

#include "cloudflare/usage.h"
#include "output.h"
#include "provision/role.h"
#include "provision/rotate.h"

bool token_is_id(const char *word)
{
	return strlen(word) == 32 && strspn(word, "0123456789abcdef") == 32;
}

bool token_is_role(const char *word)
{
	struct err ignored = {0};

	return !strcmp(word, "creator") || !strcmp(word, "manager") ||
	       (!strncmp(word, "service:", 8) && provision_check_service(word + 8, &ignored) == 0);
}

int token_role_of(const char *service, char out[64], struct err *err)
{
	if (provision_check_service(service, err) < 0)
		return -1;
	snprintf(out, 64, "service:%s", service);
	return 0;
}

bool token_is_made(const char *origin)
{
	static const char *const ours[] = { ROLE_ORIGIN, "create:", "rotate" };

	for (size_t i = 0; origin && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strncmp(origin, ours[i], strlen(ours[i])))
			return true;
	return false;
}

const char *token_owner_name(enum token_owner owner)
{
	return owner == TOKEN_OF_USER ? "user" : "account";
}

/* --- the vault's roles ------------------------------------------------------------------ */

struct collecting {
	struct token_roles *roles;
	bool rejected, rotating, failed;
};

static struct token_role *add_role(struct token_roles *roles)
{
	if (roles->count == roles->room) {
		size_t room = roles->room ? 2 * roles->room : 16;
		struct token_role *grown = reallocarray(roles->one, room, sizeof(*grown));

		if (!grown)
			return NULL;
		roles->one = grown;
		roles->room = room;
	}
	return &roles->one[roles->count];
}

void token_first(const struct vault_item *item, char out[33])
{
	const char *id = item->origin && !strncmp(item->origin, ROTATE_FIRST, strlen(ROTATE_FIRST))
				 ? item->origin + strlen(ROTATE_FIRST) : "";

	snprintf(out, 33, "%s", strcmp(item->protocol, ROTATE_PROTOCOL) ? "" : id);
	if (!token_is_id(out))
		out[0] = '\0';
}

static int on_role(void *ctx, const struct vault_item *item)
{
	struct collecting *c = ctx;
	struct token_role *to;

	if (!item->username || (item->state == VAULT_REJECTED && !c->rejected))
		return 0;
	if (c->roles->count == TOKEN_ROLES_MAX)
		return 1;
	to = add_role(c->roles);
	c->failed = !to;
	if (!to)
		return 1;
	*to = (struct token_role){
		.name = strdup(item->username), .label = item->label ? strdup(item->label) : NULL,
		.kept = { item->state, c->rotating, item->expires_at }, .stored_at = item->stored_at,
	};
	snprintf(to->id, sizeof(to->id), "%s", item->token_id ? item->token_id : "");
	token_first(item, to->first);
	c->roles->count++;
	c->failed = !to->name || (item->label && !to->label);
	return c->failed;
}

int token_roles(struct cli *cli, bool rejected, struct token_roles *out, struct err *err)
{
	struct collecting c = { .roles = out, .rejected = rejected };
	struct vault *vault;
	char path[64];
	struct vault_id query = cli_identity(cli, NULL, path);

	if (cli_vault(cli, true, &vault, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	for (int i = 0; i < 2; i++) {
		int r = vault_list(vault, &query, on_role, &c, err);

		if (r < 0)
			return -1;
		if (r > 0)
			return c.failed ? err_nomem(err)
					: err_set(err, ERR_STORAGE, "the vault has more than %d tokens of the"
						  " account", TOKEN_ROLES_MAX);
		query.protocol = ROTATE_PROTOCOL;
		c.rotating = true;
	}
	return 0;
}

void token_roles_clear(struct token_roles *roles)
{
	for (size_t i = 0; i < roles->count; i++) {
		free(roles->one[i].name);
		free(roles->one[i].label);
	}
	free(roles->one);
	*roles = (struct token_roles){ 0 };
}

int token_check_rotation(struct cli *cli, const char *role, struct err *err)
{
	struct vault *vault;
	bool unfinished;

	if (cli_vault(cli, true, &vault, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (rotate_unfinished(vault, cli->host, cli->account, role, &unfinished, err) < 0)
		return -1;
	if (!unfinished)
		return 0;
	err_set(err, ERR_EXISTS, "the rotation of %s is unfinished", role);
	return err_hint(err, "aisearch token rotate %s", role);
}

int token_creator(struct cli *cli, struct secret **token, struct client **out, struct err *err)
{
	return cli_token(cli, "creator", token, err) < 0 ||
	       cli_role_client(cli, "creator", *token, out, err) < 0 ? -1 : 0;
}

/* --- what the API tells ------------------------------------------------------------------ */

static void add_permission(void *ctx, const char *name)
{
	struct json_object *list = ctx;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name))
			return;
	json_object_array_add(list, json_object_new_string(name));
}

struct json_object *token_permissions_json(struct json_object *token)
{
	struct json_object *list = json_object_new_array();

	token_permissions(token, add_permission, list);
	return list;
}

struct using {
	struct token_users *users;
	const char *id, *namespace;
};

static int on_registration(void *ctx, const struct credential *c)
{
	struct using *u = ctx;

	if (!strcmp(c->cf_api_id, u->id)) {
		struct json_object *o = json_object_new_object();

		json_put_text(o, "id", c->id);
		json_put_text(o, "name", c->name);
		json_put_flag(o, "enabled", c->enabled);
		json_object_array_add(u->users->registrations, o);
	}
	return 0;
}

static int on_instance(void *ctx, struct instance *i)
{
	struct using *u = ctx;
	char name[128];

	for (size_t k = 0; i->token_id && k < json_object_array_length(u->users->registrations); k++) {
		struct json_object *o = json_object_array_get_idx(u->users->registrations, k);

		if (strcmp(json_object_get_string(json_object_object_get(o, "id")), i->token_id))
			continue;
		snprintf(name, sizeof(name), "%s/%s", i->namespace[0] ? i->namespace : u->namespace, i->id);
		json_object_array_add(u->users->instances, json_object_new_string(name));
		return 0;
	}
	return 0;
}

int token_users(struct client *manager, const char *id, struct token_users *out, struct err *err)
{
	struct using u = { out, id, client_namespace(manager) };

	out->registrations = json_object_new_array();
	out->instances = json_object_new_array();
	if (credential_list(manager, on_registration, &u, err) < 0)
		return -1;
	if (json_object_array_length(out->registrations) == 0)
		return 0;
	return usage_walk(manager, on_instance, &u, err) < 0 ? -1 : 0;
}

void token_users_clear(struct token_users *users)
{
	json_object_put(users->registrations);
	json_object_put(users->instances);
	*users = (struct token_users){ 0 };
}

/* --- which token a word means -------------------------------------------------------------- */

struct naming {
	const char *word;
	char id[33];
	int count;
};

static void found(struct naming *n, const char *id)
{
	if (strcmp(n->id, id))
		n->count++;
	snprintf(n->id, sizeof(n->id), "%s", id);
}

static int on_named(void *ctx, const struct token *t)
{
	struct naming *n = ctx;

	if (t->name && !strcmp(t->name, n->word))
		found(n, t->id);
	return 0;
}

static int on_uuid(void *ctx, const struct credential *c)
{
	struct naming *n = ctx;

	if (!strcmp(c->id, n->word) && token_is_id(c->cf_api_id))
		found(n, c->cf_api_id);
	return 0;
}

static bool is_uuid(const char *word)
{
	return strlen(word) == 36 && word[8] == '-' && strspn(word, "0123456789abcdef-") == 36;
}

static int by_role(struct cli *cli, struct naming *n, struct err *err)
{
	scoped_roles struct token_roles roles = {0};

	if (token_roles(cli, false, &roles, err) < 0)
		return -1;
	for (size_t i = 0; i < roles.count; i++)
		if (!roles.one[i].kept.rotating && roles.one[i].id[0] && !strcmp(roles.one[i].name, n->word))
			found(n, roles.one[i].id);
	return 0;
}

static int by_name(struct client *creator, struct naming *n, struct err *err)
{
	scoped_token struct token self = {0};
	enum token_owner owner;
	struct err ignored = {0};

	if (token_verify_any(creator, &owner, &self, err) < 0)
		return err_context(err, "the creator token");
	if (token_list(creator, owner, on_named, n, err) < 0)
		return -1;
	/* as far as the creator may see them */
	token_list(creator, owner == TOKEN_OF_USER ? TOKEN_OF_ACCOUNT : TOKEN_OF_USER, on_named, n,
		   &ignored);
	return 0;
}

int token_resolve(struct cli *cli, struct client *creator, struct client *manager, const char *word,
		  char id[33], struct err *err)
{
	struct naming n = { .word = word };

	if (token_is_id(word)) {
		memcpy(id, word, 33);
		return 0;
	}
	if (token_is_role(word) && by_role(cli, &n, err) < 0)
		return -1;
	if (!n.count && manager && is_uuid(word) && credential_list(manager, on_uuid, &n, err) < 0)
		return -1;
	if (!n.count && creator && by_name(creator, &n, err) < 0)
		return -1;
	if (n.count == 1) {
		memcpy(id, n.id, 33);
		return 0;
	}
	/* it may be a pasted token: not repeated */
	if (n.count > 1)
		err_set(err, ERR_EXISTS, "%d tokens have that name", n.count);
	else
		err_set(err, ERR_NOT_FOUND, "there is no such token%s", creator ? "" : ", as far as can be"
			" seen without a creator token");
	return err_hint(err, "name one by its id: aisearch token list");
}
