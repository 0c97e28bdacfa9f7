/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "json/keys.h"
#include "provision/manifest.h"
#include "unit.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define FILE_OF(parts) "{\"version\":1" parts "}"

static void files_are_read_strictly(void)
{
	static const struct {
		const char *text;
		const char *fails_with;	/* a part of the sentence; NULL = good */
	} cases[] = {
		{ FILE_OF(""), NULL },
		{ FILE_OF(",\"namespaces\":[],\"tokens\":[],\"instances\":[]"), NULL },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"docs\",\"description\":null}]"), NULL },
		{ FILE_OF(",\"tokens\":[{\"name\":\"default\",\"owner\":\"account\"}]"), NULL },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\"},{\"id\":\"a\",\"namespace\":\"docs\"}]"), NULL },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"some_day\":{\"x\":1}}]"), NULL },
		{ "", "the file" },
		{ "[]", "not a JSON object" },
		{ "{}", "'version' is not 1" },
		{ "{\"version\":2}", "'version' is not 1" },
		{ "{\"version\":\"1\"}", "'version' is not 1" },
		{ "{\"version\":null}", "'version' is not 1" },
		{ FILE_OF(",\"instance\":[]"), "no member 'instance'" },
		{ FILE_OF(",\"instances\":{}"), "'instances' is not a list" },
		{ FILE_OF(",\"instances\":null"), "'instances' is not a list" },
		{ FILE_OF(",\"instances\":[\"a\"]"), "instance 1 is not an object" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\"},{}]"), "instance 2 has no id" },
		{ FILE_OF(",\"instances\":[{\"id\":1}]"), "'id' is not a text" },
		{ FILE_OF(",\"instances\":[{\"id\":\"A B\"}]"), "instance 1" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\\u0000b\"}]"), "NUL" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"../x\"}]"), "instance 1" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"a\"}]"), "'a' of namespace 'default' stands there twice" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\"},{\"id\":\"a\",\"namespace\":\"default\"}]"), "twice" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"token\":\"x\",\"token_id\":\"y\"}]"), "one of them" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"token\":\"X Y\"}]"), "is not a name" },
		{ FILE_OF(",\"namespaces\":[{}]"), "namespace 1 has no name" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"a\"},{\"name\":\"a\"}]"), "twice" },
		{ FILE_OF(",\"tokens\":[{\"name\":\"a\"},{\"name\":\"a\"}]"), "twice" },
		{ FILE_OF(",\"tokens\":[{\"name\":\"a\",\"owner\":\"me\"}]"), "neither user nor account" },
		{ FILE_OF(",\"tokens\":[{\"name\":\"a\",\"value\":\"secret\"}]"), "no member 'value'" },
		{ FILE_OF(",\"tokens\":[{\"name\":\"a\",\"credential\":\"c\"}]"), "no member 'credential'" },
		{ FILE_OF(",\n\"instances\":[],\n\"instances\":[]"), "line 3: 'instances' stands twice" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"id\":\"b\"}]"), "line 1: 'id' stands twice" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"ai_search_model\":\"\\ud800\"}]"), "half of a surrogate" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_manifest struct manifest m = { 0 };
		struct err err = { 0 };
		int r = manifest_decode(cases[i].text, strlen(cases[i].text), &m, &err);

		UNIT_ROW(i, cases[i].fails_with ? r < 0 && err.kind == ERR_CONFIG &&
						  strstr(err.what, cases[i].fails_with) : r == 0);
		if (r < 0 && (!cases[i].fails_with || !strstr(err.what, cases[i].fails_with)))
			printf("# %s\n", err.what);
	}
}

