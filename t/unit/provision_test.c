/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "provision/plan.h"
#include "provision/wait.h"
#include "unit.h"

#define ACCOUNT "023e105f4ecef8ad9ca31a8372d0c353"

static void names_are_unique_and_fit(void)
{
	char name[TOKEN_NAME_MAX + 1], service[49];

	mint_name(name, "default", ACCOUNT, 0x1b2c3d4e);
	UNIT_STR(name, "aisearch default 023e105f 1b2c3d4e");
	mint_name(name, "default", ACCOUNT, 7);
	UNIT_STR(name, "aisearch default 023e105f 00000007");
	memset(service, 'x', 48);
	service[48] = '\0';
	mint_name(name, service, ACCOUNT, 7);
	CU_ASSERT(strlen(name) <= TOKEN_NAME_MAX);
	UNIT_STR(name + strlen(name) - 8, "00000007");
}

static void identity_is_that_of_the_helper(void)
{
	const struct provision_config config = { .vault_host = "127.0.0.1:8787", .account = ACCOUNT,
						 .service = "nightly" };
	char path[64], username[64];
	struct vault_id id = service_identity(&config, path, username);

	UNIT_STR(id.protocol, "https");
	UNIT_STR(id.host, "127.0.0.1:8787");
	UNIT_STR(id.path, "accounts/" ACCOUNT);
	UNIT_STR(id.username, "service:nightly");
}

static void service_names_are_checked(void)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "default", true }, { "a", true }, { "team-1_x.y", true }, { "", false },
		{ "With Blank", false }, { "a:b", false }, { "a\nb", false },
		{ "123456789012345678901234567890123456789012345678", true },
		{ "1234567890123456789012345678901234567890123456789", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		UNIT_ROW(i, (provision_check_service(cases[i].name, &err) == 0) == cases[i].good);
		UNIT_ROW(i, cases[i].good || err.kind == ERR_USAGE);
	}
}

static void what_exists_is_compared(void)
{
	static const struct {
		const char *type, *source;	/* wanted */
		const char *has_type;
		const char *has_source;
		bool same;
	} cases[] = {
		{ NULL, NULL, "", NULL, true },
		{ NULL, NULL, "r2", "docs", false },
		{ "r2", "docs", "r2", "docs", true },
		{ "r2", "docs", "r2", "Docs", false },
		{ "r2", "docs", "", NULL, false },
		{ "r2", "docs", "web-crawler", "docs", false },
		{ "r2", "docs", "r2", NULL, false },
		{ "web-crawler", "example.com", "web-crawler", "https://example.com/", true },
		{ "web-crawler", "http://example.com", "web-crawler", "example.com", true },
		{ "web-crawler", "example.com", "web-crawler", "example.com/docs", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		struct instance there = { .source = (char *)cases[i].has_source };
		const struct instance_create wanted = { .id = "docs", .type = cases[i].type,
							.source = cases[i].source };
		strcpy(there.type, cases[i].has_type);
		UNIT_ROW(i, (create_compare(&wanted, &there, &err) == 0) == cases[i].same);
		UNIT_ROW(i, cases[i].same || (err.kind == ERR_EXISTS && err.hint[0]));
	}
}

static void pauses_grow_to_a_ceiling(void)
{
	int64_t pause = 0, before;

	pause = wait_pause_ms(pause);
	CU_ASSERT_EQUAL(pause, WAIT_FIRST_MS);
	for (int i = 0; i < 20; i++) {
		before = pause;
		pause = wait_pause_ms(pause);
		UNIT_ROW(i, pause >= before && pause <= WAIT_LONGEST_MS);
	}
	CU_ASSERT_EQUAL(pause, WAIT_LONGEST_MS);
}

static void no_answer_is_not_no(void)
{
	static const struct {
		struct err err;
		bool ambiguous;
	} cases[] = {
		{ { .kind = ERR_NETWORK }, true },
		{ { .kind = ERR_TIMEOUT }, true },
		{ { .kind = ERR_PROTOCOL, .status = 200 }, true },
		{ { .kind = ERR_REMOTE, .status = 502 }, true },
		{ { .kind = ERR_REMOTE, .status = 400, .code = 7012 }, false },
		{ { .kind = ERR_FORBIDDEN, .status = 403 }, false },
		{ { .kind = ERR_LIMIT, .status = 429 }, false },
		{ { .kind = ERR_CANCELLED }, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		UNIT_ROW(i, plan_ambiguous(&cases[i].err) == cases[i].ambiguous);
}

/* --- the table of steps ------------------------------------------------------ */

static char log_text[512];

static void note(const char *word)
{
	strcat(log_text, word);
	strcat(log_text, " ");
}

static void on_event(void *ctx, const struct provision_event *e)
{
	static const char *const kinds[] = { "begins", "skipped", "done", "progress" };
	char word[64];

	(void)ctx;
	snprintf(word, sizeof(word), "%d/%d:%s:%s", e->step, e->steps, e->name, kinds[e->kind]);
	note(word);
}

static int already(struct plan *plan, bool *done, struct err *err)
{
	(void)err;
	plan_detail(plan, "it was there");
	*done = true;
	return 0;
}

static int not_yet(struct plan *plan, bool *done, struct err *err)
{
	(void)plan, (void)done, (void)err;
	return 0;
}

static int acts(struct plan *plan, struct err *err)
{
	(void)plan, (void)err;
	note("act");
	return 0;
}

static int fails(struct plan *plan, struct err *err)
{
	(void)plan;
	return err_set(err, ERR_REMOTE, "no");
}

static void done_steps_are_skipped(void)
{
	const struct provision_config config = { .event = on_event };
	struct plan plan = { .config = &config };
	const struct plan_step steps[] = {
		{ "one", "", "cannot one", already, fails },
		{ "two", "", "cannot two", not_yet, acts },
	};
	struct err err = {0};

	log_text[0] = '\0';
	CU_ASSERT_EQUAL(plan_run(&plan, steps, 2, &err), 0);
	UNIT_STR(log_text, "1/2:one:begins 1/2:one:skipped 2/2:two:begins act 2/2:two:done ");
}

static void a_failing_step_ends_the_plan(void)
{
	const struct provision_config config = { .event = on_event };
	struct plan plan = { .config = &config };
	const struct plan_step steps[] = {
		{ "one", "", "cannot one", not_yet, fails },
		{ "two", "", "cannot two", not_yet, acts },
	};
	struct err err = {0};

	log_text[0] = '\0';
	CU_ASSERT_EQUAL(plan_run(&plan, steps, 2, &err), -1);
	UNIT_STR(log_text, "1/2:one:begins ");
	UNIT_STR(err.what, "cannot one: no");
}

UNIT_SUITE(provision,
	{ "a token's name tells service and account, and fits", names_are_unique_and_fit },
	{ "the service token has the identity that helpers ask for", identity_is_that_of_the_helper },
	{ "service names are checked", service_names_are_checked },
	{ "what exists is compared with what is wanted", what_exists_is_compared },
	{ "pauses grow to a ceiling", pauses_grow_to_a_ceiling },
	{ "no answer is not taken for a no", no_answer_is_not_no },
	{ "a step that is done is skipped", done_steps_are_skipped },
	{ "a failing step ends the plan and says which it was", a_failing_step_ends_the_plan });
