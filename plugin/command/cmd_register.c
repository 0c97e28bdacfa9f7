/* SPDX-License-Identifier: MIT */
/* cmd_register.c -- AI Search is told of a service token, or of its new value. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "input.h"
#include "output.h"
#include "prompt.h"
#include "provision/registration.h"
#include "provision/spread.h"
#include "token_words.h"

#define YOUNG_S 60		/* what is in the vault for so long has spread */
#define TOKEN_INPUT_MAX 8192	/* bytes; secret_check_token() allows half of it */

static struct register_settings {
	const char *service, *name, *registration;
	bool from_stdin, replace;
} set;

static int read_value(struct secret **out, struct err *err)
{
	int r = isatty(STDIN_FILENO) ? prompt_secret("service token (not shown): ", out, err)
				     : input_secret(TOKEN_INPUT_MAX, true, out, err);

	if (r < 0)
		return err_context(err, "the token");
	if (secret_len(*out) == 0)
		return err_set(err, ERR_INPUT, "the token is empty");
	return secret_check_token(*out, err);
}

/* Two roles with one token: whatever ends or rotates the one ends the other. */
static int check_alone(struct cli *cli, const char *role, const char *id, struct err *err)
{
	scoped_roles struct token_roles roles = {0};

	if (token_roles(cli, false, &roles, err) < 0)
		return -1;
	for (size_t i = 0; i < roles.count; i++) {
		if (strcmp(roles.one[i].id, id) || !strcmp(roles.one[i].name, role))
			continue;
		err_set(err, ERR_EXISTS, "the vault has that token as %s", roles.one[i].name);
		return strncmp(roles.one[i].name, "service:", 8)
			       ? err_hint(err, "a service token is one of its own: aisearch token create")
			       : err_hint(err, "aisearch token register %s", roles.one[i].name);
	}
	return 0;
}

/* Before AI Search gets it: what it has the vault has, too. */
static int store(struct cli *cli, const char *role, const struct secret *value,
		 const struct token *token, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	const struct vault_value stored = { .secret = value };
	const struct vault_meta meta = {
		.token_id = token->id, .label = token->name, .origin = "register",
		.expires_at = token->expires_on.known ? token->expires_on.unix_s : 0,
	};
	struct vault *vault;
	char path[64];
	const struct vault_id id = cli_identity(cli, role, path);

	if (check_alone(cli, role, token->id, err) < 0 || cli_vault(cli, false, &vault, err) < 0)
		return -1;
	if (vault_get(vault, &id, VAULT_WANT_PENDING, &item, err) == 0 && !set.replace &&
	    (!item->secret || !secret_equal(item->secret, value))) {
		err_set(err, ERR_EXISTS, "the vault has another token as %s", role);
		return err_hint(err, "choose another --service NAME, or add --replace");
	}
	return vault_put(vault, &id, &stored, &meta, clock_wall_s(&clock_system), err);
}

static void on_spreading(void *ctx)
{
	progress_note(ctx, "%s", SPREAD_WORDS);
}

/* Was the role's value put into the vault a moment ago?  Then it may not have spread. */
static int is_young(struct cli *cli, const char *role, bool *young, struct err *err)
{
	scoped_roles struct token_roles roles = {0};

	*young = false;
	if (token_roles(cli, false, &roles, err) < 0)
		return -1;
	for (size_t i = 0; i < roles.count; i++)
		if (!roles.one[i].kept.rotating && !strcmp(roles.one[i].name, role))
			*young = clock_wall_s(&clock_system) - roles.one[i].stored_at < YOUNG_S;
	return 0;
}

/* Which token it is, and that it is alive. */
static int identify(struct cli *cli, const char *role, const struct secret *value,
		    struct progress *progress, struct token *out, struct err *err)
{
	scoped_client struct client *client = NULL;
	struct spread spread = { .waiting = on_spreading, .ctx = progress,
				 .doubt = "Revoked?  aisearch token list" };
	enum token_owner owner;
	bool young = false;

	if (cli_client(cli, value, &client, err) < 0 ||
	    (!set.from_stdin && is_young(cli, role, &young, err) < 0))
		return -1;
	spread.client = client;
	while (token_verify_any(client, &owner, out, err) < 0)
		if (err->kind != ERR_AUTH || !young || !spread_again(&spread, err))
			return err_context(err, "the service token");
	if (!token_is_active(out))
		return err_set(err, ERR_AUTH, "the service token is %s", out->status);
	return 0;
}

