/* SPDX-License-Identifier: MIT */
/* cmd_config.c -- config check: what the plugin would say of a collectd.conf, without collectd. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "command.h"
#include "config_check.h"
#include "indexing/conf.h"
#include "indexing/metric.h"
#include "output.h"

static void say(void *ctx, const char *path, int line, const char *text)
{
	(void)ctx;
	if (line > 0)
		fprintf(stderr, "aisearch: config check: warning: %s:%d: %s\n", path, line, text);
	else
		fprintf(stderr, "aisearch: config check: warning: %s: %s\n", path, text);
}

static int read_stdin(struct buf *text, struct err *err)
{
	char chunk[16384];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = err_errno(err, ERR_INPUT, errno, "cannot read");
		else if (buf_add(text, chunk, (size_t)n) < 0)
			r = err_set(err, ERR_INPUT, "larger than %d bytes", CONF_SIZE_MAX);
	}
	secret_wipe(chunk, sizeof(chunk));	/* there may be a Token in it */
	return r;
}

/* --- what it says --------------------------------------------------------------- */

static void print_interval(char *out, size_t size, const struct settings *s)
{
	if (s->interval_ms)
		snprintf(out, size, "%.10g s", (double)s->interval_ms / 1000);
	else
		snprintf(out, size, "collectd's");
}

static void print_instances(char *out, size_t size, const struct settings *s)
{
	bool ignore;
	size_t n = selection_count(s->instances, &ignore);

	if (n == 0)
		snprintf(out, size, "all");
	else
		snprintf(out, size, "%s%zu selected", ignore ? "all but " : "", n);
}

/* Never a token, nor what stands after a helper's name: it may be one. */
static void print_source(char *out, size_t size, const struct settings *s)
{
	const struct credential_settings *c = &s->credential;
	const char *helper = c->helper ? c->helper : CREDENTIAL_HELPER_DEFAULT;

	if (c->token)
		snprintf(out, size, "in the file");
	else if (c->token_file)
		snprintf(out, size, "file %s", c->token_file);
	else if (helper[0] == '!')
		snprintf(out, size, "helper (a shell snippet)");
	else
		snprintf(out, size, "helper %.*s", (int)strcspn(helper, " \t"), helper);
}

static void print_groups(char *out, size_t size, const struct settings *s)
{
	static const struct {
		enum metric_group group;
		const char *name;
	} groups[] = {
		{ METRIC_ENGINE, "engine" }, { METRIC_ERRORS, "errors" }, { METRIC_JOBS, "jobs" },
		{ METRIC_SYNC, "sync" }, { METRIC_TOKEN, "token" }, { METRIC_TIME, "time" },
		{ METRIC_CODE, "code" },
	};
	size_t n = (size_t)snprintf(out, size, "basic");

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (s->groups & groups[i].group)
			n += (size_t)snprintf(out + n, size - n, " %s", groups[i].name);
}

static const struct {
	const char *head, *key;
	/* NULL = one of the first three */
	void (*print)(char *out, size_t size, const struct settings *s);
} columns[] = {
	{ "BLOCK", "block", NULL },
	{ "ACCOUNT", "account", NULL },
	{ "NAMESPACE", "namespace", NULL },
	{ "INTERVAL", "interval", print_interval },
	{ "INSTANCES", "instances", print_instances },
	{ "TOKEN", "token", print_source },
	{ "VALUES", "values", print_groups },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int print(const struct settings *list, bool as_json, struct err *err)
{
	scoped_json struct json_object *json = as_json ? json_object_new_array() : NULL;
	const char *heads[COLUMNS];
	scoped_table struct table table;

	for (size_t i = 0; i < COLUMNS; i++)
		heads[i] = columns[i].head;
	table_init(&table, heads, COLUMNS);
	for (const struct settings *s = list; s; s = s->next) {
		const char *first[] = { s->name, s->account_id,
					s->namespace ? s->namespace : CLIENT_NAMESPACE_DEFAULT };
		struct json_object *o = json ? json_object_new_object() : NULL;
		char text[512];

		for (size_t i = 0; i < COLUMNS; i++) {
			if (columns[i].print)
				columns[i].print(text, sizeof(text), s);
			else
				snprintf(text, sizeof(text), "%s", first[i]);
			if (json)
				json_put_text(o, columns[i].key, text);
			else
				table_add(&table, text);
		}
		if (json)
			json_object_array_add(json, o);
	}
	return json ? output_json(json, err) : table_print(&table, err);
}

static int check(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_buf struct buf text = BUF(CONF_SIZE_MAX);
	bool in = !strcmp(args[0], "-");
	struct config_check c = { .path = in ? "(standard input)" : args[0], .warn = say };
	int r;

	(void)n;
	r = in ? read_stdin(&text, err) : file_read(args[0], CONF_SIZE_MAX, &text, err);
	if (r < 0)
		return in ? err_context(err, "%s", c.path) : -1;
	r = config_check_text(&c, &text, err);
	if (r == 0) {
		config_check_closer(&c);
		r = print(c.list, cli->s.json, err);
	}
	config_check_clear(&c);
	if (r == 0)
		return EXIT_DONE;
	return err->line > 0 ? err_context(err, "%s:%d", c.path, err->line)
			     : err_context(err, "%s", c.path);
}

const struct command cmd_config_check = {
	.name = "config check",
	.args = "FILE",
	.summary = "check the <Plugin aisearch> blocks of a collectd.conf",
	.details = "The <Plugin aisearch> blocks are checked as the plugin itself would, without\n"
		   "collectd and without the network; FILE - is the standard input.  It prints one\n"
		   "line for each Account block, with no secret, or the file, the line and what is\n"
		   "wrong.  With --json it prints JSON.\n\n"
		   "What may still become right is a warning: a TokenFile that holds no token, or that\n"
		   "only another user may read, a CACert, ClientCert or ClientKey without what it is\n"
		   "for, a Timeout longer than the interval, where that stands outside of the block,\n"
		   "and a block that collectd would skip, for lack of a LoadPlugin before it.  So is an\n"
		   "Include, which is not followed.  An Interval of 0 or less is refused also where it\n"
		   "is collectd's own or that of LoadPlugin.  A refused block, or none at all, is exit\n"
		   "status 1.\n\n"
		   "Files are looked at with the rights of the user who runs this, so that should be\n"
		   "the daemon's.",
	.min_args = 1,
	.max_args = 1,
	.offline = true,
	.run = check,
};
