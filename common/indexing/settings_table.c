/* SPDX-License-Identifier: MIT */
#include "indexing/settings_table.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cloudflare/client.h"
#include "indexing/metric.h"

#define HOST_MAX 127		/* bytes of a host in collectd's value lists */
#define TOP(member) offsetof(struct settings, member)

#define SETTER(name) \
	static int name(struct settings *s, const struct settings_row *row, \
			const struct setting_value *v, struct err *err)

static int copy(void *to, const char *text, struct err *err)
{
	char *own;

	if (!*text)
		return err_set(err, ERR_CONFIG, "must not be empty");
	if (settings_check_printable(text, err) < 0)
		return -1;
	own = strdup(text);
	if (!own)
		return err_nomem(err);
	memcpy(to, &own, sizeof(own));	/* a char * or a const char * */
	return 0;
}

static void *target(struct settings *s, const struct settings_row *row)
{
	return (char *)s + row->to;
}

/* --- booleans and numbers ---------------------------------------------------- */

SETTER(set_flag)
{
	(void)err;
	*(bool *)target(s, row) = v->boolean;
	return 0;
}

SETTER(set_flag_reversed)
{
	(void)err;
	*(bool *)target(s, row) = !v->boolean;
	return 0;
}

SETTER(set_group)
{
	(void)err;
	s->groups = v->boolean ? s->groups | row->group : s->groups & ~row->group;
	return 0;
}

SETTER(set_ignore_selected)
{
	(void)row, (void)err;
	selection_ignore(s->instances, v->boolean);
	return 0;
}

static int check_range(const struct settings_row *row, double number, struct err *err)
{
	if (number >= row->range.min && number <= row->range.max &&
	    (!row->range.whole || number == (double)(int64_t)number))
		return 0;
	err_set(err, ERR_CONFIG, "%.10g is not %s%.10g to %.10g %s", number,
		row->range.whole ? "a whole number from " : "", row->range.min, row->range.max,
		row->range.unit);
	return number == 0 ? err_hint(err, "0 does not mean 'none' here: leave %s out for the default",
				      row->key) : -1;
}

SETTER(set_int64)
{
	if (check_range(row, v->number, err) < 0)
		return -1;
	*(int64_t *)target(s, row) = (int64_t)(v->number * row->range.scale);
	return 0;
}

SETTER(set_int)
{
	if (check_range(row, v->number, err) < 0)
		return -1;
	*(int *)target(s, row) = (int)v->number;
	return 0;
}

/* --- words ------------------------------------------------------------------- */

struct word {
	const char *name;
	int value;
};

static int choose(const struct word *words, const char *text, int *out)
{
	for (; words->name; words++) {
		if (strcasecmp(words->name, text) != 0)
			continue;
		*out = words->value;
		return 0;
	}
	return -1;
}

SETTER(set_family)
{
	static const struct word families[] = {
		{ "any", HTTP_FAMILY_ANY },
		{ "ipv4", HTTP_FAMILY_IPV4 },
		{ "ipv6", HTTP_FAMILY_IPV6 },
		{ 0 },
	};
	int family;

	(void)row;
	if (choose(families, v->text, &family) < 0)
		return err_set(err, ERR_CONFIG, "'%.40s' is not any, ipv4 or ipv6", v->text);
	s->http.family = (enum http_family)family;
	return 0;
}

SETTER(set_tls)
{
	static const struct word versions[] = {
		{ "TLSv1_2", HTTP_TLS_1_2 },
		{ "TLSv1_3", HTTP_TLS_1_3 },
		{ 0 },
	};
	int version;

	(void)row;
	if (choose(versions, v->text, &version) < 0) {
		err_set(err, ERR_CONFIG, "'%.40s' is not TLSv1_2 or TLSv1_3", v->text);
		return err_hint(err,
				"it is the lowest version to accept; nothing older is ever used");
	}
	s->http.tls = (enum http_tls)version;
	return 0;
}

SETTER(set_account_id)
{
	return client_check_account(v->text, err) < 0 ? -1 : copy(target(s, row), v->text, err);
}

SETTER(set_namespace)
{
	return client_check_namespace(v->text, err) < 0 ? -1 : copy(target(s, row), v->text, err);
}

SETTER(set_url)
{
	if (url_check(v->text, err) < 0)
		return -1;
	if (strpbrk(v->text, "?#"))
		return err_set(err, ERR_CONFIG, "must have no query and no fragment");
	return copy(target(s, row), v->text, err);
}

