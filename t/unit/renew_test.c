/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "../../plugin/command/renew.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void the_hint_is_true(void)
{
	static const struct {
		struct renew_facts facts;
		const char *says, *ends;
	} cases[] = {
		{ { "manager", true, RENEW_THERE, "login", false },
		  "from CLOUDFLARE_API_TOKEN, which goes before the vault",
		  "unset it to use the vault's manager" },
		{ { "manager", true, RENEW_GONE, NULL, false },
		  "from CLOUDFLARE_API_TOKEN:",
		  "aisearch login --role manager" },
		{ { "manager", true, RENEW_EXPIRED, "login", false },
		  "unset it and:",
		  "aisearch login --role manager" },
		{ { "manager", false, RENEW_THERE, "login", false },
		  "given by hand: aisearch token verify manager;",
		  "aisearch login --role manager" },
		{ { "creator", false, RENEW_THERE, "login", false },
		  "the vault's creator, given by hand",
		  "aisearch login --role creator" },
		/* from git, an import, or an older version */
		{ { "manager", false, RENEW_THERE, "git", false },
		  "given by hand",
		  "aisearch login --role manager" },
		{ { "manager", false, RENEW_THERE, NULL, false },
		  "given by hand",
		  "aisearch login --role manager" },
		{ { "manager", false, RENEW_THERE, "rotate", false },
		  "minted by aisearch: aisearch token verify manager;",
		  "aisearch token create --role manager" },
		{ { "manager", false, RENEW_THERE, "create:0123456789abcdef", false },
		  "aisearch logout --role manager, ",
		  "aisearch token create --role manager" },
		{ { "manager", false, RENEW_THERE, "provision/0123/ip", false },
		  "minted by aisearch",
		  "aisearch token create --role manager" },
		{ { "manager", false, RENEW_EXPIRED, "rotate", false },
		  "minted by aisearch, has expired",
		  "aisearch token create --role manager" },
		{ { "manager", false, RENEW_EXPIRED, "login", false },
		  "given by hand, has expired",
		  "aisearch login --role manager" },
		{ { "manager", false, RENEW_THERE, "rotate", true },
		  "rotation is unfinished",
		  "aisearch token rotate manager" },
		{ { "manager", false, RENEW_GONE, NULL, false },
		  "not there any more",
		  "aisearch login --role manager" },
		{ { "manager", false, RENEW_UNREAD, NULL, false },
		  "cannot be read again",
		  "aisearch vault check" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct err err = {0};
		size_t len, end = strlen(cases[i].ends);

		renew_hint(&cases[i].facts, &err);
		len = strlen(err.hint);
		UNIT_ROW(i, !!strstr(err.hint, cases[i].says));
		/* nothing of it was cut off */
		UNIT_ROW(i, len >= end && !strcmp(err.hint + len - end, cases[i].ends));
	}
}

UNIT_SUITE(renew,
	{ "a refused token: where it came from, and the right next step", the_hint_is_true });
