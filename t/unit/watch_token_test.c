/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "indexing/watch_token.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define MINUTE 60000
#define A "token-a"
#define B "token-b"

static void the_pause_doubles_up_to_ten_minutes(void)
{
	static const struct {
		int wishes;
		int64_t interval_ms, pause_ms;	/* less half an interval: the nearest cycle */
	} cases[] = {
		{ 1, 1000, 500 },	       { 2, 1000, 1500 },
		{ 3, 1000, 3500 },	       { 10, 1000, 511500 },
		{ 11, 1000, 599500 },	       { 1000000, 1000, 599500 },
		{ 1, MINUTE, MINUTE / 2 },     { 4, MINUTE, 8 * MINUTE - MINUTE / 2 },
		{ 5, MINUTE, 10 * MINUTE - MINUTE / 2 },
		{ 6, MINUTE, 10 * MINUTE - MINUTE / 2 },
		/* a longer interval is a pause by itself */
		{ 1, 60 * MINUTE, 30 * MINUTE }, { 9, 60 * MINUTE, 30 * MINUTE },
		{ 1, 1, 1 },		       { 2, 1, 2 },
	};

	for (size_t i = 0; i < ROWS(cases); i++)
		UNIT_ROW(i, token_use_pause_ms(cases[i].wishes, cases[i].interval_ms) ==
				    cases[i].pause_ms);
}

struct adopter {
	size_t calls;
	bool fails;
};

static int adopt(void *ctx, const struct secret *token, struct err *err)
{
	struct adopter *a = ctx;

	(void)token;
	a->calls++;
	return a->fails ? err_nomem(err) : 0;
}

enum then {			/* what came of the cycle */
	NOTHING,		/* another failure, or no request at all */
	REFUSED, TAKEN,
};

struct step {
	int64_t at_s;		/* the interval is a second */
	enum watch_token found;
	const char *fresh;
	enum then then;
	bool wanted;		/* expected from here on: the source was told so */
	const char *in_use;
	bool refused;		/* after the cycle */
	int wishes;
	int64_t retry_ms;
};

static void live(const struct step *steps, size_t count, size_t adopted)
{
	struct token_use u = { 0 };
	struct adopter adopter = { 0 };
	struct err none = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		struct token_answer answer = { .found = s->found };
		int64_t now = s->at_s * 1000;
		bool ok;

		answer.wanted = token_use_wanted(&u, now);
		UNIT_ROW(i, answer.wanted == s->wanted);
		if (s->fresh)
			secret_new(s->fresh, strlen(s->fresh), &answer.fresh, &none);
		if (s->found == WATCH_TOKEN_NONE)
			err_set(&answer.why, ERR_NOT_FOUND, "none at %d", (int)s->at_s);
		ok = token_use_answer(&u, &answer, now, 1000, adopt, &adopter);
		UNIT_ROW(i, ok == (s->in_use != NULL));
		UNIT_ROW(i, ok || u.err.kind != ERR_NONE);
		UNIT_STR(u.token ? secret_bytes(u.token) : NULL, s->in_use);
		if (s->then == REFUSED)
			token_use_refused(&u, &none);
		else if (s->then == TAKEN)
			token_use_taken(&u);
		UNIT_ROW(i, u.refused == s->refused);
		UNIT_ROW(i, u.wishes == s->wishes);
		UNIT_ROW(i, u.retry_at == s->retry_ms);
	}
	CU_ASSERT_EQUAL(adopter.calls, adopted);
	token_use_clear(&u);
	CU_ASSERT_PTR_NULL(u.token);
}

#define SAME WATCH_TOKEN_SAME
#define NEW WATCH_TOKEN_NEW
#define NONE WATCH_TOKEN_NONE