SETTER(set_host)
{
	if (strlen(v->text) > HOST_MAX)
		return err_set(err, ERR_CONFIG, "is longer than %d bytes", HOST_MAX);
	if (strchr(v->text, '/')) {
		err_set(err, ERR_CONFIG, "'%.40s' has a slash in it", v->text);
		return err_hint(err,
				"collectd's identifiers are HOST/PLUGIN-INSTANCE/TYPE-INSTANCE");
	}
	return copy(target(s, row), v->text, err);
}

SETTER(set_prefix)
{
	size_t n = strlen(v->text);

	if (n < 1 || n > 28 || strspn(v->text, "abcdefghijklmnopqrstuvwxyz0123456789_-") != n)
		return err_set(err, ERR_CONFIG, "'%.40s' is not 1 to 28 of a-z 0-9 _ -", v->text);
	return copy(target(s, row), v->text, err);
}

SETTER(set_instance)
{
	size_t n = strlen(v->text);
	bool regex = n >= 2 && v->text[0] == '/' && v->text[n - 1] == '/';

	(void)row;
	/* every name has nothing in it; the ignorelist takes it for a name */
	if (regex && n == 2) {
		err_set(err, ERR_CONFIG, "'//' is an empty regular expression");
		return err_hint(err, "without an Instance all are watched");
	}
	/* a name that no instance can have selects nothing: certainly not what was meant */
	if (n > 0 && !regex && client_check_instance(v->text, err) < 0)
		return v->text[0] == '/' ? err_hint(err, "a regular expression ends in / too") : -1;
	return selection_add(s->instances, v->text, err);
}

/* --- files ------------------------------------------------------------------- */

SETTER(set_readable_file)
{
	if (settings_check_absolute(v->text, err) < 0 ||
	    settings_check_readable(v->text, false, err) < 0)
		return -1;
	return copy(target(s, row), v->text, err);
}

SETTER(set_readable_folder)
{
	if (settings_check_absolute(v->text, err) < 0 ||
	    settings_check_readable(v->text, true, err) < 0)
		return -1;
	return copy(target(s, row), v->text, err);
}

SETTER(set_private_file)
{
	if (settings_check_absolute(v->text, err) < 0 || file_check_private(v->text, err) < 0)
		return -1;
	return copy(target(s, row), v->text, err);
}

/* A file that is not there yet is no mistake: it may come later.  A public one is. */
SETTER(set_token_file)
{
	struct stat st;

	if (settings_check_absolute(v->text, err) < 0)
		return -1;
	bool others = s->foreign && lstat(v->text, &st) == 0 && S_ISREG(st.st_mode) &&
		      !(st.st_mode & 077) && st.st_uid != geteuid();
	if (!others && file_check_private(v->text, err) < 0 && err->kind == ERR_CONFIG)
		return -1;
	return copy(target(s, row), v->text, err);
}

/* --- credentials and headers ------------------------------------------------- */

SETTER(set_helper)
{
	char command[4096];

	if (credential_command(v->text, command, sizeof(command), err) < 0)
		return -1;
	*(char **)target(s, row) = strdup(v->text);	/* a snippet may have tabs in it */
	return s->credential.helper ? 0 : err_nomem(err);
}

SETTER(set_username)
{
	if (strpbrk(v->text, "\r\n") || strlen(v->text) > 256)
		return err_set(err, ERR_CONFIG, "must be one line of at most 256 bytes");
	return copy(target(s, row), v->text, err);
}

/* Wiped in any case: collectd keeps its copy until it exits. */
SETTER(set_token)
{
	size_t len = strlen(v->text);
	int r = secret_new(v->text, len, &s->credential.token, err);

	(void)row;
	if (r == 0)
		r = secret_check_token(s->credential.token, err);
	secret_wipe(v->text, len);
	return r;
}

SETTER(set_key_pass)
{
	size_t len = strlen(v->text);
	struct secret *pass = NULL;
	int r = len > 0 ? secret_new(v->text, len, &pass, err)
			: err_set(err, ERR_CONFIG, "must not be empty");

	(void)row;
	s->http.client_key_pass = pass;
	secret_wipe(v->text, len);
	return r;
}

