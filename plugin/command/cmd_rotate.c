/* SPDX-License-Identifier: MIT */
/* cmd_rotate.c -- other tokens in the place of the vault's, a line per step; also for cron. */
#include <stdio.h>
#include <string.h>

#include "lock.h"
#include "output.h"
#include "progress.h"
#include "provision/rotate.h"
#include "token_words.h"

static struct rotate_settings {
	const char *service;
	bool in_place, all;
	int64_t older_s, expires_s, grace_s;	/* grace_s < 0 = not given */
} set = { .grace_s = -1 };

#define GRACE_S 30	/* as HTTP_TIMEOUT_MS: whoever was given the old one has his answer by then */

struct scene {
	struct progress progress;
	const char *role;
	struct json_object *list;	/* NULL = lines */
	bool again;			/* what was done before was told */
};

static void on_event(void *ctx, const struct provision_event *e)
{
	struct scene *scene = ctx;
	struct progress *p = &scene->progress;

	switch (e->kind) {
	case PROVISION_STEP_BEGINS:
		progress_note(p, "%s [%d/%d] %s: %s", scene->role, e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_STEP_WAITS:
		progress_line(p, "%s [%d/%d] %s: %s", scene->role, e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_STEP_SKIPPED:
		if (scene->again)
			break;
		progress_line(p, "%s [%d/%d] %s: nothing to do, %s", scene->role, e->step, e->steps, e->name,
			      e->detail);
		break;
	case PROVISION_STEP_DONE:
		progress_line(p, "%s [%d/%d] %s: done, %s", scene->role, e->step, e->steps, e->name,
			      e->detail);
		break;
	default:
		break;
	}
}

static void report(struct scene *scene, const struct rotate_result *r)
{
	const struct instant expires = { .known = r->expires_at > 0, .unix_s = r->expires_at };

	if (scene->list) {
		struct json_object *o = json_object_new_object();
		json_put_text(o, "role", scene->role);
		json_put_text(o, "old_id", r->old_id);
		json_put_text(o, "new_id", r->new_id);
		json_put_instant(o, "expires_on", expires);
		json_object_object_add(o, "in_place", json_object_new_boolean(r->in_place));
		json_object_object_add(o, "continued", json_object_new_boolean(r->continued));
		json_object_object_add(o, "registrations", json_object_new_int(r->registrations));
		json_object_object_add(o, "instances", json_object_new_int(r->instances));
		json_object_array_add(scene->list, o);
		return;
	}
	if (r->in_place)
		output_line("rotated %s: token %s has a new value", scene->role, r->new_id);
	else
		output_line("rotated %s: token %s in the place of %s", scene->role, r->new_id, r->old_id);
}

/* An unfinished rotation is due however young the token is. */
static bool is_due(const struct token_role *role, const struct token_roles *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->one[i].kept.rotating && !strcmp(all->one[i].name, role->name))
			return true;
	if (role->kept.state != VAULT_ACTIVE)
		return false;
	return clock_wall_s(&clock_system) - role->stored_at >= set.older_s;
}

static bool is_listed(const struct token_roles *roles, const char *name)
{
	for (size_t i = 0; i < roles->count; i++)
		if (!roles->one[i].kept.rotating && roles->one[i].kept.state == VAULT_ACTIVE &&
		    !strcmp(roles->one[i].name, name))
			return true;
	return false;
}

static int refuse_creator(struct err *err)
{
	err_set(err, ERR_USAGE, "the creator token is made by hand: nothing else may make its successor");
	return err_hint(err, "make another one in the dashboard, then: aisearch login; it stores it in"
			" the old one's place");
}

/* ROLE, ID, --service or nothing -> a role of the vault. */
static int choose(const struct token_roles *roles, const char *word, char role[64], struct err *err)
{
	if (word && set.service)
		return err_set(err, ERR_USAGE, "--service and another name");
	if (!word)
		return token_role_of(set.service ? set.service : "default", role, err);
	if (!strcmp(word, "creator"))
		return refuse_creator(err);
	if (token_is_role(word)) {
		snprintf(role, 64, "%s", word);
		return 0;
	}
	if (!token_is_id(word)) {
		err_set(err, ERR_USAGE, "that is no role and no id of a token");	/* it may be one */
		return err_hint(err, "service:NAME, manager, or 32 hex digits: aisearch token list");
	}
	for (size_t i = 0; i < roles->count; i++) {
		if (strcmp(roles->one[i].id, word) || roles->one[i].kept.state == VAULT_REJECTED)
			continue;
		if (!token_is_role(roles->one[i].name))
			break;
		snprintf(role, 64, "%s", roles->one[i].name);
		return strcmp(role, "creator") ? 0 : refuse_creator(err);
	}
	err_set(err, ERR_NOT_FOUND, "the vault has no role with token %s", word);
	return err_hint(err, "its successor's value would have no place; aisearch token create makes one");
}

/* result is that of the run before, when that was held. */
static int rotate_one(struct rotate_config *config, struct scene *scene, const char *role,
		      struct rotate_result *result, struct err *err)
{
	const struct rotate_result before = *result;

	scene->role = config->role = role;
	scene->again = before.held;
	int r = rotate(config, result, err);
	progress_end(&scene->progress);
	if (r < 0 && err->kind == ERR_CANCELLED && !err->hint[0])
		err_hint(err, "nothing is lost: the same command continues where this one stopped");
	if (r < 0 || result->held)
		return r;
	if (before.held) {
		result->continued = before.continued;
		result->instances = before.instances;
	}
	report(scene, result);
	return 0;
}

static bool is_chosen(const struct token_role *role, const struct token_roles *all)
{
	return !strncmp(role->name, "service:", 8) && is_due(role, all) &&
	       !(role->kept.rotating && is_listed(all, role->name));
}

/*
 * Each is tried; what fails is told, and the exit status with it.  All of them are
 * stored before the first is revoked: one grace passes for all.
 */
static int rotate_all(struct rotate_config *config, struct scene *scene,
		      const struct token_roles *roles, struct err *err)
{
	scoped_free struct rotate_result *results = calloc(roles->count + 1, sizeof(*results));
	int code = EXIT_DONE;

	if (!results)
		return err_nomem(err);
	for (size_t i = 0; i < 2 * roles->count; i++) {
		const struct token_role *role = &roles->one[i % roles->count];
		struct rotate_result *result = &results[i % roles->count];
		struct err why = {0};

		config->hold = i < roles->count;
		if ((config->hold ? !is_chosen(role, roles) : !result->held) ||
		    rotate_one(config, scene, role->name, result, &why) == 0)
			continue;
		if (why.kind == ERR_CANCELLED) {
			*err = why;
			return -1;
		}
		fprintf(stderr, "aisearch: token rotate: %s: %s\n", role->name, why.what);
		if (why.hint[0])
			fprintf(stderr, "  hint: %s\n", why.hint);
		code = EXIT_FAILED;
	}
	return code;
}

static bool nothing_due(const struct token_roles *roles, const char *role)
{
	for (size_t i = 0; i < roles->count; i++)
		if (role ? !strcmp(roles->one[i].name, role) : !strncmp(roles->one[i].name, "service:", 8))
			if (is_due(&roles->one[i], roles))
				return false;
	return true;
}

static int with_clients(struct cli *cli, struct scene *scene, const char *role, struct err *err)
{
	scoped_secret struct secret *creator_token = NULL, *manager_token = NULL;
	scoped_client struct client *creator = NULL, *manager = NULL;
	scoped_roles struct token_roles roles = {0};
	scoped_fd int lock = -1;
	struct rotate_config config = {
		.vault_host = cli->host, .account = cli->account, .in_place = set.in_place,
		.grace_s = set.grace_s < 0 ? GRACE_S : set.grace_s,
		.life_s = set.expires_s, .clock = &clock_system, .event = on_event, .event_ctx = scene,
	};

	if (cli_vault(cli, false, &config.vault, err) < 0 ||
	    lock_provision(cli, &scene->progress, &lock, err) < 0)
		return -1;
	/* what the run before this one has done is not done again: the age is looked at anew */
	if (token_roles(cli, false, &roles, err) < 0)
		return -1;
	if (set.older_s && nothing_due(&roles, role))
		return EXIT_DONE;
	if (token_creator(cli, &creator_token, &creator, err) < 0 ||
	    cli_manager(cli, &manager_token, &manager, err) < 0)
		return -1;
	config.creator = creator;
	config.manager = manager;
	if (!role)
		return rotate_all(&config, scene, &roles, err);
	return rotate_one(&config, scene, role, &(struct rotate_result){0}, err) < 0 ? -1 : EXIT_DONE;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_roles struct token_roles roles = {0};
	scoped_json struct json_object *json = NULL;
	struct scene scene = {0};
	char role[64];
	int code = EXIT_DONE;

	progress_init(&scene.progress, &clock_system);
	if (set.all && (n > 0 || set.service))
		return err_set(err, ERR_USAGE, "--all and a single one");
	if (set.in_place && set.expires_s)
		return err_set(err, ERR_USAGE, "--in-place keeps the end of the token: no --expires");
	if (set.in_place && set.grace_s >= 0)
		return err_set(err, ERR_USAGE, "--in-place: the old value dies at once, there is no grace");
	if (cli_account(cli, err) < 0 || token_roles(cli, false, &roles, err) < 0 ||
	    (!set.all && choose(&roles, n > 0 ? args[0] : NULL, role, err) < 0))
		return -1;
	scene.list = json = cli->s.json ? json_object_new_array() : NULL;
	/* what has nothing to do asks neither for a token nor for the network */
	if (set.all || set.older_s)
		code = nothing_due(&roles, set.all ? NULL : role) ? EXIT_DONE : -2;
	else
		code = -2;
	if (code == -2)
		code = with_clients(cli, &scene, set.all ? NULL : role, err);
	if (code >= 0 && json && output_json(json, err) < 0)
		return -1;
	return code;
}

static const struct option options[] = {
	{ "service", 0, OPTION_TEXT, "NAME", "the service token of that name (default: default)",
	  OPTION_IN(rotate_settings, service), 0, 0 },
	{ "in-place", 0, OPTION_FLAG, NULL, "a new value for the same token: the old one dies at once",
	  OPTION_IN(rotate_settings, in_place), 0, 0 },
	{ "grace", 0, OPTION_DURATION, "TIME",
	  "how long the old one still serves (default: 30s; 0: not at all)",
	  OPTION_IN(rotate_settings, grace_s), 0, 86400 },
	{ "all", 0, OPTION_FLAG, NULL, "every service token of the vault",
	  OPTION_IN(rotate_settings, all), 0, 0 },
	{ "older-than", 0, OPTION_DURATION, "TIME", "only what is in the vault for longer: 30d, 12h",
	  OPTION_IN(rotate_settings, older_s), 1, INT64_C(3650) * 86400 },
	{ "expires", 0, OPTION_DURATION, "TIME", "the new token's life (default: as long as the old one's)",
	  OPTION_IN(rotate_settings, expires_s), 60, INT64_C(3650) * 86400 },
	{ 0 },
};

const struct command cmd_token_rotate = {
	.name = "token rotate",
	.args = "[ROLE | ID]",
	.summary = "put another token in the place of one of the vault's, without a gap",
	.details =
		"ROLE is service:NAME or manager; ID is that of a token in the vault.\n\n"
		"A second token with the same permissions is minted and put into the vault; the\n"
		"registration with AI Search is given it; when that is enabled, the vault hands the\n"
		"second one out, and after the grace the first one is revoked.  Until then both are\n"
		"alive.  The same command continues after any interruption; in the grace, it waits for\n"
		"the rest of that.\n\n"
		"The grace is for what was given the old value just before.  Commands that run need\n"
		"none: one whose manager token is refused reads the vault again and goes on with the new\n"
		"one, and so does the collectd plugin, unless its token is in a file or its\n"
		"configuration.  A token of CLOUDFLARE_API_TOKEN is never replaced.  With --all one\n"
		"grace passes for all of them.  Provisioning waits meanwhile.\n\n"
		"With --in-place the token gets a new value instead, and the old value dies at once:\n"
		"there is no grace, and until the registration has the new one nothing is indexed.\n\n"
		"A token that the vault has as another role, too, is not rotated: both would lose it.\n\n"
		"For cron: --all --older-than 30d.  With nothing to do it is quiet, asks no network\n"
		"and exits 0; it exits 1 when one of them failed, the others are rotated.\n\n"
		"Needs a creator token in the vault, and a manager token there or in\n"
		"CLOUDFLARE_API_TOKEN.",
	.examples = "aisearch token rotate\n"
		    "aisearch token rotate service:nightly --expires 90d\n"
		    "aisearch token rotate --all --older-than 30d\n",
	.options = options,
	.settings = &set,
	.max_args = 1,
	.hushed = true,
	.run = run,
};