static void a_good_token_is_not_asked_for_again(void)
{
	static const struct step steps[] = {
		{ 1, NEW, A, TAKEN,     true, A, false, 0, 0 },
		{ 2, SAME, NULL, TAKEN, false, A, false, 0, 0 },
		/* the source has news by itself, as a file that was changed */
		{ 3, NEW, B, TAKEN,     false, B, false, 0, 0 },
		{ 4, NEW, B, NOTHING,   false, B, false, 0, 0 },
		/* and what it says when it was not asked takes nothing away */
		{ 5, NONE, NULL, TAKEN, false, B, false, 0, 0 },
		{ 6, NEW, "no\ttoken", TAKEN, false, B, false, 0, 0 },
	};

	live(steps, ROWS(steps), 2);
}

static void a_refused_token_is_asked_for_in_growing_pauses(void)
{
	static const struct step steps[] = {
		{ 0, NEW, A, REFUSED,     true, A, true, 0, 500 },
		{ 1, NEW, A, REFUSED,     true, A, true, 1, 1500 },
		{ 2, NEW, A, REFUSED,     true, A, true, 2, 3500 },
		{ 3, SAME, NULL, REFUSED, false, A, true, 2, 3500 },
		{ 4, NEW, A, REFUSED,     true, A, true, 3, 7500 },
		/* no answer from the API says nothing about the token */
		{ 8, NEW, A, NOTHING,     true, A, true, 4, 15500 },
		{ 16, SAME, NULL, NOTHING, true, A, true, 5, 31500 },
		{ 20, SAME, NULL, NOTHING, false, A, true, 5, 31500 },
		{ 32, NONE, NULL, REFUSED, true, A, true, 6, 63500 },
		/* another one has a chance at once, and starts anew when it is refused too */
		{ 40, NEW, B, REFUSED,    false, B, true, 0, 63500 },
		{ 64, NEW, B, TAKEN,      true, B, false, 0, 0 },
		{ 65, SAME, NULL, REFUSED, false, B, true, 0, 0 },
		{ 66, NEW, B, REFUSED,    true, B, true, 1, 66500 },
	};

	live(steps, ROWS(steps), 2);
}

static void without_a_token_the_pauses_grow_too(void)
{
	static const struct step steps[] = {
		{ 1, NONE, NULL, NOTHING, true, NULL, false, 1, 1500 },
		{ 2, SAME, NULL, NOTHING, true, NULL, false, 2, 3500 },
		{ 3, SAME, NULL, NOTHING, false, NULL, false, 2, 3500 },
		{ 4, NEW, "", NOTHING,    true, NULL, false, 3, 7500 },
		{ 8, NEW, "not a token", NOTHING, true, NULL, false, 4, 15500 },
		{ 9, NEW, A, TAKEN,       false, A, false, 0, 0 },
	};

	live(steps, ROWS(steps), 1);
}

static void why_there_is_none_is_kept(void)
{
	struct token_use u = { 0 };
	struct adopter broke = { .fails = true };
	struct err first = { 0 };
	struct token_answer answer = { .found = SAME, .wanted = true };

	CU_ASSERT_FALSE(token_use_answer(&u, &answer, 0, 1000, adopt, &broke));
	UNIT_STR(u.err.what, "there is no token");
	answer = (struct token_answer){ .found = NONE, .wanted = true };
	err_set(&answer.why, ERR_CONFIG, "the file is gone");
	CU_ASSERT_FALSE(token_use_answer(&u, &answer, 0, 1000, adopt, &broke));
	UNIT_STR(u.err.what, "the file is gone");
	answer = (struct token_answer){ .found = SAME };
	CU_ASSERT_FALSE(token_use_answer(&u, &answer, 0, 1000, adopt, &broke));
	UNIT_STR(u.err.what, "the file is gone");
	answer = (struct token_answer){ .found = NEW };
	secret_new(A, strlen(A), &answer.fresh, &first);
	CU_ASSERT_FALSE(token_use_answer(&u, &answer, 0, 1000, adopt, &broke));
	CU_ASSERT_EQUAL(u.err.kind, ERR_NOMEM);
	/* nor does the one before stay: it is not the account's any more */
	secret_new(B, strlen(B), &u.token, &first);
	answer = (struct token_answer){ .found = NEW };
	secret_new(A, strlen(A), &answer.fresh, &first);
	CU_ASSERT_FALSE(token_use_answer(&u, &answer, 0, 1000, adopt, &broke));
	CU_ASSERT_PTR_NULL(u.token);

	token_use_refused(&u, &first);
	UNIT_STR(u.err.what, "HTTP 401: the API does not take the token");
	err_set(&first, ERR_NETWORK, "not reached");
	token_use_refused(&u, &first);
	UNIT_STR(u.err.what, "HTTP 401: the API does not take the token");
	err_set(&first, ERR_AUTH, "listing instances: Invalid API Token");
	token_use_refused(&u, &first);
	UNIT_STR(u.err.what, "listing instances: Invalid API Token");
	token_use_clear(&u);
}

