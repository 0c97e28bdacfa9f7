/* SPDX-License-Identifier: MIT */
/* cmd_token.c -- tokens: what the vault and the API know of them; never a value. */
#include "cloudflare/token.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "provision/rotate.h"

struct listing {
	struct table table;
	struct json_object *json;	/* NULL = table */
	struct json_object *list;	/* the part of json being filled */
};

static const char *state_name(const struct vault_item *item)
{
	if (item->state == VAULT_PENDING)
		return "pending";
	if (item->state == VAULT_REJECTED)
		return "rejected";
	if (item->expires_at > 0 && item->expires_at <= clock_wall_s(&clock_system))
		return "expired";
	return "stored";
}

static struct instant at(int64_t unix_s)
{
	return (struct instant){ .known = unix_s > 0, .unix_s = unix_s };
}

static void add_entry(struct listing *l, const char *where, const char *name, const char *id,
		      const char *label, const char *state, struct instant since, struct instant expires)
{
	if (l->json) {
		struct json_object *o = json_object_new_object();

		json_put_text(o, "name", name);
		json_put_text(o, "id", id);
		if (label)
			json_put_text(o, "label", label);
		json_put_text(o, "state", state);
		json_put_instant(o, "since", since);
		json_put_instant(o, "expires", expires);
		json_object_array_add(l->list, o);
		return;
	}
	table_add(&l->table, where);
	table_add(&l->table, name);
	table_add(&l->table, id);
	table_add(&l->table, state);
	table_add_instant(&l->table, since);
	table_add_instant(&l->table, expires);
}

static int on_vault(void *ctx, const struct vault_item *item)
{
	bool rotating = !strcmp(item->protocol, ROTATE_PROTOCOL);

	add_entry(ctx, "vault", item->username, item->token_id, item->label,
		  rotating ? "rotating" : state_name(item),
		  at(item->stored_at), at(item->expires_at));
	return 0;
}

static int on_credential(void *ctx, const struct credential *c)
{
	const char *state = !c->enabled.known || c->enabled.value ? "registered" : "disabled";

	add_entry(ctx, "AI Search", c->name, c->id, c->cf_api_id, state, c->created_at, at(0));
	return 0;
}

static int on_api_token(void *ctx, const struct token *t)
{
	add_entry(ctx, "API", t->name, t->id, NULL, t->status, t->issued_on, t->expires_on);
	return 0;
}

/* The next part of the JSON object. */
static void begin(struct listing *l, const char *key)
{
	if (!l->json)
		return;
	l->list = json_object_new_array();
	json_object_object_add(l->json, key, l->list);
}

