/* SPDX-License-Identifier: MIT */
/* cmd_token.c -- tokens: what the vault and the API know of them; never a value. */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "provision/rotate.h"
#include "token_words.h"

struct listing {
	struct table table;
	struct json_object *json;	/* NULL = table */
	struct json_object *list;	/* the part of json being filled */
	struct json_object *left_out;	/* of json */
	enum token_owner owner;		/* whose API tokens are being listed */
};

static struct instant at(int64_t unix_s)
{
	return (struct instant){ .known = unix_s > 0, .unix_s = unix_s };
}

static void add_entry(struct listing *l, const char *where, const char *name, const char *id,
		      const char *label, const char *state, struct instant since, struct instant expires,
		      const char *owner)
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
		if (owner)
			json_put_text(o, "owner", owner);
		json_object_array_add(l->list, o);
		return;
	}
	table_add(&l->table, where);
	table_add(&l->table, name);
	table_add(&l->table, id);
	table_add(&l->table, state);
	table_add_instant(&l->table, since);
	table_add_instant(&l->table, expires);
	table_add(&l->table, owner);
}

static int on_vault(void *ctx, const struct vault_item *item)
{
	const struct token_kept kept = { item->state, !strcmp(item->protocol, ROTATE_PROTOCOL),
					 item->expires_at };

	add_entry(ctx, "vault", item->username, item->token_id, item->label,
		  token_state_kept(&kept, clock_wall_s(&clock_system)),
		  at(item->stored_at), at(item->expires_at), NULL);
	return 0;
}

static int on_credential(void *ctx, const struct credential *c)
{
	const char *state = !c->enabled.known || c->enabled.value ? "registered" : "disabled";

	add_entry(ctx, "AI Search", c->name, c->id, c->cf_api_id, state, c->created_at, at(0),
		  NULL);
	return 0;
}

static int on_api_token(void *ctx, const struct token *t)
{
	const struct listing *l = ctx;

	add_entry(ctx, "API", t->name, t->id, NULL, t->status, t->issued_on, t->expires_on,
		  token_owner_name(l->owner));
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

/* A part that is refused, or for which there is no token, is no reason not to see the others. */
static int leave_out(struct listing *l, const char *part, const char *shown, const struct err *why)
{
	if (why->kind != ERR_CONFIG && why->kind != ERR_AUTH && why->kind != ERR_FORBIDDEN)
		return -1;
	output_note("%s are left out: %s", shown, why->what);
	if (l->json) {
		struct json_object *o = json_object_new_object();

		json_put_text(o, "part", part);
		json_put_text(o, "why", why->what);
		json_object_array_add(l->left_out, o);
		json_object_object_del(l->json, part);	/* unknown is not none */
	}
	return 0;
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

	begin(l, "credentials");
	if (cli_manager_token(cli, &token, err) < 0 || cli_role_client(cli, "manager", token, &client, err) < 0 ||
	    credential_list(client, on_credential, l, err) < 0)
		return leave_out(l, "credentials", "the registered tokens", err);
	return 0;
}

static int list_api_tokens(struct cli *cli, struct listing *l, struct err *err)
{
	static const struct { enum token_owner owner; const char *part, *shown; } parts[] = {
		{ TOKEN_OF_USER, "api_tokens of the user", "the user's API tokens" },
		{ TOKEN_OF_ACCOUNT, "api_tokens of the account", "the account's API tokens" },
	};
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_token struct token self = {0};

	begin(l, "api_tokens");
	if (token_creator(cli, &token, &client, err) < 0 || token_verify_any(client, &l->owner, &self, err) < 0)
		return leave_out(l, "api_tokens", "the API tokens", err);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		l->owner = parts[i].owner;
		if (token_list(client, l->owner, on_api_token, l, err) < 0 &&
		    leave_out(l, parts[i].part, parts[i].shown, err) < 0)
			return -1;
	}
	return 0;
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "WHERE", "NAME", "ID", "STATE", "SINCE", "EXPIRES", "OWNER" };
	static const unsigned char dispensable[] = { 4, 6, 2, 0, 5, 3, TABLE_END };
	scoped_json struct json_object *json = NULL;
	struct listing l = {0};
	int r;

	(void)n, (void)args;
	if (cli_account(cli, err) < 0)
		return -1;
	l.json = json = cli->s.json ? json_object_new_object() : NULL;
	l.left_out = json_object_new_array();
	table_init(&l.table, heads, sizeof(heads) / sizeof(heads[0]));
	l.table.dispensable = dispensable;
	r = list_vault(cli, &l, err) < 0 || list_credentials(cli, &l, err) < 0 ||
	    list_api_tokens(cli, &l, err) < 0 ? -1 : 0;
	if (r == 0 && json)
		json_object_object_add(json, "left_out", json_object_get(l.left_out));
	json_object_put(l.left_out);
	if (r == 0)
		r = json ? output_json(json, err) : table_print(&l.table, err);
	table_clear(&l.table);
	return r < 0 ? -1 : EXIT_DONE;
}

