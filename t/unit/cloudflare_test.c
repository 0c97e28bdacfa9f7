/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cloudflare/envelope.h"
#include "cloudflare/instance.h"
#include "cloudflare/peer.h"
#include "cloudflare/ratelimit.h"
#include "cloudflare/retry.h"
#include "cloudflare/stats.h"
#include "unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void one_whole_json_value_or_nothing(void)
{
	static const struct { const char *text; const char *fails_with; } rows[] = {
		{ "{}", NULL },
		{ " {\"a\":1} \n", NULL },
		{ "", "the answer is empty, expected JSON" },
		{ "{\"a\":", "the answer ends in the middle of its JSON" },
		{ "{} {}", "the answer is not JSON: unexpected characters at byte 3" },
		{ "null", "the answer is null, expected an object" },
		{ "<html>", "the answer is not JSON: unexpected character at byte 0" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		scoped_json struct json_object *o = NULL;
		struct err err = { 0 };
		int r = json_parse(rows[i].text, strlen(rows[i].text), &o, &err);

		UNIT_ROW(i, (r < 0) == (rows[i].fails_with != NULL));
		if (r < 0)
			UNIT_ROW(i, err.kind == ERR_PROTOCOL);
		/* json-c's own words and positions differ between versions */
		const char *want = rows[i].fails_with ? rows[i].fails_with : "";
		size_t n = strcspn(want, ":");
		UNIT_ROW(i, !strncmp(err.what, want, n ? n : 1));
	}
	char deep[200];
	struct err err = { 0 };
	struct json_object *o = NULL;
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	CU_ASSERT_EQUAL(json_parse(deep, 200, &o, &err), -1);
}

static void counts_are_known_or_absent(void)
{
	static const struct {
		const char *text;
		bool known;
		int64_t queued;
		const char *fails_with;
	} rows[] = {
		{ "{\"queued\":0}", true, 0, NULL },
		{ "{\"queued\":7}", true, 7, NULL },
		{ "{\"degraded\":true}", false, 0, NULL },	/* absent is unknown, not 0 */
		{ "{\"queued\":null}", false, 0, NULL },
		{ "{\"queued\":\"3\"}", false, 0, "'queued' is string, expected a count" },
		{ "{\"queued\":-1}", false, 0, "'queued' is out of range for a count" },
		{ "{\"queued\":1.5}", false, 0, "'queued' is double, expected a count" },
		{ "{\"queued\":4611686018427387903}", true, COUNT_MAX, NULL },
		{ "{\"queued\":4611686018427387904}", false, 0,
		  "'queued' is out of range for a count" },
		{ "{\"queued\":99999999999999999999}", false, 0,
		  "'queued' is out of range for a count" },
		{ "{\"engine\":[]}", false, 0, "'engine' is array, expected an object" },
		{ "{\"last_activity\":\"soon\"}", false, 0,
		  "'last_activity' is 'soon', expected a time" },
		{ "[]", false, 0, "'result' is array, expected an object" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		scoped_json struct json_object *o = json_tokener_parse(rows[i].text);
		struct stats s;
		struct err err = { 0 };
		int r = stats_decode(o, &s, &err);

		UNIT_ROW(i, r == (rows[i].fails_with ? -1 : 0));
		if (rows[i].fails_with) {
			UNIT_STR(err.what, rows[i].fails_with);
			continue;
		}
		UNIT_ROW(i, s.queued.known == rows[i].known);
		UNIT_ROW(i, s.queued.value == rows[i].queued);
	}
}

static void finished_means_counted_and_nothing_left(void)
{
	static const struct { const char *text; bool finished; double processed, indexed; } rows[] = {
		{ "{\"queued\":0,\"running\":0,\"completed\":3,\"error\":0,\"skipped\":1,\"outdated\":0}",
		  true, 100, 75 },
		{ "{\"queued\":1,\"running\":1,\"completed\":2,\"error\":0,\"skipped\":0,\"outdated\":0}",
		  false, 50, 50 },
		/* right after creation everything is 0 */
		{ "{\"queued\":0,\"running\":0,\"completed\":0,\"error\":0,\"skipped\":0,\"outdated\":0}",
		  false, -1, -1 },
		{ "{\"degraded\":true}", false, -1, -1 },
		{ "{\"queued\":0,\"running\":0,\"completed\":3}", false, -1, -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		scoped_json struct json_object *o = json_tokener_parse(rows[i].text);
		struct stats s;
		struct err err = { 0 };
		double p = -1, n = -1;

		CU_ASSERT_EQUAL(stats_decode(o, &s, &err), 0);
		UNIT_ROW(i, stats_finished(&s) == rows[i].finished);
		UNIT_ROW(i, stats_percent_processed(&s, &p) == (rows[i].processed >= 0));
		UNIT_ROW(i, stats_percent_indexed(&s, &n) == (rows[i].indexed >= 0));
		UNIT_ROW(i, p == rows[i].processed && n == rows[i].indexed);
	}
}

static void an_answer_is_a_result_or_says_what_to_do(void)
{
	static const struct {
		int status;
		const char *body;
		int retry_after;
		enum err_kind kind;	/* ERR_NONE = success */
		const char *what;	/* a part of the sentence */
		const char *hint;	/* a part of the hint */
	} rows[] = {
		{ 200, "{\"success\":true,\"result\":{}}", 0, ERR_NONE, "", "" },
		{ 201, "{\"success\":true,\"result\":null,\"errors\":null}", 0, ERR_NONE, "", "" },
		{ 204, "", 0, ERR_NONE, "", "" },
		{ 200, "{\"success\":false,\"errors\":[{\"code\":7001,\"message\":\"no\"}]}", 0,
		  ERR_REMOTE, "HTTP 200, code 7001: no", "" },
		{ 200, "{\"result\":{}}", 0, ERR_PROTOCOL, "'success' is missing", "" },
		{ 200, "{\"success\":\"yes\"}", 0, ERR_PROTOCOL, "'success' is string", "" },
		{ 200, "[]", 0, ERR_PROTOCOL, "JSON array, expected an object", "/client/v4" },
		{ 200, "", 0, ERR_PROTOCOL, "HTTP 200: the answer is empty", "" },
		{ 200, "{\"succ", 0, ERR_PROTOCOL, "in the middle of its JSON", "" },
		{ 400, "{\"success\":false,\"errors\":[{\"code\":7001,\"message\":\"Required\","
		  "\"path\":[\"body\",\"id\"]}],\"result\":{}}", 0, ERR_REMOTE,
		  "HTTP 400, code 7001: body.id: Required", "" },
		{ 400, "{\"success\":false,\"errors\":[{\"code\":7022,\"message\":\"exists\"}]}", 0,
		  ERR_EXISTS, "code 7022", "" },
		{ 409, "{\"success\":false,\"errors\":[{\"code\":7064,\"message\":\"exists\"}]}", 0,
		  ERR_EXISTS, "code 7064", "" },
		{ 401, "{\"success\":false,\"errors\":[{\"code\":10000,\"message\":\"Authentication error\"}]}",
		  0, ERR_AUTH, "code 10000: Authentication error", "aisearch login" },
		{ 403, "{\"success\":false,\"errors\":[{\"code\":9109,\"message\":\"Unauthorized\","
		  "\"documentation_url\":\"https://d.example/x\"}]}", 0, ERR_FORBIDDEN,
		  "(https://d.example/x)", "'AI Search Edit'" },
		{ 404, "{\"success\":false,\"errors\":[]}", 0, ERR_NOT_FOUND,
		  "gave no reason", "" },
		{ 429, "{\"success\":false,\"errors\":[{\"code\":971,\"message\":\"slow\"}]}", 30,
		  ERR_LIMIT, "code 971", "30 seconds" },
		{ 502, "<html>bad gateway</html>", 0, ERR_REMOTE, "HTTP 502 (text/html)", "later" },
		{ 500,
		  "{\"success\":false,\"errors\":[{\"code\":7001,\"message\":\"\\u001b[2J\"}]}", 0,
		  ERR_REMOTE, "\\x1b[2J", "later" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct envelope_input in = {
			.status = rows[i].status, .content_type = "text/html", .body = rows[i].body,
			.len = strlen(rows[i].body), .retry_after = rows[i].retry_after,
			.permission = "AI Search Edit",
		};
		scoped_envelope struct envelope e = { 0 };
		struct err err = { 0 };
		int r = envelope_decode(&in, &e, &err);

		UNIT_ROW(i, (r == 0) == (rows[i].kind == ERR_NONE));
		UNIT_ROW(i, err.kind == rows[i].kind);
		if (!strstr(err.what, rows[i].what) || !strstr(err.hint, rows[i].hint))
			unit_note("row %zu: '%s' / '%s'", i, err.what, err.hint);
		UNIT_ROW(i, strstr(err.what, rows[i].what) && strstr(err.hint, rows[i].hint));
		UNIT_ROW(i, r == 0 || err.status == rows[i].status);
	}
}

static void the_tightest_limit_counts(void)
{
	static const struct { const char *header; int64_t r, t; } rows[] = {
		{ "\"default\";r=1180;t=204", 1180, 204 },
		{ "\"default\";t=204;r=1180", 1180, 204 },
		{ "\"a\";r=50;t=30, \"b\";r=7;t=1", 7, 1 },
		{ "\"odd;r=1\";r=9;t=2", 9, 2 },
		{ "\"default\" ; r=3 ; t=4", 3, 4 },
		{ "\"default\"", -1, -1 },
		{ "\"default\";r=-5", -1, -1 },
		{ "\"default\";r=99999999999999999999", -1, -1 },
		{ "", -1, -1 },
		{ "\"unclosed;r=1", -1, -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ratelimit l = { 0 };

		ratelimit_read(&l, rows[i].header);
		UNIT_ROW(i, (l.remaining.known ? l.remaining.value : -1) == rows[i].r);
		UNIT_ROW(i, (l.reset_s.known ? l.reset_s.value : -1) == rows[i].t);
	}
	struct ratelimit l = { 0 };
	ratelimit_read_policy(&l, "\"default\";q=1200;w=300");
	CU_ASSERT(l.quota.known && l.quota.value == 1200 && l.window_s.value == 300);
}

static void retry_after_is_seconds_or_a_date(void)
{
	static const struct { const char *value; int seconds; } rows[] = {
		{ "30", 30 }, { " 5 ", 5 }, { "0", 0 }, { "-1", 0 }, { "soon", 0 }, { "", 0 },
		{ "99999999999", 3600 }, { "10x", 0 },
		{ "Thu, 25 Dec 2025 01:53:28 GMT", 60 },
		{ "Thu, 25 Dec 2025 01:51:28 GMT", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		UNIT_ROW(i, retry_after_read(rows[i].value, 1766627548) == rows[i].seconds);
}

static void only_what_is_safe_is_repeated(void)
{
	static const struct {
		const char *method;
		bool sent;
		struct err err;
		int attempt;
		bool again;
		int64_t at_least;
	} rows[] = {
		{ "GET", true, { .kind = ERR_NETWORK }, 0, true, 0 },
		{ "PUT", true, { .kind = ERR_TIMEOUT }, 0, true, 0 },
		{ "POST", true, { .kind = ERR_NETWORK }, 0, false, 0 },	/* may have worked */
		{ "POST", false, { .kind = ERR_NETWORK }, 0, true, 0 },	/* never left */
		{ "GET", false, { .kind = ERR_TLS }, 0, false, 0 },
		{ "GET", true, { .kind = ERR_PROTOCOL }, 0, false, 0 },
		{ "GET", true, { .kind = ERR_REMOTE, .status = 503 }, 0, true, 0 },
		{ "POST", true, { .kind = ERR_REMOTE, .status = 503 }, 0, false, 0 },
		{ "GET", true, { .kind = ERR_FORBIDDEN, .status = 403 }, 0, false, 0 },
		{ "POST", true, { .kind = ERR_LIMIT, .status = 429, .code = 971, .retry_after = 7 },
		  0, true, 7000 },
		{ "POST", true, { .kind = ERR_LIMIT, .status = 429, .code = 7020 }, 0, false, 0 },
		{ "GET", true, { .kind = ERR_LIMIT, .status = 429, .code = 7069 }, 0, false, 0 },
		{ "GET", true,
		  { .kind = ERR_LIMIT, .status = 429, .code = 971, .retry_after = 300 },
		  0, false, 0 },
		{ "GET", true, { .kind = ERR_NETWORK }, RETRY_MAX, false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct retry_case c = { .method = rows[i].method, .sent = rows[i].sent,
					.attempt = rows[i].attempt, .jitter = 123 };
		int64_t ms = retry_delay_ms(&c, &rows[i].err);
		UNIT_ROW(i, (ms >= 0) == rows[i].again);
		UNIT_ROW(i, ms < 0 || ms >= rows[i].at_least);
	}
}

static void tokens_travel_only_where_they_are_safe(void)
{
	static const struct { const char *url; bool ok; } rows[] = {
		{ "https://api.cloudflare.com/client/v4", true },
		{ "http://127.0.0.1:8787/client/v4", true },
		{ "http://127.9.9.9/", true },
		{ "http://[::1]:80/", true },
		{ "http://localhost:1/", true },
		{ "http://api.cloudflare.com/client/v4", false },
		{ "http://127.0.0.1.example.com/", false },
		{ "http://localhost.example.com/", false },
		{ "http://10.0.0.1/", false },
		{ "http://[::2]/", false },
		{ "https://user:pass@api.cloudflare.com/", false },
		{ "http://127.0.0.1@example.com/", false },
		{ "ftp://127.0.0.1/", false },
		{ "file:///etc/passwd", false },
		{ "api.cloudflare.com", false },
		{ "", false },
	};
	struct err err = { 0 };
	char host[64];

	for (size_t i = 0; i < COUNT(rows); i++)
		UNIT_ROW(i, (url_check(rows[i].url, &err) == 0) == rows[i].ok);
	CU_ASSERT_EQUAL(url_host("https://API.cloudflare.com/client/v4", host, sizeof(host), &err), 0);
	UNIT_STR(host, "api.cloudflare.com");
	CU_ASSERT_EQUAL(url_host("http://127.0.0.1:8787/client/v4", host, sizeof(host), &err), 0);
	UNIT_STR(host, "127.0.0.1:8787");
}

static void ids_follow_the_apis_patterns(void)
{
	static const struct { int (*check)(const char *, struct err *); const char *id; bool ok; } rows[] = {
		{ client_check_account, "023e105f4ecef8ad9ca31a8372d0c353", true },
		{ client_check_account, "023E105F4ECEF8AD9CA31A8372D0C353", false },
		{ client_check_account, "023e105f", false },
		{ client_check_account, "", false },
		{ client_check_instance, "my-r2-rag", true },
		{ client_check_instance, "a", true },
		{ client_check_instance, "a_b", true },
		{ client_check_instance, "A", false },
		{ client_check_instance, "-a", false },
		{ client_check_instance, "a-", false },
		{ client_check_instance, "a--b", false },
		{ client_check_instance, "a/b", false },
		{ client_check_instance, "", false },
		{ client_check_namespace, "default", true },
		{ client_check_namespace, "a_b", false },
		{ client_check_namespace, "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
		{ client_check_namespace, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = { 0 };
		UNIT_ROW(i, (rows[i].check(rows[i].id, &err) == 0) == rows[i].ok);
		UNIT_ROW(i, rows[i].ok || err.kind == ERR_USAGE);
	}
}

static void a_list_ends_where_its_total_says(void)
{
	static const struct { struct envelope e; int page; size_t rows; bool more; } rows[] = {
		{ { .per_page = { true, 100 }, .total_count = { true, 250 } }, 1, 100, true },
		{ { .per_page = { true, 100 }, .total_count = { true, 250 } }, 3, 50, false },
		{ { .per_page = { true, 100 }, .total_count = { true, 250 } }, 1, 60, true },
		{ { .per_page = { true, 100 }, .total_count = { true, 200 } }, 2, 100, false },
		{ { .per_page = { true, 100 }, .total_count = { true, 999 } }, 2, 0, false },
		{ { 0 }, 1, 100, true },
		{ { 0 }, 1, 99, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		UNIT_ROW(i, instance_more_pages(&rows[i].e, rows[i].page, rows[i].rows) ==
				    rows[i].more);
}

static void an_instance_row_is_read_or_refused(void)
{
	static const struct { const char *text; const char *fails_with; } rows[] = {
		{ "{\"id\":\"a-b\",\"type\":null,\"source\":null,\"status\":\"odd new one\"}", NULL },
		{ "{\"id\":\"a\",\"paused\":true,\"created_at\":\"2025-12-25 01:58:03\"}", NULL },
		{ "{}", "'id' is '', expected an instance id" },
		{ "{\"id\":\"../x\"}", "'id' is '../x', expected an instance id" },
		{ "{\"id\":7}", "'id' is int, expected a string" },
		{ "[]", "an instance is array, expected an object" },
		{ "{\"id\":\"a\",\"status\":\"0123456789012345678901234567890123456789\"}",
		  "'status' is longer than 31 bytes" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		scoped_json struct json_object *o = json_tokener_parse(rows[i].text);
		scoped_instance struct instance in = { 0 };
		struct err err = { 0 };
		int r = instance_decode(o, &in, &err);

		UNIT_ROW(i, (r < 0) == (rows[i].fails_with != NULL));
		if (rows[i].fails_with)
			UNIT_STR(err.what, rows[i].fails_with);
	}
}

static void a_secret_leaves_no_copy_in_the_answer(void)
{
	scoped_json struct json_object *o = json_tokener_parse("{\"value\":\"abcdefgh\"}");
	scoped_secret struct secret *s = NULL;
	struct json_object *v = NULL;
	struct err err = { 0 };

	json_object_object_get_ex(o, "value", &v);
	CU_ASSERT_EQUAL_FATAL(json_take_secret(v, &s, &err), 0);
	UNIT_STR(secret_bytes(s), "abcdefgh");
	UNIT_STR(json_object_get_string(v), "");
	CU_ASSERT_EQUAL(json_take_secret(NULL, &s, &err), -1);
}

static void one_connection_at_a_time_is_made(void)
{
	enum { ASKS, CONNECTED, ENDS, SPEAKS_HTTP1 };
	static const struct { int what, who; bool may; } rows[] = {
		{ ASKS, 1, true },
		{ ASKS, 1, true },	/* its next address */
		{ ASKS, 2, false },
		{ CONNECTED, 2, false },	/* over one that was there before */
		{ ENDS, 2, false },
		{ ASKS, 3, false },
		{ CONNECTED, 1, false },
		{ ENDS, 1, false },
		{ ASKS, 2, true },
		{ ASKS, 3, false },
		{ ENDS, 2, false },	/* without a connection */
		{ ASKS, 3, true },
		{ ASKS, 4, true },
		{ CONNECTED, 3, false },
		{ ASKS, 4, true },
		{ ASKS, 5, false },
		{ SPEAKS_HTTP1, 0, false },
		{ ASKS, 5, true },
	};
	static const char who[8];
	struct http_peer p = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *w = who + rows[i].who;

		switch (rows[i].what) {
		case ASKS: UNIT_ROW(i, http_peer_may_connect(&p, w) == rows[i].may); break;
		case CONNECTED: http_peer_connected(&p, w); break;
		case ENDS: http_peer_forget(&p, w); break;
		case SPEAKS_HTTP1: p.http1 = true; break;
		}
	}
}

static void others_wait_for_the_connection(void)
{
	struct http_peer p = { 0 };
	static const char who[4];

	CU_ASSERT_EQUAL(http_streams(&p), 1);
	CU_ASSERT(http_peer_may_connect(&p, who));
	CU_ASSERT_EQUAL(http_streams(&p), 1);
	CU_ASSERT(http_peer_connected(&p, who));
	CU_ASSERT(!http_peer_connected(&p, who));	/* no news */
	CU_ASSERT_EQUAL(http_streams(&p), HTTP_STREAMS);
	CU_ASSERT(http_peer_may_connect(&p, who + 1));	/* the first one was lost */
	CU_ASSERT_EQUAL(http_streams(&p), 1);
	CU_ASSERT(!http_peer_connected(&p, who));	/* an answer on the old one */
	CU_ASSERT_EQUAL(http_streams(&p), 1);
	CU_ASSERT(http_peer_connected(&p, who + 1));
	p.http1 = true;
	CU_ASSERT_EQUAL(http_streams(&p), HTTP_CONNECTIONS);
	CU_ASSERT(http_peer_may_connect(&p, who));
	CU_ASSERT_EQUAL(http_streams(&p), HTTP_CONNECTIONS);
}

UNIT_SUITE(cloudflare,
	{ "while a connection is made one request waits for it, not all",
	  others_wait_for_the_connection },
	{ "one connection at a time is made, until one is not", one_connection_at_a_time_is_made },
	{ "an answer is one whole JSON value or nothing", one_whole_json_value_or_nothing },
	{ "counts are known or absent, never guessed", counts_are_known_or_absent },
	{ "finished means counted and nothing left", finished_means_counted_and_nothing_left },
	{ "an answer is a result or says what to do", an_answer_is_a_result_or_says_what_to_do },
	{ "the tightest rate limit counts", the_tightest_limit_counts },
	{ "Retry-After is seconds or a date", retry_after_is_seconds_or_a_date },
	{ "only what is safe is repeated", only_what_is_safe_is_repeated },
	{ "tokens travel only where they are safe", tokens_travel_only_where_they_are_safe },
	{ "ids follow the API's patterns", ids_follow_the_apis_patterns },
	{ "a list ends where its total says", a_list_ends_where_its_total_says },
	{ "an instance row is read or refused", an_instance_row_is_read_or_refused },
	{ "a secret leaves no copy in the answer", a_secret_leaves_no_copy_in_the_answer });