SETTER(set_header)
{
	const char **headers = (const char **)(uintptr_t)s->http.headers;
	size_t n = 0;

	(void)row;
	if (settings_check_header(v->text, err) < 0)
		return -1;
	while (headers && headers[n])
		n++;
	if (n >= HEADERS_MAX)
		return err_set(err, ERR_CONFIG, "at most %d are allowed in a block", HEADERS_MAX);
	headers = reallocarray(headers, n + 2, sizeof(*headers));
	if (!headers)
		return err_nomem(err);
	s->http.headers = headers;
	headers[n + 1] = NULL;
	headers[n] = strdup(v->text);
	return headers[n] ? 0 : err_nomem(err);
}

/* --- the table ---------------------------------------------------------------- */

#define ROW(name, what, kind, setter, ...) \
	{ .key = name, .takes = what, .type = kind, .set = setter, __VA_ARGS__ }
#define TEXT(name, what, setter, member) ROW(name, what, SETTING_TEXT, setter, .to = TOP(member))
#define MANY(name, what, setter) ROW(name, what, SETTING_TEXT, setter, .repeatable = true)
#define BOOL(name, setter, member) \
	ROW(name, "true | false", SETTING_BOOLEAN, setter, .to = TOP(member))
#define GROUP(name, bit) ROW(name, "true | false", SETTING_BOOLEAN, set_group, .group = bit)
#define NUMBER(name, what, setter, member, ...) \
	ROW(name, what, SETTING_NUMBER, setter, .to = TOP(member), .range = { __VA_ARGS__ })

const struct settings_row settings_rows[] = {
	TEXT("AccountId", "string", set_account_id, account_id),
	TEXT("AddressFamily", "any | ipv4 | ipv6", set_family, http.family),
	TEXT("CACert", "file", set_readable_file, http.ca_file),
	TEXT("CAPath", "folder", set_readable_folder, http.ca_path),
	TEXT("ClientCert", "file", set_readable_file, http.client_cert),
	TEXT("ClientKey", "file", set_private_file, http.client_key),
	TEXT("ClientKeyPass", "string", set_key_pass, http.client_key_pass),
	GROUP("CollectEngine", METRIC_ENGINE),
	GROUP("CollectErrors", METRIC_ERRORS),
	GROUP("CollectJobs", METRIC_JOBS),
	GROUP("CollectSync", METRIC_SYNC),
	GROUP("CollectToken", METRIC_TOKEN),
	TEXT("CredentialHelper", "helper", set_helper, credential.helper),
	TEXT("CredentialUsername", "name", set_username, credential.username),
	BOOL("FlatPaths", set_flag, flat_paths),
	MANY("Header", "line", set_header),
	TEXT("Host", "name", set_host, host),
	BOOL("IgnoreSelected", set_ignore_selected, instances),
	MANY("Instance", "name", set_instance),
	NUMBER("Interval", "seconds", set_int64, interval_ms, 1, 86400, "seconds", 1000, false),
	GROUP("MeasureResponseCode", METRIC_CODE),
	GROUP("MeasureResponseTime", METRIC_TIME),
	TEXT("Namespace", "name", set_namespace, namespace),
	TEXT("Prefix", "name", set_prefix, prefix),
	NUMBER("RequestBudget", "requests", set_int, request_budget, 1, 1000000,
	       "requests in five minutes", 1, true),
	NUMBER("RequestRate", "requests", set_int, request_rate, 1, 1000000,
	       "requests in a second", 1, true),
	TEXT("SSLVersion", "TLSv1_2 | TLSv1_3", set_tls, http.tls),
	NUMBER("StallAfter", "seconds", set_int64, stall_after_s, 1, 604800, "seconds", 1, true),
	NUMBER("StatsMaxAge", "seconds", set_int64, stats_max_age_ms, 1, 604800, "seconds",
	       1000, false),
	NUMBER("Timeout", "milliseconds", set_int64, timeout_ms, 1, 3600000, "milliseconds",
	       1, false),
	TEXT("Token", "string", set_token, credential.token),
	TEXT("TokenFile", "path", set_token_file, credential.token_file),
	TEXT("URL", "url", set_url, url),
	BOOL("VerifyHost", set_flag_reversed, http.no_verify_host),
	BOOL("VerifyPeer", set_flag_reversed, http.no_verify_peer),
	{ 0 },
};
_Static_assert(sizeof(settings_rows) / sizeof(settings_rows[0]) <= SETTINGS_ROWS_MAX,
	       "too many rows");

const char *settings_option(size_t i, const char **takes)
{
	if (i >= sizeof(settings_rows) / sizeof(settings_rows[0]) - 1)
		return NULL;
	*takes = settings_rows[i].takes;
	return settings_rows[i].key;
}