static int report(const struct cli *cli, const char *role, const struct token *token,
		  const struct credential *c, bool replaced, struct err *err)
{
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();
		json_put_text(o, "role", role);
		json_put_text(o, "token_id", token->id);
		json_put_text(o, "credential_id", c->id);
		json_put_text(o, "name", c->name);
		json_object_object_add(o, "replaced", json_object_new_boolean(replaced));
		return output_json(o, err);
	}
	output_line(replaced ? "registration %s has the value of %s (token %s)"
			     : "registered as %s: %s (token %s)", c->id, role, token->id);
	return 0;
}

static int carry_out(struct cli *cli, const char *role, struct err *err)
{
	scoped_secret struct secret *value = NULL, *manager_token = NULL;
	scoped_client struct client *manager = NULL;
	scoped_token struct token token = {0};
	scoped_credential struct credential made = {0};
	struct progress progress;
	struct registration what = { .id = set.registration, .rename = set.name,
				     .waiting = on_spreading, .ctx = &progress };
	scoped_fd int lock = -1;
	bool replaced;
	int r;

	progress_init(&progress, &clock_system);
	/* what the vault has is read behind the lock: a rotation may just replace it */
	if (cli_manager(cli, &manager_token, &manager, err) < 0 ||
	    (set.from_stdin && read_value(&value, err) < 0) ||
	    lock_provision(cli, &progress, &lock, err) < 0 ||
	    (!set.from_stdin && cli_token(cli, role, &value, err) < 0) ||
	    token_check_rotation(cli, role, err) < 0 ||
	    identify(cli, role, value, &progress, &token, err) < 0 ||
	    (set.from_stdin && store(cli, role, value, &token, err) < 0))
		return -1;
	what.manager = manager;
	what.token_id = token.id;
	what.value = value;
	what.name = set.name ? set.name : role + strlen("service:");
	r = registration_make(&what, &made, &replaced, err);
	progress_end(&progress);
	return r < 0 || report(cli, role, &token, &made, replaced, err) < 0 ? -1 : EXIT_DONE;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	char role[64];

	if (n > 0 && set.service)
		return err_set(err, ERR_USAGE, "--service and another name");
	if (n > 0 && (!token_is_role(args[0]) || strncmp(args[0], "service:", 8))) {
		err_set(err, ERR_USAGE, "that is no service token");	/* it may be a pasted one */
		return err_hint(err, "service:NAME; a value is read from stdin, with --stdin");
	}
	if (n > 0)
		snprintf(role, sizeof(role), "%s", args[0]);
	else if (token_role_of(set.service ? set.service : "default", role, err) < 0)
		return -1;
	return cli_account(cli, err) < 0 ? -1 : carry_out(cli, role, err);
}

static const struct option options[] = {
	{ "service", 0, OPTION_TEXT, "NAME", "the vault's service:NAME (default: default)",
	  OPTION_IN(register_settings, service), 0, 0 },
	{ "stdin", 0, OPTION_FLAG, NULL, "take the value from stdin, or ask for it, and store it first",
	  OPTION_IN(register_settings, from_stdin), 0, 0 },
	{ "replace", 0, OPTION_FLAG, NULL, "with --stdin: another token in the vault may go",
	  OPTION_IN(register_settings, replace), 0, 0 },
	{ "name", 0, OPTION_TEXT, "TEXT", "of the registration (default: the service's)",
	  OPTION_IN(register_settings, name), 0, 0 },
	{ "registration", 0, OPTION_TEXT, "ID", "give this registration the token",
	  OPTION_IN(register_settings, registration), 0, 0 },
	{ 0 },
};

const struct command cmd_token_register = {
	.name = "token register",
	.args = "[ROLE]",
	.summary = "register a service token with AI Search, or tell it the token's new value",
	.details =
		"ROLE is service:NAME.  A token that is registered keeps its registration, and the\n"
		"instances that use it: it is given the value that the vault has.  A token that was\n"
		"minted a moment ago is tried again until it has spread.  With --stdin, one that the\n"
		"vault has as another role is refused: the two would end together.\n\n"
		"Needs a manager token in the vault or in CLOUDFLARE_API_TOKEN.",
	.examples = "aisearch token register service:nightly\n"
		    "aisearch token register --service site --stdin <token.txt\n",
	.options = options,
	.settings = &set,
	.max_args = 1,
	.hushed = true,
	.run = run,
};
