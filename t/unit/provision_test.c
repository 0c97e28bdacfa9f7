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
	const struct role role = { .host = "127.0.0.1:8787", .account = ACCOUNT,
				   .username = "service:nightly" };
	char path[64];
	struct vault_id id = role_identity(&role, path);

	UNIT_STR(id.protocol, "https");
	UNIT_STR(id.host, "127.0.0.1:8787");
	UNIT_STR(id.path, "accounts/" ACCOUNT);
	UNIT_STR(id.username, "service:nightly");
}

/* What an interrupted run was to grant is told apart from what this one is. */
static void origins_differ_with_the_grant(void)
{
	static const char *const one[] = { "192.0.2.1" }, *const two[] = { "192.0.2.1",
									   "192.0.2.2" };
	const struct role plain = { .groups = { { .name = "a" }, { .name = "b" } },
				    .group_count = 1 };
	struct role roles[8];
	char origin[8][ROLE_ORIGIN_SIZE], again[ROLE_ORIGIN_SIZE];

	for (size_t i = 0; i < 8; i++)
		roles[i] = plain;
	roles[1].group_count = 2;
	roles[2].allow_ip = (struct token_list){ one, 1 };
	roles[3].deny_ip = (struct token_list){ one, 1 };
	roles[4].allow_ip = (struct token_list){ two, 2 };
	roles[5].expires_on = 1;
	roles[6].expires_in_s = 1;
	roles[7].allow_ip = roles[7].deny_ip = (struct token_list){ one, 1 };
	for (size_t i = 0; i < 8; i++) {
		role_origin(&roles[i], origin[i]);
		UNIT_ROW(i, strlen(origin[i]) < ROLE_ORIGIN_SIZE - 1);
		UNIT_ROW(i, !strncmp(origin[i], ROLE_ORIGIN "/", strlen(ROLE_ORIGIN) + 1));
		bool bound = i == 2 || i == 3 || i == 4 || i == 7;
		UNIT_ROW(i, (strstr(origin[i], "/ip") != NULL) == bound);
		for (size_t j = 0; j < i; j++)
			UNIT_ROW(i, strcmp(origin[i], origin[j]) != 0);
		role_origin(&roles[i], again);
		UNIT_ROW(i, !strcmp(again, origin[i]));
	}
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
		scoped_json struct json_object *there = json_object_new_object();
		struct err err = {0};
		const struct provision_instance wanted = { .id = "docs", .type = cases[i].type,
							   .source = cases[i].source };
		if (*cases[i].has_type)
			json_object_object_add(there, "type",
					       json_object_new_string(cases[i].has_type));
		if (cases[i].has_source)
			json_object_object_add(there, "source",
					       json_object_new_string(cases[i].has_source));
		UNIT_ROW(i, (create_compare(&wanted, NULL, there, &err) == 0) == cases[i].same);
		UNIT_ROW(i, cases[i].same || (err.kind == ERR_EXISTS && err.hint[0]));
	}
}

static void further_settings_are_compared(void)
{
	static const char there_text[] = "{\"type\":null,\"chunk_size\":256,\"score_threshold\":0.4,"
		"\"index_method\":{\"keyword\":true,\"vector\":true},\"metadata\":null}";
	static const struct {
		const char *body, *what;	/* NULL = the same */
	} cases[] = {
		{ "{}", NULL },
		{ "{\"chunk_size\":256}", NULL },
		{ "{\"chunk_size\":512}", "chunk_size is 256 instead of 512" },
		{ "{\"chunk_size\":512,\"score_threshold\":0.5}",
		  "chunk_size is 256 instead of 512, score_threshold is 0.4 instead of 0.5" },
		{ "{\"index_method\":{\"keyword\":false,\"vector\":true}}",
		  "index_method.keyword is true instead of false" },
		{ "{\"chunk\":false}", NULL },	/* the API does not show it: not known to differ */
		{ "{\"metadata\":{\"a\":1}}", "metadata" },	/* shown, and unset */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_json struct json_object *there = json_tokener_parse(there_text);
		scoped_json struct json_object *body = json_tokener_parse(cases[i].body);
		const struct provision_instance wanted = { .id = "docs" };
		struct err err = {0};

		UNIT_ROW(i, (create_compare(&wanted, body, there, &err) == 0) == !cases[i].what);
		UNIT_ROW(i, !cases[i].what || strstr(err.what, cases[i].what) != NULL);
	}
}

/* --- checks ---------------------------------------------------------------------- */

static void all_problems_are_told(void)
{
	const struct provision_config config = {0};
	struct provision_result out = {0};
	struct plan plan = { .config = &config, .out = &out };
	struct err err = {0};

	CU_ASSERT_EQUAL(check_verdict(&plan, &err), 0);
	check_add(&plan, CHECK_OK, "limit", NULL, "%d of %d", 1, 50);
	check_add(&plan, CHECK_UNKNOWN, "domain", NULL, "nobody knows");
	CU_ASSERT_EQUAL(check_verdict(&plan, &err), 0);
	check_add(&plan, CHECK_PROBLEM, "bucket", "make it", "no bucket '%s'", "docs");
	CU_ASSERT_EQUAL(check_verdict(&plan, &err), -1);
	UNIT_STR(err.what, "no bucket 'docs'");
	UNIT_STR(err.hint, "make it");
	check_add(&plan, CHECK_PROBLEM, "limit", NULL, "full");
	CU_ASSERT_EQUAL(check_verdict(&plan, &err), -1);
	UNIT_STR(err.what, "there are 2 problems");
	CU_ASSERT_EQUAL(out.check_count, 4);
	UNIT_STR(out.checks[2].name, "bucket");
	provision_result_clear(&out);
}

