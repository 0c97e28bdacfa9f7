/* SPDX-License-Identifier: MIT */
/* cmd_namespace.c -- namespaces: list, get, delete, and what all of its commands share. */
#include <stdio.h>
#include <string.h>

#include "namespace_call.h"
#include "paged.h"
#include "prompt.h"

void namespace_path(const struct client *client, const char *name, struct buf *path)
{
	client_add_account(client, path);
	buf_adds(path, "/ai-search/namespaces");
	if (name)
		buf_addf(path, "/%s", name);
}

int namespace_call(struct client *client, const char *method, const char *name,
		   struct json_object *body, const char *doing, struct json_object **out,
		   struct err *err)
{
	scoped_json struct json_object *result = NULL;
	scoped_buf struct buf path = BUF(1024);
	bool post = !strcmp(method, "POST");
	const char *told;

	namespace_path(client, post ? NULL : name, &path);
	if (call_json(client, method, &path, body,
		      strcmp(method, "GET") ? "AI Search Edit" : "AI Search Read", &result, err) < 0 ||
	    (out && json_need_text(result, "name", &told, err) < 0))
		return err_context(err, "%s '%s'", doing, name);
	if (out)
		*out = STEAL(result);
	return 0;
}

int namespace_finish(const struct cli *cli, struct json_object *namespace, const char *name,
		     const char *done, struct err *err)
{
	if (cli->s.json)
		return output_json(namespace, err) < 0 ? -1 : EXIT_DONE;
	output_line("%s: %s", name, done);
	return EXIT_DONE;
}

/* --- list ------------------------------------------------------------------- */

static struct paged_settings list_set;

static int row(struct table *table, struct json_object *object, struct err *err)
{
	const char *name, *description;
	struct instant created;

	if (json_need_text(object, "name", &name, err) < 0 ||
	    json_get_text(object, "description", &description, err) < 0 ||
	    json_get_instant(object, "created_at", &created, err) < 0)
		return -1;
	if (!table)
		return 0;
	table_add(table, name);
	table_add_instant(table, created);
	table_add(table, description);
	return 0;
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "NAMESPACE", "CREATED", "DESCRIPTION" };
	static const unsigned char dispensable[] = { 1, 2, TABLE_END };
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_buf struct buf path = BUF(4096);

	(void)n, (void)args;
	if (list_set.search && strlen(list_set.search) > 256)
		return err_set(err, ERR_USAGE, "--search: more than 256 bytes");
	if (cli_manager(cli, &token, &client, err) < 0)
		return -1;
	namespace_path(client, NULL, &path);
	call_add_query(&path, "search", list_set.search);
	struct paged rows = { .path = path.data, .permission = "AI Search Read", .set = &list_set,
			      .json = cli->s.json, .heads = heads,
			      .columns = sizeof(heads) / sizeof(heads[0]), .row = row,
			      .dispensable = dispensable };
	return paged_print(client, &rows, err) < 0 ? err_context(err, "listing namespaces") : EXIT_DONE;
}

/* --- get -------------------------------------------------------------------- */

static void print_members(struct json_object *object, const char *under)
{
	json_object_object_foreach(object, key, value) {
		char path[256];

		snprintf(path, sizeof(path), "%s%s%s", under, *under ? "." : "", key);
		if (json_object_is_type(value, json_type_object))
			print_members(value, path);
		else if (json_object_is_type(value, json_type_string))
			output_line("%s: %s", path, json_object_get_string(value));
		else if (value)
			output_line("%s: %s", path, json_object_to_json_string_ext(
							    value, JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
	}
}

static int get(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *there = NULL;

	(void)n;
	if (client_check_namespace(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    namespace_call(client, "GET", args[0], NULL, "namespace", &there, err) < 0)
		return -1;
	if (cli->s.json)
		return output_json(there, err) < 0 ? -1 : EXIT_DONE;
	print_members(there, "");
	return EXIT_DONE;
}

/* --- delete ----------------------------------------------------------------- */

static struct namespace_delete_settings {
	bool yes;
} delete_set;

static int delete(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	char question[96], doing[96];

	(void)n;
	snprintf(question, sizeof(question), "Delete namespace %.28s? [y/N] ", args[0]);
	snprintf(doing, sizeof(doing), "deleting '%.28s'", args[0]);
	if (client_check_namespace(args[0], err) < 0 ||
	    prompt_confirm(delete_set.yes, doing, "not deleted", question, err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0)
		return -1;
	if (namespace_call(client, "DELETE", args[0], NULL, "deleting", NULL, err) < 0) {
		if (err->code == 7065)
			err_hint(err, "delete its instances first: aisearch instance list --namespace %s", args[0]);
		else if (err->code == 7046)
			err_hint(err, "'default' always exists");
		return -1;
	}
	if (cli->s.json) {
		scoped_json struct json_object *json = json_object_new_object();
		json_put_text(json, "deleted", args[0]);
		return output_json(json, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("deleted %s", args[0]);
	return EXIT_DONE;
}

static const struct option list_options[] = {
	PAGED_OPTIONS,
	{ "search", 0, OPTION_TEXT, "TEXT", "only those whose name or description has this in it",
	  OPTION_IN(paged_settings, search), 0, 0 },
	{ 0 },
};

const struct command cmd_namespace_list = {
	.name = "namespace list",
	.args = "",
	.summary = "list the namespaces of the account",
	.details = "'default' always exists, but the API's list leaves it out.  Rows are printed as their pages come.",
	.examples = "aisearch namespace list --search prod",
	.options = list_options,
	.settings = &list_set,
	.run = list,
};

const struct command cmd_namespace_get = {
	.name = "namespace get",
	.args = "NAMESPACE",
	.summary = "print what the API knows of a namespace",
	.examples = "aisearch namespace get production --json",
	.min_args = 1,
	.max_args = 1,
	.run = get,
};

static const struct option delete_options[] = {
	PROMPT_OPTIONS(namespace_delete_settings),
	{ 0 },
};

const struct command cmd_namespace_delete = {
	.name = "namespace delete",
	.args = "NAMESPACE",
	.summary = "delete an empty namespace; asks first",
	.details = "The API refuses to delete one that has instances, and 'default'.",
	.examples = "aisearch namespace delete production --yes",
	.options = delete_options,
	.settings = &delete_set,
	.min_args = 1,
	.max_args = 1,
	.run = delete,
};
