/* SPDX-License-Identifier: MIT */
/* cmd_logout.c -- the account's tokens leave the vault, and the API when asked to. */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "prompt.h"
#include "provision/rotate.h"
#include "token_words.h"

static struct logout_settings {
	struct option_list roles;
	bool revoke, forget, yes;
} set;

struct leaving {
	struct cli *cli;
	struct vault *vault;
	struct client *creator;		/* NULL = nothing can be revoked */
	enum token_owner owner;
	struct json_object *removed, *stays;
	const char *pass;		/* "creator" last: it revokes the others */
	int failed;
	struct err *err;
};

static bool is_wanted(const char *role)
{
	for (size_t i = 0; i < set.roles.count; i++)
		if (!strcmp(set.roles.item[i], role))
			return true;
	return set.roles.count == 0;
}

static void tell(struct leaving *l, struct json_object *list, const struct vault_item *item,
		 const char *what)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "role", item->username);
	json_put_text(o, "token_id", item->token_id);
	json_put_text(o, "name", item->label);
	json_put_text(o, "what", what);
	json_object_array_add(list, o);
	if (!l->cli->s.json)
		output_line("%-18s %-32s  %s", item->username, item->token_id ? item->token_id : "-", what);
}

struct name_search {
	const char *name;
	char id[8][33];
	size_t count;
};

static int on_named(void *ctx, const struct token *t)
{
	struct name_search *s = ctx;

	if (t->name && !strcmp(t->name, s->name))
		snprintf(s->id[s->count++], sizeof(s->id[0]), "%s", t->id);
	return s->count == sizeof(s->id) / sizeof(s->id[0]);
}

/* An intent: the API has a token of that name, or has not. */
static int end_intent(struct leaving *l, const struct vault_item *item, struct err *err)
{
	struct name_search search = { .name = item->label ? item->label : "" };

	if (set.revoke && l->creator && item->label) {
		if (token_list(l->creator, l->owner, on_named, &search, err) < 0)
			return -1;
		for (size_t i = 0; i < search.count; i++)
			if (token_delete(l->creator, l->owner, search.id[i], err) < 0 &&
			    err->kind != ERR_NOT_FOUND)
				return -1;
	} else if (!set.forget) {
		tell(l, l->stays, item, "an unfinished mint stays in the vault: its token is found by it");
		return 0;
	}
	if (vault_erase_item(l->vault, item, err) < 0 && err->kind != ERR_NOT_FOUND)
		return -1;
	tell(l, l->removed, item, set.revoke && l->creator ? "unfinished mint: revoked, removed"
			     : "unfinished mint: forgotten; the API may have a token of that name");
	return 0;
}

/* Never handed out again, before the API is asked; dead for certain, it goes for good. */
static int end_token(struct leaving *l, const struct vault_item *item, struct err *err)
{
	bool revoked = false;
	int64_t now = clock_wall_s(&clock_system);

	if (set.revoke && l->creator && item->token_id) {
		revoked = token_delete_any(l->creator, l->owner, item->token_id, err) == 0 ||
			  err->kind == ERR_NOT_FOUND;
		if (!revoked && (err->kind == ERR_CANCELLED || err->kind == ERR_NETWORK))
			return -1;
		if (!revoked) {
			fprintf(stderr, "aisearch: logout: %s: %s\n", item->username, err->what);
			l->failed++;
		}
	}
	if (revoked || set.forget ? vault_erase_item(l->vault, item, err) < 0 && err->kind != ERR_NOT_FOUND
				  : vault_reject_item(l->vault, item, NULL, now, NULL, err) < 0)
		return -1;
	tell(l, l->removed, item, revoked ? "revoked, removed" :
	     set.forget ? "removed for good" : "removed; aisearch vault restore brings it back");
	if (!revoked)
		tell(l, l->stays, item, "is alive at the API: aisearch token revoke, or the dashboard");
	return 0;
}

static int on_item(void *ctx, const struct vault_item *item)
{
	struct leaving *l = ctx;
	bool creator = item->username && !strcmp(item->username, "creator");

	if (!item->username || item->state == VAULT_REJECTED || !is_wanted(item->username) ||
	    creator != !strcmp(l->pass, "creator"))
		return 0;
	return item->state == VAULT_PENDING ? end_intent(l, item, l->err) : end_token(l, item, l->err);
}

static int each_item(struct leaving *l, struct err *err)
{
	char path[64];
	struct vault_id query = cli_identity(l->cli, NULL, path);
	static const struct { const char *protocol, *pass; } walks[] = {
		{ ROTATE_PROTOCOL, "others" }, { "https", "others" }, { "https", "creator" },
	};

	l->err = err;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		query.protocol = walks[i].protocol;
		l->pass = walks[i].pass;
		if (vault_list(l->vault, &query, on_item, l, err) < 0)
			return -1;
	}
	return 0;
}

static int count_wanted(const struct token_roles *roles)
{
	int count = 0;

	for (size_t i = 0; i < roles->count; i++)
		count += is_wanted(roles->one[i].name);
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

static int leave(struct leaving *l, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *creator = NULL;
	scoped_token struct token self = {0};
	int r;

	if (set.revoke && token_creator(l->cli, &token, &creator, err) < 0) {
		if (err->kind != ERR_CONFIG)
			return -1;
		fprintf(stderr, "nothing can be revoked: there is no creator token\n");
		l->failed++;
	}
	/* a creator that is dead itself revokes nothing either */
	if (creator && token_verify_any(creator, &l->owner, &self, err) < 0) {
		if (err->kind != ERR_AUTH)
			return -1;
		fprintf(stderr, "nothing can be revoked: the creator token is refused\n");
		l->failed++;
	} else {
		l->creator = creator;
	}
	r = cli_vault(l->cli, false, &l->vault, err) < 0 || each_item(l, err) < 0 ? -1 : 0;
	l->creator = NULL;
	return r;
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

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_json struct json_object *json = NULL;
	scoped_roles struct token_roles roles = {0};
	struct leaving l = { .cli = cli };
	int count, r;

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
	json = json_object_new_object();
	json_put_text(json, "account", cli->account);
	json_put_text(json, "host", cli->host);
	json_object_object_add(json, "removed", l.removed = json_object_new_array());
	json_object_object_add(json, "stays", l.stays = json_object_new_array());
	r = leave(&l, err);
	if (r == 0 && cli->s.json)
		r = output_json(json, err);
	return r < 0 ? -1 : l.failed ? EXIT_FAILED : EXIT_DONE;
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
		"indexed with them: each is told.\n\n"
		"--revoke needs the creator token, which goes last.  Registrations with AI Search stay,\n"
		"without a token: before the logout, aisearch token revoke removes both.",
	.examples = "aisearch logout\n"
		    "aisearch logout --role service:nightly --revoke\n",
	.options = options,
	.settings = &set,
	.hushed = true,
	.run = run,
};
