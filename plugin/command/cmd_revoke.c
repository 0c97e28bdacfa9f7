/* SPDX-License-Identifier: MIT */
/* cmd_revoke.c -- the end of what a profile minted, or of any one token. */
#include <stdio.h>
#include <string.h>

#include "mint.h"
#include "output.h"
#include "prompt.h"
#include "profile_file.h"
#include "token_words.h"

#define CODE_IN_USE 7076

static struct revoke_settings {
	bool yes;
} set;

/* --- of a profile --------------------------------------------------------------------- */

static void on_revoked(void *ctx, const char *id)
{
	struct json_object *tokens = ctx;

	if (tokens)
		json_object_array_add(tokens, json_object_new_string(id));
	else
		output_line("revoked token %s", id);
}

static int of_profile(struct cli *cli, const struct profile *profile, const char *id, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *creator = NULL;
	scoped_json struct json_object *json = cli->s.json ? json_object_new_object() : NULL;
	struct json_object *tokens = json ? json_object_new_array() : NULL;
	struct ondemand with = { .profile = profile, .clock = &clock_system };
	scoped_fd int lock = -1;

	if (json) {
		json_put_text(json, "profile", profile->name);
		json_object_object_add(json, "tokens", tokens);
	}

	if (id && !token_is_id(id))
		return err_set(err, ERR_USAGE, "that is no id of a token: 32 hex digits");
	if (mint_use_profile(cli, profile, err) < 0 || cli_token(cli, "creator", &token, err) < 0 ||
	    cli_vault(cli, false, &with.vault, err) < 0 ||
	    cli_role_client(cli, "creator", token, &creator, err) < 0)
		return -1;
	with.creator = creator;
	/* all of them: not the one that is being minted, before its value is in the vault */
	if (!id && mint_lock(cli, profile, false, &lock, err) < 0)
		return -1;
	if (ondemand_revoke(&with, id, on_revoked, tokens, err) < 0)
		return -1;
	return json && output_json(json, err) < 0 ? -1 : EXIT_DONE;
}

/* --- of any token ---------------------------------------------------------------------- */

struct ending {
	struct cli *cli;
	struct client *creator, *manager;	/* manager may be NULL */
	struct vault *vault;			/* or NULL */
	char id[33];
	struct token_users users;
	struct json_object *left;	/* registrations that instances keep */
	struct json_object *roles;	/* of the vault, which forgot them */
	struct err *err;
};

static void cleanup_ending(struct ending *e)
{
	token_users_clear(&e->users);
	json_object_put(e->left);
	json_object_put(e->roles);
}

static void add_list(struct buf *to, struct json_object *list, const char *key)
{
	size_t count = json_object_array_length(list);

	for (size_t i = 0; i < count && i < 10; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *text = json_object_get_string(key ? json_object_object_get(one, key) : one);
		char safe[128];

		escape_text(safe, sizeof(safe), text, strlen(text));
		buf_addf(to, "%s%s", i ? ", " : "", safe);
	}
	if (count > 10)
		buf_addf(to, " and %zu more", count - 10);
}

static int confirm(struct ending *e, struct err *err)
{
	scoped_buf struct buf question = BUF(8192);

	buf_addf(&question, "Revoke token %s", e->id);
	if (e->users.registrations && json_object_array_length(e->users.registrations) > 0) {
		buf_adds(&question, ", registered as ");
		add_list(&question, e->users.registrations, "id");
	}
	if (e->users.instances && json_object_array_length(e->users.instances) > 0) {
		buf_adds(&question, "?\nThese are not indexed any more: ");
		add_list(&question, e->users.instances, NULL);
		buf_adds(&question, ".\nRevoke it");
	}
	buf_adds(&question, "? [y/N] ");
	if (prompt_confirm(set.yes, "it", "nothing was done", question.data, err) == 0)
		return 0;
	if (err->kind == ERR_USAGE && e->users.instances &&
	    json_object_array_length(e->users.instances) > 0)
		return err_set(err, ERR_USAGE, "it was not confirmed, and %d instances use it",
			       (int)json_object_array_length(e->users.instances)),
		       err_hint(err, "there is no terminal to ask on: add --yes; a successor without a gap:"
				" aisearch token rotate");
	return -1;
}

static int end_registrations(struct ending *e, struct err *err)
{
	struct json_object *list = e->users.registrations;

	e->left = json_object_new_array();
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *id =
			json_object_object_get(json_object_array_get_idx(list, i), "id");

		if (credential_delete(e->manager, json_object_get_string(id), err) == 0 ||
		    err->kind == ERR_NOT_FOUND)
			continue;
		if (err->code != CODE_IN_USE)
			return -1;
		json_object_array_add(e->left, json_object_get(id));
	}
	return 0;
}

