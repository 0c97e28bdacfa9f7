/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/file.h"

#define INTERVAL_MAX_S 86400
#define TIMEOUT_MAX_MS 3600000
#define OWN_NAMES "account"	/* the accounts' own values are account.NAME */

enum option_type { TEXT, NUMBER, BOOLEAN };

struct value {
	const char *text;
	char *wipe;		/* the daemon's copy of text */
	double number;
	bool boolean;
};

struct option {
	const char *key;
	enum option_type type;
	bool repeatable;
	int (*set)(struct account *a, const struct value *v, struct err *err);
};

static int copy(char **out, const char *text, struct err *err)
{
	if (!*text)
		return err_set(err, ERR_CONFIG, "must not be empty");
	*out = strdup(text);
	return *out ? 0 : err_nomem(err);
}

static int set_account_id(struct account *a, const struct value *v, struct err *err)
{
	return client_check_account(v->text, err) < 0 ? -1 : copy(&a->account_id, v->text, err);
}

static int set_namespace(struct account *a, const struct value *v, struct err *err)
{
	return client_check_namespace(v->text, err) < 0 ? -1 : copy(&a->namespace, v->text, err);
}

static int set_flat_paths(struct account *a, const struct value *v, struct err *err)
{
	(void)err;
	a->flat_paths = v->boolean;
	return 0;
}

static int set_url(struct account *a, const struct value *v, struct err *err)
{
	if (url_check(v->text, err) < 0)
		return -1;
	if (strpbrk(v->text, "?#"))
		return err_set(err, ERR_CONFIG, "must have no query and no fragment");
	return copy(&a->url, v->text, err);
}

static int set_host(struct account *a, const struct value *v, struct err *err)
{
	return copy(&a->host, v->text, err);
}

static int set_prefix(struct account *a, const struct value *v, struct err *err)
{
	size_t n = strlen(v->text);

	if (n < 1 || n > 28 || strspn(v->text, "abcdefghijklmnopqrstuvwxyz0123456789_-") != n)
		return err_set(err, ERR_CONFIG, "'%.40s' is not 1 to 28 of a-z 0-9 _ -", v->text);
	return copy(&a->prefix, v->text, err);
}

static int set_instance(struct account *a, const struct value *v, struct err *err)
{
	size_t n = strlen(v->text);
	bool regex = n >= 2 && v->text[0] == '/' && v->text[n - 1] == '/';

	/* a name that no instance can have selects nothing: certainly not what was meant */
	if (n > 0 && !regex && client_check_instance(v->text, err) < 0) {
		err->kind = ERR_CONFIG;
		return v->text[0] == '/' ? err_hint(err, "a regular expression ends in / too") : -1;
	}
	return selection_add(a->instances, v->text, err);
}

static int set_ignore_selected(struct account *a, const struct value *v, struct err *err)
{
	(void)err;
	selection_ignore(a->instances, v->boolean);
	return 0;
}

static int set_interval(struct account *a, const struct value *v, struct err *err)
{
	if (!(v->number >= 1 && v->number <= INTERVAL_MAX_S))
		return err_set(err, ERR_CONFIG, "%g is not 1 to %d seconds", v->number, INTERVAL_MAX_S);
	a->interval_ms = (int64_t)(v->number * 1000);
	return 0;
}

static int set_timeout(struct account *a, const struct value *v, struct err *err)
{
	if (!(v->number >= 1 && v->number <= TIMEOUT_MAX_MS))
		return err_set(err, ERR_CONFIG, "%g is not 1 to %d milliseconds", v->number,
			       TIMEOUT_MAX_MS);
	a->timeout_ms = (int64_t)v->number;
	return 0;
}

static int set_ca_cert(struct account *a, const struct value *v, struct err *err)
{
	scoped_file FILE *f = fopen(v->text, "re");

	if (!f)
		return err_errno(err, ERR_CONFIG, errno, "cannot read '%s'", v->text);
	return copy(&a->ca_cert, v->text, err);
}

static int set_verify_peer(struct account *a, const struct value *v, struct err *err)
{
	(void)err;
	a->verify_peer = v->boolean;
	return 0;
}

static int set_verify_host(struct account *a, const struct value *v, struct err *err)
{
	(void)err;
	a->verify_host = v->boolean;
	return 0;
}

static int set_helper(struct account *a, const struct value *v, struct err *err)
{
	char command[4096];

	if (credential_command(v->text, command, sizeof(command), err) < 0)
		return -1;
	return copy(&a->credential.helper, v->text, err);
}

