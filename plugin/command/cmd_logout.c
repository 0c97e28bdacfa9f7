/* SPDX-License-Identifier: MIT */
/* cmd_logout.c -- the account's tokens leave the vault, and the API when asked to. */
#include <stdio.h>
#include <string.h>

#include "leaving.h"
#include "output.h"
#include "prompt.h"

static struct logout_settings set;

static int count_wanted(const struct token_roles *roles)
{
	int count = 0;

	for (size_t i = 0; i < roles->count; i++)
		count += leaving_is_wanted(&set, roles->one[i].name);
	return count;
}

static int confirm(struct cli *cli, int count, struct err *err)
{
	char question[640];

	if (!set.revoke)
		return 0;
	snprintf(question, sizeof(question), "Revoke %d token%s of account %s at %s?  Instances that are"
		 " indexed with a service token stop. [y/N] ", count, count == 1 ? "" : "s", cli->account,
		 cli->host);
	return prompt_confirm(set.yes, "it", "nothing was done", question, err);
}

/* A creator that is dead itself revokes nothing. */
static int open_creator(struct leaving *l, struct secret **token, struct client **creator,
			struct err *err)
{
	scoped_token struct token self = {0};

	l->with.clock = &clock_system;
	if (token_creator(l->cli, token, creator, err) < 0) {
		if (err->kind != ERR_CONFIG)
			return -1;
		if (set.revoke)
			output_note("nothing can be revoked: there is no creator token");
		l->failed += set.revoke;
		return 0;
	}
	l->with.creator = *creator;
	l->creator_stays = !leaving_is_wanted(&set, "creator");
	if (!set.revoke || token_verify_any(*creator, &l->with.owner, &self, err) == 0)
		return 0;
	if (err->kind != ERR_AUTH)
		return -1;
	output_note("nothing can be revoked: the creator token is refused");
	l->with.refused = true;
	l->failed++;
	return 0;
}

static struct json_object *to_json(const struct leaving *l)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "account", l->cli->account);
	json_put_text(o, "host", l->cli->host);
	json_object_object_add(o, "removed", json_object_get(l->removed));
	json_object_object_add(o, "stays", json_object_get(l->stays));
	json_object_object_add(o, "registrations", json_object_get(l->registrations));
	return o;
}

static int leave(struct leaving *l, const struct token_roles *roles, struct err *err)
{
	scoped_secret struct secret *token = NULL, *manager_token = NULL;
	scoped_client struct client *creator = NULL, *manager = NULL;
	scoped_json struct json_object *json = NULL;
	struct err ignored = {0};

	if (open_creator(l, &token, &creator, err) < 0 || cli_vault(l->cli, false, &l->vault, err) < 0)
		return -1;
	cli_manager(l->cli, &manager_token, &manager, &ignored);
	l->manager = manager;
	leaving_registrations(l, roles);
	if (set.revoke && creator && leaving_each(l, LEAVING_REVOKE, err) < 0)
		return -1;
	if (leaving_each(l, LEAVING_TELL, err) < 0)
		return -1;
	json = to_json(l);
	/* what nobody could be told is not removed */
	if ((l->cli->s.json && output_json(json, err) < 0) || output_flush(err) < 0)
		return -1;
	return leaving_each(l, LEAVING_REMOVE, err);
}

static int check_roles(struct err *err)
{
	for (size_t i = 0; i < set.roles.count; i++)
		if (!token_is_role(set.roles.item[i])) {
			err_set(err, ERR_USAGE, "--role: there is no such role");
			return err_hint(err, "creator, manager or service:NAME");
		}
	return 0;
}

static void cleanup_leaving(struct leaving *l)
{
	json_object_put(l->removed);
	json_object_put(l->stays);
	json_object_put(l->registrations);
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_roles struct token_roles roles = {0};
	SCOPED(cleanup_leaving) struct leaving l = { .cli = cli, .set = &set };
	int count;

	(void)n, (void)args;
	if (check_roles(err) < 0 || cli_account(cli, err) < 0 || token_roles(cli, false, &roles, err) < 0)
		return -1;
	count = count_wanted(&roles);
	if (count == 0) {
		err_set(err, ERR_NOT_FOUND, "the vault has no such token for account %s at %s", cli->account,
			cli->host);
		return err_hint(err, "aisearch vault list");
	}
	if (confirm(cli, count, err) < 0)
		return -1;
	l.removed = json_object_new_array();
	l.stays = json_object_new_array();
	if (leave(&l, &roles, err) < 0)
		return -1;
	return l.failed ? EXIT_FAILED : EXIT_DONE;
}

static const struct option options[] = {
	{ "role", 0, OPTION_LIST, "ROLE", "only this one: creator, manager, service:NAME; again for more",
	  OPTION_IN(logout_settings, roles), 0, 0 },
	{ "revoke", 0, OPTION_FLAG, NULL, "revoke them at the API, too; asks first",
	  OPTION_IN(logout_settings, revoke), 0, 0 },
	{ "forget", 0, OPTION_FLAG, NULL, "for good: not to be restored",
	  OPTION_IN(logout_settings, forget), 0, 0 },
	PROMPT_OPTIONS(logout_settings),
	{ 0 },
};

const struct command cmd_logout = {
	.name = "logout",
	.args = "",
	.summary = "remove the account's tokens from the vault, and on request from the API",
	.details =
		"Without --forget the vault hands them out no more, and aisearch vault restore brings\n"
		"them back for 30 days.  Tokens that are not revoked stay alive, and instances are\n"
		"indexed with them: each is told, with the command that ends it, before the vault\n"
		"loses it.  So are registrations with AI Search, as far as the manager token can tell\n"
		"within 5 seconds.\n\n"
		"--revoke needs the creator token, which goes last.  Registrations stay, without a\n"
		"token: before the logout, aisearch token revoke removes both.\n\n"
		"With --json an object with removed, stays (role, token_id, name, what, and in end the\n"
		"command) and registrations, which are null when nobody can tell.",
	.examples = "aisearch logout\n"
		    "aisearch logout --role service:nightly --revoke\n",
	.options = options,
	.settings = &set,
	.hushed = true,
	.run = run,
};
