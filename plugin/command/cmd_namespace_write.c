/* SPDX-License-Identifier: MIT */
/* cmd_namespace_write.c -- namespaces: create, update. */
#include <stdio.h>
#include <string.h>

#include "body_options.h"
#include "changes.h"
#include "namespace_call.h"
#include "output.h"
#include "prompt.h"
#include "provision/plan.h"

static struct body_settings create_set, update_set;
static struct option create_options[BODY_ROWS], update_options[BODY_ROWS];

/* --- create ----------------------------------------------------------------- */

static int take(const char *name, struct json_object **out, struct err *err)
{
	scoped_json struct json_object *body = NULL;
	struct json_object *named;

	if (client_check_namespace(name, err) < 0 ||
	    body_take(&create_set, body_namespace, &body, err) < 0)
		return -1;
	if (json_object_object_get_ex(body, "name", &named) && named &&
	    strcmp(json_object_get_string(named), name) != 0)
		return err_set(err, ERR_USAGE, "the body is that of '%.64s', not of '%s'",
			       json_object_get_string(named), name);
	json_put_text(body, "name", name);
	if (body_check(body_namespace, body, true, err) < 0)
		return -1;
	*out = STEAL(body);
	return 0;
}

/* The name is taken, or the answer got lost: what is there decides. */
static int look(const struct cli *cli, struct client *client, const char *name,
		struct json_object *wanted, struct err *err)
{
	scoped_json struct json_object *there = NULL;
	bool lost = err->kind != ERR_EXISTS;
	struct err why = {0};

	if (namespace_call(client, "GET", name, NULL, "namespace", &there, &why) < 0) {
		if (lost)
			err_hint(err, "perhaps it was created all the same: aisearch namespace get %s", name);
		return -1;
	}
	struct changes differ = changes_show(NULL, body_namespace, wanted, there);
	if (!differ.count && (lost || create_set.if_missing))
		return namespace_finish(cli, there, name,
					lost ? "created (the answer got lost)" : "exists already, as wanted", err);
	if (!differ.count) {
		err_set(err, ERR_EXISTS, "namespace '%s' exists already, with these settings", name);
		return err_hint(err, "--if-missing takes that as done");
	}
	fprintf(stderr, "what is there -> what was asked for\n");
	changes_show(stderr, body_namespace, wanted, there);
	err_set(err, ERR_EXISTS, "namespace '%s' exists already, with %d other setting%s", name,
		differ.count, differ.count == 1 ? "" : "s");
	return err_hint(err, "take another name, or change it: aisearch namespace update %s", name);
}

static int create(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_json struct json_object *wanted = NULL, *made = NULL;
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;

	(void)n;
	if (take(args[0], &wanted, err) < 0 || cli_manager(cli, &token, &client, err) < 0)
		return -1;
	if (namespace_call(client, "POST", args[0], wanted, "creating", &made, err) == 0)
		return namespace_finish(cli, made, args[0], "created", err);
	if (err->kind == ERR_EXISTS || plan_ambiguous(err))
		return look(cli, client, args[0], wanted, err);
	return -1;
}

/* --- update ----------------------------------------------------------------- */

static int update(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_json struct json_object *wanted = NULL, *there = NULL, *body = NULL, *made = NULL;
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	FILE *to = cli->s.json ? stderr : stdout;
	char question[96], doing[96];

	(void)n;
	if (client_check_namespace(args[0], err) < 0 ||
	    body_take_changes(&update_set, body_namespace, "namespace update", &wanted, err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0 ||
	    namespace_call(client, "GET", args[0], NULL, "namespace", &there, err) < 0)
		return -1;
	if (!body_changes(wanted, there, NULL, NULL))
		return namespace_finish(cli, there, args[0], "nothing to change", err);
	fprintf(to, "%s:\n", args[0]);
	changes_show(to, body_namespace, wanted, there);
	if (update_set.dry_run)
		return namespace_finish(cli, there, args[0], "not changed, as asked", err);
	snprintf(question, sizeof(question), "Change namespace %.28s? [y/N] ", args[0]);
	snprintf(doing, sizeof(doing), "updating '%.28s'", args[0]);
	body = body_for_update(body_namespace, there, wanted);
	if (!body)
		return err_nomem(err);
	if (prompt_confirm(update_set.yes, doing, "not changed", question, err) < 0 ||
	    namespace_call(client, "PUT", args[0], body, "updating", &made, err) < 0)
		return -1;
	return namespace_finish(cli, made, args[0], "changed", err);
}

static const struct option create_own[] = {
	BODY_FILE_OPTION,
	{ "if-missing", 0, OPTION_FLAG, NULL, "success, too, when it is there with these settings",
	  OPTION_IN(body_settings, if_missing), 0, 0 },
	{ 0 },
};

static const struct option update_own[] = {
	BODY_FILE_OPTION,
	{ "dry-run", 0, OPTION_FLAG, NULL, "show the difference, change nothing",
	  OPTION_IN(body_settings, dry_run), 0, 0 },
	PROMPT_OPTIONS(body_settings),
	{ 0 },
};

__attribute__((constructor)) static void fill_options(void)
{
	body_options(create_options, &create_set, body_namespace, true, create_own);
	body_options(update_options, &update_set, body_namespace, false, update_own);
}

const struct command cmd_namespace_create = {
	.name = "namespace create",
	.args = "NAMESPACE",
	.summary = "create a namespace",
	.details = "When the name is taken, what is there is read and compared: with the same settings --if-missing takes\n"
		   "it as done (exit 0), with others the differences are shown (exit 1).",
	.examples = "aisearch namespace create production --description 'customer facing' --if-missing",
	.options = create_options,
	.settings = &create_set,
	.min_args = 1,
	.max_args = 1,
	.run = create,
};

const struct command cmd_namespace_update = {
	.name = "namespace update",
	.args = "NAMESPACE",
	.summary = "change a namespace; shows the difference and asks first",
	.details = "What is there is read, the difference shown (on stderr with --json), and only that is written.\n"
		   "Without a terminal it needs --yes.  Nothing to change is success.  'default' cannot be changed.",
	.examples = "aisearch namespace update production --description internal\n"
		    "aisearch namespace update production --public-endpoint --rate-limit-requests 60 \\\n"
		    "    --rate-limit-period 60000 --rate-limit-technique sliding --yes",
	.options = update_options,
	.settings = &update_set,
	.min_args = 1,
	.max_args = 1,
	.run = update,
};
