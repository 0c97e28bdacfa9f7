/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "provision/profile.h"
#include "unit.h"

#define ACCOUNT "023e105f4ecef8ad9ca31a8372d0c353"
#define NEEDED "\"account\":\"" ACCOUNT "\",\"permissions\":[\"AI Search Read\"],\"ttl\":3600"
#define FILE_OF(members) "{\"version\":1,\"profiles\":{\"ci\":{" members "}}}"

static void files_are_read_strictly(void)
{
	static const struct {
		const char *text;
		const char *fails_with;	/* a part of the sentence; NULL = good */
	} cases[] = {
		{ FILE_OF(NEEDED), NULL },
		{ "{\"profiles\":{},\"version\":1}", NULL },
		{ FILE_OF(NEEDED ",\"path\":\"a/b\",\"host\":\"git.example:444\",\"username\":\"bot\""), NULL },
		{ FILE_OF(NEEDED ",\"owner\":\"account\",\"ca_cert\":\"/etc/ca.pem\""), NULL },
		{ FILE_OF(NEEDED ",\"allow_ip\":[\"192.0.2.1\",\"2001:db8::/32\"],\"deny_ip\":[\"10.0.0.0/8\"]"),
		  NULL },
		{ FILE_OF(NEEDED ",\"path\":\"other/" ACCOUNT "\",\"username\":\"manager\""), NULL },
		{ FILE_OF(NEEDED ",\"host\":\"elsewhere\",\"username\":\"creator\""), NULL },
		{ "", "empty" },
		{ "{\"version\":1", "it ends in the middle" },
		{ FILE_OF(NEEDED) "x", "it is not JSON" },
		{ "[]", "it is array" },
		{ "{\"version\":1}", "'profiles' is missing" },
		{ "{\"version\":2,\"profiles\":{}}", "'version' is not 1" },
		{ "{\"version\":\"1\",\"profiles\":{}}", "'version' is string" },
		{ "{\"profiles\":{}}", "'version' is not 1" },
		{ "{\"version\":1,\"profiles\":[]}", "'profiles' is array" },
		{ "{\"version\":1,\"profiles\":{},\"extra\":1}", "'extra' does not belong there" },
		{ "{\"version\":1,\"profiles\":{\"ci\":null}}", "profile 'ci': it is null" },
		{ "{\"version\":1,\"profiles\":{\"Ci\":{" NEEDED "}}}", "no name for a profile" },
		{ "{\"version\":1,\"profiles\":{\"-ci\":{" NEEDED "}}}", "no name for a profile" },
		{ "{\"version\":1,\"profiles\":{\"\":{" NEEDED "}}}", "no name for a profile" },
		{ FILE_OF(NEEDED ",\"command\":\"x\""), "'command' is no member" },
		{ FILE_OF(NEEDED ",\"protocol\":\"http\""), "'protocol' is no member" },
		{ FILE_OF("\"permissions\":[\"X\"],\"ttl\":60"), "no account" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"ttl\":60"), "no permissions" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"X\"]"), "time to live" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"X\"],\"ttl\":59"),
		  "time to live" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"X\"],\"ttl\":31536001"), "time to live" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"X\"],\"ttl\":-60"), "out of range" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"X\"],\"ttl\":60.5"), "'ttl' is double" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"X\"],\"ttl\":null"), "'ttl' is null" },
		{ FILE_OF("\"account\":\"../..\",\"permissions\":[\"X\"],\"ttl\":60"),
		  "32 hex digits" },
		{ FILE_OF("\"account\":7,\"permissions\":[\"X\"],\"ttl\":60"), "'account' is int" },
		{ FILE_OF("\"account\":null,\"permissions\":[\"X\"],\"ttl\":60"),
		  "'account' is missing" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"X\",1],\"ttl\":60"), "something else than texts" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"a\\u0000b\"],\"ttl\":60"), "something else" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"a\\nb\"],\"ttl\":60"), "not plain text" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":[\"\"],\"ttl\":60"),
		  "empty" },
		{ FILE_OF("\"account\":\"" ACCOUNT "\",\"permissions\":\"X\",\"ttl\":60"),
		  "'permissions' is string" },
		{ FILE_OF(NEEDED ",\"owner\":\"me\""), "owner 'me'" },
		{ FILE_OF(NEEDED ",\"url\":\"http://api.cloudflare.com/client/v4\""),
		  "unencrypted" },
		{ FILE_OF(NEEDED ",\"url\":\"https://u@api.example/\""), "user name" },
		{ FILE_OF(NEEDED ",\"url\":\"https://api.example/?a\""), "no query" },
		{ FILE_OF(NEEDED ",\"ca_cert\":\"ca.pem\""), "not an absolute path" },
		{ FILE_OF(NEEDED ",\"host\":\"\""), "the host is empty" },
		{ FILE_OF(NEEDED ",\"host\":\"a/b\""), "'a/b' is not a host" },
		{ FILE_OF(NEEDED ",\"host\":\"*.example\\n\""), "not plain text" },
		{ FILE_OF(NEEDED ",\"path\":\"/x\""), "begins with '/'" },
		{ FILE_OF(NEEDED ",\"path\":\"\""), "the path is empty" },
		{ FILE_OF(NEEDED ",\"username\":\"creator\""), "not for profiles" },
		{ FILE_OF(NEEDED ",\"username\":\"manager\""), "not for profiles" },
		{ FILE_OF(NEEDED ",\"path\":\"accounts/" ACCOUNT "\",\"username\":\"manager\""), "not for profiles" },
		{ FILE_OF(NEEDED ",\"path\":\"accounts/" ACCOUNT "\",\"username\":\"service:x\""), "not for profiles" },
		{ FILE_OF(NEEDED ",\"resources\":[\"all\"]"), "not a resource" },
		{ FILE_OF(NEEDED ",\"resources\":[\"com.cloudflare.\"]"), "not a resource" },
		{ FILE_OF(NEEDED ",\"resources\":[\"com.cloudflare.a\\\":1\"]"), "not a resource" },
		{ FILE_OF(NEEDED ",\"resources\":[\"com.cloudflare.api.user.1\",\"com.cloudflare.api.account.1\"]"),
		  "not of one kind" },
		{ FILE_OF(NEEDED ",\"allow_ip\":[\"192.0.2.1/33\"]"), "not an IP" },
		{ FILE_OF(NEEDED ",\"allow_ip\":[\"192.0.2.1/\"]"), "not an IP" },
		{ FILE_OF(NEEDED ",\"allow_ip\":[\"192.0.2.1/-1\"]"), "not an IP" },
		{ FILE_OF(NEEDED ",\"deny_ip\":[\"2001:db8::/129\"]"), "not an IP" },
		{ FILE_OF(NEEDED ",\"deny_ip\":[\"example.com\"]"), "not an IP" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_profiles struct profiles all = { 0 };
		struct err err = { 0 };
		const char *wrong = cases[i].fails_with;
		int r = profiles_decode(cases[i].text, strlen(cases[i].text), &all, &err);

		UNIT_ROW(i, r == (wrong ? -1 : 0));
		UNIT_ROW(i, !wrong || err.kind == ERR_CONFIG);
		UNIT_ROW(i, !wrong || strstr(err.what, wrong));
		if (wrong ? !strstr(err.what, wrong) : r < 0)
			unit_note("row %zu said '%s'", i, err.what);
	}
}

