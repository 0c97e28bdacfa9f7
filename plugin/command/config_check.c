/* SPDX-License-Identifier: MIT */
#include "config_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cloudflare/pem.h"
#include "indexing/conf.h"

#define PLUGIN "aisearch"

__attribute__((format(printf, 3, 4)))
static void warn(const struct config_check *c, int line, const char *fmt, ...)
{
	char text[512], shown[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_text(shown, sizeof(shown), text, strlen(text));
	c->warn(c->ctx, c->path, line, shown);
}

void config_check_clear(struct config_check *c)
{
	settings_free(c->list);
	free(c->plugin_dir);
	c->list = NULL;
	c->plugin_dir = NULL;
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

static bool is_seconds(const struct setting_value *v, bool quoted, double *out)
{
	char *end = NULL;

	if (v->type == SETTING_NUMBER)
		*out = v->number;
	else if (v->type == SETTING_TEXT && quoted)
		*out = strtod(v->text, &end);
	else
		return false;
	return *out > 0 && (!end || (end != v->text && !*end));
}

/* collectd takes another interval in place of a wrong one, its own also a quoted number. */
static int take_interval(const struct setting *s, bool own, double *out, struct err *err)
{
	if (s->value_count == 1 && is_seconds(s->values, !own, out))
		return 0;
	if (s->value_count == 1 && s->values->type == SETTING_NUMBER)
		err_set(err, ERR_CONFIG, "Interval: %.10g is not more than 0 seconds",
			s->values->number);
	else
		err_set(err, ERR_CONFIG, "Interval: expected one number of seconds, more than 0");
	err->line = s->line;
	return err_hint(err, "collectd would take %s in its place; leave it out for that",
			own ? "its own interval" : "10 seconds");
}

static int look_at_plugin(struct config_check *c, const struct setting *s, struct err *err)
{
	c->loaded = true;
	for (size_t i = 0; i < s->child_count; i++)
		if (is(&s->children[i], "Interval") &&
		    take_interval(&s->children[i], true, &c->own_interval, err) < 0)
			return -1;
	return 0;
}

/* As collectd goes through the file: from top to bottom, blocks in blocks are not looked into. */
static int look_at(struct config_check *c, const struct setting *s, struct err *err)
{
	if (is(s, "LoadPlugin") && names_us(s))
		return look_at_plugin(c, s, err);
	if (is(s, "Interval"))
		return take_interval(s, false, &c->interval, err);
	if (is(s, "AutoLoadPlugin") && is_true(s)) {
		c->loaded = true;
	} else if (is(s, "PluginDir") && s->value_count > 0 && s->values[0].type == SETTING_TEXT) {
		free(c->plugin_dir);
		c->plugin_dir = strdup(s->values[0].text);
	} else if (is(s, "Include") && !c->included) {
		warn(c, s->line, "Include is not followed; check those files too");
	}
	if (!is(s, "Plugin") || !names_us(s) || s->child_count == 0)
		return 0;
	c->blocks++;
	if (!c->loaded && !c->included)
		warn(c, s->line,
		     "collectd skips this block: no LoadPlugin " PLUGIN " stands before it");
	return settings_read(s, true, &c->list, err);
}

static int look(struct config_check *c, const struct conf *conf, struct err *err)
{
	if (conf->skipped_line)
		warn(c, conf->skipped_line, "collectd skips '%c', which stands outside of quotes",
		     conf->skipped);
	for (size_t i = 0; i < conf->root.child_count; i++)
		if (look_at(c, &conf->root.children[i], err) < 0)
			return -1;
	if (c->blocks == 0) {
		err_set(err, ERR_NOT_FOUND,
			"there is no <Plugin " PLUGIN "> block: nothing to check");
		return err_hint(err, "it may be in a file that this one includes");
	}
	return 0;
}

/* Its token may come later, and the daemon may be another user: no reason to fail. */
static void look_at_token_file(const struct config_check *c, const struct settings *s)
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
		warn(c, 0,
		     "<Account \"%s\">: TokenFile '%s' belongs to user %ld: collectd has to run"
		     " as that user", s->name, path, (long)st.st_uid);
	else if (file_read_secret(path, TOKEN_FILE_MAX, true, &token, &why) < 0 ||
		 secret_check_token(token, &why) < 0)
		warn(c, 0, "<Account \"%s\">: TokenFile '%s': %s", s->name, path, why.what);
}

static void look_at_timeout(const struct config_check *c, const struct settings *s)
{
	double interval = c->own_interval > 0 ? c->own_interval : c->interval;

	if (s->interval_ms || interval <= 0 || !s->timeout_ms)
		return;
	interval = interval < 1 ? 1 : interval;	/* as the plugin does */
	if ((double)s->timeout_ms > interval * 1000)
		warn(c, 0,
		     "<Account \"%s\">: Timeout %lld ms is longer than the interval of %.10g s: an"
		     " API that hangs holds the account up for so long", s->name,
		     (long long)s->timeout_ms, interval);
}

void config_check_closer(const struct config_check *c)
{
	for (const struct settings *s = c->list; s; s = s->next) {
		struct pem_files files = { s->http.ca_file, s->http.client_cert,
					   s->http.client_key };
		struct err why = { 0 };
		bool ignore;

		if (pem_check(&files, &why) < 0)
			warn(c, 0, "<Account \"%s\">: %s (%s)", s->name, why.what, why.hint);
		look_at_timeout(c, s);
		if (s->credential.token_file)
			look_at_token_file(c, s);
		if (selection_count(s->instances, &ignore) == 0 && ignore)
			warn(c, 0, "<Account \"%s\">: IgnoreSelected without an Instance: none is ignored",
			     s->name);
	}
}

int config_check_text(struct config_check *c, const struct buf *text, struct err *err)
{
	scoped_conf struct conf conf = { 0 };

	return conf_parse(text->data, text->len, &conf, err) < 0 || look(c, &conf, err) < 0 ? -1 : 0;
}