static int list_vault(struct cli *cli, struct listing *l, struct err *err)
{
	char path[64];
	struct vault_id query = cli_identity(cli, NULL, path);
	struct vault *vault;

	begin(l, "vault");
	if (cli_vault(cli, true, &vault, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (vault_list(vault, &query, on_vault, l, err) < 0)
		return -1;
	query.protocol = ROTATE_PROTOCOL;
	return vault_list(vault, &query, on_vault, l, err) < 0 ? -1 : 0;
}

static int list_credentials(struct cli *cli, struct listing *l, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;

	if (cli_manager_token(cli, &token, err) < 0) {
		if (err->kind != ERR_CONFIG)
			return -1;
		fprintf(stderr, "the registered credentials are left out: there is no manager token\n");
		return 0;
	}
	begin(l, "credentials");
	if (cli_role_client(cli, "manager", token, &client, err) < 0)
		return -1;
	return credential_list(client, on_credential, l, err) < 0 ? -1 : 0;
}

static int list_api_tokens(struct cli *cli, struct listing *l, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_token struct token self = {0};
	enum token_owner owner;

	if (cli_token(cli, "creator", &token, err) < 0) {
		if (err->kind != ERR_CONFIG)
			return -1;
		fprintf(stderr, "the API tokens are left out: there is no creator token\n");
		return 0;
	}
	begin(l, "api_tokens");
	if (cli_role_client(cli, "creator", token, &client, err) < 0 ||
	    token_verify_any(client, &owner, &self, err) < 0)
		return -1;
	return token_list(client, owner, on_api_token, l, err) < 0 ? -1 : 0;
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "WHERE", "NAME", "ID", "STATE", "SINCE", "EXPIRES" };
	static const unsigned char dispensable[] = { 4, 2, 0, 5, 3, TABLE_END };
	scoped_json struct json_object *json = NULL;
	struct listing l = {0};
	int r;

	(void)n, (void)args;
	if (cli_account(cli, err) < 0)
		return -1;
	l.json = json = cli->s.json ? json_object_new_object() : NULL;
	table_init(&l.table, heads, sizeof(heads) / sizeof(heads[0]));
	l.table.dispensable = dispensable;
	r = list_vault(cli, &l, err) < 0 || list_credentials(cli, &l, err) < 0 ||
	    list_api_tokens(cli, &l, err) < 0 ? -1 : 0;
	if (r == 0)
		r = json ? output_json(json, err) : table_print(&l.table, err);
	table_clear(&l.table);
	return r < 0 ? -1 : EXIT_DONE;
}

/* --- verify ------------------------------------------------------------------ */

#define ROLES_MAX 64

struct roles {
	char *name[ROLES_MAX];
	size_t count;
};

static int on_role(void *ctx, const struct vault_item *item)
{
	struct roles *roles = ctx;

	if (item->state == VAULT_ACTIVE && item->username && roles->count < ROLES_MAX) {
		char *copy = strdup(item->username);
		if (copy)
			roles->name[roles->count++] = copy;
	}
	return 0;
}

static int all_roles(struct cli *cli, struct roles *roles, struct err *err)
{
	char path[64];
	const struct vault_id query = cli_identity(cli, NULL, path);
	struct vault *vault;

	if (cli_vault(cli, true, &vault, err) < 0 ||
	    vault_list(vault, &query, on_role, roles, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	return 0;
}

/* 1 = alive, 0 = not, -1 = it could not be found out.  token NULL = the role's own. */
static int verify_one(struct cli *cli, const char *name, const struct secret *given,
		      struct listing *l, struct err *err)
{
	scoped_secret struct secret *own = NULL;
	scoped_client struct client *client = NULL;
	scoped_token struct token token = {0};
	enum token_owner owner = TOKEN_OF_USER;
	const char *status;

	if (!given && cli_token(cli, name, &own, err) < 0)
		return -1;
	if (cli_client(cli, given ? given : own, &client, err) < 0)
		return -1;
	if (token_verify_any(client, &owner, &token, err) == 0)
		status = token.status ? token.status : "active";
	else if (err->kind == ERR_AUTH)
		status = "refused";
	else
		return -1;
	if (l->json) {
		struct json_object *o = json_object_new_object();
		json_put_text(o, "role", name);
		json_put_text(o, "status", status);
		json_put_text(o, "id", token.id);
		json_put_text(o, "owner", !token.id ? NULL : owner == TOKEN_OF_USER ? "user" : "account");
		json_put_instant(o, "expires", token.expires_on);
		json_object_array_add(l->json, o);
	} else {
		table_add(&l->table, name);
		table_add(&l->table, status);
		table_add(&l->table, token.id);
		table_add(&l->table, !token.id ? NULL : owner == TOKEN_OF_USER ? "user" : "account");
		table_add_instant(&l->table, token.expires_on);
	}
	return !strcmp(status, "active");
}

static int verify_each(struct cli *cli, const char *role, const struct roles *roles,
		       struct listing *l, struct err *err)
{
	int alive = 1, r;

	if (role)
		return verify_one(cli, role, NULL, l, err);
	if (cli->env_token) {
		alive = verify_one(cli, "CLOUDFLARE_API_TOKEN", cli->env_token, l, err);
		if (alive < 0)
			return -1;
	}
	for (size_t i = 0; i < roles->count; i++) {
		r = verify_one(cli, roles->name[i], NULL, l, err);
		if (r < 0)
			return -1;
		alive = alive && r;
	}
	if (!cli->env_token && roles->count == 0) {
		err_set(err, ERR_CONFIG, "the vault has no token for account %s at %s", cli->account,
			cli->host);
		return err_hint(err, "store one: aisearch login");
	}
	return alive;
}

static int verify(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "ROLE", "STATUS", "ID", "OWNER", "EXPIRES" };
	scoped_json struct json_object *json = NULL;
	const char *role = n > 0 ? args[0] : NULL;
	struct roles roles = {0};
	struct listing l = {0};
	int alive = -1, r = -1;

	if (role && strcmp(role, "creator") && strcmp(role, "manager") &&
	    strncmp(role, "service:", strlen("service:"))) {
		err_set(err, ERR_USAGE, "there is no such role");	/* it may be a pasted token */
		return err_hint(err, "creator, manager or service:NAME");
	}
	if (cli_account(cli, err) < 0)
		return -1;
	l.json = json = cli->s.json ? json_object_new_array() : NULL;
	table_init(&l.table, heads, sizeof(heads) / sizeof(heads[0]));
	if (role || all_roles(cli, &roles, err) == 0)
		alive = verify_each(cli, role, &roles, &l, err);
	if (alive >= 0)
		r = json ? output_json(json, err) : table_print(&l.table, err);
	table_clear(&l.table);
	for (size_t i = 0; i < roles.count; i++)
		free(roles.name[i]);
	if (r < 0)
		return -1;
	return alive ? EXIT_DONE : EXIT_FAILED;
}

const struct command cmd_token_list = {
	.name = "token list",
	.args = "",
	.summary = "list the tokens in the vault, registered with AI Search, and of the API",
	.details = "The API's are listed when the vault has a creator token, the registered ones when\n"
		   "there is a manager token.  No value is ever shown.",
	.run = list,
};

const struct command cmd_token_verify = {
	.name = "token verify",
	.args = "[ROLE]",
	.summary = "ask the API whether a token is alive; without a role, each of the vault's",
	.details = "ROLE is creator, manager or service:NAME.  Exit 1 when one is not active.",
	.max_args = 1,
	.run = verify,
};
