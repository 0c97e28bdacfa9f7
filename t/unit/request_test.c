/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "../../plugin/credential/request.h"

static int decode_text(const char *json, unsigned rules, char **name, struct secret **secret,
		       struct err *err)
{
	scoped_buf struct buf text = BUF(REQUEST_MAX);
	const struct request_member members[] = {
		{ .name = "Name", .text = name },
		{ .name = "Secret", .secret = secret },
	};

	buf_adds(&text, json);
	return request_decode(&text, members, 2, rules, err);
}

static void members_are_strings_or_refused(void)
{
	static const struct {
		const char *json;
		unsigned rules;
		const char *name, *secret;
		const char *fails_with;
	} cases[] = {
		{ "{\"Name\":\"n\",\"Secret\":\"s\"}", 0, "n", "s", NULL },
		{ " {\"Secret\":\"s\"}\r\n", 0, NULL, "s", NULL },
		{ "{\"Name\":null}", 0, NULL, NULL, NULL },
		{ "{}", 0, NULL, NULL, NULL },
		{ "{\"Name\":\"\",\"Secret\":\"\"}", 0, "", "", NULL },
		/* escapes, as Go's encoder writes < > &, and pairs */
		{ "{\"Secret\":\"\\u003ca\\u0026b\\u003e\\\"\\\\\\/\\n\"}", 0, NULL,
		  "<a&b>\"\\/\n", NULL },
		{ "{\"Secret\":\"\\ud83d\\ude00\\u00e4\"}", 0, NULL,
		  "\xf0\x9f\x98\x80\xc3\xa4", NULL },
		{ "{\"\\u0053ecret\":\"s\"}", 0, NULL, "s", NULL },
		/* case matters unless it is said not to */
		{ "{\"SECRET\":\"s\",\"name\":\"n\"}", REQUEST_ANY_CASE, "n", "s", NULL },
		{ "{\"SECRET\":\"s\"}", 0, NULL, NULL, NULL },
		{ "{\"Secret\":\"a\",\"secret\":\"b\"}", REQUEST_ANY_CASE, NULL, "b", NULL },
		{ "{\"Name\":\"a\",\"name\":\"b\"}", REQUEST_ANY_CASE, "b", NULL, NULL },
		/* extra members */
		{ "{\"x\":[1,{\"Name\":\"no\"}],\"Name\":\"n\"}", 0, "n", NULL, NULL },
		{ "{\"Secret\":\"s\",\"x\":1}", REQUEST_NO_OTHERS, NULL, NULL, "member 'x'" },
		{ "{\"Secret\":\"s\"}", REQUEST_NO_OTHERS, NULL, "s", NULL },

		{ "{\"Secret\":1}", 0, NULL, NULL, "'Secret' is int, expected a string" },
		{ "{\"Secret\":{}}", 0, NULL, NULL, "'Secret' is object" },
		{ "{\"Secret\":\"p\\u0000q\"}", 0, NULL, NULL, "NUL character" },
		{ "{\"Name\":\"p\\u0000q\"}", 0, NULL, NULL, "NUL character" },
		{ "[]", 0, NULL, NULL, "is array, expected an object" },
		{ "\"Secret\"", 0, NULL, NULL, "is string, expected an object" },
		{ "null", 0, NULL, NULL, "null" },
		{ "", 0, NULL, NULL, "empty" },
		{ "{\"Secret\":\"s\"", 0, NULL, NULL, "ends in the middle" },
		{ "{\"Secret\":\"s\"}{}", 0, NULL, NULL, "not JSON" },
		{ "{\"Secret\":\"s\"} x", 0, NULL, NULL, "not JSON" },
		{ "{'Secret':'s'}", 0, NULL, NULL, "not JSON" },
		{ "{\"Secret\":\"s\",}", 0, NULL, NULL, "not JSON" },
		/* half a pair would become another secret; what is quoted is no escape */
		{ "{\"Secret\":\"a\\ud800b\"}", 0, NULL, NULL, "surrogate" },
		{ "{\"Secret\":\"\\uD83D\"}", 0, NULL, NULL, "surrogate" },
		{ "{\"Secret\":\"\\udE00\"}", 0, NULL, NULL, "surrogate" },
		{ "{\"Secret\":\"\\ud83d\\ud83d\\ude00\"}", 0, NULL, NULL, "surrogate" },
		{ "{\"Secret\":\"\\ud83d\\\\ude00\"}", 0, NULL, NULL, "surrogate" },
		{ "{\"x\":\"\\ude00\\ud83d\"}", 0, NULL, NULL, "surrogate" },
		{ "{\"Secret\":\"\\\\ud800\"}", 0, NULL, "\\ud800", NULL },
		{ "{\"Secret\":\"\\\\\\ud83d\\uDE00\\ud7ff\"}", 0, NULL,
		  "\\\xf0\x9f\x98\x80\xed\x9f\xbf", NULL },
		{ "{\"Secret\":\"\\ud83d\\ude00\\ud83d\\ude00\"}", 0, NULL,
		  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", NULL },
		{ "{\"Secret\":\"\\ud8", 0, NULL, NULL, "ends in the middle" },
		{ "{\"Secret\":\"\xff\"}", 0, NULL, NULL, "UTF-8" },
		{ "{\"Secret\":\"\xc0\xaf\"}", 0, NULL, NULL, "UTF-8" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_free char *name = NULL;
		scoped_secret struct secret *secret = NULL;
		struct err err = { 0 };
		int r = decode_text(cases[i].json, cases[i].rules, &name, &secret, &err);

		UNIT_ROW(i, r == (cases[i].fails_with ? -1 : 0));
		if (r < 0) {
			UNIT_ROW(i, err.kind == ERR_INPUT);
			UNIT_ROW(i, cases[i].fails_with && strstr(err.what, cases[i].fails_with));
			continue;
		}
		UNIT_STR(name, cases[i].name);
		UNIT_STR(secret ? secret_bytes(secret) : NULL, cases[i].secret);
	}
}

static void depth_has_a_limit(void)
{
	scoped_free char *name = NULL;
	scoped_secret struct secret *secret = NULL;
	scoped_buf struct buf deep = BUF(REQUEST_MAX);
	struct err err = { 0 };

	buf_adds(&deep, "{\"x\":");
	for (int i = 0; i < 5000; i++)
		buf_adds(&deep, "[");
	CU_ASSERT_EQUAL(decode_text(deep.data, 0, &name, &secret, &err), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.what, "deep"));
}

static void no_message_quotes_a_secret(void)
{
	static const char *const requests[] = {
		"{\"Secret\":\"canary\"", "{\"Secret\":\"canary\\u0000\"}", "{\"Secret\":[\"canary\"]}",
		"{\"Secret\":\"canary\"}x", "canary", "{canary}", "{\"Secret\":\"canary\xff\"}",
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		scoped_free char *name = NULL;
		scoped_secret struct secret *secret = NULL;
		struct err err = { 0 };

		UNIT_ROW(i, decode_text(requests[i], 0, &name, &secret, &err) == -1);
		UNIT_ROW(i, !strstr(err.what, "canary") && !strstr(err.hint, "canary"));
	}
}

/* From a file: a pipe would hold 64 KiB only. */
static int read_bytes(const void *data, size_t len, struct buf *out, struct err *err)
{
	scoped_file FILE *f = tmpfile();

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL_FATAL(fwrite(data, 1, len, f), len);
	rewind(f);
	int r = request_read(fileno(f), out, err);
	/* to the end, in any case */
	CU_ASSERT_EQUAL(lseek(fileno(f), 0, SEEK_CUR), (off_t)len);
	return r;
}

static void a_request_has_a_ceiling(void)
{
	static const size_t lengths[] = { 0, REQUEST_MAX - 1, REQUEST_MAX, REQUEST_MAX + 1,
					  2 * REQUEST_MAX };
	scoped_free char *large = malloc(2 * REQUEST_MAX);

	memset(large, 'x', 2 * REQUEST_MAX);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		scoped_buf struct buf in = BUF(REQUEST_MAX);
		const size_t len = lengths[i];
		struct err err = { 0 };

		CU_ASSERT_EQUAL(read_bytes(large, len, &in, &err), len > REQUEST_MAX ? -1 : 0);
		CU_ASSERT(len > REQUEST_MAX || in.len == len);
	}
}

static void a_nul_byte_refuses_a_request(void)
{
	scoped_buf struct buf in = BUF(REQUEST_MAX);
	struct err err = { 0 };

	CU_ASSERT_EQUAL(read_bytes("h\0x", 3, &in, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_INPUT);
}

UNIT_SUITE(request,
	{ "members are strings, decoded, or the whole request is refused",
	  members_are_strings_or_refused },
	{ "depth has a limit", depth_has_a_limit },
	{ "no message quotes a secret", no_message_quotes_a_secret },
	{ "a request has a ceiling, and is read to its end also beyond it",
	  a_request_has_a_ceiling },
	{ "a NUL byte refuses a request", a_nul_byte_refuses_a_request });
