/* SPDX-License-Identifier: MIT */
/* cmd_item_list.c -- the files of an instance, as they come. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/item.h"
#include "command.h"
#include "output.h"

static struct item_filter set;

struct listing {
	bool json;
	int64_t rows;
	struct table table;
	struct err err;
};

/* Part by part, so that a million of them are no memory. */
static int on_item(void *ctx, const struct item *i)
{
	struct listing *l = ctx;
	scoped_free char *key = NULL;

	if (l->json) {
		fputs(l->rows++ ? ",\n" : "[\n", stdout);
		return output_json(i->json, &l->err);
	}
	if (i->error && asprintf(&key, "%s  (%s)", i->key, i->error) < 0)
		return key = NULL, err_nomem(&l->err);
	l->rows++;
	table_add(&l->table, i->id);
	table_add(&l->table, i->status);
	table_add_count(&l->table, i->chunks_count);
	table_add_count(&l->table, i->file_size);
	table_add(&l->table, key ? key : i->key);
	return table_rows(&l->table) < TABLE_PART ? 0 : table_print(&l->table, &l->err);
}

static int check_filter(const struct item_filter *filter, struct err *err)
{
	const char *metadata = filter->metadata_filter;
	scoped_json struct json_object *o = NULL;

	if (filter->key && strlen(filter->key) > ITEM_NAME_MAX)
		return err_set(err, ERR_USAGE, "--key: more than %d bytes", ITEM_NAME_MAX);
	if (metadata && json_read("--metadata-filter", metadata, strlen(metadata), &o, err) < 0)
		return err->kind = ERR_USAGE, -1;
	return 0;
}

/* When it failed, what came before is shown all the same. */
static int end_list(struct listing *l, int r, struct err *err)
{
	if (r != 0 && l->err.kind)
		*err = l->err;
	if (!l->json && table_rows(&l->table) > 0 && table_print(&l->table, &l->err) < 0 && r == 0) {
		*err = l->err;
		r = -1;
	}
	if (r != 0)
		return -1;
	if (l->json)
		fputs(l->rows ? "]\n" : "[]\n", stdout);
	else if (l->rows == 0)
		fprintf(stderr, "there are no such items\n");
	return EXIT_DONE;
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "ITEM", "STATUS", ">CHUNKS", ">BYTES", "KEY" };
	static const unsigned char dispensable[] = { 2, 3, 0, 1, TABLE_END };
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	struct listing l = { .json = cli->s.json };
	int r;

	(void)n;
	if (check_filter(&set, err) < 0 || client_check_instance(args[0], err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0)
		return -1;
	table_init(&l.table, heads, sizeof(heads) / sizeof(heads[0]));
	l.table.dispensable = dispensable;
	r = end_list(&l, item_list(client, args[0], &set, on_item, &l, err), err);
	table_clear(&l.table);
	return r;
}

static const struct option list_options[] = {
	{ "status", 0, OPTION_CHOICE, "queued|running|completed|error|skipped|outdated",
	  "only those", OPTION_IN(item_filter, status), 0, 0 },
	{ "search", 0, OPTION_TEXT, "TEXT", "only those with this in the key",
	  OPTION_IN(item_filter, search), 0, 0 },
	{ "key", 0, OPTION_TEXT, "KEY", "only this one", OPTION_IN(item_filter, key), 0, 0 },
	{ "source", 0, OPTION_TEXT, "SOURCE",
	  "only from there: builtin, r2:BUCKET, web-crawler:URL",
	  OPTION_IN(item_filter, source), 0, 0 },
	{ "metadata-filter", 0, OPTION_TEXT, "JSON", "only those with such metadata",
	  OPTION_IN(item_filter, metadata_filter), 0, 0 },
	{ "sort-by", 0, OPTION_CHOICE, "status|modified_at", "in this order",
	  OPTION_IN(item_filter, sort_by), 0, 0 },
	{ "page", 0, OPTION_NUMBER, "N", "this page alone", OPTION_IN(item_filter, page), 1,
	  1000000 },
	{ "per-page", 0, OPTION_NUMBER, "N", "so many on it (1 to 100)",
	  OPTION_IN(item_filter, per_page), 1, 100 },
	{ 0 },
};

const struct command cmd_item_list = {
	.name = "item list",
	.args = "INSTANCE",
	.summary = "list the files of an instance and what became of them",
	.details = "All of them, unless --page or --per-page asks for one page.  Rows are printed as the\n"
		   "pages come.  What could not be indexed has the reason behind its key.",
	.examples = "aisearch item list docs --status error\n"
		    "aisearch item list docs --search guides/ --json",
	.options = list_options,
	.settings = &set,
	.min_args = 1,
	.max_args = 1,
	.run = list,
};
