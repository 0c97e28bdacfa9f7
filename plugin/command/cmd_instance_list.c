/* SPDX-License-Identifier: MIT */
/* cmd_instance_list.c -- the instances of a namespace, as they come. */
#include "cloudflare/call.h"
#include "cloudflare/instance.h"
#include "command.h"
#include "paged.h"

static struct list_settings {
	struct paged_settings paged;	/* first: the options' offsets begin there */
	const char *order_by, *direction, *hostname;
} set;

/* Where the wire has no word, ours: what is uploaded to has type null there. */
static void name_type(struct json_object *row, const struct instance *i)
{
	if (!i->type[0])
		json_put_text(row, "type", "builtin");
}

static int row(struct table *table, struct json_object *object, struct err *err)
{
	scoped_instance struct instance i = { 0 };

	if (instance_decode(object, &i, err) < 0)
		return -1;
	if (!table) {
		name_type(object, &i);
		return 0;
	}
	table_add(table, i.id);
	table_add(table, i.type[0] ? i.type : "builtin");
	table_add(table, i.source);
	table_add(table, i.paused.known && i.paused.value ? "paused" : i.status);
	table_add_instant(table, i.created_at);
	table_add_instant(table, i.last_activity);
	return 0;
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "INSTANCE", "TYPE", "SOURCE", "STATUS", "CREATED",
					     "LAST ACTIVITY" };
	static const unsigned char dispensable[] = { 4, 1, 5, 2, 3, TABLE_END };
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_buf struct buf path = BUF(4096);

	(void)n, (void)args;
	if (cli_manager(cli, &token, &client, err) < 0)
		return -1;
	client_add_instances(client, &path);
	call_add_query(&path, "order_by", set.order_by ? set.order_by : "created_at");
	call_add_query(&path, "order_by_direction", set.direction ? set.direction : "asc");
	call_add_query(&path, "search", set.paged.search);
	call_add_query(&path, "hostname", set.hostname);
	struct paged rows = { .path = path.data, .permission = "AI Search Read", .set = &set.paged,
			      .json = cli->s.json, .heads = heads,
			      .columns = sizeof(heads) / sizeof(heads[0]), .row = row,
			      .dispensable = dispensable };
	return paged_print(client, &rows, err) < 0 ? err_context(err, "listing instances") : EXIT_DONE;
}

static const struct option options[] = {
	PAGED_OPTIONS,
	{ "search", 0, OPTION_TEXT, "TEXT", "only instances whose id has this in it",
	  OPTION_IN(paged_settings, search), 0, 0 },
	{ "hostname", 0, OPTION_TEXT, "NAME", "only the instance that answers under this name",
	  OPTION_IN(list_settings, hostname), 0, 0 },
	{ "order-by", 0, OPTION_CHOICE, "created_at", "by which member (there is only one)",
	  OPTION_IN(list_settings, order_by), 0, 0 },
	{ "order-by-direction", 0, OPTION_CHOICE, "asc|desc", "oldest or newest first",
	  OPTION_IN(list_settings, direction), 0, 0 },
	{ 0 },
};

const struct command cmd_instance_list = {
	.name = "instance list",
	.args = "",
	.summary = "list the instances of the namespace",
	.details = "Rows are printed as their pages come; all pages, unless --page asks for one.\n"
		   "With --json it is one array of the API's objects; when a page fails, its end is missing.",
	.examples = "aisearch instance list --namespace production\n"
		    "aisearch instance list --search docs --order-by-direction desc --json",
	.options = options,
	.settings = &set,
	.run = list,
};