static void what_was_left_out_is_filled_in(void)
{
	scoped_profiles struct profiles all = { 0 };
	struct err err = { 0 };
	const char *text = FILE_OF(NEEDED);
	char origin[PROFILE_ORIGIN_SIZE], scope[128];

	CU_ASSERT_EQUAL(profiles_decode(text, strlen(text), &all, &err), 0);
	const struct profile *p = profiles_find(&all, "ci");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	UNIT_STR(p->url, "https://api.cloudflare.com/client/v4");
	UNIT_STR(p->host, "api.cloudflare.com");
	UNIT_STR(p->username, "ci");
	CU_ASSERT_PTR_NULL(p->path);
	profile_origin(p, origin);
	UNIT_STR(origin, "mint:ci");
	profile_scope(p, scope);
	UNIT_STR(scope, "com.cloudflare.api.account");
	CU_ASSERT_PTR_NULL(profiles_find(&all, "c"));
}

static void what_is_written_is_read(void)
{
	scoped_profiles struct profiles all = { 0 }, again = { 0 };
	scoped_buf struct buf first = BUF(PROFILE_FILE_MAX), second = BUF(PROFILE_FILE_MAX);
	struct err err = { 0 };
	const char *text = "{\"version\":1,\"profiles\":{\"zz\":{" NEEDED ",\"path\":\"\xc3\xa4/\\\"\"},"
			   "\"aa\":{" NEEDED ",\"allow_ip\":[\"192.0.2.1\"],\"resources\":"
			   "[\"com.cloudflare.api.account.zone.1\"]}}}";
	char scope[128];

	CU_ASSERT_EQUAL(profiles_decode(text, strlen(text), &all, &err), 0);
	CU_ASSERT_EQUAL(profiles_encode(&all, &first, &err), 0);
	CU_ASSERT_EQUAL(profiles_decode(first.data, first.len, &again, &err), 0);
	CU_ASSERT_EQUAL(profiles_encode(&again, &second, &err), 0);
	UNIT_STR(second.data, first.data);
	CU_ASSERT_EQUAL_FATAL(again.count, 2);
	UNIT_STR(again.one[0].name, "aa");
	UNIT_STR(again.one[1].path, "\xc3\xa4/\"");
	profile_scope(&again.one[0], scope);
	UNIT_STR(scope, "com.cloudflare.api.account.zone");
	profiles_remove(&again, &again.one[0]);
	CU_ASSERT_EQUAL_FATAL(again.count, 1);
	UNIT_STR(again.one[0].name, "zz");
}