static void no_member_stands_twice(void)
{
	static const struct {
		const char *text;
		const char *fails_with;
	} cases[] = {
		{ "{}", NULL },
		{ "[]", NULL },
		{ "{\"a\":1,\"b\":{\"a\":1,\"c\":{\"a\":1}},\"c\":[{\"a\":1},{\"a\":2}]}", NULL },
		{ "{\"a\":\"a\",\"b\":[\"a\",\"a\"]}", NULL },
		{ "[{\"a\":1},{\"a\":1}]", NULL },
		{ "{\"a\":\"\\\"\",\"b\":\"{\\\\\",\"c\":1}", NULL },
		{ "{\"a\\\\\":1,\"a\":1}", NULL },
		{ "{ \"a\" : 1 , \"A\" : 1 }", NULL },
		{ "{\"a\":1,\"a\":1}", "line 1: 'a' stands twice" },
		{ "{\n \"a\":{},\n\n \"b\":[1,2],\n \"a\":1}", "line 5: 'a' stands twice" },
		{ "{\"a\":1,\"\\u0061\":1}", "line 1: 'a' stands twice" },
		{ "{\"a\":{\"b\":[{\"c\":1,\"d\":[{}],\n\"c\":2}]}}", "line 2: 'c' stands twice" },
		{ "[[[{\"x\":[],\"x\":[]}]]]", "'x' stands twice" },
		{ "{\"\":1,\"\":1}", "'' stands twice" },
		{ "{\"a\\u0000b\":1}", "NUL" },
		{ "{'a':1,\"a\":1}", "double quotes" },
		{ "{\"\\u202ea\":1,\"\\u202ea\":1}", "'\\xe2\\x80\\xaea' stands twice" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_json struct json_object *o = NULL;
		struct err err = { 0 };

		CU_ASSERT_EQUAL(json_read("it", cases[i].text, strlen(cases[i].text), &o, &err), 0);
		int r = json_check_keys(cases[i].text, strlen(cases[i].text), &err);
		bool good = cases[i].fails_with ? r < 0 && err.kind == ERR_CONFIG &&
						  strstr(err.what, cases[i].fails_with) : r == 0;
		UNIT_ROW(i, good);
		if (!good)
			unit_note("%s", err.what);
	}
}

/* A million of them in one object, and as deep as it goes: in a moment, or refused. */
static void a_large_file_is_read_in_a_moment(void)
{
	scoped_buf struct buf text = BUF(MANIFEST_MAX);
	scoped_json struct json_object *o = NULL;
	struct err err = { 0 };

	buf_adds(&text, "{\"k\":1");
	for (int i = 0; i < 400000; i++)
		buf_addf(&text, ",\"%d\":1", i);
	buf_adds(&text, "}");
	CU_ASSERT_FALSE_FATAL(text.failed);
	CU_ASSERT_EQUAL(json_read("it", text.data, text.len, &o, &err), 0);
	CU_ASSERT_EQUAL(json_check_keys(text.data, text.len, &err), 0);
	buf_reset(&text);
	for (int i = 0; i < 1000000; i++)
		buf_adds(&text, "[");
	CU_ASSERT(json_check_keys(text.data, text.len, &err) < 0);
}

/* "+namespace docs;~instance docs/a chunk_size,paused;" */
static void describe(const struct actions *actions, char *out, size_t size)
{
	static const char *const names[] = { "+namespace", "~namespace", "+token", "+instance",
					     "~instance", "-instance", "-namespace" };
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < actions->count; i++) {
		const struct action *a = &actions->one[i];
		bool instance = strstr(names[a->kind], "instance") != NULL;

		n += (size_t)snprintf(out + n, size - n, "%s %s%s%s", names[a->kind], instance ? a->namespace : "",
				      instance ? "/" : "", a->name);
		for (size_t k = 0; k < a->change_count; k++)
			n += (size_t)snprintf(out + n, size - n, "%c%s", k ? ',' : ' ', a->changes[k].path);
		n += (size_t)snprintf(out + n, size - n, ";");
	}
}

#define THERE \
	FILE_OF(",\"namespaces\":[{\"name\":\"default\"},{\"name\":\"docs\",\"description\":\"x\"},{\"name\":\"old\"}]," \
		"\"tokens\":[{\"name\":\"default\",\"credential\":\"11111111-2222-4333-8444-555555555555\"},{\"name\":\"half\"}]," \
		"\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"type\":\"r2\",\"source\":\"bucket\"," \
		"\"token_id\":\"11111111-2222-4333-8444-555555555555\",\"chunk_size\":256,\"score_threshold\":0.5,\"status\":\"ready\",\"paused\":false," \
		"\"source_params\":{\"prefix\":\"x/\",\"include_items\":[\"a\"]}," \
		"\"public_endpoint_params\":{\"enabled\":true,\"mcp\":{\"disabled\":true,\"description\":\"d\"}}}," \
		"{\"id\":\"b\",\"namespace\":\"default\",\"type\":null,\"source\":null}," \
		"{\"id\":\"z\",\"namespace\":\"old\"}]")

static void is_there(struct manifest *out)
{
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(json_read("it", THERE, strlen(THERE), &out->root, &err), 0);
	CU_ASSERT_EQUAL_FATAL(manifest_index(out, &err), 0);
}

