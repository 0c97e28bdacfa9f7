/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "provision/spread.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static bool interrupted(void *ctx)
{
	return *(bool *)ctx;
}

static void count(void *ctx)
{
	++*(int *)ctx;
}

static void refuse(struct err *err)
{
	*err = (struct err){ 0 };
	err_set(err, ERR_REMOTE, "invalid token");
	err->code = 7012;
}

static void it_ends_and_says_how_to_go_on(void)
{
	static const struct {
		unsigned pauses;
		bool interrupt, late;
		bool again;
		int told;
		enum err_kind kind;
		const char *what, *doubt, *hint;
	} cases[] = {
		{ 0, false, false, true, 1, ERR_REMOTE, "invalid token", NULL, "" },
		/* the ceiling: the refusal stays */
		{ SPREAD_PAUSES, false, false, false, 0, ERR_REMOTE, "invalid token", NULL,
		  "not spread yet?  Run the same command again in a minute" },
		{ SPREAD_PAUSES, false, false, false, 0, ERR_REMOTE, "invalid token", "Revoked?",
		  "not spread yet?  Run the same command again in a minute.  Revoked?" },
		{ 3, false, true, false, 1, ERR_TIMEOUT,
		  "the new token has not spread yet: the time limit has passed", NULL,
		  "not spread yet?  Run the same command again in a minute" },
		{ 3, true, false, false, 1, ERR_CANCELLED, NULL, "Revoked?", "" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		bool interrupt = cases[i].interrupt;
		const struct client_config config = {
			.base_url = "http://127.0.0.1:9/client/v4",
			.account = "023e105f4ecef8ad9ca31a8372d0c353",
			.cancelled = interrupted, .cancelled_ctx = &interrupt,
		};
		scoped_client struct client *client = NULL;
		struct err err;
		int told = 0;

		CU_ASSERT_FATAL(client_new(&config, &client, &err) == 0);
		if (cases[i].late)
			client_set_deadline(client, clock_mono_ms(&clock_system) - 1);
		struct spread s = { .client = client, .waiting = count, .ctx = &told,
				    .doubt = cases[i].doubt, .pauses = cases[i].pauses };
		refuse(&err);
		UNIT_ROW(i, spread_again(&s, &err) == cases[i].again);
		UNIT_ROW(i, told == cases[i].told);
		UNIT_ROW(i, s.pauses == cases[i].pauses + (unsigned)cases[i].told);
		UNIT_ROW(i, err.kind == cases[i].kind);
		if (cases[i].what)
			UNIT_STR(err.what, cases[i].what);
		UNIT_STR(err.hint, cases[i].hint);
	}
}

static void only_7012_is_such_a_refusal(void)
{
	struct err err;

	refuse(&err);
	CU_ASSERT(spread_refused(&err));
	err.code = 7002;
	CU_ASSERT_FALSE(spread_refused(&err));
}

UNIT_SUITE(spread,
	{ "waiting for a token to spread has an end, which says how to go on", it_ends_and_says_how_to_go_on },
	{ "AI Search refuses with 7012 what has not spread", only_7012_is_such_a_refusal });
