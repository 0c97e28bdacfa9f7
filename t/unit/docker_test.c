/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "../../plugin/credential/docker.c"
#include "../../plugin/credential/door.h"
#include "../../plugin/credential/entry.h"

static void spellings_of_a_server_are_one_identity(void)
{
	static const struct {
		const char *spelling;
		const char *protocol, *host, *path;	/* protocol NULL = refused */
	} cases[] = {
		{ "r.example", "https", "r.example", NULL },
		{ "https://r.example", "https", "r.example", NULL },
		{ "https://r.example/", "https", "r.example", NULL },
		{ "r.example/", "https", "r.example", NULL },
		{ "r.example:5000", "https", "r.example:5000", NULL },
		{ "https://r.example:5000/", "https", "r.example:5000", NULL },
		{ "https://r.example/v1/", "https", "r.example", "v1" },
		{ "r.example/team/image", "https", "r.example", "team/image" },
		{ "http://r.example", "http", "r.example", NULL },
		/* the public registry: docker's name for it, and those of skopeo and podman */
		{ "https://index.docker.io/v1/", "https", "index.docker.io", "v1" },
		{ "https://index.docker.io/v1", "https", "index.docker.io", "v1" },
		{ "index.docker.io", "https", "index.docker.io", "v1" },
		{ "docker.io", "https", "index.docker.io", "v1" },
		{ "https://docker.io/", "https", "index.docker.io", "v1" },
		{ "registry-1.docker.io", "https", "index.docker.io", "v1" },
		{ "docker.io/library", "https", "docker.io", "library" },
		{ "http://docker.io", "http", "docker.io", NULL },
		{ "docker.io.evil.example", "https", "docker.io.evil.example", NULL },
		{ "xdocker.io", "https", "xdocker.io", NULL },
		{ "docker.io:443", "https", "docker.io:443", NULL },
		{ "u@docker.io", NULL, NULL, NULL },
		{ "ftp://r.example", NULL, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_server struct server s = { 0 };
		struct err err = { 0 };
		int r = map(cases[i].spelling, strlen(cases[i].spelling), &s, &err);

		UNIT_ROW(i, r == (cases[i].protocol ? 0 : -1));
		if (r < 0)
			continue;
		UNIT_STR(s.protocol, cases[i].protocol);
		UNIT_STR(s.host, cases[i].host);
		UNIT_STR(s.path, cases[i].path);
	}
}

static void blanks_around_a_name_do_not_count(void)
{
	static const struct {
		const char *text;
		size_t len, skipped;
	} cases[] = {
		{ "h", 1, 0 }, { " h\n", 1, 1 }, { "\t\r\nh x\r\n", 3, 3 }, { "", 0, 0 },
		{ " \n", 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;

		UNIT_ROW(i, trim(&text, strlen(text)) == cases[i].len);
		UNIT_ROW(i, text == cases[i].text + cases[i].skipped);
	}
}

UNIT_SUITE(docker,
	{ "the spellings of a server are one identity, other servers are not",
	  spellings_of_a_server_are_one_identity },
	{ "blanks around a server's name do not count", blanks_around_a_name_do_not_count });
