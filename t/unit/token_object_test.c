/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cloudflare/token_object.h"
#include "unit.h"

#define POLICY \
	"{\"id\":\"p\",\"effect\":\"allow\",\"resources\":{\"com.cloudflare.api.account.a\":\"*\"}," \
	"\"permission_groups\":[{\"id\":\"g1\",\"name\":\"One\"},{\"id\":\"g2\"}]}"
#define COPIED \
	"{\"permission_groups\":[{\"id\":\"g1\"},{\"id\":\"g2\"}],\"effect\":\"allow\"," \
	"\"resources\":{\"com.cloudflare.api.account.a\":\"*\"}}"

static void a_second_token_is_asked_for(void)
{
	static const struct {
		const char *token, *policies, *condition;	/* policies NULL = refused */
		int64_t life_s, expires_on;
	} cases[] = {
		{ "{\"policies\":[" POLICY "]}", "[" COPIED "]", "", 0, 0 },
		{ "{\"policies\":[" POLICY "," POLICY "]}", "[" COPIED "," COPIED "]", "", 0, 0 },
		{ "{\"policies\":[" POLICY "],\"condition\":{\"request_ip\":{\"in\":[\"::1\"]}}}",
		  "[" COPIED "]", "{\"request_ip\":{\"in\":[\"::1\"]}}", 0, 0 },
		{ "{\"policies\":[" POLICY "],\"condition\":null,\"issued_on\":\"2026-01-01T00:00:00Z\","
		  "\"expires_on\":\"2026-01-02T00:00:00Z\"}",
		  "[" COPIED "]", "", 86400, 1767312000 },
		/* an end without a beginning, or before it, is no life */
		{ "{\"policies\":[" POLICY "],\"expires_on\":\"2026-01-02T00:00:00Z\"}",
		  "[" COPIED "]", "", 0, 1767312000 },
		{ "{\"policies\":[" POLICY "],\"issued_on\":\"2026-01-03T00:00:00Z\","
		  "\"expires_on\":\"2026-01-02T00:00:00Z\"}",
		  "[" COPIED "]", "", 0, 1767312000 },
		{ "{}", NULL, NULL, 0, 0 },
		{ "{\"policies\":[]}", NULL, NULL, 0, 0 },
		{ "{\"policies\":null}", NULL, NULL, 0, 0 },
		{ "{\"policies\":\"all\"}", NULL, NULL, 0, 0 },
		{ "{\"policies\":[{}]}", NULL, NULL, 0, 0 },
		{ "{\"policies\":[7]}", NULL, NULL, 0, 0 },
		{ "{\"policies\":[{\"effect\":\"allow\",\"resources\":{},\"permission_groups\":[]}]}", NULL, NULL,
		  0, 0 },
		{ "{\"policies\":[{\"effect\":\"allow\",\"resources\":{},\"permission_groups\":[{\"name\":\"x\"}]}]}",
		  NULL, NULL, 0, 0 },
		{ "{\"policies\":[{\"effect\":\"allow\",\"permission_groups\":[{\"id\":\"x\"}]}]}", NULL, NULL, 0, 0 },
		{ "{\"policies\":[" POLICY "],\"condition\":\"none\"}", NULL, NULL, 0, 0 },
		{ "{\"policies\":[" POLICY "],\"expires_on\":\"soon\"}", NULL, NULL, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_token_copy struct token_copy copy = TOKEN_COPY;
		struct json_object *o = json_tokener_parse(cases[i].token);
		struct err err = {0};
		int r = token_copy_decode(o, &copy, &err);

		UNIT_ROW(i, r == (cases[i].policies ? 0 : -1));
		UNIT_ROW(i, r == 0 || err.kind == ERR_PROTOCOL);
		if (r == 0 && cases[i].policies) {
			UNIT_STR(copy.policies.data, cases[i].policies);
			UNIT_STR(copy.condition.data, cases[i].condition);
			UNIT_ROW(i, copy.life_s == cases[i].life_s &&
				 copy.expires_on == cases[i].expires_on);
		}
		json_object_put(o);
	}
}

static void note(void *ctx, const char *name)
{
	buf_addf(ctx, "%s;", name);
}

static void permissions_are_named(void)
{
	static const struct {
		const char *token, *names;
	} cases[] = {
		{ "{\"policies\":[" POLICY "]}", "One;g2;" },
		{ "{\"policies\":[{\"effect\":\"deny\",\"permission_groups\":[{\"name\":\"x\"}]}," POLICY "]}",
		  "One;g2;" },
		{ "{\"policies\":[{\"permission_groups\":[{\"name\":7},{},null,7]}]}", "" },
		{ "{\"policies\":[null,7,{}]}", "" },
		{ "{\"policies\":{}}", "" },
		{ "{}", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf names = BUF(4096);
		struct json_object *o = json_tokener_parse(cases[i].token);

		token_permissions(o, note, &names);
		UNIT_STR(names.data, cases[i].names);
		json_object_put(o);
	}
}

UNIT_SUITE(token_object,
	{ "a second token is asked for what the first one may", a_second_token_is_asked_for },
	{ "permissions are named, and what a hostile answer has is not", permissions_are_named });
