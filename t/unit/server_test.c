/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "unit.h"

#include "../../plugin/credential/server.h"

static void an_address_becomes_an_identity_or_is_refused(void)
{
	static const struct {
		const char *text;
		unsigned rules;
		const char *protocol, *host, *path;	/* protocol NULL = refused */
	} cases[] = {
		{ "https://h", 0, "https", "h", NULL },
		{ "https://h/", 0, "https", "h", NULL },
		{ "https://h///", 0, "https", "h", NULL },
		{ "https://h:5000/a/b/", 0, "https", "h:5000", "a/b" },
		{ "https://h/a/b?c=/d", 0, "https", "h", "a/b" },
		{ "https://h?x", 0, "https", "h", NULL },
		{ "HTTPS://H", 0, "https", "H", NULL },		/* nothing is folded in the host */
		{ "http://h/p", 0, "http", "h", "p" },
		{ "https://[::1]:5000/x", 0, "https", "[::1]:5000", "x" },
		{ "https://h//a", 0, "https", "h", "/a" },
		{ "https://h/%0a", 0, "https", "h", "%0a" },	/* it stays as it is: no decoding */

		{ "h", SERVER_SCHEME_OPTIONAL, "https", "h", NULL },
		{ "h:5000", SERVER_SCHEME_OPTIONAL, "https", "h:5000", NULL },
		{ "//h:5000/x", SERVER_SCHEME_OPTIONAL, "https", "h:5000", "x" },
		{ "http://h", SERVER_SCHEME_OPTIONAL, "http", "h", NULL },
		{ "h/a", SERVER_SCHEME_OPTIONAL, "https", "h", "a" },
		{ "h:5000", 0, NULL, NULL, NULL },
		{ "//h", 0, NULL, NULL, NULL },
		{ "ftp://h", SERVER_SCHEME_OPTIONAL, NULL, NULL, NULL },
		{ "https:h", SERVER_SCHEME_OPTIONAL, NULL, NULL, NULL },
		{ "h?u=https://x", SERVER_SCHEME_OPTIONAL, NULL, NULL, NULL },

		{ "http://localhost:8080/x", SERVER_SAFE, "http", "localhost:8080", "x" },
		{ "http://127.0.0.1", SERVER_SAFE, "http", "127.0.0.1", NULL },
		{ "http://[::1]:80", SERVER_SAFE, "http", "[::1]:80", NULL },
		{ "http://h", SERVER_SAFE, NULL, NULL, NULL },
		{ "http://localhost.evil.example", SERVER_SAFE, NULL, NULL, NULL },
		{ "http://127.0.0.1.evil.example", SERVER_SAFE, NULL, NULL, NULL },

		{ "", SERVER_SCHEME_OPTIONAL, NULL, NULL, NULL },
		{ "https://", 0, NULL, NULL, NULL },
		{ "https:///x", 0, NULL, NULL, NULL },
		{ "/h", SERVER_SCHEME_OPTIONAL, NULL, NULL, NULL },
		{ "https://:80", 0, NULL, NULL, NULL },
		{ "https://h:", 0, NULL, NULL, NULL },
		{ "https://h:1x", 0, NULL, NULL, NULL },
		{ "https://h:123456", 0, NULL, NULL, NULL },
		{ "https://h:1:2", 0, NULL, NULL, NULL },
		{ "https://u@h", 0, NULL, NULL, NULL },
		{ "https://good.example@evil.example/", 0, NULL, NULL, NULL },
		{ "https://good.example\\@evil.example/", 0, NULL, NULL, NULL },
		{ "https://good.example\\.evil.example", 0, NULL, NULL, NULL },
		{ "https://h%2eevil", 0, NULL, NULL, NULL },
		{ "https://h#x", 0, NULL, NULL, NULL },
		{ "https://h h", 0, NULL, NULL, NULL },
		{ "https://*.example", 0, NULL, NULL, NULL },
		{ "https://h\xc3\xa4", 0, NULL, NULL, NULL },
		{ "https://[::1", 0, NULL, NULL, NULL },
		{ "https://[]", 0, NULL, NULL, NULL },
		{ "https://[::1]x", 0, NULL, NULL, NULL },
		{ "https://h\n", 0, NULL, NULL, NULL },
		{ "https://r.te\nst", 0, NULL, NULL, NULL },	/* the reference joins these lines */
		{ "https://r.te\rst", 0, NULL, NULL, NULL },
		{ "https://h/a\nb", 0, NULL, NULL, NULL },
		{ "https://h/\x1b[2J", 0, NULL, NULL, NULL },
		{ "https://h/?\x7f", 0, NULL, NULL, NULL },
		{ "h\t", SERVER_SCHEME_OPTIONAL, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_server struct server s = { 0 };
		struct err err = { 0 };
		int r = server_parse(cases[i].text, strlen(cases[i].text), cases[i].rules, &s, &err);

		UNIT_ROW(i, r == (cases[i].protocol ? 0 : -1));
		if (r < 0) {
			UNIT_ROW(i, err.kind == ERR_INPUT && !s.host && !s.path);
			continue;
		}
		UNIT_STR(s.protocol, cases[i].protocol);
		UNIT_STR(s.host, cases[i].host);
		UNIT_STR(s.path, cases[i].path);
	}
}

static void a_nul_byte_does_not_end_an_address(void)
{
	scoped_server struct server s = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL(server_parse("https://h\0.evil.example", 23, 0, &s, &err), -1);
}

static void an_address_with_no_path_asks_for_none(void)
{
	struct server s = { "https", (char *)"h", NULL };

	CU_ASSERT_PTR_EQUAL(server_query(&s, NULL).path, vault_no_path);
	s.path = (char *)"x";
	UNIT_STR(server_query(&s, NULL).path, "x");
}

UNIT_SUITE(server,
	{ "an address becomes an identity, whole host and exact bytes, or is refused",
	  an_address_becomes_an_identity_or_is_refused },
	{ "a NUL byte does not end an address", a_nul_byte_does_not_end_an_address },
	{ "an address with no path asks for an entry with none", an_address_with_no_path_asks_for_none });
