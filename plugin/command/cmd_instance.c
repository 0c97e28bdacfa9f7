/* SPDX-License-Identifier: MIT */
/* cmd_instance.c -- instances: list, get, delete. */
#include "cloudflare/instance.h"

#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "prompt.h"

static struct json_object *to_json(const struct instance *i)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "id", i->id);
	json_put_text(o, "namespace", i->namespace[0] ? i->namespace : NULL);
	json_put_text(o, "type", i->type[0] ? i->type : "builtin");
	json_put_text(o, "source", i->source);
	json_put_text(o, "token_id", i->token_id);
	json_put_text(o, "status", i->status[0] ? i->status : NULL);
	json_put_flag(o, "enable", i->enable);
	json_put_flag(o, "paused", i->paused);
	json_put_instant(o, "created_at", i->created_at);
	json_put_instant(o, "modified_at", i->modified_at);
	json_put_instant(o, "last_activity", i->last_activity);
	return o;
}

struct listing {
	struct table table;
	struct json_object *json;	/* NULL = table */
};

static int on_instance(void *ctx, const struct instance *i)
{
	struct listing *l = ctx;

	if (l->json) {
		json_object_array_add(l->json, to_json(i));
		return 0;
	}
	table_add(&l->table, i->id);
	table_add(&l->table, i->type[0] ? i->type : "builtin");
	table_add(&l->table, i->source);
	table_add(&l->table, i->paused.known && i->paused.value ? "paused" : i->status);
	table_add_instant(&l->table, i->created_at);
	table_add_instant(&l->table, i->last_activity);
	return 0;
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "INSTANCE", "TYPE", "SOURCE", "STATUS", "CREATED",
					     "LAST ACTIVITY" };
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *json = NULL;
	struct listing l;
	int r;

	(void)n, (void)args;
	if (cli_manager(cli, &token, &client, err) < 0)
		return -1;
	l.json = json = cli->s.json ? json_object_new_array() : NULL;
	table_init(&l.table, heads, sizeof(heads) / sizeof(heads[0]));
	r = instance_list(client, on_instance, &l, err);
	if (r >= 0)
		r = json ? output_json(json, err) : table_print(&l.table, err);
	table_clear(&l.table);
	return r < 0 ? -1 : EXIT_DONE;
}

static void line_instant(const char *name, struct instant when)
{
	char text[RFC3339_SIZE] = "-";

	if (when.known)
		rfc3339_format(when.unix_s, text);
	output_line("%-14s %s", name, text);
}

static int get(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_instance struct instance i = {0};

	(void)n;
	if (client_check_instance(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    instance_get(client, args[0], &i, err) < 0)
		return -1;
	if (cli->s.json) {
		scoped_json struct json_object *json = to_json(&i);
		return output_json(json, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("%-14s %s", "instance", i.id);
	output_line("%-14s %s", "namespace", i.namespace[0] ? i.namespace : cli->s.namespace);
	output_line("%-14s %s", "type", i.type[0] ? i.type : "builtin");
	output_line("%-14s %s", "source", i.source ? i.source : "-");
	output_line("%-14s %s", "credential", i.token_id ? i.token_id : "-");
	output_line("%-14s %s", "status", i.status[0] ? i.status : "-");
	output_line("%-14s %s", "paused", !i.paused.known ? "-" : i.paused.value ? "yes" : "no");
	line_instant("created", i.created_at);
	line_instant("modified", i.modified_at);
	line_instant("last activity", i.last_activity);
	return EXIT_DONE;
}

static int confirm(const struct cli *cli, const char *id, struct err *err)
{
	char question[160];

	if (cli->s.yes)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		err_set(err, ERR_USAGE, "deleting '%s' was not confirmed", id);
		return err_hint(err, "there is no terminal to ask on: add --yes");
	}
	snprintf(question, sizeof(question), "Delete instance %s and everything it has indexed? [y/N] ",
		 id);
	return prompt_yes(question) ? 0 : err_set(err, ERR_INPUT, "not deleted");
}

static int delete(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;

	(void)n;
	if (client_check_instance(args[0], err) < 0 || confirm(cli, args[0], err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0 ||
	    instance_delete(client, args[0], err) < 0)
		return -1;
	if (cli->s.json) {
		scoped_json struct json_object *json = json_object_new_object();
		json_put_text(json, "deleted", args[0]);
		return output_json(json, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("deleted %s", args[0]);
	return EXIT_DONE;
}

const struct command cmd_instance_list = {
	.name = "instance list",
	.args = "",
	.summary = "list the instances of the namespace",
	.run = list,
};

const struct command cmd_instance_get = {
	.name = "instance get",
	.args = "INSTANCE",
	.summary = "print what the API knows of an instance",
	.min_args = 1,
	.max_args = 1,
	.run = get,
};

static const struct option delete_options[] = {
	{ "yes", 'y', OPTION_FLAG, NULL, "do not ask", OPTION_TO(yes), 0, 0 },
	{ 0 },
};

const struct command cmd_instance_delete = {
	.name = "instance delete",
	.args = "INSTANCE",
	.summary = "delete an instance and its index; asks first",
	.options = delete_options,
	.min_args = 1,
	.max_args = 1,
	.run = delete,
};