static void a_source_that_fails_is_told_not_the_older_401(void)
{
	static const struct {
		enum watch_token found;
		bool wanted;
		const char *what, *hint;	/* of the cycle with its 401 */
		enum err_kind kind;
	} rows[] = {
		{ NEW, true, "listing instances: HTTP 401", "put a new one there", ERR_AUTH },
		{ SAME, false, "listing instances: HTTP 401", "put a new one there", ERR_AUTH },
		{ NONE, true, "the API refuses the token, and no other comes: the helper hangs",
		  "look at it", ERR_TIMEOUT },
		{ SAME, false, "the API refuses the token, and no other comes: the helper hangs",
		  "look at it", ERR_TIMEOUT },
		/* it answers again, though with the same one */
		{ NEW, true, "listing instances: HTTP 401", "put a new one there", ERR_AUTH },
		/* it was not asked: what it says of itself is told elsewhere */
		{ NONE, false, "listing instances: HTTP 401", "put a new one there", ERR_AUTH },
	};
	struct token_use u = { 0 };
	struct adopter adopter = { 0 };
	struct err none = { 0 };

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct token_answer answer = { .found = rows[i].found, .wanted = rows[i].wanted };
		struct err first = { 0 };

		if (rows[i].found == NEW)
			secret_new(A, strlen(A), &answer.fresh, &none);
		if (rows[i].found == NONE) {
			err_set(&answer.why, ERR_TIMEOUT, "the helper hangs");
			err_hint(&answer.why, "look at it");
		}
		CU_ASSERT(token_use_answer(&u, &answer, (int64_t)i * MINUTE, 1000, adopt,
					   &adopter));
		err_set(&first, ERR_AUTH, "listing instances: HTTP 401");
		first.status = 401;
		err_hint(&first, "aisearch login");
		token_use_refused(&u, &first);
		token_use_explain(&u, "put a new one there", &first);
		UNIT_STR(first.what, rows[i].what);
		UNIT_STR(first.hint, rows[i].hint);
		UNIT_ROW(i, first.kind == rows[i].kind && first.status == 401);
	}
	struct err other = { 0 };
	err_set(&other, ERR_PROTOCOL, "a bad row");
	token_use_explain(&u, "put a new one there", &other);
	UNIT_STR(other.hint, "");	/* not of the token */
	token_use_clear(&u);
}

UNIT_SUITE(watch_token,
	{ "after so many wishes comes a pause that doubles, up to ten minutes",
	  the_pause_doubles_up_to_ten_minutes },
	{ "a token that is taken is not asked for again, and a new one replaces it",
	  a_good_token_is_not_asked_for_again },
	{ "a refused token is asked for in growing pauses until it is taken",
	  a_refused_token_is_asked_for_in_growing_pauses },
	{ "without a token the pauses grow too", without_a_token_the_pauses_grow_too },
	{ "why there is no token, or why it is not taken, is kept", why_there_is_none_is_kept },
	{ "a source that fails is told, not the older 401",
	  a_source_that_fails_is_told_not_the_older_401 });