static void requests_are_checked(void)
{
	static const struct provision_instance good[] = { { "docs", NULL, NULL },
							  { "site", "r2", "b" } },
		twice[] = { { "docs", NULL, NULL }, { "docs", "r2", "b" } },
		bad_id[] = { { "Docs", NULL, NULL } }, lacks[] = { { "docs", "r2", NULL } },
		has[] = { { "docs", NULL, "x" } };
	static const struct {
		const struct provision_instance *all;
		size_t count;
		const char *upload, *says;
	} cases[] = {
		{ good, 0, NULL, "instances at once" }, { good, 65, NULL, "instances at once" },
		{ twice, 2, NULL, "named twice" }, { bad_id, 1, NULL, "not an instance id" },
		{ lacks, 1, NULL, "needs a source" }, { has, 1, NULL, "no source" },
		{ good, 2, "folder", "built-in storage only" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct provision_config config = { .account = ACCOUNT, .service = "default",
			.instances = cases[i].all, .instance_count = cases[i].count,
			.upload = cases[i].upload };
		struct provision_result out = {0};
		struct err err = {0};

		UNIT_ROW(i, provision(&config, &out, &err) < 0 && err.kind == ERR_USAGE);
		UNIT_ROW(i, strstr(err.what, cases[i].says) != NULL);
		provision_result_clear(&out);
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
	static const struct plan_step one = { "one", "", "cannot one", already, fails },
		two = { "two", "", "cannot two", not_yet, acts };
	const struct plan_step *const steps[] = { &one, &two };
	struct err err = {0};

	log_text[0] = '\0';
	CU_ASSERT_EQUAL(plan_run(&plan, steps, 2, &err), 0);
	UNIT_STR(log_text, "1/2:one:begins 1/2:one:skipped 2/2:two:begins act 2/2:two:done ");
}

static void a_failing_step_ends_the_plan(void)
{
	const struct provision_config config = { .event = on_event };
	struct plan plan = { .config = &config };
	static const struct plan_step one = { "one", "", "cannot one", not_yet, fails },
		two = { "two", "", "cannot two", not_yet, acts };
	const struct plan_step *const steps[] = { &one, &two };
	struct err err = {0};

	log_text[0] = '\0';
	CU_ASSERT_EQUAL(plan_run(&plan, steps, 2, &err), -1);
	UNIT_STR(log_text, "1/2:one:begins ");
	UNIT_STR(err.what, "cannot one: no");
}

static void a_wait_outlives_an_outage(void)
{
	static const struct {
		struct err why;
		bool goes_on;
	} cases[] = {
		{ { .kind = ERR_NETWORK }, true }, { { .kind = ERR_TIMEOUT }, true },
		{ { .kind = ERR_LIMIT, .status = 429 }, true }, { { .kind = ERR_PROTOCOL }, true },
		{ { .kind = ERR_REMOTE, .status = 500 }, true }, { { .kind = ERR_REMOTE, .status = 503 }, true },
		{ { .kind = ERR_REMOTE, .status = 400 }, false }, { { .kind = ERR_REMOTE, .status = 200 }, false },
		{ { .kind = ERR_AUTH, .status = 401 }, false }, { { .kind = ERR_FORBIDDEN, .status = 403 }, false },
		{ { .kind = ERR_NOT_FOUND, .status = 404 }, false }, { { .kind = ERR_TLS }, false },
		{ { .kind = ERR_CANCELLED }, false }, { { .kind = ERR_STORAGE }, false },
	};
	struct wait_outage outage = { 0 };
	const struct err away = { .kind = ERR_NETWORK };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wait_outage one = { 0 };

		UNIT_ROW(i, wait_goes_on(&one, 1000, &cases[i].why) == cases[i].goes_on);
	}
	/* ten minutes of it in one piece, from its first failure */
	CU_ASSERT(wait_goes_on(&outage, 5000, &away) && outage.lasts);
	CU_ASSERT(wait_goes_on(&outage, 5000 + WAIT_OUTAGE_MS, &away));
	CU_ASSERT(!wait_goes_on(&outage, 5001 + WAIT_OUTAGE_MS, &away));
	wait_answered(&outage);
	CU_ASSERT(!outage.lasts && wait_goes_on(&outage, 5002 + WAIT_OUTAGE_MS, &away));
	CU_ASSERT(wait_goes_on(&outage, 5002 + 2 * WAIT_OUTAGE_MS, &away));
}

UNIT_SUITE(provision,
	{ "a wait outlives an outage, no refusal and no longer one", a_wait_outlives_an_outage },
	{ "a token's name tells service and account, and fits", names_are_unique_and_fit },
	{ "the service token has the identity that helpers ask for",
	  identity_is_that_of_the_helper },
	{ "service names are checked", service_names_are_checked },
	{ "what was to be granted is told apart", origins_differ_with_the_grant },
	{ "what exists is compared with what is wanted", what_exists_is_compared },
	{ "so are further settings, as far as the API shows them", further_settings_are_compared },
	{ "all problems are told, one by its own words", all_problems_are_told },
	{ "requests that cannot work are refused", requests_are_checked },
	{ "pauses grow to a ceiling", pauses_grow_to_a_ceiling },
	{ "no answer is not taken for a no", no_answer_is_not_no },
	{ "a step that is done is skipped", done_steps_are_skipped },
	{ "a failing step ends the plan and says which it was", a_failing_step_ends_the_plan });
