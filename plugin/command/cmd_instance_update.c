/* SPDX-License-Identifier: MIT */
/* cmd_instance_update.c -- change an instance: read, compare, show, ask, write. */
#include <stdio.h>
#include <string.h>

#include "body_options.h"
#include "changes.h"
#include "cloudflare/call.h"
#include "cloudflare/instance.h"
#include "cloudflare/page.h"
#include "output.h"
#include "prompt.h"

static struct body_settings set;
static struct option options[BODY_ROWS];

/* Members that a list tells and a single GET does not (api.md, 4). */
static const char *const list_only[] = {
	"chunk", "summarization", "summarization_model", "system_prompt_ai_search",
	"system_prompt_index_summarization", "system_prompt_rewrite_query", NULL,
};

struct completing {
	const char *id;
	struct json_object *there;
};

static int complete_row(void *ctx, struct json_object *row, struct err *err)
{
	struct completing *c = ctx;
	struct json_object *id, *value;

	(void)err;
	if (!json_object_object_get_ex(row, "id", &id) ||
	    strcmp(json_object_get_string(id), c->id) != 0)
		return 0;
	for (const char *const *name = list_only; *name; name++)
		if (json_object_object_get_ex(row, *name, &value))
			json_object_object_add(c->there, *name, json_object_get(value));
	return 1;
}

/* What is there, as far as wanted asks. */
static int fetch(struct client *client, const char *id, struct json_object *wanted,
		 struct json_object **out, struct err *err)
{
	scoped_json struct json_object *there = NULL;
	scoped_instance struct instance checked = {0};
	scoped_buf struct buf path = BUF(1024);
	bool more = false;

	client_add_instance(client, id, &path);
	if (call_json(client, "GET", &path, NULL, "AI Search Read", &there, err) < 0 ||
	    instance_decode(there, &checked, err) < 0)
		return err_context(err, "instance '%s'", id);
	for (const char *const *name = list_only; *name; name++)
		more = more || (json_object_object_get_ex(wanted, *name, NULL) &&
				!json_object_object_get_ex(there, *name, NULL));
	if (more) {
		struct completing c = { id, there };

		buf_reset(&path);
		client_add_instances(client, &path);
		call_add_query(&path, "search", id);
		struct page_walk walk = { .path = path.data, .permission = "AI Search Read",
					  .per_page = INSTANCE_PAGE, .row = complete_row, .ctx = &c };
		if (page_walk(client, &walk, err) < 0)
			return err_context(err, "instance '%s'", id);
	}
	*out = STEAL(there);
	return 0;
}

