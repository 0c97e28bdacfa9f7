/* SPDX-License-Identifier: MIT */
/* cmd_login.c -- a token made by hand goes into the vault, once the API said it is alive. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cloudflare/token.h"
#include "command.h"
#include "input.h"
#include "output.h"
#include "prompt.h"

#define TOKEN_INPUT_MAX 8192	/* bytes; secret_check_token() allows half of it */

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

static int store(struct cli *cli, const char *role, const struct secret *value,
		 const struct token *token, struct err *err)
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

	if (cli_vault(cli, false, &vault, err) < 0)
		return -1;
	return vault_put(vault, &id, &stored, &meta, clock_wall_s(&clock_system), err);
}

static int print(const struct cli *cli, const char *role, const struct token *token,
		 enum token_owner owner, struct err *err)
{
	const char *kind = owner == TOKEN_OF_USER ? "user" : "account";

	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();
		json_put_text(o, "role", role);
		json_put_text(o, "account", cli->account);
		json_put_text(o, "host", cli->host);
		json_put_text(o, "token_id", token->id);
		json_put_text(o, "owner", kind);
		json_put_instant(o, "expires_on", token->expires_on);
		return output_json(o, err);
	}
	output_line("stored the %s token %s (%s-owned) for account %s at %s", role, token->id, kind,
		    cli->account, cli->host);
	return 0;
}

static int login(struct cli *cli, int n, char **args, struct err *err)
{
	const char *role = cli->s.role ? cli->s.role : "creator";
	scoped_secret struct secret *value = NULL;
	scoped_client struct client *client = NULL;
	scoped_token struct token token = {0};
	enum token_owner owner;

	(void)n, (void)args;
	if (strcmp(role, "creator") && strcmp(role, "manager")) {
		err_set(err, ERR_USAGE, "there is no such role");
		return err_hint(err, "--role creator, or --role manager");
	}
	if (cli_account(cli, err) < 0 || read_token(role, &value, err) < 0 ||
	    cli_client(cli, value, &client, err) < 0 ||
	    token_verify_any(client, &owner, &token, err) < 0 || check_alive(&token, err) < 0 ||
	    check_role(client, role, owner, err) < 0 ||
	    store(cli, role, value, &token, err) < 0 || print(cli, role, &token, owner, err) < 0)
		return -1;
	return EXIT_DONE;
}

static const struct option options[] = {
	{ "role", 0, OPTION_TEXT, "ROLE", "creator (default): mints tokens; manager: edits AI Search",
	  OPTION_TO(role), 0, 0 },
	{ 0 },
};

const struct command cmd_login = {
	.name = "login",
	.args = "",
	.summary = "verify a token and store it in the vault",
	.details = "The token is read from the standard input, or asked for without echo on a\n"
		   "terminal; it is never an argument, because every user of the machine can see\n"
		   "those.  The API is asked whether it is alive; if not, it is not stored.",
	.examples = "  aisearch login\n"
		    "  aisearch login --role manager <token.file",
	.options = options,
	.hushed = true,
	.run = login,
};