static void a_profile_answers_for_what_it_names(void)
{
	static const struct {
		const char *path;	/* the profile's */
		struct vault_id request;
		bool answers;
	} cases[] = {
		{ NULL, { "https", "h:1", NULL, NULL }, true },
		{ NULL, { "https", "h:1", NULL, "u" }, true },
		{ NULL, { "https", "h:1", NULL, "" }, false },
		{ NULL, { "https", "h:1", NULL, "v" }, false },
		{ NULL, { "https", "h:1", "x", NULL }, false },
		{ NULL, { "https", "h:1", "", NULL }, false },
		{ NULL, { "https", "h", NULL, NULL }, false },
		{ NULL, { "https", "h:11", NULL, NULL }, false },
		{ NULL, { "https", "x.h:1", NULL, NULL }, false },
		{ NULL, { "https", "H:1", NULL, NULL }, false },
		{ NULL, { "https", "", NULL, NULL }, false },
		{ NULL, { "http", "h:1", NULL, NULL }, false },
		{ "x", { "https", "h:1", NULL, NULL }, true },
		{ "x", { "https", "h:1", "x", "u" }, true },
		{ "x", { "https", "h:1", "x/", "u" }, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct profile p = { .host = (char *)"h:1", .path = (char *)cases[i].path,
					   .username = (char *)"u" };

		UNIT_ROW(i, profile_answers(&p, &cases[i].request) == cases[i].answers);
	}
}

static void lists_are_taken_apart(void)
{
	static const struct {
		const char *text;
		const char *parts;	/* with | between; NULL = refused */
	} cases[] = {
		{ "a", "a" }, { "a,b", "a|b" }, { " AI Search Read , b ", "AI Search Read|b" },
		{ "", NULL }, { " ", NULL }, { "a,", NULL }, { ",a", NULL }, { "a, ,b", NULL },
		{ "1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile_list list = { .count = 0 };
		struct err err = { 0 };
		char got[256] = "";
		int r = profile_list_split(cases[i].text, &list, &err);

		for (size_t k = 0; k < list.count; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", k ? "|" : "",
				 list.item[k]);
		UNIT_ROW(i, (r == 0) == (cases[i].parts != NULL));
		UNIT_ROW(i, !cases[i].parts || !strcmp(got, cases[i].parts));
		UNIT_ROW(i, r == 0 || err.kind == ERR_USAGE);
		profile_list_clear(&list);
	}
}

static void a_life_has_two_halves(void)
{
	static const struct {
		int64_t stored, expires, now;
		bool half, over;
	} cases[] = {
		{ 1000, 2000, 1000, false, false }, { 1000, 2000, 1499, false, false },
		{ 1000, 2000, 1500, true, false }, { 1000, 2000, 1999, true, false },
		{ 1000, 2000, 2000, true, true }, { 1000, 2000, 900, false, false },
		{ 1000, 0, INT64_MAX / 4, false, false },	/* lives for ever */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		UNIT_ROW(i, life_half_over(cases[i].stored, cases[i].expires, cases[i].now) ==
				    cases[i].half);
		UNIT_ROW(i, life_over(cases[i].expires, cases[i].now) == cases[i].over);
	}
}

static void there_is_an_end_to_profiles(void)
{
	scoped_profiles struct profiles all = { 0 };
	struct err err = { 0 };

	for (int i = 0; i <= PROFILES_MAX; i++) {
		scoped_profile struct profile one = { 0 };
		char name[8];

		snprintf(name, sizeof(name), "p%d", PROFILES_MAX - i);
		one.name = strdup(name);
		UNIT_ROW(i, profiles_put(&all, &one, &err) == (i < PROFILES_MAX ? 0 : -1));
	}
	for (size_t i = 1; i < all.count; i++)
		UNIT_ROW(i, strcmp(all.one[i - 1].name, all.one[i].name) < 0);
}

UNIT_SUITE(profile,
	{ "a file of profiles is read strictly", files_are_read_strictly },
	{ "what was left out is filled in", what_was_left_out_is_filled_in },
	{ "what is written is read again, sorted", what_is_written_is_read },
	{ "a profile answers for what it names and for nothing else",
	  a_profile_answers_for_what_it_names },
	{ "lists are taken apart at their commas", lists_are_taken_apart },
	{ "a life has two halves and an end", a_life_has_two_halves },
	{ "there is an end to the number of profiles", there_is_an_end_to_profiles });
