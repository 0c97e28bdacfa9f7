/* SPDX-License-Identifier: MIT */
/* cmd_login.c -- a token made by hand goes into the vault, once the API said it is alive. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "output.h"
#include "prompt.h"
#include "token_words.h"
#include "vault/life.h"

#define TOKEN_INPUT_MAX 8192	/* bytes; secret_check_token() allows half of it */

static struct login_settings {
	const char *role;
	bool replace;
} set;

static int read_token(const char *role, struct secret **out, struct err *err)
{
	char question[64];
	int r;

	if (isatty(STDIN_FILENO)) {
		snprintf(question, sizeof(question), "%s token (not shown): ", role);
		r = prompt_secret(question, out, err);
	} else {
		r = input_secret(TOKEN_INPUT_MAX, true, out, err);
	}
	if (r < 0)
		return err_context(err, "the token");
	if (secret_len(*out) == 0) {
		err_set(err, ERR_INPUT, "the token is empty");
		return err_hint(err, "it is read from stdin: printf %%s \"$TOKEN\" | aisearch login");
	}
	return secret_check_token(*out, err);
}

static int check_alive(const struct token *token, struct err *err)
{
	if (!token->status || !strcmp(token->status, "active"))
		return 0;
	err_set(err, ERR_AUTH, "the token is %s", token->status);
	return err_hint(err, "make a new one in the dashboard: My Profile > API Tokens");
}

static int first_is_enough(void *ctx, const struct credential *credential)
{
	(void)ctx, (void)credential;
	return 1;
}

/*
 * A good token in the wrong role would replace the right one, and fail only
 * later: one harmless request tells.  Only a plain "may not" counts.
 */
static int check_role(struct client *client, const char *role, enum token_owner owner,
		      struct err *err)
{
	struct err why = {0};
	char group[33];
	int r;

	if (!strcmp(role, "creator"))
		r = token_group_id(client, owner, TOKEN_GROUP_INDEX_ENGINE, group, &why);
	else
		r = credential_list(client, first_is_enough, NULL, &why);
	if (r >= 0 || why.kind != ERR_FORBIDDEN)
		return why.kind == ERR_CANCELLED ? (*err = why, -1) : 0;
	*err = why;
	return err_context(err, "this is no %s token", role);
}

/* --- what is there already ---------------------------------------------------------------- */

static int is_alive(struct cli *cli, const struct vault_item *item, bool *alive, struct err *err)
{
	scoped_client struct client *client = NULL;
	scoped_token struct token token = {0};
	struct err why = {0};
	enum token_owner owner;

	*alive = false;
	if (life_over(item->expires_at, clock_wall_s(&clock_system)) || !item->secret)
		return 0;
	if (cli_client(cli, item->secret, &client, err) < 0)
		return -1;
	/* who is not told is careful */
	*alive = token_verify_any(client, &owner, &token, &why) == 0 || why.kind != ERR_AUTH;
	return why.kind == ERR_CANCELLED ? (*err = why, -1) : 0;
}

static int refuse_begun(const char *role, const struct vault_item *item, struct err *err)
{
	err_set(err, ERR_EXISTS, "a mint of the %s token is unfinished: the API may have '%s'", role,
		item->label ? item->label : "one");
	return err_hint(err, "aisearch token revoke %s ends it; --replace stores this one all the same", role);
}

/*
 * The entry that another token takes the place of, when this program made it: it would live
 * on, and nobody would know.  *out is yours, NULL when there is none.
 */
