/* SPDX-License-Identifier: MIT */
/* What a block sets, and what is left of it elsewhere. */
#include <stdio.h>
#include <string.h>

#include "indexing/metric.h"
#include "settings_room.h"
#include "unit.h"

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
	CU_ASSERT_EQUAL_FATAL(settings_of_text(block.data, &s, &err), 0);
	UNIT_STR(s->name, "a");
	UNIT_STR(s->account_id, "023e105f4ecef8ad9ca31a8372d0c353");
	UNIT_STR(s->namespace, "default");
	UNIT_STR(s->url, "https://example.net/v4");
	UNIT_STR(s->host, "elsewhere");
	UNIT_STR(s->prefix, "p");
	CU_ASSERT(s->flat_paths);
	CU_ASSERT_EQUAL(s->http.family, HTTP_FAMILY_IPV6);
	CU_ASSERT_EQUAL(s->http.tls, HTTP_TLS_1_3);
	UNIT_STR(s->http.ca_path, settings_folder);
	snprintf(path, sizeof(path), "%s/public", settings_folder);
	UNIT_STR(s->http.ca_file, path);
	UNIT_STR(s->http.client_cert, path);
	snprintf(path, sizeof(path), "%s/private", settings_folder);
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
	CU_ASSERT_EQUAL(s->groups,
			METRIC_ENGINE | METRIC_ERRORS | METRIC_JOBS | METRIC_SYNC | METRIC_TOKEN);
	CU_ASSERT(selection_matches(s->instances, "other"));
	CU_ASSERT(!selection_matches(s->instances, "docs"));
	CU_ASSERT(!selection_matches(s->instances, "wiki"));
	settings_free(s);
}

static void what_is_left_out_has_a_safe_default(void)
{
	struct settings *s = NULL;
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(settings_of_block("", &s, &err), 0);
	CU_ASSERT(!s->http.no_verify_peer && !s->http.no_verify_host && !s->flat_paths);
	CU_ASSERT_EQUAL(s->http.family, HTTP_FAMILY_ANY);
	CU_ASSERT_EQUAL(s->http.tls, HTTP_TLS_DEFAULT);
	CU_ASSERT_EQUAL(s->groups, METRIC_TIME | METRIC_CODE);
	CU_ASSERT(!s->interval_ms && !s->timeout_ms && !s->request_budget && !s->request_rate);
	CU_ASSERT(!s->credential.token && !s->credential.token_file && !s->credential.helper);
	CU_ASSERT(selection_matches(s->instances, "anything"));
	settings_free(s);
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
		{ "<Account>\n" ID "</Account>\n",
		  "an <Account> block needs one name in quotes", 1 },
		{ "<Account \"b c\">\n" ID "</Account>\n",
		  "account name 'b c' is not 1 to 40 letters, digits, . _ -", 1 },
		{ "<Account \"c\">\nHost \"c\"\n</Account>\n",
		  "<Account \"c\">: AccountId is missing", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings *list = NULL;
		struct err err = { 0 };
		int r;

		CU_ASSERT_EQUAL_FATAL(settings_of_block("", &list, &err), 0);
		r = settings_of_text(cases[i].second, &list, &err);
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
		/* no AccountId */
		CU_ASSERT_EQUAL(settings_read(&plugin, false, &list, &err), -1);
		for (size_t k = 0; k < strlen(values[i % 2]); k++)
			UNIT_ROW(i, text[k] == '\0');
		UNIT_ROW(i, !strstr(err.what, "cret") && !strstr(err.hint, "cret"));
	}
}

WITH_FILES(every_option_is_taken);

UNIT_SUITE(settings,
	{ "every option is taken", every_option_is_taken_ },
	{ "what is left out has a safe default", what_is_left_out_has_a_safe_default },
	{ "a second plugin block is held against the first",
	  a_second_plugin_block_is_held_against_the_first },
	{ "the caller's copy of a secret is wiped, taken or refused",
	  the_callers_copy_of_a_secret_is_wiped });
