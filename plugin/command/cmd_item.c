/* SPDX-License-Identifier: MIT */
/* cmd_item.c -- the files of an instance: get, delete, sync, logs, chunks. */
#include "cloudflare/item.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "prompt.h"

struct settings {
	int64_t limit;
	bool yes;
};
static struct settings set;

#define ITEM_DETAILS "An ITEM is its id or its key, as aisearch item list prints them.\n"

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	if (!v)
		return "-";
	return json_object_is_type(v, json_type_string)
	       ? json_object_get_string(v) : json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN);
}

/* --- get ---------------------------------------------------------------------- */

static int show(const struct cli *cli, const struct item *i, struct err *err)
{
	static const struct { const char *name, *key; } rows[] = {
		{ "item", "id" }, { "key", "key" }, { "status", "status" }, { "error", "error" },
		{ "next action", "next_action" }, { "bytes", "file_size" }, { "chunks", "chunks_count" },
		{ "checksum", "checksum" }, { "source", "source_id" }, { "namespace", "namespace" },
		{ "metadata", "metadata" }, { "created", "created_at" }, { "last seen", "last_seen_at" },
	};

	if (cli->s.json)
		return output_json(i->json, err);
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		output_line("%-12s %s", rows[r].name, text_of(i->json, rows[r].key));
	return 0;
}

