/* SPDX-License-Identifier: MIT */
/* cmd_whoami.c -- which account, with which tokens, and what these may do; never a value. */
#include <stdio.h>
#include <string.h>

#include "interrupt.h"
#include "output.h"
#include "token_words.h"

struct shown {
	struct cli *cli;
	struct client *creator;		/* NULL = none: permissions are what a token tells of itself */
	struct table table;
	struct json_object *list;	/* NULL = table */
	int alive;
};

static struct json_object *permissions_of(struct shown *s, struct client *own, enum token_owner owner,
					  const char *id)
{
	scoped_json struct json_object *token = NULL;
	struct err ignored = {0};

	/* a creator may look at all of them, and another one perhaps at itself */
	if (!s->creator || token_get_any(s->creator, &owner, id, &token, &ignored) < 0)
		token_get(own, owner, id, &token, &ignored);
	return token ? token_permissions_json(token) : NULL;
}

static void add(struct shown *s, const char *role, const char *status, const char *id,
		const char *owner, struct instant expires, struct json_object *permissions)
{
	scoped_buf struct buf names = BUF(65536);

	if (s->list) {
		struct json_object *o = json_object_new_object();
		json_put_text(o, "role", role);
		json_put_text(o, "status", status);
		json_put_text(o, "id", id);
		json_put_text(o, "owner", owner);
		json_put_instant(o, "expires", expires);
		json_object_object_add(o, "permissions", json_object_get(permissions));
		json_object_array_add(s->list, o);
		return;
	}
	for (size_t i = 0; permissions && i < json_object_array_length(permissions); i++)
		buf_addf(&names, "%s%s", i ? ", " : "",
			 json_object_get_string(json_object_array_get_idx(permissions, i)));
	table_add(&s->table, role);
	table_add(&s->table, status);
	table_add(&s->table, id);
	table_add(&s->table, owner);
	table_add_instant(&s->table, expires);
	table_add(&s->table, names.data);
}

static int add_token(struct shown *s, const char *role, const struct secret *value, const char *id,
		     int64_t ends, struct err *err)
{
	scoped_client struct client *client = NULL;
	scoped_token struct token token = {0};
	scoped_json struct json_object *permissions = NULL;
	enum token_owner owner;
	const char *status;

	if (cli_client(s->cli, value, &client, err) < 0)
		return -1;
	if (token_state_ask(client, &owner, &token, &status, err) < 0)
		return err_context(err, "%s", role);
	if (!token.id) {
		add(s, role, status, id, NULL, (struct instant){ ends > 0, ends }, NULL);
		return 0;
	}
	s->alive += token_state_alive(status);
	permissions = permissions_of(s, client, owner, token.id);
	if (interrupt_seen(NULL))
		return err_set(err, ERR_CANCELLED, "interrupted");
	add(s, role, status, token.id, token_owner_name(owner), token.expires_on, permissions);
	return 0;
}

static int add_role(struct shown *s, const struct token_role *role, struct err *err)
{
	const struct instant ends = { role->kept.expires_at > 0, role->kept.expires_at };
	scoped_secret struct secret *value = NULL;
	const char *id = role->id[0] ? role->id : NULL;
	int64_t now = clock_wall_s(&clock_system);

	if (token_state_ends(&role->kept, now)) {
		add(s, role->name, token_state_kept(&role->kept, now), id, NULL, ends, NULL);
		return 0;
	}
	return cli_token(s->cli, role->name, &value, err) < 0 ? -1
		: add_token(s, role->name, value, id, role->kept.expires_at, err);
}

static int print(struct shown *s, struct err *err)
{
	const struct cli *cli = s->cli;

	if (s->list) {
		scoped_json struct json_object *o = json_object_new_object();
		json_put_text(o, "account", cli->account);
		json_put_text(o, "host", cli->host);
		json_put_text(o, "vault", cli->s.vault ? cli->s.vault : cli->vault_path);
		json_object_object_add(o, "tokens", json_object_get(s->list));
		return output_json(o, err);
	}
	output_line("account  %s", cli->account);
	output_line("host     %s", cli->host);
	output_line("vault    %s", cli->s.vault ? cli->s.vault : cli->vault_path);
	output_line("%s", "");
	return table_print(&s->table, err);
}

static int add_all(struct shown *s, const struct token_roles *roles, struct err *err)
{
	if (s->cli->env_token &&
	    add_token(s, "CLOUDFLARE_API_TOKEN", s->cli->env_token, NULL, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < roles->count; i++)
		if (add_role(s, &roles->one[i], err) < 0)
			return -1;
	if (s->cli->env_token || roles->count > 0)
		return print(s, err);
	err_set(err, ERR_CONFIG, "the vault has no token for account %s at %s", s->cli->account,
		s->cli->host);
	return err_hint(err, "store one: aisearch login");
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "ROLE", "STATUS", "ID", "OWNER", "EXPIRES", "PERMISSIONS" };
	static const unsigned char dispensable[] = { 2, 3, 4, 5, 1, TABLE_END };
	scoped_json struct json_object *list = NULL;
	scoped_secret struct secret *creator_token = NULL;
	scoped_client struct client *creator = NULL;
	scoped_roles struct token_roles roles = {0};
	struct shown s = { .cli = cli };
	int r;

	(void)n, (void)args;
	if (cli_account(cli, err) < 0 || token_roles(cli, false, &roles, err) < 0)
		return -1;
	if (token_creator(cli, &creator_token, &creator, err) < 0 && err->kind != ERR_CONFIG)
		return -1;
	s.creator = creator;
	s.list = list = cli->s.json ? json_object_new_array() : NULL;
	table_init(&s.table, heads, sizeof(heads) / sizeof(heads[0]));
	s.table.dispensable = dispensable;
	r = add_all(&s, &roles, err);
	table_clear(&s.table);
	return r < 0 ? -1 : s.alive > 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct command cmd_whoami = {
	.name = "whoami",
	.args = "",
	.summary = "print the account, and what the tokens in the vault are and may do",
	.details =
		"Each token is asked for with its own value: refused stands for one that was revoked,\n"
		"rolled or disabled.  Permissions are told as far as the creator token, or the token\n"
		"itself, may see them.  Exit 1 when none of the tokens is active.",
	.run = run,
};