/* --- verify ------------------------------------------------------------------ */

static void add_verified(struct listing *l, const char *name, const char *status, const char *id,
			 const char *owner, struct instant expires)
{
	if (l->json) {
		struct json_object *o = json_object_new_object();
		json_put_text(o, "role", name);
		json_put_text(o, "status", status);
		json_put_text(o, "id", id);
		json_put_text(o, "owner", owner);
		json_put_instant(o, "expires", expires);
		json_object_array_add(l->json, o);
		return;
	}
	table_add(&l->table, name);
	table_add(&l->table, status);
	table_add(&l->table, id);
	table_add(&l->table, owner);
	table_add_instant(&l->table, expires);
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
	if (cli_client(cli, given ? given : own, &client, err) < 0 ||
	    token_state_ask(client, &owner, &token, &status, err) < 0)
		return -1;
	add_verified(l, name, status, token.id, token.id ? token_owner_name(owner) : NULL,
		     token.expires_on);
	return token_state_alive(status);
}

/* What has expired is told without being asked about; intents and rotations have no turn. */
static int verify_role(struct cli *cli, const struct token_role *role, struct listing *l,
		       struct err *err)
{
	const char *state = token_state_kept(&role->kept, clock_wall_s(&clock_system));

	if (strcmp(state, "expired"))
		return verify_one(cli, role->name, NULL, l, err);
	add_verified(l, role->name, state, role->id[0] ? role->id : NULL, NULL,
		     at(role->kept.expires_at));
	return 0;
}

static int verify_all(struct cli *cli, struct listing *l, struct err *err)
{
	scoped_roles struct token_roles roles = {0};
	int alive = 1, asked = 0, r;

	if (token_roles(cli, false, &roles, err) < 0)
		return -1;
	if (cli->env_token) {
		alive = verify_one(cli, "CLOUDFLARE_API_TOKEN", cli->env_token, l, err);
		if (alive < 0)
			return -1;
		asked++;
	}
	for (size_t i = 0; i < roles.count; i++) {
		if (roles.one[i].kept.state != VAULT_ACTIVE || roles.one[i].kept.rotating)
			continue;
		r = verify_role(cli, &roles.one[i], l, err);
		if (r < 0)
			return -1;
		alive = alive && r;
		asked++;
	}
	if (asked > 0)
		return alive;
	err_set(err, ERR_CONFIG, "the vault has no token for account %s at %s", cli->account,
		cli->host);
	return err_hint(err, "store one: aisearch login");
}

static int verify(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "ROLE", "STATUS", "ID", "OWNER", "EXPIRES" };
	scoped_json struct json_object *json = NULL;
	const char *role = n > 0 ? args[0] : NULL;
	struct listing l = {0};
	int alive, r = -1;

	if (role && strcmp(role, "creator") && strcmp(role, "manager") &&
	    strncmp(role, "service:", strlen("service:"))) {
		err_set(err, ERR_USAGE, "there is no such role");	/* it may be a pasted token */
		return err_hint(err, "creator, manager or service:NAME");
	}
	if (cli_account(cli, err) < 0)
		return -1;
	l.json = json = cli->s.json ? json_object_new_array() : NULL;
	table_init(&l.table, heads, sizeof(heads) / sizeof(heads[0]));
	alive = role ? verify_one(cli, role, NULL, &l, err) : verify_all(cli, &l, err);
	if (alive >= 0)
		r = json ? output_json(json, err) : table_print(&l.table, err);
	table_clear(&l.table);
	if (r < 0)
		return -1;
	return alive ? EXIT_DONE : EXIT_FAILED;
}

const struct command cmd_token_list = {
	.name = "token list",
	.args = "",
	.summary = "list the tokens in the vault, registered with AI Search, and of the API",
	.details = "The API's, of the user and of the account, are listed as far as the creator token may\n"
		   "see them, and the registered ones with the manager token.  What cannot be listed, since\n"
		   "there is no such token or it is refused, is told, in JSON as left_out: the part, and why.\n"
		   "No value is ever shown.",
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
