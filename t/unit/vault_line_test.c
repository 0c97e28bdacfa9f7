/* SPDX-License-Identifier: MIT */
#include "../../plugin/command/vault_line.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define HTTPS "\"protocol\":\"https\",\"host\":\"h\""

static const char *text_of(const struct secret *s)
{
	return s ? secret_bytes(s) : NULL;
}

static int read_line(const char *text, bool first, struct vault_line *out, struct err *err)
{
	return vault_line_read(text, strlen(text), first, out, err);
}

static void the_first_line_tells_the_form(void)
{
	static const struct { const char *line, *fails_with; } rows[] = {
		{ "{\"aisearch_vault_export\":1}", NULL },
		{ "{\"aisearch_vault_export\":1,\"made_by\":\"aisearch 1.2\"}", NULL },
		{ "{\"aisearch_vault_export\":2}", "this is no export that this program knows" },
		{ "{" HTTPS "}", "this is no export that this program knows" },
		{ "{}", "this is no export that this program knows" },
		{ "[1]", "it is not one JSON object" },
		{ "", "it is not one JSON object" },
		{ "{\"aisearch_vault_export\":1} {}", "it is not one JSON object" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		scoped_vault_line struct vault_line e = { 0 };
		struct err err = { 0 };
		int r = read_line(rows[i].line, true, &e, &err);

		UNIT_ROW(i, r == (rows[i].fails_with ? -1 : 0));
		UNIT_ROW(i, !rows[i].fails_with || err.kind == ERR_INPUT);
		UNIT_STR(err.what, rows[i].fails_with ? rows[i].fails_with : "");
	}
}

static void an_entry_has_what_the_line_has(void)
{
	static const struct {
		const char *line;
		struct { const char *host, *path, *user, *password, *bearer, *refresh; } want;
		int64_t expires_at, stored_at;
		bool pending;
	} rows[] = {
		{ "{" HTTPS "}", { .host = "h" }, 0, 0, false },
		{ "{" HTTPS ",\"path\":null,\"expires_at\":null}", { .host = "h" }, 0, 0, false },
		{ "{" HTTPS ",\"path\":\"a/b\",\"username\":\"ann\",\"password\":\"p\"}",
		  { "h", "a/b", "ann", "p", NULL, NULL }, 0, 0, false },
		{ "{" HTTPS ",\"state\":\"pending\",\"refresh\":\"r\",\"expires_at\":4102444800,"
		  "\"stored_at\":1700000000}",
		  { .host = "h", .refresh = "r" }, 4102444800, 1700000000, true },
		{ "{" HTTPS ",\"state\":\"active\",\"authtype\":\"Bearer\",\"bearer\":\"b\"}",
		  { .host = "h", .bearer = "b" }, 0, 0, false },
		/* what is no UTF-8 comes as base64; the plain form goes first */
		{ "{" HTTPS ",\"username_base64\":\"/w==\",\"password_base64\":\"cA==\"}",
		  { .host = "h", .user = "\xff", .password = "p" }, 0, 0, false },
		{ "{" HTTPS ",\"password\":\"p\",\"password_base64\":\"eA==\"}",
		  { .host = "h", .password = "p" }, 0, 0, false },
		{ "{" HTTPS ",\"password\":\"\"}", { .host = "h", .password = "" }, 0, 0, false },
		{ "{" HTTPS ",\"password\":\"a\\nb\\u001b\"}",
		  { .host = "h", .password = "a\nb\x1b" }, 0, 0, false },
		{ "{" HTTPS ",\"of_a_later_version\":[1]}", { .host = "h" }, 0, 0, false },
		{ "{\"protocol\":\"cert\",\"host\":\"\",\"path\":\"/k\"}",
		  { .host = "", .path = "/k" }, 0, 0, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		scoped_vault_line struct vault_line e = { 0 };
		struct err err = { 0 };

		UNIT_ROW(i, read_line(rows[i].line, false, &e, &err) == 0);
		UNIT_STR(err.what, "");
		UNIT_STR(e.host, rows[i].want.host);
		UNIT_STR(e.path, rows[i].want.path);
		UNIT_STR(e.username, rows[i].want.user);
		UNIT_STR(text_of(e.password), rows[i].want.password);
		UNIT_STR(text_of(e.bearer), rows[i].want.bearer);
		UNIT_STR(text_of(e.refresh), rows[i].want.refresh);
		UNIT_ROW(i, e.expires_at == rows[i].expires_at);
		UNIT_ROW(i, e.stored_at == rows[i].stored_at);
		UNIT_ROW(i, e.pending == rows[i].pending);
	}
}

static void what_other_doors_refuse_is_refused_here(void)
{
	static const struct { const char *line, *fails_with; } rows[] = {
		{ "{\"host\":\"h\"}", "it needs a protocol" },
		{ "{\"protocol\":\"\",\"host\":\"h\"}", "it needs a protocol" },
		{ "{\"protocol\":\"https\"}", "it needs a host" },
		{ "{\"protocol\":\"https\",\"host\":\"\"}", "it needs a host" },
		{ "{\"protocol\":\"https\",\"host\":\"\",\"path\":\"/k\"}", "it needs a host" },
		{ "{\"protocol\":\"cert\",\"host\":\"\"}", "it needs a host" },
		{ "{\"protocol\":\"https\",\"host\":\"a\\u001bb\"}", "it has a control character" },
		{ "{" HTTPS ",\"path\":\"a\\nb\"}", "it has a control character" },
		{ "{" HTTPS ",\"username\":\"a\\u007fb\"}", "it has a control character" },
		{ "{" HTTPS ",\"authtype\":\"Basic\\r\"}", "it has a control character" },
		{ "{" HTTPS ",\"label\":\"\\t\"}", "it has a control character" },
		{ "{" HTTPS ",\"origin_base64\":\"Gw==\"}", "it has a control character" },
		{ "{" HTTPS ",\"username\":\"a\\u0000b\"}", "'username' holds a NUL byte" },
		{ "{\"protocol\":\"ht\\u0000tps\",\"host\":\"h\"}", "'protocol' holds a NUL byte" },
		{ "{" HTTPS ",\"path_base64\":\"YQBi\"}", "'path' holds a NUL byte" },
		{ "{" HTTPS ",\"password_base64\":\"A\"}", "'password_base64' is not base64" },
		{ "{" HTTPS ",\"password_base64\":\"cA==x\"}", "'password_base64' is not base64" },
		{ "{" HTTPS ",\"password_base64\":\"c-__\"}", "'password_base64' is not base64" },
		{ "{" HTTPS ",\"password\":7}", "'password' is no text" },
		{ "{" HTTPS ",\"username\":{}}", "'username' is no text" },
		{ "{" HTTPS ",\"state\":\"rejected\"}", "'state' is neither active nor pending" },
		{ "{" HTTPS ",\"state\":1}", "'state' is int, expected a string" },
		{ "{" HTTPS ",\"expires_at\":-1}", "'expires_at' is out of range for a count" },
		{ "{" HTTPS ",\"stored_at\":\"1\"}", "'stored_at' is string, expected a count" },
		{ "{" HTTPS ",\"path\":\"\\ud800\"}", "it has half a surrogate pair" },
		{ "{" HTTPS ",\"path\":\"\\udc00\\ud800\"}", "it has half a surrogate pair" },
		{ "{" HTTPS "", "it is not one JSON object" },
		{ "null", "it is not one JSON object" },
		{ "{" HTTPS "}x", "it is not one JSON object" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		scoped_vault_line struct vault_line e = { 0 };
		struct err err = { 0 };

		UNIT_ROW(i, read_line(rows[i].line, false, &e, &err) == -1);
		UNIT_ROW(i, err.kind == ERR_INPUT);
		UNIT_STR(err.what, rows[i].fails_with);
	}
}

static void a_secret_is_as_long_as_the_vault_takes(void)
{
	static const struct { size_t len; bool good; } rows[] = {
		{ SECRET_MAX, true }, { SECRET_MAX + 1, false },
	};
	static char line[SECRET_MAX + 200], letters[SECRET_MAX + 2];

	for (size_t i = 0; i < COUNT(rows); i++) {
		scoped_vault_line struct vault_line e = { 0 };
		struct err err = { 0 };

		memset(letters, 'x', rows[i].len);
		letters[rows[i].len] = '\0';
		snprintf(line, sizeof(line), "{" HTTPS ",\"password\":\"%s\"}", letters);
		UNIT_ROW(i, (read_line(line, false, &e, &err) == 0) == rows[i].good);
		UNIT_ROW(i, !rows[i].good || (e.password && secret_len(e.password) == rows[i].len));
		/* no message quotes a value */
		UNIT_ROW(i, rows[i].good || !strstr(err.what, "xx"));
	}
}

UNIT_SUITE(vault_line,
	{ "an export's first line tells which form the others have",
	  the_first_line_tells_the_form },
	{ "an entry has what its line has, and nothing else", an_entry_has_what_the_line_has },
	{ "what other doors refuse is refused here", what_other_doors_refuse_is_refused_here },
	{ "a secret is as long as the vault takes", a_secret_is_as_long_as_the_vault_takes });