static int look_at_old(struct cli *cli, const char *role, const struct token *token,
		       struct vault_item **out, bool *alive, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	struct vault *vault;
	char path[64];
	const struct vault_id id = cli_identity(cli, role, path);

	*alive = false;
	if (cli_vault(cli, true, &vault, err) < 0 ||
	    vault_get(vault, &id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (item->state != VAULT_PENDING && !token_is_made(item->origin))
		return 0;
	if (item->state != VAULT_PENDING && item->token_id && !strcmp(item->token_id, token->id))
		return 0;
	if (token_check_rotation(cli, role, err) < 0)
		return -1;
	if (item->state == VAULT_PENDING && !set.replace)
		return refuse_begun(role, item, err);
	if (is_alive(cli, item, alive, err) < 0)
		return -1;
	if (*alive && !set.replace) {
		err_set(err, ERR_EXISTS, "the vault's %s token %s was made by this program, and is alive", role,
			item->token_id ? item->token_id : "");
		return err_hint(err, "aisearch token revoke %s ends it; --replace stores this one and leaves that"
				" alive", role);
	}
	*out = STEAL(item);
	return 0;
}

/* Kept as rejected, by which it can be found; an intent has nothing to keep. */
static int set_aside(struct vault *vault, const struct vault_item *old, int64_t now, struct err *err)
{
	if (old->state == VAULT_PENDING)
		return vault_erase_item(vault, old, err) < 0 && err->kind != ERR_NOT_FOUND ? -1 : 0;
	return vault_reject_item(vault, old, NULL, now, NULL, err);
}

static int store(struct cli *cli, const char *role, const struct secret *value,
		 const struct token *token, const struct vault_item *old, struct err *err)
{
	const struct vault_meta meta = {
		.token_id = token->id,
		.label = token->name,
		.origin = "login",
		.expires_at = token->expires_on.known ? token->expires_on.unix_s : 0,
	};
	struct vault *vault;
	char path[64];
	const struct vault_id id = cli_identity(cli, role, path);
	const struct vault_value stored = { .secret = value };

	int64_t now = clock_wall_s(&clock_system);
	struct err ignored = {0};

	if (cli_vault(cli, false, &vault, err) < 0 || (old && set_aside(vault, old, now, err) < 0))
		return -1;
	if (vault_put(vault, &id, &stored, &meta, now, err) == 0)
		return 0;
	if (old && old->state == VAULT_ACTIVE)
		vault_restore(vault, &id, old->row, now, &ignored);
	return -1;
}

/* The one that has lost its place; NULL when it is dead, or there was none. */
static struct json_object *old_json(const struct vault_item *old)
{
	struct json_object *o = old ? json_object_new_object() : NULL;

	if (!old)
		return NULL;
	json_put_text(o, "token_id", old->token_id);
	json_put_text(o, "name", old->label);
	return o;
}

static void print_old(const struct vault_item *old)
{
	if (old->state == VAULT_PENDING)
		output_line("the API may have '%s', of an unfinished mint: aisearch token list", old->label);
	else
		output_line("the one before, %s, is alive: aisearch token revoke %s", old->token_id, old->token_id);
}

static int print(const struct cli *cli, const char *role, const struct token *token,
		 enum token_owner owner, const struct vault_item *old, struct err *err)
{
	const char *kind = token_owner_name(owner);

	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();
		json_put_text(o, "role", role);
		json_put_text(o, "account", cli->account);
		json_put_text(o, "host", cli->host);
		json_put_text(o, "token_id", token->id);
		json_put_text(o, "owner", kind);
		json_put_instant(o, "expires_on", token->expires_on);
		json_object_object_add(o, "replaced", old_json(old));
		return output_json(o, err);
	}
	output_line("stored the %s token %s (%s-owned) for account %s at %s", role, token->id, kind,
		    cli->account, cli->host);
	if (old)
		print_old(old);
	return 0;
}

static int login(struct cli *cli, int n, char **args, struct err *err)
{
	const char *role = set.role ? set.role : "creator";
	scoped_secret struct secret *value = NULL;
	scoped_client struct client *client = NULL;
	scoped_token struct token token = {0};
	scoped_vault_item struct vault_item *old = NULL;
	enum token_owner owner;
	bool lives;

	(void)n, (void)args;
	if (strcmp(role, "creator") && strcmp(role, "manager")) {
		err_set(err, ERR_USAGE, "there is no such role");
		return err_hint(err, "--role creator, or --role manager");
	}
	if (cli_account(cli, err) < 0 || read_token(role, &value, err) < 0 ||
	    cli_client(cli, value, &client, err) < 0 ||
	    token_verify_any(client, &owner, &token, err) < 0 || check_alive(&token, err) < 0 ||
	    check_role(client, role, owner, err) < 0 ||
	    look_at_old(cli, role, &token, &old, &lives, err) < 0 ||
	    store(cli, role, value, &token, old, err) < 0)
		return -1;
	lives = lives || (old && old->state == VAULT_PENDING);
	if (print(cli, role, &token, owner, lives ? old : NULL, err) < 0)
		return -1;
	return EXIT_DONE;
}

static const struct option options[] = {
	{ "role", 0, OPTION_TEXT, "ROLE", "creator (default): mints tokens; manager: edits AI Search",
	  OPTION_IN(login_settings, role), 0, 0 },
	{ "replace", 0, OPTION_FLAG, NULL, "also a token that this program made, and that is alive",
	  OPTION_IN(login_settings, replace), 0, 0 },
	{ 0 },
};

const struct command cmd_login = {
	.name = "login",
	.args = "",
	.summary = "verify a token and store it in the vault",
	.details = "The token is read from the standard input, or asked for without echo on a\n"
		   "terminal; it is never an argument, because every user of the machine can see\n"
		   "those.  The API is asked whether it is alive; if not, it is not stored.\n\n"
		   "A token that was made by hand takes the place of another one.  One that this\n"
		   "program made, by provision, token create or token rotate, is not replaced while it is\n"
		   "alive, since nobody would know of it any more: aisearch token revoke ends it.  With\n"
		   "--replace it is, and told; the vault keeps it as rejected for 30 days.",
	.examples = "  aisearch login\n"
		    "  aisearch login --role manager <token.file",
	.options = options,
	.settings = &set,
	.hushed = true,
	.run = login,
};
