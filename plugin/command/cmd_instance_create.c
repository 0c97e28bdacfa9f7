/* SPDX-License-Identifier: MIT */
/* cmd_instance_create.c -- create an instance with any setting of the API. */
#include <stdio.h>
#include <string.h>

#include "body_options.h"
#include "changes.h"
#include "cloudflare/call.h"
#include "cloudflare/instance.h"
#include "output.h"
#include "provision/plan.h"

static struct body_settings set;
static struct option options[BODY_ROWS];

/* The body, with the id of the command line. */
static int take(const char *id, struct json_object **out, struct err *err)
{
	scoped_json struct json_object *body = NULL;
	struct json_object *named;

	if (client_check_instance(id, err) < 0 || body_take(&set, body_instance, &body, err) < 0)
		return -1;
	if (json_object_object_get_ex(body, "id", &named) && named &&
	    strcmp(json_object_get_string(named), id) != 0)
		return err_set(err, ERR_USAGE, "the body is that of '%.64s', not of '%s'",
			       json_object_get_string(named), id);
	json_put_text(body, "id", id);
	if (body_check(body_instance, body, true, err) < 0)
		return -1;
	*out = STEAL(body);
	return 0;
}

static int finish(const struct cli *cli, struct json_object *instance, const char *done,
		  struct err *err)
{
	scoped_instance struct instance i = {0};

	if (instance_decode(instance, &i, err) < 0)
		return -1;
	if (cli->s.json) {
		if (!i.type[0])
			json_put_text(instance, "type", "builtin");
		return output_json(instance, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("%s: %s, %s%s%s", i.id, done, i.type[0] ? i.type : "builtin",
		    i.source ? " from " : "", i.source ? i.source : "");
	return EXIT_DONE;
}

/*
 * It was refused because the id is taken, or nobody knows whether it worked: what is there
 * decides.  err comes with the refusal.
 */
static int look(const struct cli *cli, struct client *client, const char *id,
		struct json_object *wanted, struct err *err)
{
	scoped_json struct json_object *there = NULL;
	scoped_buf struct buf path = BUF(1024);
	struct err why = {0};
	bool lost = err->kind != ERR_EXISTS;

	client_add_instance(client, id, &path);
	if (call_json(client, "GET", &path, NULL, "AI Search Read", &there, &why) < 0) {
		if (lost)
			err_hint(err, "perhaps it was created all the same: aisearch instance get %s", id);
		return -1;
	}
	struct changes differ = changes_show(NULL, body_instance, wanted, there);
	if (!differ.count && (lost || set.if_missing))
		return finish(cli, there,
			      lost ? "created (the answer got lost)" : "exists already, as wanted",
			      err);
	if (!differ.count) {
		err_set(err, ERR_EXISTS, "instance '%s' exists already, with these settings", id);
		return err_hint(err, "--if-missing takes that as done");
	}
	fprintf(stderr, "what is there -> what was asked for\n");
	changes_show(stderr, body_instance, wanted, there);
	err_set(err, ERR_EXISTS, "instance '%s' exists already, with %d other setting%s",
		id, differ.count, differ.count == 1 ? "" : "s");
	return err_hint(err, "take another id, or change it: aisearch instance update %s", id);
}

static int create(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *wanted = NULL, *body = NULL, *made = NULL;
	scoped_instance struct instance checked = {0};
	scoped_buf struct buf path = BUF(1024);

	(void)n;
	if (take(args[0], &wanted, err) < 0 || cli_manager(cli, &token, &client, err) < 0)
		return -1;
	body = body_for_create(wanted);
	if (!body)
		return err_nomem(err);
	client_add_instances(client, &path);
	if (call_json(client, "POST", &path, body, "AI Search Edit", &made, err) == 0 &&
	    instance_decode(made, &checked, err) == 0)
		return finish(cli, made, "created", err);
	err_context(err, "creating '%s'", args[0]);
	if (err->kind == ERR_EXISTS || plan_ambiguous(err))
		return look(cli, client, args[0], wanted, err);
	return -1;
}

static const struct option own[] = {
	BODY_FILE_OPTION,
	{ "if-missing", 0, OPTION_FLAG, NULL, "success, too, when it is there with these settings",
	  OPTION_IN(body_settings, if_missing), 0, 0 },
	{ 0 },
};

__attribute__((constructor)) static void fill_options(void)
{
	body_options(options, &set, body_instance, true, own);
}

const struct command cmd_instance_create = {
	.name = "instance create",
	.args = "INSTANCE",
	.summary = "create an instance, with any setting of the API",
	.details =
		"Without --type and --source it is built-in storage, which files are uploaded to.  What is not said\n"
		"gets the API's default.  Options that take lists are given once for each item; --no-NAME or\n"
		"--NAME=false turns a switch off.  Members without an option, or newer than this program, come from\n"
		"--body-file, which is also the place for headers with a secret in them: other users can see a\n"
		"command line.\n\n"
		"When the id is taken, what is there is read and compared: with the same settings --if-missing takes\n"
		"it as done (exit 0), with others the differences are shown (exit 1).  It is also read when the answer to\n"
		"the request got lost.  An instance that needs a service token first: aisearch provision.",
	.examples =
		"aisearch instance create docs\n"
		"aisearch instance create site --type web-crawler --source example.com --parse-type sitemap\n"
		"aisearch instance create docs --type r2 --source my-bucket --include-items '*.md' --chunk-size 512 \\\n"
		"    --sync-interval 6h --custom-metadata team:text --if-missing\n"
		"aisearch instance create docs --body-file docs.json --cache=false",
	.options = options,
	.settings = &set,
	.min_args = 1,
	.max_args = 1,
	.run = create,
};
