/* SPDX-License-Identifier: MIT */
#include "../../plugin/command/doctor.h"
#include "unit.h"

#include <string.h>

#define NOW 1800000000

/* The finding is of this verdict, and its two texts have these words in them. */
static void expect(const struct finding *f, enum verdict verdict, const char *what, const char *fix)
{
	bool good = f->verdict == verdict && strstr(f->what, what) &&
		    (fix ? strstr(f->fix, fix) != NULL : f->fix[0] == '\0');

	CU_ASSERT(good);
	if (!good)
		unit_note("verdict %d (%d) '%s' ('%s') fix '%s' ('%s')", (int)f->verdict,
			  (int)verdict, f->what, what, f->fix, fix ? fix : "");
	/* whoever is told of a failure is told what to do */
	CU_ASSERT(verdict == VERDICT_OK || verdict == VERDICT_SKIP || f->fix[0]);
}

static void a_clock_is_compared_with_the_answers_date(void)
{
	static const struct {
		int64_t date;
		enum verdict verdict;
		const char *what, *fix;
	} cases[] = {
		{ NOW, VERDICT_OK, "agrees", NULL },
		{ NOW + 3, VERDICT_OK, "agrees", NULL },	/* between before and after */
		{ NOW - 4, VERDICT_OK, "agrees", NULL },
		{ NOW - 5, VERDICT_WARN, "5 s ahead of", "timedatectl" },
		{ NOW + 8, VERDICT_WARN, "5 s behind", "timedatectl" },
		{ NOW - 299, VERDICT_WARN, "299 s ahead", "timedatectl" },
		{ NOW - 300, VERDICT_FAIL, "300 s ahead", "timedatectl" },
		{ NOW + 3600 + 3, VERDICT_FAIL, "3600 s behind", "timedatectl" },
		{ 0, VERDICT_WARN, "no date", "date -u" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct contact c = { .step = CONTACT_DONE, .date = cases[i].date, .before = NOW,
				     .after = NOW + 3 };
		struct finding f;

		judge_clock(&c, &f);
		expect(&f, cases[i].verdict, cases[i].what, cases[i].fix);
	}
	struct contact none = { .step = CONTACT_CONNECT };
	struct finding f;
	judge_clock(&none, &f);
	expect(&f, VERDICT_SKIP, "not compared", NULL);
}

static void the_step_that_failed_is_blamed_and_no_other(void)
{
	static const enum contact_step steps[] = { CONTACT_RESOLVE, CONTACT_CONNECT, CONTACT_TLS,
						   CONTACT_ANSWER, CONTACT_DONE };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		for (int late = 0; late < 2; late++) {
			struct contact c = { .step = steps[i], .tls = true, .json = true,
					     .status = 400,
					     .timed_out = late, .why = "because", .address = "192.0.2.1" };
			struct finding f[4];

			judge_dns(&c, "api.example:443", &f[0]);
			judge_connection(&c, "api.example:443", &f[1]);
			judge_tls(&c, NOW, &f[2]);
			judge_api(&c, &f[3]);
			for (size_t k = 0; k < 4; k++) {
				CU_ASSERT_EQUAL(f[k].verdict, k < i ? VERDICT_OK : k == i ? VERDICT_FAIL
							      : VERDICT_SKIP);
				if (k == i)
					expect(&f[k], VERDICT_FAIL,
					       late ? "in time" : "because", "");
			}
		}
}

static void a_proxy_is_blamed_when_it_was_taken(void)
{
	struct contact c = { .step = CONTACT_CONNECT, .why = "refused",
			     .proxy_variable = "https_proxy" };
	struct finding f;

	judge_connection(&c, "api.example:8443", &f);
	expect(&f, VERDICT_FAIL, "through the proxy",
	       "https_proxy names, or set no_proxy=api.example");
	c.step = CONTACT_RESOLVE;
	judge_dns(&c, "api.example", &f);
	expect(&f, VERDICT_FAIL, "the proxy is not found", "resolv.conf");
}

static void a_proxys_password_is_never_shown(void)
{
	static const char *const values[] = {
		"http://user:s3cr3t@proxy.example:3128/", "user:s3cr3t@proxy.example:3128",
		"socks5h://user:s3cr3t@x@proxy.example:3128",
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct finding f;

		judge_proxy("https_proxy", values[i], true, &f);
		expect(&f, VERDICT_OK,
		       "https_proxy names proxy.example:3128, which is taken", NULL);
		CU_ASSERT_PTR_NULL(strstr(f.what, "s3cr3t"));
	}
	struct finding f;
	judge_proxy("ALL_PROXY", "proxy", false, &f);
	expect(&f, VERDICT_OK, "not taken", NULL);
}

static void a_certificates_end_is_told_in_time(void)
{
	static const struct {
		int64_t end;
		enum verdict verdict;
		const char *fix;
	} cases[] = {
		{ 0, VERDICT_OK, NULL },	/* the TLS library does not tell */
		{ NOW + 90 * 86400, VERDICT_OK, NULL },
		{ NOW + 7 * 86400, VERDICT_OK, NULL },
		{ NOW + 7 * 86400 - 1, VERDICT_WARN, "167 hours" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct contact c = { .step = CONTACT_DONE, .tls = true,
				     .certificate_end = cases[i].end };
		struct finding f;

		judge_tls(&c, NOW, &f);
		expect(&f, cases[i].verdict, "verified", cases[i].fix);
	}
	CU_ASSERT_EQUAL(contact_read_end("2027-01-15 08:00:00 GMT"), 1800000000);
	CU_ASSERT_EQUAL(contact_read_end("Jan 15 08:00:00 2027 GMT"), 1800000000);
	CU_ASSERT_EQUAL(contact_read_end("2027-01-15 08:00:00"), 0);
	CU_ASSERT_EQUAL(contact_read_end("soon"), 0);
}

static void who_answers_is_looked_at(void)
{
	static const struct {
		int status;
		bool json;
		double seconds;
		enum verdict verdict;
		const char *what, *fix;
	} cases[] = {
		{ 400, true, 0.1, VERDICT_OK, "100 ms", NULL },
		{ 401, true, 0.1, VERDICT_OK, "answers", NULL },
		{ 200, false, 0.1, VERDICT_FAIL, "is not the API", "login page" },
		{ 302, false, 0.1, VERDICT_FAIL, "status 302", "proxy" },
		{ 502, false, 0.1, VERDICT_FAIL, "status 502", "cloudflarestatus" },
		{ 500, true, 0.1, VERDICT_FAIL, "status 500", "cloudflarestatus" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct contact c = { .step = CONTACT_DONE, .status = cases[i].status,
				     .json = cases[i].json, .answer_s = cases[i].seconds };
		struct finding f;

		judge_api(&c, &f);
		expect(&f, cases[i].verdict, cases[i].what, cases[i].fix);
	}
}

static void a_token_is_alive_or_it_is_said_how_to_get_one(void)
{
	static const struct {
		const char *role, *status;
		int64_t expires;
		enum err_kind kind;
		enum verdict verdict;
		const char *what, *fix;
	} cases[] = {
		{ "manager", "active", 0, ERR_NONE, VERDICT_OK, "manager: active", NULL },
		{ "manager", "active", NOW + 30 * 86400, ERR_NONE, VERDICT_OK,
		  "until 2027-02-14", NULL },
		{ "manager", "active", NOW + 86400, ERR_NONE, VERDICT_WARN, "until",
		  "token rotate manager" },
		{ "creator", "active", NOW + 86400, ERR_NONE, VERDICT_WARN, "until",
		  "login --role creator" },
		{ "CLOUDFLARE_API_TOKEN", "active", NOW + 86400, ERR_NONE, VERDICT_WARN, "until",
		  "give CLOUDFLARE_API_TOKEN" },
		{ "service:x", "active", NOW + 86400, ERR_NONE, VERDICT_WARN, "until",
		  "token rotate" },
		{ "manager", "expired", 0, ERR_NONE, VERDICT_FAIL, "expired",
		  "login --role manager" },
		{ "creator", "disabled", 0, ERR_NONE, VERDICT_FAIL, "disabled",
		  "login --role creator" },
		{ "service:x", "disabled", 0, ERR_NONE, VERDICT_FAIL, "disabled",
		  "token rotate service:x" },
		{ "CLOUDFLARE_API_TOKEN", NULL, 0, ERR_AUTH, VERDICT_FAIL, "not accept", "unset" },
		{ "manager", NULL, 0, ERR_AUTH, VERDICT_FAIL, "not accept", "login" },
		{ "manager", NULL, 0, ERR_NETWORK, VERDICT_FAIL, "what happened", "a hint" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { .kind = cases[i].kind, .what = "what happened",
				   .hint = "a hint" };
		struct finding f;

		judge_token(cases[i].role, cases[i].status, cases[i].expires, NOW, &err, &f);
		expect(&f, cases[i].verdict, cases[i].what, cases[i].fix);
	}
}

static void a_403_is_a_missing_permission_and_a_complaint_is_none(void)
{
	static const struct {
		enum err_kind kind;
		int status;
		enum verdict verdict;
		const char *what, *fix;
	} cases[] = {
		{ ERR_NONE, 0, VERDICT_OK, "manager: may edit", NULL },
		{ ERR_NOT_FOUND, 404, VERDICT_OK, "may edit", NULL },
		{ ERR_REMOTE, 400, VERDICT_OK, "may edit", NULL },
		{ ERR_EXISTS, 409, VERDICT_OK, "may edit", NULL },
		{ ERR_FORBIDDEN, 403, VERDICT_FAIL, "may not edit", "permission AI Search > Edit" },
		{ ERR_AUTH, 401, VERDICT_FAIL, "not accepted to edit", "of this account" },
		{ ERR_LIMIT, 429, VERDICT_WARN, "too many requests", "in 300 seconds" },
		{ ERR_REMOTE, 500, VERDICT_WARN, "why", "hint" },
		{ ERR_TIMEOUT, 0, VERDICT_WARN, "not known whether it may edit: why", "try again" },
		{ ERR_PROTOCOL, 200, VERDICT_WARN, "not known", "try again" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { .kind = cases[i].kind, .status = cases[i].status, .what = "why",
				   .hint = "hint" };
		struct finding f;

		judge_access("manager", "edit", "AI Search > Edit", err.kind ? &err : NULL, &f);
		expect(&f, cases[i].verdict, cases[i].what, cases[i].fix);
	}
}

static void a_budget_that_is_nearly_used_up_is_told(void)
{
	static const struct {
		int64_t left, quota;	/* -1 = not told */
		enum verdict verdict;
		const char *what;
	} cases[] = {
		{ -1, -1, VERDICT_OK, "does not tell" },
		{ 1200, 1200, VERDICT_OK, "1200 of 1200" },
		{ 120, 1200, VERDICT_OK, "120 of 1200" },
		{ 119, 1200, VERDICT_WARN, "119 of 1200" },
		{ 0, 1200, VERDICT_FAIL, "0 of 1200" },
		{ 50, -1, VERDICT_OK, "50 requests" },
		{ 49, -1, VERDICT_WARN, "49 requests" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ratelimit limit = {
			.remaining = { cases[i].left >= 0, cases[i].left >= 0 ? cases[i].left : 0 },
			.quota = { cases[i].quota >= 0, cases[i].quota >= 0 ? cases[i].quota : 0 },
			.reset_s = { true, 77 },
		};
		struct finding f;

		judge_budget(&limit, &f);
		expect(&f, cases[i].verdict, cases[i].what,
		       cases[i].verdict == VERDICT_OK ? NULL : "77 s");
	}
}

static void what_collectd_said_of_the_plugin_is_told_by_its_reason(void)
{
	static const struct {
		int status;
		const char *said;
		enum verdict verdict;
		const char *what, *fix;
	} cases[] = {
		{ 0, "plugin_load: plugin \"aisearch\" successfully loaded.\nExiting normally.\n", VERDICT_OK,
		  "loads /x/aisearch.so", NULL },
		{ 1, "hello\nplugin_load: dlopen(\"x\") failed: x: undefined symbol: frobnicate\nError: bye\n",
		  VERDICT_FAIL, "undefined symbol: frobnicate", "make install" },
		{ 1, "Error: Parsing the config file failed!\n", VERDICT_FAIL, "Parsing",
		  "make install" },
		{ 0, "", VERDICT_FAIL, "does not load", "make install" },
		{ -1, "", VERDICT_FAIL, "did not come to its end", "make install" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct finding f;

		judge_plugin("/x/aisearch.so", cases[i].status, cases[i].said, &f);
		expect(&f, cases[i].verdict, cases[i].what, cases[i].fix);
		CU_ASSERT_PTR_NULL(strchr(f.what, '\n'));
	}
}

UNIT_SUITE(doctor,
	{ "a clock is compared with the answer's date", a_clock_is_compared_with_the_answers_date },
	{ "the step that failed is blamed, and no other",
	  the_step_that_failed_is_blamed_and_no_other },
	{ "a proxy is blamed when it was taken", a_proxy_is_blamed_when_it_was_taken },
	{ "a proxy's password is never shown", a_proxys_password_is_never_shown },
	{ "a certificate's end is told in time", a_certificates_end_is_told_in_time },
	{ "who answers is looked at", who_answers_is_looked_at },
	{ "a token is alive, or it is said how to get one",
	  a_token_is_alive_or_it_is_said_how_to_get_one },
	{ "a 403 is a missing permission, and a complaint is none",
	  a_403_is_a_missing_permission_and_a_complaint_is_none },
	{ "a budget that is nearly used up is told", a_budget_that_is_nearly_used_up_is_told },
	{ "what collectd said of the plugin is told by its reason",
	  what_collectd_said_of_the_plugin_is_told_by_its_reason });
