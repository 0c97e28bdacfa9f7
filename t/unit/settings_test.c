/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "indexing/conf.h"
#include "indexing/metric.h"
#include "indexing/settings.h"

#define ID "AccountId \"023e105f4ecef8ad9ca31a8372d0c353\"\n"
#define MANUAL "plugin/collectd/collectd-aisearch.5"	/* from the top of the tree, as t/run does */

static char folder[64];		/* with the files that the tables name after '@' */

static void make_files(void)
{
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = { { "public", 0644 }, { "private", 0600 } };
	char path[128];

	strcpy(folder, "/tmp/aisearch-unit.XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct err err = { 0 };

		snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		CU_ASSERT_EQUAL(file_replace(path, "x\n", 2, &err), 0);
		CU_ASSERT_EQUAL(chmod(path, files[i].mode), 0);
	}
}

static void remove_files(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/public", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/private", folder);
	unlink(path);
	rmdir(folder);
}

/* text with the folder in place of each '@' */
static void fill(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (*text == '@')
			buf_adds(out, folder);
		else
			buf_add(out, text, 1);
}

/* What stands inside <Plugin>; lines count from 1 there. */
static int read_text(const char *text, struct settings **list, struct err *err)
{
	scoped_buf struct buf whole = BUF(65536);
	scoped_conf struct conf conf = { 0 };

	fill(&whole, text);
	if (conf_parse(whole.data, whole.len, &conf, err) < 0)
		return -1;
	return settings_read(&conf.root, false, list, err);
}

/* One block; its first line is 3, after <Account> and AccountId. */
static int read_block(const char *options, struct settings **list, struct err *err)
{
	scoped_buf struct buf text = BUF(65536);

	buf_addf(&text, "<Account \"a\">\n" ID "%s</Account>\n", options);
	return read_text(text.data, list, err);
}

static void every_option_is_taken(void)
{
	static const char text[] =
		ID "addressfamily \"IPv6\"\nCACert \"@/public\"\nCAPath \"@\"\nClientCert \"@/public\"\n"
		"ClientKey \"@/private\"\nClientKeyPass \"open sesame\"\nCollectEngine true\n"
		"CollectErrors yes\nCollectJobs on\nCollectSync \"true\"\nCollectToken \"ON\"\n"
		"FlatPaths true\nHeader \"X-One: 1\"\nHeader \"X-Two:2 3\"\nHost \"elsewhere\"\n"
		"IgnoreSelected true\nInstance \"docs\"\nInstance \"/^w/\"\nInterval 1.5\n"
		"MeasureResponseCode false\nMeasureResponseTime false\nNamespace \"default\"\n"
		"Prefix \"p\"\nRequestBudget 300\nRequestRate 20\nSSLVersion \"TLSv1_3\"\nStallAfter 600\n"
		"StatsMaxAge 90.5\nTimeout 1500\nTokenFile \"@/private\"\nURL \"https://example.net/v4\"\n"
		"VerifyHost false\nVerifyPeer false\n";
	struct settings *s = NULL;
	struct err err = { 0 };
	scoped_buf struct buf block = BUF(65536);
	char path[128];

	buf_addf(&block, "<Account \"a\">\n%s</Account>\n", text);
	CU_ASSERT_EQUAL_FATAL(read_text(block.data, &s, &err), 0);
	UNIT_STR(s->name, "a");
	UNIT_STR(s->account_id, "023e105f4ecef8ad9ca31a8372d0c353");
	UNIT_STR(s->namespace, "default");
	UNIT_STR(s->url, "https://example.net/v4");
	UNIT_STR(s->host, "elsewhere");
	UNIT_STR(s->prefix, "p");
	CU_ASSERT(s->flat_paths);
	CU_ASSERT_EQUAL(s->http.family, HTTP_FAMILY_IPV6);
	CU_ASSERT_EQUAL(s->http.tls, HTTP_TLS_1_3);
	UNIT_STR(s->http.ca_path, folder);
	snprintf(path, sizeof(path), "%s/public", folder);
	UNIT_STR(s->http.ca_file, path);
	UNIT_STR(s->http.client_cert, path);
	snprintf(path, sizeof(path), "%s/private", folder);
	UNIT_STR(s->http.client_key, path);
	UNIT_STR(s->credential.token_file, path);
	UNIT_STR(secret_bytes(s->http.client_key_pass), "open sesame");
	UNIT_STR(s->http.headers[0], "X-One: 1");
	UNIT_STR(s->http.headers[1], "X-Two:2 3");
	CU_ASSERT_PTR_NULL(s->http.headers[2]);
	CU_ASSERT(s->http.no_verify_peer && s->http.no_verify_host);
	CU_ASSERT_EQUAL(s->interval_ms, 1500);
	CU_ASSERT_EQUAL(s->timeout_ms, 1500);
	CU_ASSERT_EQUAL(s->stats_max_age_ms, 90500);
	CU_ASSERT_EQUAL(s->stall_after_s, 600);
	CU_ASSERT_EQUAL(s->request_budget, 300);
	CU_ASSERT_EQUAL(s->request_rate, 20);
	CU_ASSERT_EQUAL(s->groups, METRIC_ENGINE | METRIC_ERRORS | METRIC_JOBS | METRIC_SYNC | METRIC_TOKEN);
	CU_ASSERT(selection_matches(s->instances, "other"));
	CU_ASSERT(!selection_matches(s->instances, "docs"));
	CU_ASSERT(!selection_matches(s->instances, "wiki"));
	settings_free(s);
}