static int set_username(struct account *a, const struct value *v, struct err *err)
{
	if (strpbrk(v->text, "\r\n") || strlen(v->text) > 256)
		return err_set(err, ERR_CONFIG, "must be one line of at most 256 bytes");
	return copy(&a->credential.username, v->text, err);
}

/* A file that is not there yet is no mistake: it may come later.  A public one is. */
static int set_token_file(struct account *a, const struct value *v, struct err *err)
{
	if (v->text[0] != '/')
		return err_set(err, ERR_CONFIG, "'%s' is not an absolute path", v->text);
	if (file_check_private(v->text, err) < 0 && err->kind == ERR_CONFIG)
		return -1;
	return copy(&a->credential.token_file, v->text, err);
}

static int set_token(struct account *a, const struct value *v, struct err *err)
{
	size_t len = strlen(v->text);
	int r = secret_new(v->text, len, &a->credential.token, err);

	if (r == 0)
		r = secret_check_token(a->credential.token, err);
	secret_wipe(v->wipe, len);	/* the daemon keeps its copy until it exits */
	return r;
}

static const struct option options[] = {
	{ "AccountId",          TEXT,    false, set_account_id },
	{ "CACert",             TEXT,    false, set_ca_cert },
	{ "CredentialHelper",   TEXT,    false, set_helper },
	{ "CredentialUsername", TEXT,    false, set_username },
	{ "FlatPaths",          BOOLEAN, false, set_flat_paths },
	{ "Host",               TEXT,    false, set_host },
	{ "IgnoreSelected",     BOOLEAN, false, set_ignore_selected },
	{ "Instance",           TEXT,    true,  set_instance },
	{ "Interval",           NUMBER,  false, set_interval },
	{ "Namespace",          TEXT,    false, set_namespace },
	{ "Prefix",             TEXT,    false, set_prefix },
	{ "Timeout",            NUMBER,  false, set_timeout },
	{ "Token",              TEXT,    false, set_token },
	{ "TokenFile",          TEXT,    false, set_token_file },
	{ "URL",                TEXT,    false, set_url },
	{ "VerifyHost",         BOOLEAN, false, set_verify_host },
	{ "VerifyPeer",         BOOLEAN, false, set_verify_peer },
};
#define OPTIONS STATIC_ARRAY_SIZE(options)

static int take_value(const oconfig_item_t *item, enum option_type type, struct value *v,
		      struct err *err)
{
	static const char *const wanted[] = {
		[TEXT] = "one string in quotes",
		[NUMBER] = "one number, without quotes",
		[BOOLEAN] = "true or false",
	};
	const oconfig_value_t *value = item->values;
	int have = item->values_num == 1 ? value->type : -1;

	if (type == TEXT && have == OCONFIG_TYPE_STRING) {
		v->wipe = value->value.string;
		v->text = v->wipe;
	} else if (type == NUMBER && have == OCONFIG_TYPE_NUMBER) {
		v->number = value->value.number;
	} else if (type == BOOLEAN && have == OCONFIG_TYPE_BOOLEAN) {
		v->boolean = value->value.boolean != 0;
	} else if (type == BOOLEAN && have == OCONFIG_TYPE_STRING &&
		   (IS_TRUE(value->value.string) || IS_FALSE(value->value.string))) {
		v->boolean = IS_TRUE(value->value.string);
	} else {
		return err_set(err, ERR_CONFIG, "expected %s", wanted[type]);
	}
	if (item->children_num > 0)
		return err_set(err, ERR_CONFIG, "is an option, not a block");
	return 0;
}

static int take_option(struct account *a, const oconfig_item_t *item, bool *seen, struct err *err)
{
	struct value v = { 0 };

	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option *o = &options[i];

		if (strcasecmp(item->key, o->key) != 0)
			continue;
		if (seen[i] && !o->repeatable)
			return err_set(err, ERR_CONFIG, "%s is given twice", o->key);
		seen[i] = true;
		if (take_value(item, o->type, &v, err) < 0 || o->set(a, &v, err) < 0)
			return err_context(err, "%s", o->key);
		return 0;
	}
	err_set(err, ERR_CONFIG, "unknown option '%s'", item->key);
	return err_hint(err, "see collectd-aisearch(5)");
}