static void what_stands_between_two_of_them(void)
{
	static const struct {
		const char *wanted;
		bool prune;
		const char *actions;	/* or what the refusal says, after '!' */
	} cases[] = {
		{ FILE_OF(""), false, "" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"docs\"}]"), false, "" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"docs\",\"description\":\"y\"}]"), false, "~namespace docs description;" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"new\"}],\"instances\":[{\"id\":\"n\",\"namespace\":\"new\"}]"), false,
		  "+namespace new;+instance new/n;" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"default\"}]"), false, "" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"default\",\"description\":\"x\"}]"), false, "!cannot be changed" },
		{ FILE_OF(",\"tokens\":[{\"name\":\"default\"}]"), false, "" },
		{ FILE_OF(",\"tokens\":[{\"name\":\"half\"},{\"name\":\"new\"}]"), false, "+token half;+token new;" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"token\":\"default\",\"type\":\"r2\"}]"), false, "" },
		{ FILE_OF(",\"tokens\":[{\"name\":\"new\"}],\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"token\":\"new\"}]"),
		  false, "+token new;~instance docs/a token_id;" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"chunk_size\":512,\"paused\":true}]"), false,
		  "~instance docs/a chunk_size,paused;" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"score_threshold\":0.50}]"), false, "" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"source_params\":{\"prefix\":\"y/\"}}]"), false,
		  "~instance docs/a source_params.prefix;" },
		{ FILE_OF(",\"instances\":[{\"id\":\"b\",\"type\":\"builtin\"}]"), false, "" },
		{ FILE_OF(",\"instances\":[{\"id\":\"b\",\"type\":\"r2\",\"source\":\"bucket\"}]"), false, "!'type' cannot be changed" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"type\":\"builtin\"}]"), false, "!'type' cannot be changed" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"type\":\"web-crawler\"}]"), false, "!'type' cannot be changed" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"nowhere\"}]"), false, "!neither in the file nor" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"token\":\"nowhere\"}]"), false, "!neither in the file nor" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"chunk_size\":\"big\"}]"), false, "!instance 'a'" },
		{ FILE_OF(",\"instances\":[{\"id\":\"n\",\"paused\":true}]"), false, "+instance default/n paused;" },
		{ FILE_OF(",\"instances\":[{\"id\":\"n\",\"type\":\"builtin\",\"source\":\"bucket\"}]"), false,
		  "!instance 'n': a built-in instance has no source" },
		{ FILE_OF(",\"instances\":[{\"id\":\"n\",\"source\":\"bucket\"}]"), false, "+instance default/n;" },
		/* null */
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"chunk_size\":null}]"), false,
		  "!instance 'a': chunk_size cannot be null" },
		{ FILE_OF(",\"instances\":[{\"id\":\"new\",\"paused\":null}]"), false, "!paused cannot be null" },
		{ FILE_OF(",\"instances\":[{\"id\":\"new\",\"token_id\":null}]"), false, "!token_id cannot be null" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"source_params\":null}]"), false,
		  "~instance docs/a source_params;" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"rewrite_model\":null}]"), false, "" },
		{ FILE_OF(",\"instances\":[{\"id\":\"b\",\"type\":null,\"source\":null}]"), false, "" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"type\":null}]"), false,
		  "!'type' cannot be changed, from r2 to builtin" },
		{ FILE_OF(",\"instances\":[{\"id\":\"a\",\"namespace\":\"docs\",\"source\":null}]"), false,
		  "!'source' cannot be changed, from bucket to nothing" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"docs\",\"description\":null}]"), false, "~namespace docs description;" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"docs\",\"public_endpoint_params\":null}]"), false, "" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"new\",\"public_endpoint_params\":null}]"), false,
		  "!namespace 'new': public_endpoint_params cannot be null" },
		/* pruning */
		{ FILE_OF(",\"instances\":[]"), true, "" },
		{ FILE_OF(",\"instances\":[{\"id\":\"b2\"}]"), true, "+instance default/b2;-instance default/b;" },
		{ FILE_OF(",\"namespaces\":[],\"instances\":[{\"id\":\"z\",\"namespace\":\"old\"}]"), true,
		  "-instance default/b;-instance docs/a;-namespace docs;" },
		{ FILE_OF(",\"namespaces\":[{\"name\":\"docs\"}]"), true,
		  "-instance default/b;-instance docs/a;-instance old/z;-namespace old;" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_manifest struct manifest wanted = { 0 }, there = { 0 };
		scoped_actions struct actions actions = { 0 };
		const char *expected = cases[i].actions;
		struct err err = { 0 };
		char text[512];

		is_there(&there);
		CU_ASSERT_EQUAL_FATAL(manifest_decode(cases[i].wanted, strlen(cases[i].wanted), &wanted, &err), 0);
		int r = manifest_difference(&wanted, &there, cases[i].prune, &actions, &err);
		describe(&actions, text, sizeof(text));
		bool good = *expected == '!' ? r < 0 && err.kind == ERR_CONFIG && strstr(err.what, expected + 1)
					     : r == 0 && !strcmp(text, expected);
		UNIT_ROW(i, good);
		if (!good)
			printf("# %s %s\n", text, err.what);
	}
}