static int get(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_item struct item item = { 0 };

	(void)n;
	if (client_check_instance(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    item_find(client, args[0], args[1], &item, err) < 0 || show(cli, &item, err) < 0)
		return -1;
	return EXIT_DONE;
}

const struct command cmd_item_get = {
	.name = "item get",
	.args = "INSTANCE ITEM",
	.summary = "print what the API knows of a file",
	.details = ITEM_DETAILS,
	.examples = "aisearch item get docs guides/start.md",
	.min_args = 2,
	.max_args = 2,
	.run = get,
};

/* --- delete and sync ------------------------------------------------------------ */

static int confirm(int n, char **args, struct err *err)
{
	char question[256], shown[160], doing[96];

	escape_text(shown, sizeof(shown), args[1], strlen(args[1]));
	if (n == 2)
		snprintf(question, sizeof(question), "Delete %s from %s? [y/N] ", shown, args[0]);
	else
		snprintf(question, sizeof(question), "Delete these %d files from %s? [y/N] ", n - 1,
			 args[0]);
	snprintf(doing, sizeof(doing), "deleting from '%s'", args[0]);
	return prompt_confirm(set.yes, doing, "not deleted", question, err);
}

/* All are found before the first is touched, and none is two of the words. */
static int find_all(struct client *client, int n, char **args, struct item *items, struct err *err)
{
	for (int i = 1; i < n; i++) {
		if (item_find(client, args[0], args[i], &items[i - 1], err) < 0)
			return -1;
		for (int k = 1; k < i; k++)
			if (!strcmp(items[k - 1].id, items[i - 1].id))
				return err_set(err, ERR_USAGE, "'%.80s' is named twice", items[i - 1].key);
	}
	return 0;
}

static int why_not(int done, int all, bool delete, struct err *err)
{
	if (err->code == 7053)
		return err_hint(err, "only what was uploaded can be deleted; delete it at its source");
	if (err->kind == ERR_CANCELLED)
		return err_hint(err, "%d of %d were %s before", done, all, delete ? "deleted" : "queued");
	return -1;
}

static int act(struct cli *cli, int n, char **args, bool delete, struct item *items, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *json = cli->s.json ? json_object_new_array() : NULL;

	if (cli_manager(cli, &token, &client, err) < 0 || find_all(client, n, args, items, err) < 0)
		return -1;
	for (int i = 0; i < n - 1; i++) {
		struct item *item = &items[i];
		scoped_item struct item after = { 0 };

		if (delete ? item_delete(client, args[0], item->id, err) < 0
			   : item_sync(client, args[0], item->id, &after, err) < 0)
			return why_not(i, n - 1, delete, err);
		if (!json) {
			output_line("%s %s", delete ? "deleted" : "queued", item->key);
		} else if (delete) {
			struct json_object *o = json_object_new_object();

			json_put_text(o, "id", item->id);
			json_put_text(o, "deleted", item->key);
			json_object_array_add(json, o);
		} else {
			json_object_array_add(json, json_object_get(after.json));
		}
	}
	return json && output_json(json, err) < 0 ? -1 : EXIT_DONE;
}

static int each_of(struct cli *cli, int n, char **args, bool delete, struct err *err)
{
	struct item *items = calloc((size_t)n, sizeof(*items));
	int r;

	if (!items)
		return err_nomem(err);
	r = act(cli, n, args, delete, items, err);
	for (int i = 0; i < n; i++)
		item_clear(&items[i]);
	free(items);
	return r;
}

static int delete(struct cli *cli, int n, char **args, struct err *err)
{
	if (client_check_instance(args[0], err) < 0 || confirm(n, args, err) < 0)
		return -1;
	return each_of(cli, n, args, true, err);
}

static int sync_items(struct cli *cli, int n, char **args, struct err *err)
{
	if (client_check_instance(args[0], err) < 0)
		return -1;
	return each_of(cli, n, args, false, err);
}

static const struct option delete_options[] = {
	{ "yes", 'y', OPTION_FLAG, NULL, "do not ask", OPTION_IN(settings, yes), 0, 0 },
	{ "force", 0, OPTION_FLAG, NULL, NULL, OPTION_IN(settings, yes), 0, 0 },
	{ 0 },
};

const struct command cmd_item_delete = {
	.name = "item delete",
	.args = "INSTANCE ITEM...",
	.summary = "delete files from built-in storage; asks first",
	.details = ITEM_DETAILS "All are looked for before the first is deleted.  Files of R2 and of"
		   " websites are\ndeleted there.",
	.examples = "aisearch item delete docs guides/old.md --yes",
	.options = delete_options,
	.settings = &set,
	.min_args = 2,
	.max_args = -1,
	.run = delete,
};

const struct command cmd_item_sync = {
	.name = "item sync",
	.args = "INSTANCE ITEM...",
	.summary = "index files anew",
	.details = ITEM_DETAILS,
	.examples = "aisearch item sync docs guides/start.md",
	.min_args = 2,
	.max_args = -1,
	.run = sync_items,
};

/* --- logs and chunks ------------------------------------------------------------- */

struct rows {
	struct json_object *json;	/* NULL = print */
	int64_t count;
};

static int on_log(void *ctx, struct json_object *row, struct err *err)
{
	struct rows *rows = ctx;
	const char *error = text_of(row, "errorType"), *message = text_of(row, "message");

	(void)err;
	rows->count++;
	if (rows->json) {
		json_object_array_add(rows->json, json_object_get(row));
		return 0;
	}
	output_line("%s  %s  %s%s%s  (%s chunks, %s ms)", text_of(row, "timestamp"),
		    text_of(row, "action"), strcmp(message, "-") ? message : "",
		    strcmp(error, "-") ? " " : "", strcmp(error, "-") ? error : "",
		    text_of(row, "chunkCount"), text_of(row, "processingTimeMs"));
	return 0;
}

static int on_chunk(void *ctx, struct json_object *row, struct err *err)
{
	struct rows *rows = ctx;
	const char *text;

	rows->count++;
	if (rows->json) {
		json_object_array_add(rows->json, json_object_get(row));
		return 0;
	}
	if (json_need_text(row, "text", &text, err) < 0)
		return -1;
	output_line("--- %s, bytes %s to %s", text_of(row, "id"),
		    text_of(row, "start_byte"), text_of(row, "end_byte"));
	return output_prose(text, err);
}

static int read_rows(struct cli *cli, char **args,
		     int (*walk)(struct client *, const char *, const char *, int64_t, item_row *, void *,
				 struct err *),
		     item_row *each, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *json = cli->s.json ? json_object_new_array() : NULL;
	scoped_item struct item item = { 0 };
	struct rows rows = { .json = json };

	if (client_check_instance(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    item_find(client, args[0], args[1], &item, err) < 0 ||
	    walk(client, args[0], item.id, set.limit, each, &rows, err) < 0)
		return -1;
	return json && output_json(json, err) < 0 ? -1 : EXIT_DONE;
}

static int logs(struct cli *cli, int n, char **args, struct err *err)
{
	(void)n;
	return read_rows(cli, args, item_logs, on_log, err);
}

static int chunks(struct cli *cli, int n, char **args, struct err *err)
{
	(void)n;
	return read_rows(cli, args, item_chunks, on_chunk, err);
}

static const struct option limit_options[] = {
	{ "limit", 0, OPTION_NUMBER, "N", "so many at the most (default: all)",
	  OPTION_IN(settings, limit), 1, 1000000 },
	{ 0 },
};

const struct command cmd_item_logs = {
	.name = "item logs",
	.args = "INSTANCE ITEM",
	.summary = "print what was done with a file, and why it failed",
	.details = ITEM_DETAILS,
	.examples = "aisearch item logs docs guides/big.pdf",
	.options = limit_options,
	.settings = &set,
	.min_args = 2,
	.max_args = 2,
	.run = logs,
};

const struct command cmd_item_chunks = {
	.name = "item chunks",
	.args = "INSTANCE ITEM",
	.summary = "print the pieces into which a file was cut",
	.details = ITEM_DETAILS,
	.examples = "aisearch item chunks docs guides/start.md --limit 3",
	.options = limit_options,
	.settings = &set,
	.min_args = 2,
	.max_args = 2,
	.run = chunks,
};
