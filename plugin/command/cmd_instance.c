/* SPDX-License-Identifier: MIT */
/* cmd_instance.c -- one instance: get, stats, delete. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/body.h"
#include "cloudflare/call.h"
#include "cloudflare/instance.h"
#include "command.h"
#include "output.h"
#include "prompt.h"

/* GET of the instance or, with tail, of something below it. */
static int fetch(struct client *client, const char *id, const char *tail, struct json_object **out,
		 struct err *err)
{
	scoped_buf struct buf path = BUF(1024);

	client_add_instance(client, id, &path);
	buf_adds(&path, tail);
	if (call_json(client, "GET", &path, NULL, "AI Search Read", out, err) < 0)
		return err_context(err, "instance '%s'", id);
	return 0;
}

static void line_instant(const char *name, struct instant when)
{
	char text[RFC3339_SIZE] = "-";

	if (when.known)
		rfc3339_format(when.unix_s, text);
	output_line("%-14s %s", name, text);
}

/* The member at a dotted path; NULL = absent or null. */
static struct json_object *at(struct json_object *object, const char *path)
{
	while (object && path) {
		size_t n = strcspn(path, ".");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", n < sizeof(name) ? (int)n : 0, path);
		if (!json_object_is_type(object, json_type_object) ||
		    !json_object_object_get_ex(object, name, &object))
			return NULL;
		path = path[n] ? path + n + 1 : NULL;
	}
	return object;
}

/* Every setting that is told, with the names of --body-file. */
static void print_settings(struct json_object *instance)
{
	bool begun = false;

	for (const struct body_field *f = body_instance; f->path; f++) {
		struct json_object *value = at(instance, f->path);

		/* those are above */
		if (!value || !strcmp(f->path, "id") || !strcmp(f->path, "type") ||
		    !strcmp(f->path, "source") || !strcmp(f->path, "token_id") ||
		    !strcmp(f->path, "paused"))
			continue;
		if (!begun)
			output_line("settings");
		begun = true;
		output_line("  %s: %s", f->path,
			    json_object_is_type(value, json_type_string)
				    ? json_object_get_string(value)
				    : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
								     JSON_C_TO_STRING_NOSLASHESCAPE));
	}
}

static int get(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *json = NULL;
	scoped_instance struct instance i = {0};

	(void)n;
	if (client_check_instance(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    fetch(client, args[0], "", &json, err) < 0)
		return -1;
	if (instance_decode(json, &i, err) < 0)
		return err_context(err, "instance '%s'", args[0]);
	if (cli->s.json) {
		if (!i.type[0])
			json_put_text(json, "type", "builtin");
		return output_json(json, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("%-14s %s", "instance", i.id);
	output_line("%-14s %s", "namespace", i.namespace[0] ? i.namespace : client_namespace(client));
	output_line("%-14s %s", "type", i.type[0] ? i.type : "builtin");
	output_line("%-14s %s", "source", i.source ? i.source : "-");
	output_line("%-14s %s", "credential", i.token_id ? i.token_id : "-");
	output_line("%-14s %s", "status", i.status[0] ? i.status : "-");
	output_line("%-14s %s", "paused", !i.paused.known ? "-" : i.paused.value ? "yes" : "no");
	line_instant("created", i.created_at);
	line_instant("modified", i.modified_at);
	line_instant("last activity", i.last_activity);
	print_settings(json);
	return EXIT_DONE;
}

/* {"ParserError":3}: one line each. */
static void print_reasons(struct json_object *stats, const char *member, const char *title)
{
	struct json_object *reasons = at(stats, member);

	if (!json_object_is_type(reasons, json_type_object) || !json_object_object_length(reasons))
		return;
	output_line("%s", title);
	json_object_object_foreach(reasons, reason, count)
		output_line("  %s: %s", reason, json_object_to_json_string(count));
}

static int stats(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { ">QUEUED", ">RUNNING", ">COMPLETED", ">ERROR", ">SKIPPED",
					     ">OUTDATED", ">VECTORS", "LAST ACTIVITY" };
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *json = NULL;
	scoped_table struct table table;
	struct stats s = {0};

	(void)n;
	table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
	if (client_check_instance(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    fetch(client, args[0], "/stats", &json, err) < 0)
		return -1;
	if (stats_decode(json, &s, err) < 0)
		return err_context(err, "stats of '%s'", args[0]);
	if (cli->s.json)
		return output_json(json, err) < 0 ? -1 : EXIT_DONE;
	table_add_count(&table, s.queued);
	table_add_count(&table, s.running);
	table_add_count(&table, s.completed);
	table_add_count(&table, s.error);
	table_add_count(&table, s.skipped);
	table_add_count(&table, s.outdated);
	table_add_count(&table, s.vectors);
	table_add_instant(&table, s.last_activity);
	if (table_print(&table, err) < 0)
		return -1;
	print_reasons(json, "file_embed_errors", "files with errors");
	print_reasons(json, "index_source_errors", "errors of the source");
	if (s.degraded)
		output_line("degraded: counts that are missing here are unknown, not zero");
	return EXIT_DONE;
}

static struct delete_settings {
	bool yes;
} delete_set;

static int delete(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	char question[160], doing[96];

	(void)n;
	snprintf(question, sizeof(question), "Delete instance %.64s and everything it has indexed? [y/N] ",
		 args[0]);
	snprintf(doing, sizeof(doing), "deleting '%.64s'", args[0]);
	if (client_check_instance(args[0], err) < 0 ||
	    prompt_confirm(delete_set.yes, doing, "not deleted", question, err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0 || instance_delete(client, args[0], err) < 0)
		return -1;
	if (cli->s.json) {
		scoped_json struct json_object *json = json_object_new_object();
		json_put_text(json, "deleted", args[0]);
		return output_json(json, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("deleted %s", args[0]);
	return EXIT_DONE;
}

const struct command cmd_instance_get = {
	.name = "instance get",
	.args = "INSTANCE",
	.summary = "print what the API knows of an instance",
	.details = "The settings have the names of --body-file; --json prints the API's object, with type \"builtin\"\n"
		   "where that is null.",
	.examples = "aisearch instance get docs\n"
		    "aisearch instance get docs --json",
	.min_args = 1,
	.max_args = 1,
	.run = get,
};

const struct command cmd_instance_stats = {
	.name = "instance stats",
	.args = "INSTANCE",
	.summary = "print the counts of an instance's items, and why some failed",
	.details = "A count that the API does not tell shows as \"-\".  --json prints the API's object.  To watch or wait\n"
		   "for the indexing, and for other formats: aisearch status.",
	.examples = "aisearch instance stats docs",
	.min_args = 1,
	.max_args = 1,
	.run = stats,
};

static const struct option delete_options[] = {
	PROMPT_OPTIONS(delete_settings),
	{ 0 },
};

const struct command cmd_instance_delete = {
	.name = "instance delete",
	.args = "INSTANCE",
	.summary = "delete an instance and its index; asks first",
	.examples = "aisearch instance delete docs --yes",
	.options = delete_options,
	.settings = &delete_set,
	.min_args = 1,
	.max_args = 1,
	.run = delete,
};