static int finish(const struct cli *cli, struct json_object *instance, const char *id,
		  const char *done, struct err *err)
{
	struct json_object *type = NULL;

	if (cli->s.json) {
		if (!json_object_object_get_ex(instance, "type", &type) || !type)
			json_put_text(instance, "type", "builtin");
		return output_json(instance, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("%s: %s", id, done);
	return EXIT_DONE;
}

static int write_body(struct client *client, const char *id, struct json_object *there,
		      struct json_object *wanted, struct json_object **out, struct err *err)
{
	scoped_json struct json_object *body = body_for_update(body_instance, there, wanted);
	scoped_buf struct buf path = BUF(1024);

	if (!body)
		return err_nomem(err);
	client_add_instance(client, id, &path);
	if (call_json(client, "PUT", &path, body, "AI Search Edit", out, err) < 0)
		return err_context(err, "updating '%s'", id);
	if (!json_object_is_type(*out, json_type_object))
		return err_set(err, ERR_PROTOCOL, "updating '%s': the answer has no instance", id);
	return 0;
}

static int update(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_json struct json_object *wanted = NULL, *there = NULL, *made = NULL;
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	FILE *to = cli->s.json ? stderr : stdout;
	char question[192], doing[96];

	(void)n;
	if (client_check_instance(args[0], err) < 0 ||
	    body_take_changes(&set, body_instance, "instance update", &wanted, err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0 ||
	    fetch(client, args[0], wanted, &there, err) < 0)
		return -1;
	if (!body_changes(wanted, there, NULL, NULL))
		return finish(cli, there, args[0], "nothing to change", err);
	fprintf(to, "%s:\n", args[0]);
	struct changes changes = changes_show(to, body_instance, wanted, there);
	if (set.dry_run)
		return finish(cli, there, args[0], "not changed, as asked", err);
	snprintf(question, sizeof(question), "Change instance %s%s? [y/N] ", args[0],
		 changes.reindex ? " and let it index everything anew" : "");
	snprintf(doing, sizeof(doing), "updating '%s'", args[0]);
	if (prompt_confirm(set.yes, doing, "not changed", question, err) < 0 ||
	    write_body(client, args[0], there, wanted, &made, err) < 0)
		return -1;
	return finish(cli, made, args[0],
		      changes.reindex ? "changed; everything is indexed anew" : "changed", err);
}

static int set_paused(struct cli *cli, const char *id, bool paused, struct err *err)
{
	scoped_json struct json_object *wanted = json_object_new_object(), *there = NULL, *made = NULL;
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;

	json_object_object_add(wanted, "paused", json_object_new_boolean(paused));
	if (client_check_instance(id, err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    fetch(client, id, wanted, &there, err) < 0)
		return -1;
	if (!body_changes(wanted, there, NULL, NULL))
		return finish(cli, there, id, paused ? "paused already" : "not paused", err);
	if (write_body(client, id, there, wanted, &made, err) < 0)
		return -1;
	return finish(cli, made, id, paused ? "paused" : "resumed", err);
}

static int pause_instance(struct cli *cli, int n, char **args, struct err *err)
{
	(void)n;
	return set_paused(cli, args[0], true, err);
}

static int resume(struct cli *cli, int n, char **args, struct err *err)
{
	(void)n;
	return set_paused(cli, args[0], false, err);
}

static const struct option own[] = {
	BODY_FILE_OPTION,
	{ "dry-run", 0, OPTION_FLAG, NULL, "show the difference, change nothing",
	  OPTION_IN(body_settings, dry_run), 0, 0 },
	PROMPT_OPTIONS(body_settings),
	{ 0 },
};

__attribute__((constructor)) static void fill_options(void)
{
	body_options(options, &set, body_instance, false, own);
}

const struct command cmd_instance_update = {
	.name = "instance update",
	.args = "INSTANCE",
	.summary = "change settings of an instance; shows the difference and asks first",
	.details =
		"What is there is read, the difference shown (on stderr with --json), and only that is written.\n"
		"Without a terminal it needs --yes.  Nothing to change is success.  Lines marked \"indexes\n"
		"everything anew\" cost the embedding of every document again.\n\n"
		"A list replaces the list that is there.  null in --body-file asks for the API's default,\n"
		"where the API takes it (models, prompts, the gateway).  Id and type\n"
		"cannot be changed.  --json prints the API's object as it is then.",
	.examples =
		"aisearch instance update docs --max-num-results 20 --cache=false\n"
		"aisearch instance update docs --chunk-size 512 --dry-run\n"
		"aisearch instance update docs --include-items '*.md' --include-items '*.html' --yes\n"
		"echo '{\"ai_gateway_id\":null}' | aisearch instance update docs --body-file - --yes",
	.options = options,
	.settings = &set,
	.min_args = 1,
	.max_args = 1,
	.run = update,
};

const struct command cmd_instance_pause = {
	.name = "instance pause",
	.args = "INSTANCE",
	.summary = "stop an instance from looking at its source; it still answers",
	.examples = "aisearch instance pause docs",
	.min_args = 1,
	.max_args = 1,
	.run = pause_instance,
};

const struct command cmd_instance_resume = {
	.name = "instance resume",
	.args = "INSTANCE",
	.summary = "let a paused instance look at its source again",
	.examples = "aisearch instance resume docs",
	.min_args = 1,
	.max_args = 1,
	.run = resume,
};