/* What only the whole block shows. */
static int check_account(const struct account *a, struct err *err)
{
	const struct credential_config *c = &a->credential;
	bool named = a->namespace && strcmp(a->namespace, CLIENT_NAMESPACE_DEFAULT) != 0;

	if (!a->account_id) {
		err_set(err, ERR_CONFIG, "AccountId is missing");
		return err_hint(err, "32 hex digits, the first part of the dashboard's address");
	}
	if ((c->helper != NULL) + (c->token_file != NULL) + (c->token != NULL) > 1) {
		err_set(err, ERR_CONFIG, "more than one source of the token");
		return err_hint(err, "keep one of CredentialHelper, TokenFile and Token");
	}
	if (c->username && (c->token || c->token_file))
		return err_set(err, ERR_CONFIG, "CredentialUsername is for CredentialHelper only");
	if (a->flat_paths && named)
		return err_set(err, ERR_CONFIG, "FlatPaths knows the namespace 'default' only, not '%s'",
			       a->namespace);
	if (a->prefix ? !strcmp(a->prefix, OWN_NAMES) : named && !strcmp(a->namespace, OWN_NAMES)) {
		err_set(err, ERR_CONFIG, "'%s.' stands before the accounts' own values", OWN_NAMES);
		return err_hint(err, "give the block a Prefix of another name");
	}
	return 0;
}

static int check_name(const oconfig_item_t *item, const char **name, struct err *err)
{
	size_t n;

	if (item->values_num != 1 || item->values[0].type != OCONFIG_TYPE_STRING) {
		err_set(err, ERR_CONFIG, "an <Account> block needs one name in quotes");
		return err_hint(err, "<Account \"prod\">");
	}
	*name = item->values[0].value.string;
	n = strlen(*name);
	if (n < 1 || n > ACCOUNT_NAME_MAX ||
	    strspn(*name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != n) {
		err_set(err, ERR_CONFIG, "account name '%.60s' is not 1 to %d letters, digits, . _ -",
			*name, ACCOUNT_NAME_MAX);
		return -1;
	}
	return 0;
}

static int read_account(const oconfig_item_t *item, struct account **out, struct err *err)
{
	scoped_account struct account *a = account_new();
	bool seen[OPTIONS] = { false };
	const char *name = NULL;

	if (!a)
		return err_nomem(err);
	if (check_name(item, &name, err) < 0)
		return -1;
	a->name = strdup(name);
	if (!a->name)
		return err_nomem(err);
	for (int i = 0; i < item->children_num; i++)
		if (take_option(a, &item->children[i], seen, err) < 0)
			return err_context(err, "<Account \"%s\">", name);
	if (check_account(a, err) < 0)
		return err_context(err, "<Account \"%s\">", name);
	*out = STEAL(a);
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Two values of one name: the daemon would drop one of them, now this, now that. */
static int check_names(const struct account *a, const struct account *b, struct err *err)
{
	char x[128], y[128];

	if (!strcasecmp(a->name, b->name))
		return err_set(err, ERR_CONFIG, "two <Account> blocks are called '%s'", a->name);
	account_front(a, x, sizeof(x));
	account_front(b, y, sizeof(y));
	if (!same_text(a->host, b->host) || strcmp(x, y) != 0)
		return 0;
	err_set(err, ERR_CONFIG, "<Account \"%s\"> and <Account \"%s\"> would publish under the same"
		" names", a->name, b->name);
	return err_hint(err, "give one of them a Prefix or a Host");
}

int config_read(const oconfig_item_t *plugin, struct account **list, struct err *err)
{
	struct account **tail = list;

	while (*tail)
		tail = &(*tail)->next;
	struct account **added = tail;
	for (int i = 0; i < plugin->children_num; i++) {
		const oconfig_item_t *item = &plugin->children[i];
		int r;

		if (strcasecmp(item->key, "Account") != 0) {
			err_set(err, ERR_CONFIG, "unknown option '%s'", item->key);
			err_hint(err, "options belong into an <Account \"NAME\"> block");
			r = -1;
		} else {
			r = read_account(item, tail, err);
		}
		for (struct account *a = *list; r == 0 && a != *tail; a = a->next)
			r = check_names(a, *tail, err);
		if (r < 0) {
			for (struct account *a = STEAL(*added), *next; a; a = next) {
				next = a->next;
				account_unref(a);
			}
			return -1;
		}
		tail = &(*tail)->next;
	}
	return 0;
}
