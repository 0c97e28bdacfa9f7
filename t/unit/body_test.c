/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cloudflare/body.h"
#include "cloudflare/json.h"
#include "unit.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct json_object *parsed(const char *text)
{
	struct json_object *out = NULL;
	struct err err = { 0 };

	if (json_parse(text, strlen(text), &out, &err) < 0)
		unit_note("%s: %s", text, err.what);
	return out;
}

static const char *plain(struct json_object *value)
{
	return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void bodies_are_checked(void)
{
	static const struct {
		bool create;
		const char *body;
		const char *fails_with;	/* part of it; NULL = good */
	} cases[] = {
		{ true, "{}", NULL },
		{ true, "{\"id\":\"docs\"}", NULL },
		{ true, "{\"id\":\"Docs\"}", "not an instance id" },
		{ true, "{\"id\":\"\"}", "id may not be" },
		{ true, "{\"id\":\"docs\",\"not_known_yet\":{\"a\":[1]}}", NULL },
		{ true, "[1]", "not a JSON object" },
		{ true, "{\"type\":\"r2\",\"source\":\"docs\"}", NULL },
		{ true, "{\"type\":\"builtin\"}", NULL },
		{ true, "{\"type\":\"builtin\",\"source\":\"docs\"}", "a built-in instance has no source" },
		{ true, "{\"type\":\"r2\"}", "an instance of type r2 needs a source" },
		{ true, "{\"source\":\"docs\"}", NULL },
		{ true, "{\"type\":\"s3\",\"source\":\"docs\"}", "type may not be \"s3\"" },
		{ true, "{\"chunk_size\":64}", NULL },
		{ true, "{\"chunk_size\":63}", "chunk_size may not be 63" },
		{ true, "{\"chunk_size\":99999999999999999999}", "chunk_size may not be 18446744073709551615" },
		{ true, "{\"chunk_size\":64.0}", "chunk_size may not be" },
		{ true, "{\"chunk_size\":\"64\"}", "chunk_size may not be \"64\"" },
		{ true, "{\"chunk_size\":null}", "chunk_size cannot be null" },
		{ true, "{\"embedding_model\":null,\"source\":null,\"type\":null}", NULL },
		{ true, "{\"source_params\":null,\"indexing_options\":null,\"retrieval_options\":null}", NULL },
		{ true, "{\"source_params\":{\"prefix\":null}}", "source_params.prefix cannot be null" },
		{ true, "{\"source_params\":{\"web_crawler\":null}}", "source_params.web_crawler cannot be null" },
		{ true, "{\"index_method\":null}", "index_method cannot be null" },
		{ true, "{\"public_endpoint_params\":null}", "public_endpoint_params cannot be null" },
		{ true, "{\"public_endpoint_params\":{\"custom_domains\":null}}", NULL },
		{ true, "{\"custom_metadata\":null}", "custom_metadata cannot be null" },
		{ true, "{\"retrieval_options\":{\"boost_by\":[{\"field\":\"f\",\"direction\":null}]}}",
		  "number 1: direction" },
		{ false, "{\"paused\":null}", "paused cannot be null" },
		{ false, "{\"summarization_model\":null}", NULL },
		{ true, "{\"chunk_overlap\":0}", NULL },
		{ true, "{\"chunk_overlap\":31}", "chunk_overlap may not be 31" },
		{ true, "{\"max_num_results\":0}", "max_num_results may not be 0" },
		{ true, "{\"score_threshold\":1}", NULL },
		{ true, "{\"score_threshold\":0.4}", NULL },
		{ true, "{\"score_threshold\":1.01}", "score_threshold may not be" },
		{ true, "{\"score_threshold\":true}", "score_threshold may not be true" },
		{ true, "{\"cache\":\"yes\"}", "cache may not be \"yes\"" },
		{ true, "{\"cache_ttl\":600}", NULL },
		{ true, "{\"cache_ttl\":601}", "cache_ttl may not be 601" },
		{ true, "{\"sync_interval\":14400}", NULL },
		{ true, "{\"sync_interval\":1}", "sync_interval may not be 1" },
		{ true, "{\"token_id\":\"x\"}", "token_id may not be" },
		{ true, "{\"source_params\":\"docs/\"}", "'source_params' is no object" },
		{ true, "{\"source_params\":{\"prefix\":\"docs/\",\"include_items\":[\"*.md\"]}}", NULL },
		{ true, "{\"source_params\":{\"include_items\":[\"*.md\",\"\"]}}", "include_items may not be" },
		{ true, "{\"source_params\":{\"include_items\":\"*.md\"}}", "include_items may not be" },
		{ true, "{\"source_params\":{\"web_crawler\":{\"parse_type\":\"feed\"}}}", "parse_type may" },
		{ true, "{\"source_params\":{\"web_crawler\":{\"discover_options\":"
			"{\"include_external_links\":true}}}}", "include_external_links may not be true" },
		{ true, "{\"source_params\":{\"web_crawler\":{\"discover_options\":"
			"{\"include_external_links\":false}}}}", NULL },
		{ true, "{\"source_params\":{\"web_crawler\":{\"parse_options\":"
			"{\"include_headers\":{\"X-A\":\"b\"}}}}}", NULL },
		{ true, "{\"source_params\":{\"web_crawler\":{\"parse_options\":"
			"{\"include_headers\":{\"X A\":\"b\"}}}}}", "number 1: the name is not" },
		{ true, "{\"source_params\":{\"web_crawler\":{\"parse_options\":"
			"{\"include_headers\":{\"X-A\":\"b\\nc\"}}}}}", "not printable" },
		{ true, "{\"source_params\":{\"web_crawler\":{\"parse_options\":{\"include_headers\":"
			"{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\",\"e\":\"\",\"f\":\"\"}}}}}",
		  "more than 5" },
		{ true, "{\"source_params\":{\"web_crawler\":{\"parse_options\":"
			"{\"content_selector\":[]}}}}", "too few" },
		{ true, "{\"source_params\":{\"web_crawler\":{\"parse_options\":"
			"{\"content_selector\":[{\"path\":\"/**\",\"selector\":\"a;b\"}]}}}}",
		  "number 1: the selector" },
		{ true, "{\"custom_metadata\":[{\"field_name\":\"n\",\"data_type\":\"number\"}]}", NULL },
		{ true, "{\"custom_metadata\":[{\"field_name\":\"n\",\"data_type\":\"num\"}]}", "data_type is" },
		{ true, "{\"custom_metadata\":[{\"field_name\":\"n\",\"data_type\":\"text|number\"}]}",
		  "data_type is" },
		{ true, "{\"custom_metadata\":[{\"field_name\":\"folder\",\"data_type\":\"text\"}]}",
		  "fields of every item already" },
		{ true, "{\"custom_metadata\":[{\"field_name\":\"n\"}]}", "number 1: a field_name and" },
		{ true, "{\"custom_metadata\":[1]}", "number 1" },
		{ true, "{\"retrieval_options\":{\"boost_by\":[{\"field\":\"f\"},"
			"{\"field\":\"g\",\"direction\":\"up\"}]}}", "number 2: direction" },
		{ true, "{\"index_method\":{\"vector\":true}}", "needs both its members" },
		{ true, "{\"index_method\":{\"vector\":true,\"keyword\":false}}", NULL },
		{ false, "{\"index_method\":{\"vector\":true}}", NULL },
		{ true, "{\"index_method\":{\"vector\":true,\"keyword\":true},"
			"\"hybrid_search_enabled\":true}", "say the same thing" },
		{ true, "{\"paused\":true}", "paused cannot be said when it is created" },
		{ false, "{\"paused\":true}", NULL },
		{ false, "{\"type\":\"r2\"}", "type cannot be changed" },
		{ false, "{\"id\":\"docs\"}", "id cannot be changed" },
		{ true, "{\"summarization\":true}", "summarization cannot be said when" },
		{ true, "{\"public_endpoint_params\":{\"rate_limit\":{\"period_ms\":59999}}}",
		  "period_ms may not be 59999" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_json struct json_object *body = parsed(cases[i].body);
		struct err err = { 0 };
		int r = body_check(body_instance, body, cases[i].create, &err);

		UNIT_ROW(i, r == (cases[i].fails_with ? -1 : 0));
		if (r < 0) {
			UNIT_ROW(i, err.kind == ERR_USAGE);
			UNIT_ROW(i, cases[i].fails_with && strstr(err.what, cases[i].fails_with));
			if (!cases[i].fails_with || !strstr(err.what, cases[i].fails_with))
				unit_note("%s", err.what);
		}
	}
}

static void members_are_set(void)
{
	static const struct {
		const char *body, *path, *value;
		const char *becomes;	/* NULL = refused */
	} cases[] = {
		{ "{}", "chunk_size", "512", "{\"chunk_size\":512}" },
		{ "{\"chunk_size\":64}", "chunk_size", "512", "{\"chunk_size\":512}" },
		{ "{}", "source_params.prefix", "\"a/\"", "{\"source_params\":{\"prefix\":\"a/\"}}" },
		{ "{\"source_params\":null}", "source_params.prefix", "\"a/\"",
		  "{\"source_params\":{\"prefix\":\"a/\"}}" },
		{ "{\"source_params\":{\"prefix\":\"a/\"}}", "source_params.web_crawler.parse_type",
		  "\"sitemap\"", "{\"source_params\":{\"prefix\":\"a/\","
				 "\"web_crawler\":{\"parse_type\":\"sitemap\"}}}" },
		{ "{\"source_params\":3}", "source_params.prefix", "\"a/\"", NULL },
		{ "{}", "chunk_size", "1", NULL },
		{ "{}", "source", "null", "{\"source\":null}" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_json struct json_object *body = parsed(cases[i].body);
		const struct body_field *field = body_field(body_instance, cases[i].path);
		struct err err = { 0 };
		int r = body_set(body, field, strcmp(cases[i].value, "null") ? parsed(cases[i].value) : NULL,
				 &err);

		UNIT_ROW(i, r == (cases[i].becomes ? 0 : -1));
		UNIT_STR(plain(body), cases[i].becomes ? cases[i].becomes : cases[i].body);
	}
	CU_ASSERT_PTR_NULL(body_field(body_instance, "chunk_siz"));
	CU_ASSERT_PTR_NULL(body_field(body_instance, "source_params"));
}

static void note(void *ctx, const struct body_change *change)
{
	char *out = ctx;
	size_t len = strlen(out);

	snprintf(out + len, 512 - len, "%s%s:", len ? " " : "", change->path);
	len = strlen(out);
	snprintf(out + len, 512 - len, "%s", change->from ? plain(change->from) : "-");
	len = strlen(out);
	snprintf(out + len, 512 - len, ">%s", change->to ? plain(change->to) : "-");
}

static void changes_are_found(void)
{
	static const struct {
		const char *wanted, *there, *changes;
		int count;
	} cases[] = {
		{ "{}", "{\"a\":1}", "", 0 },
		{ "{\"chunk_size\":256}", "{\"chunk_size\":256,\"cache\":true}", "", 0 },
		{ "{\"chunk_size\":512}", "{\"chunk_size\":256}", "chunk_size:256>512", 1 },
		{ "{\"chunk_size\":512}", "{}", "chunk_size:->512", 1 },
		{ "{\"score_threshold\":1}", "{\"score_threshold\":1.0}", "", 0 },
		{ "{\"score_threshold\":0.5}", "{\"score_threshold\":0}", "score_threshold:0>0.5", 1 },
		{ "{\"cache\":true}", "{\"cache\":1}", "cache:1>true", 1 },
		{ "{\"source\":null}", "{}", "", 0 },
		{ "{\"source\":null}", "{\"source\":\"a\"}", "source:\"a\">-", 1 },
		{ "{\"type\":\"builtin\"}", "{\"type\":null}", "", 0 },
		{ "{\"type\":\"builtin\"}", "{\"type\":\"r2\"}", "type:\"r2\">\"builtin\"", 1 },
		{ "{\"source\":\"https://example.com/\"}", "{\"source\":\"example.com\"}", "", 0 },
		{ "{\"source\":\"example.com/docs\"}", "{\"source\":\"example.com\"}",
		  "source:\"example.com\">\"example.com/docs\"", 1 },
		{ "{\"token_id\":\"AB\"}", "{\"token_id\":\"ab\"}", "", 0 },
		{ "{\"p\":{}}", "{}", "", 0 },
		{ "{\"p\":{\"a\":1,\"b\":{\"c\":2}}}", "{\"p\":{\"b\":{\"c\":3,\"d\":4}}}",
		  "p.a:->1 p.b.c:3>2", 2 },
		{ "{\"p\":{\"a\":1}}", "{\"p\":null}", "p.a:->1", 1 },
		{ "{\"p\":null}", "{\"p\":{\"a\":1}}", "p:{\"a\":1}>-", 1 },
		{ "{\"l\":[1,2]}", "{\"l\":[1,2]}", "", 0 },
		{ "{\"l\":[{\"a\":1,\"b\":2}]}", "{\"l\":[{\"b\":2,\"a\":1}]}", "", 0 },
		{ "{\"l\":[2,1]}", "{\"l\":[1,2]}", "l:[1,2]>[2,1]", 1 },
		/* one header taken away: as a whole, not name by name */
		{ "{\"source_params\":{\"web_crawler\":{\"parse_options\":{\"include_headers\":{}}}}}",
		  "{\"source_params\":{\"web_crawler\":{\"parse_options\":{\"include_headers\":"
		  "{\"X-A\":\"b\"}}}}}",
		  "source_params.web_crawler.parse_options.include_headers:{\"X-A\":\"b\"}>{}", 1 },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_json struct json_object *wanted = parsed(cases[i].wanted);
		scoped_json struct json_object *there = parsed(cases[i].there);
		char seen[512] = "";

		UNIT_ROW(i, body_changes(wanted, there, note, seen) == cases[i].count);
		UNIT_STR(seen, cases[i].changes);
		UNIT_ROW(i, body_changes(wanted, there, NULL, NULL) == cases[i].count);
	}
}

static void updates_say_what_is_wanted(void)
{
	static const struct {
		const char *there, *wanted, *body;
	} cases[] = {
		/* a dead credential is not said again */
		{ "{\"id\":\"a\",\"token_id\":\"x\",\"chunk_size\":256}", "{\"chunk_size\":512}",
		  "{\"chunk_size\":512}" },
		{ "{\"public_endpoint_params\":{\"enabled\":true,\"mcp\":{\"disabled\":true},\"id\":\"x\"}}",
		  "{\"public_endpoint_params\":{\"mcp\":{\"description\":\"d\"}}}",
		  "{\"public_endpoint_params\":{\"enabled\":true,\"mcp\":{\"disabled\":true,"
		  "\"description\":\"d\"}}}" },
		{ "{\"source_params\":{\"prefix\":\"a/\",\"include_items\":[\"b\"]}}",
		  "{\"source_params\":{\"include_items\":[\"c\"]}}",
		  "{\"source_params\":{\"prefix\":\"a/\",\"include_items\":[\"c\"]}}" },
		{ "{\"source_params\":null}", "{\"source_params\":{\"prefix\":\"a\"}}",
		  "{\"source_params\":{\"prefix\":\"a\"}}" },
		{ "{\"source_params\":{\"prefix\":\"a\"}}", "{\"source_params\":null}",
		  "{\"source_params\":null}" },
		{ "{\"index_method\":{\"vector\":true,\"keyword\":true}}",
		  "{\"index_method\":{\"keyword\":false}}",
		  "{\"index_method\":{\"vector\":true,\"keyword\":false}}" },
		{ "{}", "{\"new_one\":{\"a\":{\"b\":1}}}", "{\"new_one\":{\"a\":{\"b\":1}}}" },
		{ "{\"source_params\":{\"web_crawler\":{\"parse_options\":{\"include_headers\":"
		  "{\"X-A\":\"b\"}}}}}",
		  "{\"source_params\":{\"web_crawler\":{\"parse_options\":{\"include_headers\":"
		  "{\"X-B\":\"c\"}}}}}",
		  "{\"source_params\":{\"web_crawler\":{\"parse_options\":{\"include_headers\":"
		  "{\"X-B\":\"c\"}}}}}" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_json struct json_object *there = parsed(cases[i].there);
		scoped_json struct json_object *wanted = parsed(cases[i].wanted);
		scoped_json struct json_object *body = body_for_update(body_instance, there, wanted);
		struct err err = { 0 };

		UNIT_STR(plain(body), cases[i].body);
		UNIT_STR(plain(wanted), cases[i].wanted);
		UNIT_ROW(i, body_check(body_instance, body, false, &err) == 0);
	}
}

static void builtin_is_not_said(void)
{
	scoped_json struct json_object *a = parsed("{\"id\":\"a\",\"type\":\"builtin\"}");
	scoped_json struct json_object *b = parsed("{\"id\":\"a\",\"type\":\"r2\",\"source\":\"s\"}");
	scoped_json struct json_object *of_a = body_for_create(a), *of_b = body_for_create(b);

	UNIT_STR(plain(of_a), "{\"id\":\"a\"}");
	UNIT_STR(plain(of_b), plain(b));
	UNIT_STR(plain(a), "{\"id\":\"a\",\"type\":\"builtin\"}");
}

/* Two options of one name would hide each other. */
static void tables_are_sound(void)
{
	const struct body_field *const tables[] = { body_instance, body_namespace };

	for (size_t t = 0; t < ROWS(tables); t++)
		for (const struct body_field *f = tables[t]; f->path; f++) {
			size_t row = (size_t)(f - tables[t]);

			UNIT_ROW(row, f->create || f->update);
			UNIT_ROW(row, f->help && strlen(f->help) < 70);
			UNIT_ROW(row, body_field(tables[t], f->path) == f);
			for (const struct body_field *g = tables[t]; f->flag && g < f; g++)
				UNIT_ROW(row, !g->flag || strcmp(f->flag, g->flag));
		}
}

UNIT_SUITE(body,
	{ "bodies are checked against the contract", bodies_are_checked },
	{ "members are set by their dotted paths", members_are_set },
	{ "changes are found leaf by leaf", changes_are_found },
	{ "an update says what is wanted, objects as a whole", updates_say_what_is_wanted },
	{ "builtin has no word on the wire", builtin_is_not_said },
	{ "the tables have one row and one option for each member", tables_are_sound });