static void what_is_left_out_has_a_safe_default(void)
{
	struct settings *s = NULL;
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(read_block("", &s, &err), 0);
	CU_ASSERT(!s->http.no_verify_peer && !s->http.no_verify_host && !s->flat_paths);
	CU_ASSERT_EQUAL(s->http.family, HTTP_FAMILY_ANY);
	CU_ASSERT_EQUAL(s->http.tls, HTTP_TLS_DEFAULT);
	CU_ASSERT_EQUAL(s->groups, METRIC_TIME | METRIC_CODE);
	CU_ASSERT(!s->interval_ms && !s->timeout_ms && !s->request_budget && !s->request_rate);
	CU_ASSERT(!s->credential.token && !s->credential.token_file && !s->credential.helper);
	CU_ASSERT(selection_matches(s->instances, "anything"));
	settings_free(s);
}

static void a_refusal_names_block_option_and_what_is_allowed(void)
{
	static const struct {
		const char *option, *what, *hint;	/* NULL = "" */
	} cases[] = {
		{ "AddressFamily \"ipx\"", "AddressFamily: 'ipx' is not any, ipv4 or ipv6", NULL },
		{ "AddressFamily 4", "AddressFamily: expected one string in quotes",
		  "AddressFamily any | ipv4 | ipv6" },
		{ "CACert \"public\"", "CACert: 'public' is not an absolute path", NULL },
		{ "CACert \"@/none\"", "CACert: cannot read '@/none': No such file or directory", NULL },
		{ "CACert \"@\"", "CACert: '@' is not a file", NULL },
		{ "CAPath \"@/public\"", "CAPath: '@/public' is not a folder", NULL },
		{ "CAPath \"@/none\"", "CAPath: cannot read '@/none': No such file or directory", NULL },
		{ "ClientCert \"@/none\"", "ClientCert: cannot read '@/none': No such file or directory",
		  NULL },
		{ "ClientCert \"\"", "ClientCert: '' is not an absolute path", NULL },
		{ "ClientCert \"@/public\"\nClientKey \"@/public\"",
		  "ClientKey: file '@/public' is accessible to others (mode 0644)", "chmod 600 '@/public'" },
		{ "ClientKey \"private\"", "ClientKey: 'private' is not an absolute path", NULL },
		{ "ClientKey \"@/none\"", "ClientKey: cannot look at '@/none': No such file or directory",
		  NULL },
		{ "ClientKeyPass \"\"", "ClientKeyPass: must not be empty", NULL },
		{ "CollectEngine 1", "CollectEngine: expected true or false", "CollectEngine true | false" },
		{ "CollectErrors \"maybe\"", "CollectErrors: expected true or false",
		  "CollectErrors true | false" },
		{ "CollectJobs true false", "CollectJobs: expected true or false",
		  "CollectJobs true | false" },
		{ "CollectSync none", "CollectSync: expected true or false", "CollectSync true | false" },
		{ "CollectToken 0", "CollectToken: expected true or false", "CollectToken true | false" },
		{ "Header \"Authorization: Bearer x\"",
		  "Header: 'Authorization' is not to be set, the plugin sends its own",
		  "for the token there is TokenFile or CredentialHelper" },
		{ "Header \"authorization:x\"",
		  "Header: 'Authorization' is not to be set, the plugin sends its own",
		  "for the token there is TokenFile or CredentialHelper" },
		{ "Header \"HOST: x\"", "Header: 'Host' is not to be set, the plugin sends its own", NULL },
		{ "Header \"Content-Length: 1\"",
		  "Header: 'Content-Length' is not to be set, the plugin sends its own", NULL },
		{ "Header \"no colon\"", "Header: is not a name, a colon and a value",
		  "Header \"X-Name: value\"" },
		{ "Header \"X : y\"", "Header: is not a name, a colon and a value",
		  "Header \"X-Name: value\"" },
		{ "Header \": y\"", "Header: is not a name, a colon and a value",
		  "Header \"X-Name: value\"" },
		{ "Header \"\"", "Header: is not a name, a colon and a value", "Header \"X-Name: value\"" },
		{ "Header \"X: \"", "Header: has no value after the colon", NULL },
		{ "Header \"X: a\nY: b\"", "Header: must not have control characters in it", NULL },
		{ "Header \"X: a\x7f\"", "Header: must not have control characters in it", NULL },
		{ "Header \"X: a\tb\"", "Header: must not have control characters in it", NULL },
		{ "Host \"\"", "Host: must not be empty", NULL },
		{ "Host \"a/b\"", "Host: 'a/b' has a slash in it",
		  "collectd's identifiers are HOST/PLUGIN-INSTANCE/TYPE-INSTANCE" },
		{ "Instance \"//\"", "Instance: '//' is an empty regular expression",
		  "without an Instance all are watched" },
		{ "Host \"a\nb\"", "Host: must not have control characters in it", NULL },
		{ "Interval 86400.5", "Interval: 86400.5 is not 1 to 86400 seconds", NULL },
		{ "Interval -5", "Interval: -5 is not 1 to 86400 seconds", NULL },
		{ "MeasureResponseCode \"\"", "MeasureResponseCode: expected true or false",
		  "MeasureResponseCode true | false" },
		{ "MeasureResponseTime 1", "MeasureResponseTime: expected true or false",
		  "MeasureResponseTime true | false" },
		{ "RequestBudget 0",
		  "RequestBudget: 0 is not a whole number from 1 to 1000000 requests in five minutes",
		  "0 does not mean 'none' here: leave RequestBudget out for the default" },
		{ "RequestBudget 1000001",
		  "RequestBudget: 1000001 is not a whole number from 1 to 1000000 requests in five minutes",
		  NULL },
		{ "RequestBudget 1.5",
		  "RequestBudget: 1.5 is not a whole number from 1 to 1000000 requests in five minutes", NULL },
		{ "RequestRate 0.5",
		  "RequestRate: 0.5 is not a whole number from 1 to 1000000 requests in a second", NULL },
		{ "RequestRate \"10\"", "RequestRate: expected one number, without quotes",
		  "RequestRate requests" },
		{ "SSLVersion \"TLSv1_1\"", "SSLVersion: 'TLSv1_1' is not TLSv1_2 or TLSv1_3",
		  "it is the lowest version to accept; nothing older is ever used" },
		{ "SSLVersion \"SSLv3\"", "SSLVersion: 'SSLv3' is not TLSv1_2 or TLSv1_3",
		  "it is the lowest version to accept; nothing older is ever used" },
		{ "StallAfter 604801", "StallAfter: 604801 is not a whole number from 1 to 604800 seconds",
		  NULL },
		{ "StallAfter 1.5", "StallAfter: 1.5 is not a whole number from 1 to 604800 seconds", NULL },
		{ "StatsMaxAge 0.9", "StatsMaxAge: 0.9 is not 1 to 604800 seconds", NULL },
		{ "StatsMaxAge 604801", "StatsMaxAge: 604801 is not 1 to 604800 seconds", NULL },
		{ "Timeout 0", "Timeout: 0 is not 1 to 3600000 milliseconds",
		  "0 does not mean 'none' here: leave Timeout out for the default" },
		{ "TokenFile \"@/public\"", "TokenFile: file '@/public' is accessible to others (mode 0644)",
		  "chmod 600 '@/public'" },
		{ "Namespace \"Team\"", "Namespace: 'Team' is not a namespace",
		  "1 to 28 of a-z 0-9 and hyphens, none at the ends" },
		{ "Instance \"/a\"", "Instance: '/a' is not an instance id", "a regular expression ends in / too" },
		/* blocks, and what is known from elsewhere */
		{ "<Interval 5>\nA 1\n</Interval>", "Interval: is an option, not a block",
		  "Interval seconds" },
		{ "<Statistics>\nTotalTime true\n</Statistics>", "Statistics: there is no such block here",
		  "MeasureResponseTime and MeasureResponseCode, true or false" },
		{ "User \"x\"", "User: the API takes a bearer token", "TokenFile or CredentialHelper" },
		{ "password \"x\"", "Password: the API takes a bearer token",
		  "TokenFile or CredentialHelper" },
		{ "Digest true", "Digest: the API takes a bearer token", "TokenFile or CredentialHelper" },
		{ "Post \"x\"", "Post: the plugin only reads, with requests of its own", "leave it out" },
		{ "Plugin \"x\"", "Plugin: the values always belong to the plugin aisearch",
		  "Prefix and Host tell blocks apart" },
		{ "<Key \"x\">\nType \"y\"\n</Key>", "Key: the values are those of collectd-aisearch(5)",
		  "CollectEngine, CollectErrors, CollectJobs, CollectSync, CollectToken add to them" },
		{ "Sock \"/x\"", "Sock: the API is asked over HTTPS only", "URL names another address" },
		{ "Colour \"red\"", "unknown option 'Colour'", "see collectd-aisearch(5)" },
		{ "interval 5\nINTERVAL 6", "Interval is given twice", "once in a block is enough" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf text = BUF(65536), what = BUF(1024), hint = BUF(1024);
		struct settings *list = NULL;
		struct err err = { 0 };

		buf_addf(&text, "%s\n", cases[i].option);
		buf_adds(&what, "<Account \"a\">: ");
		fill(&what, cases[i].what);
		fill(&hint, cases[i].hint ? cases[i].hint : "");
		UNIT_ROW(i, read_block(text.data, &list, &err) < 0 && !list);
		UNIT_ROW(i, err.kind == ERR_CONFIG && err.line >= 3);
		UNIT_STR(err.what, what.data);
		UNIT_STR(err.hint, hint.data);
		settings_free(list);
	}
}

static void a_whole_block_is_checked(void)
{
	static const struct {
		const char *options, *what;	/* what NULL = accepted */
	} cases[] = {
		{ "ClientCert \"@/public\"\nClientKey \"@/private\"\nClientKeyPass \"x\"\n", NULL },
		{ "ClientCert \"@/public\"\n", NULL },
		{ "ClientKey \"@/private\"\n", "ClientKey without ClientCert" },
		{ "ClientCert \"@/public\"\nClientKeyPass \"x\"\n", "ClientKeyPass without ClientKey" },
		{ "ClientKeyPass \"x\"\n", "ClientKeyPass without ClientKey" },
		{ "Interval 60\nStatsMaxAge 60\n", NULL },
		{ "StatsMaxAge 59.5\nInterval 60\n", "StatsMaxAge 59.5 is less than Interval 60" },
		{ "StatsMaxAge 1\n", NULL },
		{ "Interval 60\nTimeout 60000\n", NULL },
		{ "Interval 1.5\nTimeout 1500.5\n", NULL },	/* whole milliseconds count */
		{ "Timeout 1501\nInterval 1.5\n", "Timeout 1501 ms is longer than Interval 1.5 s" },
		{ "Timeout 3600000\n", NULL },
		{ "Token \"x\"\nTokenFile \"@/private\"\n", "more than one source of the token" },
		{ "TokenFile \"@/private\"\nCredentialUsername \"x\"\n",
		  "CredentialUsername is for CredentialHelper only" },
		{ "CredentialUsername \"x\"\n", NULL },
		{ "Namespace \"team\"\nFlatPaths true\n",
		  "FlatPaths knows the namespace 'default' only, not 'team'" },
		{ "Prefix \"account\"\n", "'account.' stands before the accounts' own values" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings *list = NULL;
		struct err err = { 0 };
		int r = read_block(cases[i].options, &list, &err);

		UNIT_ROW(i, r == (cases[i].what ? -1 : 0));
		UNIT_ROW(i, r == 0 || (err.line == 1 && !strncmp(err.what, "<Account \"a\">: ", 15)));
		UNIT_STR(r < 0 ? err.what + 15 : NULL, cases[i].what);
		settings_free(list);
	}
}

static void at_most_sixteen_headers(void)
{
	for (int n = HEADERS_MAX; n <= HEADERS_MAX + 1; n++) {
		scoped_buf struct buf text = BUF(65536);
		struct settings *list = NULL;
		struct err err = { 0 };

		for (int i = 0; i < n; i++)
			buf_addf(&text, "Header \"X-%d: y\"\n", i);
		CU_ASSERT_EQUAL(read_block(text.data, &list, &err), n > HEADERS_MAX ? -1 : 0);
		if (n > HEADERS_MAX)
			UNIT_STR(err.what, "<Account \"a\">: Header: at most 16 are allowed in a block");
		settings_free(list);
	}
}

static void a_second_plugin_block_is_held_against_the_first(void)
{
	static const struct {
		const char *second, *what;
		int line;
	} cases[] = {
		{ "<Account \"b\">\n" ID "Prefix \"b\"\n</Account>\n", NULL, 0 },
		{ "<Account \"b\">\n" ID "Host \"b\"\n</Account>\n", NULL, 0 },
		{ "<Account \"A\">\n" ID "Prefix \"b\"\n</Account>\n",
		  "two <Account> blocks are called 'a'", 1 },
		{ "<Account \"c\">\n" ID "Prefix \"c\"\n</Account>\n<Account \"b\">\n" ID "</Account>\n",
		  "<Account \"a\"> and <Account \"b\"> would publish under the same names", 5 },
		{ "<Account \"c\">\n" ID "Prefix \"c\"\n</Account>\nInterval 5\n",
		  "unknown option 'Interval'", 5 },
		{ "<Account>\n" ID "</Account>\n", "an <Account> block needs one name in quotes", 1 },
		{ "<Account \"b c\">\n" ID "</Account>\n",
		  "account name 'b c' is not 1 to 40 letters, digits, . _ -", 1 },
		{ "<Account \"c\">\nHost \"c\"\n</Account>\n", "<Account \"c\">: AccountId is missing", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings *list = NULL;
		struct err err = { 0 };
		int r;

		CU_ASSERT_EQUAL_FATAL(read_block("", &list, &err), 0);
		r = read_text(cases[i].second, &list, &err);
		UNIT_ROW(i, r == (cases[i].what ? -1 : 0) && (r == 0 || err.line == cases[i].line));
		UNIT_STR(r < 0 ? err.what : NULL, cases[i].what);
		/* as it was, when it failed */
		UNIT_ROW(i, list && !strcmp(list->name, "a") && !list->next == (r < 0));
		settings_free(list);
	}
}

/* Taken or refused, the caller's own copy is gone. */
static void the_callers_copy_of_a_secret_is_wiped(void)
{
	static const char *const keys[] = { "Token", "ClientKeyPass" };
	static const char *const values[] = { "s3cret", "s3 cret" };

	for (size_t i = 0; i < 4; i++) {
		char text[16];
		struct setting_value name = { .type = SETTING_TEXT, .text = (char[]){ "a" } };
		struct setting_value value = { .type = SETTING_TEXT, .text = text };
		struct setting option = { .key = keys[i / 2], .values = &value, .value_count = 1 };
		struct setting block = { .key = "Account", .values = &name, .value_count = 1,
					 .children = &option, .child_count = 1 };
		struct setting plugin = { .key = "Plugin", .children = &block, .child_count = 1 };
		struct settings *list = NULL;
		struct err err = { 0 };

		strcpy(text, values[i % 2]);
		CU_ASSERT_EQUAL(settings_read(&plugin, false, &list, &err), -1);	/* no AccountId */
		for (size_t k = 0; k < strlen(values[i % 2]); k++)
			UNIT_ROW(i, text[k] == '\0');
		UNIT_ROW(i, !strstr(err.what, "cret") && !strstr(err.hint, "cret"));
	}
}

/* "Ic KEY Ar what", "Ic KEY Cm this | that": what the row should be in the manual. */
static void entry(char *out, size_t size, const char *key, const char *takes)
{
	snprintf(out, size, ".It Ic %s %s %s\n", key, strchr(takes, '|') ? "Cm" : "Ar", takes);
}

static void the_manual_has_what_the_table_has(void)
{
	scoped_buf struct buf manual = BUF(1 << 20);
	struct err err = { 0 };
	const char *key, *takes, *found;
	char want[128];
	size_t rows = 0, entries = 0;

	CU_ASSERT_EQUAL_FATAL(file_read(MANUAL, 1 << 20, &manual, &err), 0);
	char *section = strstr(manual.data, "\n.Sh CONFIGURATION\n");
	CU_ASSERT_FATAL(section != NULL);
	char *end = strstr(section + 1, "\n.Sh ");
	CU_ASSERT_FATAL(end != NULL);
	end[1] = '\0';
	for (; (key = settings_option(rows, &takes)); rows++) {
		entry(want, sizeof(want), key, takes);
		if (!strstr(section, want))
			unit_note("not in the manual: %.*s", (int)strcspn(want, "\n"), want);
		CU_ASSERT(strstr(section, want) != NULL);
	}
	CU_ASSERT(rows > 30);
	for (found = section; (found = strstr(found, ".It Ic ")); found++) {
		bool known = false;

		for (size_t i = 0; !known && (key = settings_option(i, &takes)); i++) {
			entry(want, sizeof(want), key, takes);
			known = !strncmp(found, want, strlen(want));
		}
		if (!known)
			unit_note("not in the table: %.*s", (int)strcspn(found, "\n"), found);
		CU_ASSERT(known);
		entries++;
	}
	CU_ASSERT_EQUAL(entries, rows);	/* none of them twice */
}

static void the_table_is_sorted(void)
{
	const char *takes, *a, *b;

	for (size_t i = 0; (a = settings_option(i, &takes)) && (b = settings_option(i + 1, &takes)); i++)
		UNIT_ROW(i, strcasecmp(a, b) < 0);
}

#define WITH_FILES(test) \
	static void test##_(void) \
	{ \
		make_files(); \
		test(); \
		remove_files(); \
	} \
	struct unit_swallow_semicolon_

WITH_FILES(every_option_is_taken);
WITH_FILES(a_refusal_names_block_option_and_what_is_allowed);
WITH_FILES(a_whole_block_is_checked);

UNIT_SUITE(settings,
	{ "every option is taken", every_option_is_taken_ },
	{ "what is left out has a safe default", what_is_left_out_has_a_safe_default },
	{ "a refusal names the block, the option and what is allowed",
	  a_refusal_names_block_option_and_what_is_allowed_ },
	{ "a whole block is checked", a_whole_block_is_checked_ },
	{ "at most sixteen headers", at_most_sixteen_headers },
	{ "a second plugin block is held against the first",
	  a_second_plugin_block_is_held_against_the_first },
	{ "the caller's copy of a secret is wiped, taken or refused",
	  the_callers_copy_of_a_secret_is_wiped },
	{ "the manual has what the table has, and no more", the_manual_has_what_the_table_has },
	{ "the table is sorted", the_table_is_sorted });
