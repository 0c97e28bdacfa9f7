/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "cloudflare/bearer.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

struct vault_like {		/* what a source has, one after the other */
	const char *const *has;
	size_t asked;
};

static void ask(void *ctx, const struct secret *refused, struct secret **out, struct err *err)
{
	struct vault_like *v = ctx;
	const char *now = v->has[v->asked];

	(void)refused;
	v->asked++;
	if (now)
		secret_new(now, strlen(now), out, err);
	err_hint(err, "ask %zu", v->asked);
}

enum what { REFUSED, ACCEPTED, EARLIER };	/* EARLIER: refused, and it had the first token */

struct story {
	const char *name;
	enum what what[12];
	size_t count;
	const char *has[8];	/* by the source */
	const char *token;	/* in the end; the first one is "a" */
	bool again;		/* what the last refusal said */
	size_t asked;
	const char *hint;	/* of the last refusal, when it was final */
};

static void another_token_is_asked_for_once(void)
{
	static const struct story cases[] = {
		{ "another",
		  { REFUSED }, 1, { "b" }, "b", true, 1, NULL },
		{ "the same",
		  { REFUSED }, 1, { "a" }, "a", false, 1, "ask 1" },
		{ "none",
		  { REFUSED }, 1, { NULL }, "a", false, 1, "ask 1" },
		{ "once for a value",
		  { REFUSED, REFUSED, REFUSED }, 3, { "a", "b" }, "a", false, 1, "ask 1" },
		{ "again after it was taken",
		  { REFUSED, ACCEPTED, REFUSED }, 3, { "a", "b" }, "b", true, 2, NULL },
		{ "and another",
		  { REFUSED, REFUSED }, 2, { "b", "c" }, "c", true, 2, NULL },
		{ "back to one that was refused",
		  { REFUSED, REFUSED }, 2, { "b", "a" }, "b", false, 2, "ask 2" },
		{ "which was taken meanwhile",
		  { REFUSED, ACCEPTED, REFUSED }, 3, { "b", "a" }, "a", true, 2, NULL },
		{ "one of those under way",
		  { REFUSED, EARLIER, EARLIER }, 3, { "b" }, "b", true, 1, NULL },
		{ "no end of them", { REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED }, 6,
		  { "b", "c", "d", "e", "f", "g" }, "e", false, 5, "ask 5" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct vault_like v = { .has = cases[i].has };
		const struct bearer_source source = { ask, &v };
		struct err err = {0};
		scoped_secret struct secret *first = NULL;
		struct bearer b;
		bool again = false;

		CU_ASSERT_EQUAL_FATAL(secret_new("a", 1, &first, &err), 0);
		bearer_init(&b, first, &source);
		const unsigned turn = b.turn;
		for (size_t k = 0; k < cases[i].count; k++) {
			memset(&err, 0, sizeof(err));
			if (cases[i].what[k] == ACCEPTED)
				bearer_accepted(&b, b.turn);
			else
				again = bearer_refused(&b, cases[i].what[k] == EARLIER ? turn : b.turn, &err);
		}
		UNIT_ROW(i, !strcmp(secret_bytes(b.token), cases[i].token));
		UNIT_ROW(i, again == cases[i].again && v.asked == cases[i].asked);
		if (cases[i].hint)
			UNIT_STR(err.hint, cases[i].hint);
		bearer_clear(&b);
	}
}

static void without_a_source_the_error_stays(void)
{
	const struct bearer_source none = {0};
	scoped_secret struct secret *first = NULL;
	struct err err = {0};
	struct bearer b;

	CU_ASSERT_EQUAL_FATAL(secret_new("a", 1, &first, &err), 0);
	err_hint(&err, "as it was");
	bearer_init(&b, first, &none);
	CU_ASSERT_FALSE(bearer_refused(&b, b.turn, &err));
	CU_ASSERT_FALSE(bearer_refused(&b, b.turn, &err));
	UNIT_STR(err.hint, "as it was");
	bearer_clear(&b);
}

UNIT_SUITE(bearer,
	{ "a refused token: another one is asked for, once for each value",
	  another_token_is_asked_for_once },
	{ "a token without a source is not replaced", without_a_source_the_error_stays });
