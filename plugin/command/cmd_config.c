/* SPDX-License-Identifier: MIT */
/* cmd_config.c -- config check: what the plugin would say of a collectd.conf, without collectd. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "command.h"
#include "indexing/conf.h"
#include "indexing/metric.h"
#include "output.h"

#define PLUGIN "aisearch"

struct check {
	const char *path;	/* as messages name it */
	bool loaded;		/* its LoadPlugin was seen */
	int blocks;		/* <Plugin aisearch> with something in it */
	struct settings *list;
};

__attribute__((format(printf, 3, 4)))
static void warn(const struct check *c, int line, const char *fmt, ...)
{
	char text[512], shown[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_text(shown, sizeof(shown), text, strlen(text));
	if (line > 0)
		fprintf(stderr, "aisearch: config check: warning: %s:%d: %s\n", c->path, line, shown);
	else
		fprintf(stderr, "aisearch: config check: warning: %s: %s\n", c->path, shown);
}

/* --- what is there -------------------------------------------------------------- */

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

static bool is(const struct setting *s, const char *key)
{
	return strcasecmp(s->key, key) == 0;
}

static bool names_us(const struct setting *s)
{
	return s->value_count > 0 && s->values[0].type == SETTING_TEXT &&
	       strcasecmp(s->values[0].text, PLUGIN) == 0;
}

static bool is_true(const struct setting *s)
{
	const struct setting_value *v = s->values;

	if (s->value_count == 0)
		return false;
	if (v->type == SETTING_BOOLEAN)
		return v->boolean;
	return v->type == SETTING_TEXT && (!strcasecmp(v->text, "true") || !strcasecmp(v->text, "yes") ||
					   !strcasecmp(v->text, "on"));
}

/* As collectd goes through the file: from top to bottom, blocks in blocks are not looked into. */
static int look_at(struct check *c, const struct setting *s, struct err *err)
{
	if ((is(s, "LoadPlugin") && names_us(s)) || (is(s, "AutoLoadPlugin") && is_true(s)))
		c->loaded = true;
	else if (is(s, "Include"))
		warn(c, s->line, "Include is not followed; check those files too");
	if (!is(s, "Plugin") || !names_us(s) || s->child_count == 0)
		return 0;
	c->blocks++;
	if (!c->loaded)
		warn(c, s->line, "collectd skips this block: no LoadPlugin " PLUGIN " stands before it");
	return settings_read(s, true, &c->list, err);
}

static int look(struct check *c, const struct conf *conf, struct err *err)
{
	if (conf->skipped_line)
		warn(c, conf->skipped_line, "collectd skips '%c', which stands outside of quotes",
		     conf->skipped);
	for (size_t i = 0; i < conf->root.child_count; i++)
		if (look_at(c, &conf->root.children[i], err) < 0)
			return -1;
	if (c->blocks == 0) {
		err_set(err, ERR_NOT_FOUND, "there is no <Plugin " PLUGIN "> block: nothing to check");
		return err_hint(err, "it may be in a file that this one includes");
	}
	return 0;
}

/* --- what will not work ---------------------------------------------------------- */

/* Its token may come later, and the daemon may be another user: no reason to fail. */
static void look_at_token_file(const struct check *c, const struct settings *s)
{
	scoped_secret struct secret *token = NULL;
	const char *path = s->credential.token_file;
	struct err why = { 0 };
	struct stat st;

	if (lstat(path, &st) < 0)
		warn(c, 0, errno == ENOENT ? "<Account \"%s\">: TokenFile '%s' is not there yet"
					   : "<Account \"%s\">: this user may not look at TokenFile '%s'",
		     s->name, path);
	else if (st.st_uid != geteuid())
		warn(c, 0, "<Account \"%s\">: TokenFile '%s' belongs to user %ld: collectd has to run"
		     " as that user", s->name, path, (long)st.st_uid);
	else if (file_read_secret(path, TOKEN_FILE_MAX, true, &token, &why) < 0 ||
		 secret_check_token(token, &why) < 0)
		warn(c, 0, "<Account \"%s\">: TokenFile '%s': %s", s->name, path, why.what);
}

static void look_closer(const struct check *c)
{
	for (const struct settings *s = c->list; s; s = s->next) {
		bool ignore;

		if (s->credential.token_file)
			look_at_token_file(c, s);
		if (selection_count(s->instances, &ignore) == 0 && ignore)
			warn(c, 0, "<Account \"%s\">: IgnoreSelected without an Instance: none is ignored",
			     s->name);
	}
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
	void (*print)(char *out, size_t size, const struct settings *s);	/* NULL = one of the first three */
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

static int check_text(struct check *c, const struct buf *text, bool json, struct err *err)
{
	scoped_conf struct conf conf = { 0 };

	if (conf_parse(text->data, text->len, &conf, err) < 0 || look(c, &conf, err) < 0)
		return -1;
	look_closer(c);
	return print(c->list, json, err);
}

static int check(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_buf struct buf text = BUF(CONF_SIZE_MAX);
	bool in = !strcmp(args[0], "-");
	struct check c = { .path = in ? "(standard input)" : args[0] };
	int r;

	(void)n;
	r = in ? read_stdin(&text, err) : file_read(args[0], CONF_SIZE_MAX, &text, err);
	if (r < 0)
		return in ? err_context(err, "%s", c.path) : -1;
	r = check_text(&c, &text, cli->s.json, err);
	settings_free(c.list);
	if (r == 0)
		return EXIT_DONE;
	return err->line > 0 ? err_context(err, "%s:%d", c.path, err->line)
			     : err_context(err, "%s", c.path);
}

const struct command cmd_config_check = {
	.name = "config check",
	.args = "FILE",
	.summary = "check the <Plugin aisearch> blocks of a collectd.conf",
	.details = "With the plugin's own parser and without the network.  FILE may be - for standard\n"
		   "input.  Exit 1 when a block is refused or there is none.  Files are looked at with\n"
		   "the rights of the user who runs this: best that of the daemon.  A TokenFile that\n"
		   "holds no token, or that only another user may read, is a warning.  With --json\n"
		   "it prints JSON.",
	.min_args = 1,
	.max_args = 1,
	.offline = true,
	.run = check,
};
