/* SPDX-License-Identifier: MIT */
#include "indexing/settings.h"

#include <string.h>
#include <strings.h>

#include "indexing/metric.h"
#include "indexing/settings_table.h"

static struct settings *settings_new(void)
{
	struct settings *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->groups = METRIC_TIME | METRIC_CODE;
	s->instances = selection_new();
	if (!s->instances) {
		free(s);
		return NULL;
	}
	return s;
}

/* The strings of an http_config are const for those who use it; here is who made them. */
static void free_const(const void *p)
{
	free((void *)(uintptr_t)p);
}

static void http_clear(struct http_config *http)
{
	for (const char *const *h = http->headers; h && *h; h++)
		free_const(*h);
	free_const(http->headers);
	free_const(http->ca_file);
	free_const(http->ca_path);
	free_const(http->client_cert);
	free_const(http->client_key);
	secret_free((struct secret *)(uintptr_t)http->client_key_pass);
}

void settings_free(struct settings *list)
{
	while (list) {
		struct settings *s = list;

		list = s->next;
		selection_free(s->instances);
		http_clear(&s->http);
		free(s->credential.helper);
		free(s->credential.token_file);
		free(s->credential.username);
		secret_free(s->credential.token);
		free(s->name);
		free(s->account_id);
		free(s->namespace);
		free(s->url);
		free(s->host);
		free(s->prefix);
		free(s);
	}
}

static inline void cleanup_settings(struct settings **s)
{
	settings_free(*s);
}
#define scoped_settings SCOPED(cleanup_settings)

/* collectd's words, quoted: it takes them for booleans too. */
static bool boolean_of(const char *text, bool *out)
{
	static const char *const words[] = { "true", "yes", "on", "false", "no", "off" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i], text) != 0)
			continue;
		*out = i < 3;
		return true;
	}
	return false;
}

static int take_value(const struct setting *item, enum setting_type type, struct setting_value *v,
		      struct err *err)
{
	static const char *const wanted[] = {
		[SETTING_TEXT] = "one string in quotes",
		[SETTING_NUMBER] = "one number, without quotes",
		[SETTING_BOOLEAN] = "true or false",
	};

	if (item->value_count == 1)
		*v = item->values[0];
	if (item->value_count == 1 && type == SETTING_BOOLEAN && v->type == SETTING_TEXT &&
	    boolean_of(v->text, &v->boolean))
		v->type = SETTING_BOOLEAN;
	if (item->value_count != 1 || v->type != type)
		return err_set(err, ERR_CONFIG, "expected %s", wanted[type]);
	if (item->child_count > 0)
		return err_set(err, ERR_CONFIG, "is an option, not a block");
	return 0;
}

static int take_option(struct settings *s, const struct setting *item, bool *seen, struct err *err)
{
	struct setting_value v = { 0 };

	for (const struct settings_row *row = settings_rows; row->key; row++) {
		if (strcasecmp(item->key, row->key) != 0)
			continue;
		if (seen[row - settings_rows] && !row->repeatable) {
			err_set(err, ERR_CONFIG, "%s is given twice", row->key);
			return err_hint(err, "once in a block is enough");
		}
		seen[row - settings_rows] = true;
		if (take_value(item, row->type, &v, err) < 0) {
			err_hint(err, "%s %s", row->key, row->takes);
			return err_context(err, "%s", row->key);
		}
		if (row->set(s, row, &v, err) == 0)
			return 0;
		if (err->kind != ERR_NOMEM)
			err->kind = ERR_CONFIG;	/* whatever it is where the value comes from elsewhere */
		return err_context(err, "%s", row->key);
	}
	if (settings_refused(item->key, err) < 0)
		return -1;
	err_set(err, ERR_CONFIG, "unknown option '%.60s'", item->key);
	return err_hint(err, "see collectd-aisearch(5)");
}

static int check_name(const struct setting *item, const char **name, struct err *err)
{
	size_t n;

	if (item->value_count != 1 || item->values[0].type != SETTING_TEXT) {
		err_set(err, ERR_CONFIG, "an <Account> block needs one name in quotes");
		return err_hint(err, "<Account \"prod\">");
	}
	*name = item->values[0].text;
	n = strlen(*name);
	if (n < 1 || n > ACCOUNT_NAME_MAX ||
	    strspn(*name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != n)
		return err_set(err, ERR_CONFIG,
			       "account name '%.60s' is not 1 to %d letters, digits, . _ -",
			       *name, ACCOUNT_NAME_MAX);
	return 0;
}

static int read_block(const struct setting *item, bool foreign, struct settings **out,
		      struct err *err)
{
	scoped_settings struct settings *s = settings_new();
	bool seen[SETTINGS_ROWS_MAX] = { false };
	const char *name = NULL;

	if (!s)
		return err_nomem(err);
	if (check_name(item, &name, err) < 0)
		return -1;
	s->name = strdup(name);
	if (!s->name)
		return err_nomem(err);
	s->foreign = foreign;
	for (size_t i = 0; i < item->child_count; i++) {
		if (take_option(s, &item->children[i], seen, err) < 0) {
			err->line = item->children[i].line;
			return err_context(err, "<Account \"%s\">", name);
		}
	}
	if (settings_check_block(s, err) < 0)
		return err_context(err, "<Account \"%s\">", name);
	*out = STEAL(s);
	return 0;
}

static int read_item(const struct setting *item, bool foreign, struct settings **out,
		     struct err *err)
{
	if (strcasecmp(item->key, "Account") == 0)
		return read_block(item, foreign, out, err);
	err_set(err, ERR_CONFIG, "unknown option '%.60s'", item->key);
	return err_hint(err, "options belong into an <Account \"NAME\"> block");
}

int settings_read(const struct setting *plugin, bool foreign, struct settings **list,
		  struct err *err)
{
	struct settings **tail = list;

	while (*tail)
		tail = &(*tail)->next;
	struct settings **added = tail;
	for (size_t i = 0; i < plugin->child_count; i++) {
		const struct setting *item = &plugin->children[i];
		int r;

		err->line = 0;
		r = read_item(item, foreign, tail, err);
		for (struct settings *s = *list; r == 0 && s != *tail; s = s->next)
			r = settings_check_pair(s, *tail, err);
		if (r < 0) {
			settings_free(STEAL(*added));
			if (err->line == 0)
				err->line = item->line;
			return -1;
		}
		tail = &(*tail)->next;
	}
	return 0;
}