static int on_entry(void *ctx, const struct vault_item *item)
{
	struct ending *e = ctx;

	if (!item->token_id || strcmp(item->token_id, e->id))
		return 0;
	if (item->username)
		json_object_array_add(e->roles, json_object_new_string(item->username));
	return vault_erase_item(e->vault, item, e->err) < 0 && e->err->kind != ERR_NOT_FOUND ? -1 : 0;
}

/* The token is dead: nobody should be given it, or restore it. */
static int forget(struct ending *e, struct err *err)
{
	e->err = err;
	e->roles = json_object_new_array();
	return e->vault && vault_list(e->vault, NULL, on_entry, e, err) < 0 ? -1 : 0;
}

static int report(struct ending *e, bool gone, struct err *err)
{
	if (e->cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();
		json_put_text(o, "revoked", e->id);
		json_object_object_add(o, "was_gone", json_object_new_boolean(gone));
		json_object_object_add(o, "roles", json_object_get(e->roles));
		json_object_object_add(o, "registrations_left", json_object_get(e->left));
		json_object_object_add(o, "instances", json_object_get(e->users.instances));
		return output_json(o, err);
	}
	if (gone)
		output_line("token %s was gone already", e->id);
	else
		output_line("revoked token %s", e->id);
	for (size_t i = 0; i < json_object_array_length(e->roles); i++)
		output_line("the vault forgot %s",
			    json_object_get_string(json_object_array_get_idx(e->roles, i)));
	for (size_t i = 0; i < json_object_array_length(e->left); i++)
		output_line("registration %s stays, instances have it: aisearch token register"
			    " --registration gives it another token",
			    json_object_get_string(json_object_array_get_idx(e->left, i)));
	return 0;
}

static int of_word(struct cli *cli, const char *word, struct err *err)
{
	scoped_secret struct secret *creator_token = NULL, *manager_token = NULL;
	scoped_client struct client *creator = NULL, *manager = NULL;
	SCOPED(cleanup_ending) struct ending e = { .cli = cli };
	scoped_token struct token self = {0};
	enum token_owner owner;
	bool gone = false;

	if (cli_account(cli, err) < 0 || token_creator(cli, &creator_token, &creator, err) < 0)
		return -1;
	if (cli_manager(cli, &manager_token, &manager, err) < 0) {
		if (err->kind != ERR_CONFIG)
			return -1;
		fprintf(stderr, "its registrations are left alone: there is no manager token\n");
	}
	e.creator = creator;
	e.manager = manager;
	if (token_resolve(cli, creator, manager, word, e.id, err) < 0 ||
	    (manager && token_users(manager, e.id, &e.users, err) < 0) || confirm(&e, err) < 0 ||
	    cli_vault(cli, false, &e.vault, err) < 0 ||
	    token_verify_any(creator, &owner, &self, err) < 0 || end_registrations(&e, err) < 0)
		return -1;
	if (token_delete_any(creator, owner, e.id, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		gone = true;
	}
	return forget(&e, err) < 0 || report(&e, gone, err) < 0 ? -1 : EXIT_DONE;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_profile struct profile profile = {0};

	if (n == 1 && (token_is_id(args[0]) || token_is_role(args[0])))
		return of_word(cli, args[0], err);
	if (profile_file_find(cli, args[0], &profile, err) == 0)
		return of_profile(cli, &profile, n > 1 ? args[1] : NULL, err);
	/* no profile of that name, or no name for one: then what the API calls a token */
	if (n > 1 || (err->kind != ERR_NOT_FOUND && err->kind != ERR_USAGE))
		return -1;
	return of_word(cli, args[0], err);
}

static const struct option options[] = {
	PROMPT_OPTIONS(revoke_settings),
	{ 0 },
};

const struct command cmd_token_revoke = {
	.name = "token revoke",
	.args = "PROFILE [ID] | ID | NAME | ROLE",
	.summary = "revoke what a profile minted, or any one token; asks first",
	.details =
		"Of a profile, without ID, all that the API lists under its names; nothing is asked.\n"
		"With --json an object with profile and tokens, the ids of what was revoked.\n\n"
		"Any other token is named by its id, by its role in the vault or by what the API\n"
		"calls it; where a profile has that name, it is the profile.  What uses it is told before\n"
		"it is asked; its registrations with AI Search go too, unless instances have them.\n\n"
		"The vault forgets what is revoked.  Needs a creator token in the vault.",
	.examples = "aisearch token revoke ci\n"
		    "aisearch token revoke service:nightly\n",
	.options = options,
	.settings = &set,
	.min_args = 1,
	.max_args = 2,
	.hushed = true,
	.run = run,
};
