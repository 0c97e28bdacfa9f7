/* SPDX-License-Identifier: MIT */
/* cmd_revoke.c -- the end of what a profile minted, or of any one token. */
#include <stdio.h>
#include <string.h>

#include "mint.h"
#include "output.h"
#include "prompt.h"
#include "profile_file.h"
#include "revocation.h"

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
	if (ondemand_revoke(&with, id, on_revoked, tokens, err) < 0) {
		if (id || err->kind != ERR_NOT_FOUND)
			return -1;
		if (!json)
			output_line("no token of profile %s is there: gone already", profile->name);
	}
	return json && output_json(json, err) < 0 ? -1 : EXIT_DONE;
}

/* --- of any token ---------------------------------------------------------------------- */

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

static bool is_filled(struct json_object *list)
{
	return list && json_object_array_length(list) > 0;
}

static struct json_object *all_instances(const struct revocation *r)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < r->count; i++) {
		struct json_object *list = r->one[i].users.instances;

		for (size_t k = 0; list && k < json_object_array_length(list); k++)
			json_object_array_add(all, json_object_get(json_object_array_get_idx(list, k)));
	}
	return all;
}

static int confirm(const struct revocation *r, struct err *err)
{
	scoped_json struct json_object *instances = all_instances(r);
	scoped_buf struct buf question = BUF(8192);
	size_t using = json_object_array_length(instances);

	if (r->count == 0)
		return 0;
	for (size_t i = 0; i < r->count; i++) {
		buf_addf(&question, "%s token %s", i ? " and" : "Revoke", r->one[i].id);
		if (!is_filled(r->one[i].users.registrations))
			continue;
		buf_adds(&question, ", registered as ");
		add_list(&question, r->one[i].users.registrations, "id");
	}
	if (using > 0) {
		buf_addf(&question, "?\n%s not indexed any more: ", using == 1 ? "This is" : "These are");
		add_list(&question, instances, NULL);
		buf_adds(&question, ".\nRevoke it");
	}
	buf_adds(&question, "? [y/N] ");
	if (prompt_confirm(set.yes, "it", "nothing was done", question.data, err) == 0)
		return 0;
	if (err->kind == ERR_USAGE && using > 0)
		return err_set(err, ERR_USAGE, "it was not confirmed, and %zu instance%s it", using,
			       using == 1 ? " uses" : "s use"),
		       err_hint(err, "there is no terminal to ask on: add --yes; a successor without a gap:"
				" aisearch token rotate");
	return -1;
}

static const char *const endings[] = {
	[ENDED_NOW] = "revoked", [ENDED_BEFORE] = "gone", [ENDED_REFUSED] = "refused",
};

static int report_json(const struct revocation *r, struct err *err)
{
	scoped_json struct json_object *o = json_object_new_object();
	struct json_object *tokens = json_object_new_array();
	bool gone = true;

	for (size_t i = 0; i < r->count; i++) {
		struct json_object *one = json_object_new_object();

		json_put_text(one, "id", r->one[i].id);
		json_put_text(one, "end", endings[r->one[i].how]);
		json_object_object_add(one, "registrations", json_object_get(r->one[i].users.registrations));
		json_object_array_add(tokens, one);
		gone = gone && r->one[i].how != ENDED_NOW;
	}
	json_put_text(o, "revoked", r->count ? r->one[0].id : NULL);
	json_object_object_add(o, "was_gone", json_object_new_boolean(gone));
	json_object_object_add(o, "tokens", tokens);
	json_object_object_add(o, "roles", json_object_get(r->roles));
	json_object_object_add(o, "registrations_left", json_object_get(r->left));
	json_object_object_add(o, "instances", all_instances(r));
	return output_json(o, err);
}

static bool is_refused(const struct revocation *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->one[i].how == ENDED_REFUSED)
			return true;
	return false;
}

static int report(const struct revocation *r, struct err *err)
{
	bool refused = is_refused(r);

	if (r->cli->s.json)
		return report_json(r, err);
	for (size_t i = 0; i < r->count; i++)
		output_line(r->one[i].how == ENDED_NOW ? "revoked token %s" :
			    r->one[i].how == ENDED_BEFORE ? "token %s was gone already" :
			    "token %s is refused, and not where this creator may look: gone, as far as"
			    " can be seen", r->one[i].id);
	if (r->count == 0)
		output_line(r->hidden ? "no token of %s is there, as far as this creator may look"
				      : "no token of %s is there: gone already", r->role);
	for (size_t i = 0; i < json_object_array_length(r->roles); i++)
		output_line("the vault %s %s", refused ? "gives out no more" : "forgot",
			    json_object_get_string(json_object_array_get_idx(r->roles, i)));
	if (r->intents && r->hidden)
		output_line("an unfinished mint of %s stays in the vault: its token is found by it",
			    r->role);
	for (size_t i = 0; i < json_object_array_length(r->left); i++)
		output_line("registration %s stays, instances have it: aisearch token register"
			    " --registration gives it another token",
			    json_object_get_string(json_object_array_get_idx(r->left, i)));
	return 0;
}

static int of_word(struct cli *cli, const char *word, struct err *err)
{
	scoped_secret struct secret *creator_token = NULL, *manager_token = NULL;
	scoped_client struct client *creator = NULL, *manager = NULL;
	scoped_revocation struct revocation r = REVOCATION;

	r.cli = cli;
	if (cli_account(cli, err) < 0 || token_creator(cli, &creator_token, &creator, err) < 0)
		return -1;
	if (cli_manager(cli, &manager_token, &manager, err) < 0) {
		if (err->kind != ERR_CONFIG)
			return -1;
		output_note("its registrations are left alone: there is no manager token");
	}
	r.with.creator = creator;
	r.manager = manager;
	if (revocation_find(&r, word, err) < 0 || confirm(&r, err) < 0 ||
	    cli_vault(cli, false, &r.vault, err) < 0 || revocation_carry_out(&r, err) < 0 ||
	    report(&r, err) < 0)
		return -1;
	return EXIT_DONE;
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
		"A role stands for both tokens of a rotation that is unfinished, and for what a mint\n"
		"that was interrupted has made.  The vault forgets what is revoked, or was gone already;\n"
		"that is no failure, so that it can be run again.  A token that is not where the creator\n"
		"may look is asked for with its own value: alive it stays as it is, and refused the vault\n"
		"keeps it as rejected.\n\n"
		"With --json revoked (the first id), was_gone, tokens (each with id, end and registrations;\n"
		"end is revoked, gone or refused), roles of the vault, registrations_left and instances.\n"
		"Needs a creator token in the vault.",
	.examples = "aisearch token revoke ci\n"
		    "aisearch token revoke service:nightly\n",
	.options = options,
	.settings = &set,
	.min_args = 1,
	.max_args = 2,
	.hushed = true,
	.run = run,
};