static void bodies_say_only_what_changes(void)
{
	static const struct {
		const char *instance, *body;
	} cases[] = {
		{ "{\"id\":\"a\",\"namespace\":\"docs\",\"chunk_size\":512,\"type\":\"r2\"}", "{\"chunk_size\":512}" },
		{ "{\"id\":\"a\",\"namespace\":\"docs\",\"source_params\":{\"prefix\":\"y\\/\"}}",
		  "{\"source_params\":{\"prefix\":\"y\\/\",\"include_items\":[\"a\"]}}" },
		{ "{\"id\":\"a\",\"namespace\":\"docs\",\"public_endpoint_params\":{\"mcp\":{\"description\":\"e\"}}}",
		  "{\"public_endpoint_params\":{\"enabled\":true,\"mcp\":{\"disabled\":true,\"description\":\"e\"}}}" },
		{ "{\"id\":\"n\",\"token\":\"default\",\"type\":\"builtin\",\"paused\":true}", "{\"id\":\"n\",\"token_id\":\"11111111-2222-4333-8444-555555555555\"}" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_manifest struct manifest wanted = { 0 }, there = { 0 };
		scoped_actions struct actions actions = { 0 };
		struct err err = { 0 };
		char text[512];
		const char *body;

		snprintf(text, sizeof(text), FILE_OF(",\"instances\":[%s]"), cases[i].instance);
		is_there(&there);
		CU_ASSERT_EQUAL_FATAL(manifest_decode(text, strlen(text), &wanted, &err), 0);
		CU_ASSERT_EQUAL_FATAL(manifest_difference(&wanted, &there, false, &actions, &err), 0);
		CU_ASSERT_EQUAL_FATAL(actions.count, 1);
		body = json_object_to_json_string_ext(actions.one[0].body, JSON_C_TO_STRING_PLAIN);
		UNIT_ROW(i, !strcmp(body, cases[i].body));
		if (strcmp(body, cases[i].body) != 0)
			printf("# %s\n", body);
	}
}

/* What is written of an account leaves nothing to do there. */
static void a_file_of_what_is_there_changes_nothing(void)
{
	scoped_manifest struct manifest wanted = { 0 }, there = { 0 };
	scoped_actions struct actions actions = { 0 };
	scoped_json struct json_object *file = NULL;
	struct err err = { 0 };

	is_there(&there);
	CU_ASSERT_EQUAL_FATAL(manifest_encode(&there, &file, &err), 0);
	const char *text = json_object_to_json_string_ext(file, JSON_C_TO_STRING_PLAIN);
	CU_ASSERT_PTR_NULL(strstr(text, "status"));
	CU_ASSERT_PTR_NULL(strstr(text, "11111111-2222-4333-8444-555555555555"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"token\":\"default\""));
	CU_ASSERT_EQUAL_FATAL(manifest_decode(text, strlen(text), &wanted, &err), 0);
	CU_ASSERT_EQUAL_FATAL(manifest_difference(&wanted, &there, true, &actions, &err), 0);
	/* the token that is not registered is to be */
	CU_ASSERT_EQUAL(actions.count, 1);
	CU_ASSERT_EQUAL(actions.one[0].kind, ACTION_CREATE_TOKEN);
}

UNIT_SUITE(manifest,
	{ "files are read strictly, and say where they are wrong", files_are_read_strictly },
	{ "no member stands twice in an object, whatever way its name is written", no_member_stands_twice },
	{ "a large file is read in a moment, a deep one refused", a_large_file_is_read_in_a_moment },
	{ "what stands between a file and an account, in an order that can be carried out",
	  what_stands_between_two_of_them },
	{ "an update says only the members that change, each whole", bodies_say_only_what_changes },
	{ "a file of what is there changes nothing", a_file_of_what_is_there_changes_nothing });
