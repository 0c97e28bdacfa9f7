/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "../../plugin/command/token_state.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define NOW INT64_C(1800000000)
#define DAY 86400

static void what_the_vault_has_is_one_word(void)
{
	static const struct {
		struct token_kept kept;
		const char *word;
		bool ends;
	} cases[] = {
		{ { VAULT_ACTIVE, false, 0 }, "stored", false },
		{ { VAULT_ACTIVE, false, NOW + 1 }, "stored", false },
		{ { VAULT_ACTIVE, false, NOW }, "expired", true },
		{ { VAULT_ACTIVE, false, NOW - 1 }, "expired", true },
		{ { VAULT_PENDING, false, 0 }, "pending", true },
		{ { VAULT_PENDING, false, NOW - 1 }, "pending", true },
		{ { VAULT_REJECTED, false, 0 }, "rejected", true },
		{ { VAULT_REJECTED, false, NOW - 1 }, "rejected", true },
		/* whatever the second one is, the rotation has to go on */
		{ { VAULT_ACTIVE, true, 0 }, "rotating", true },
		{ { VAULT_PENDING, true, 0 }, "rotating", true },
		{ { VAULT_ACTIVE, true, NOW - 1 }, "rotating", true },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		UNIT_STR(token_state_kept(&cases[i].kept, NOW), cases[i].word);
		UNIT_ROW(i, token_state_ends(&cases[i].kept, NOW) == cases[i].ends);
	}
}

static void what_the_api_says_is_its_word(void)
{
	static const struct {
		const char *status, *word;
		bool alive;
	} cases[] = {
		{ "active", "active", true },
		{ NULL, "active", true },
		{ "disabled", "disabled", false },
		{ "expired", "expired", false },
		{ "Active", "Active", false },
		{ "", "", false },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		const struct token token = { .status = (char *)cases[i].status };

		UNIT_STR(token_state_told(&token), cases[i].word);
		UNIT_ROW(i, token_state_alive(cases[i].word) == cases[i].alive);
		UNIT_ROW(i, token_is_active(&token) == cases[i].alive);
	}
	CU_ASSERT_FALSE(token_state_alive("refused"));
}

static void an_end_is_soon_within_a_week(void)
{
	static const struct {
		int64_t expires_at;
		bool soon;
	} cases[] = {
		{ 0, false },		/* never */
		{ NOW + 7 * DAY, false },
		{ NOW + 7 * DAY - 1, true },
		{ NOW + 1, true },
		{ NOW - DAY, true },	/* over */
	};

	for (size_t i = 0; i < ROWS(cases); i++)
		UNIT_ROW(i, token_state_soon(cases[i].expires_at, NOW) == cases[i].soon);
}

UNIT_SUITE(token_state,
	{ "what the vault has of a token is one word", what_the_vault_has_is_one_word },
	{ "what the API says of it is the API's word, and absent is active", what_the_api_says_is_its_word },
	{ "an end is soon within a week", an_end_is_soon_within_a_week });
