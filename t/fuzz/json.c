/* SPDX-License-Identifier: MIT */
/*
 * The API's answers: the first byte chooses a status, the second a content type, the rest
 * is the body.
 */
#include "fuzz.h"

#include "cloudflare/envelope.h"

static const int statuses[] = { 200, 201, 204, 301, 400, 401, 403, 404, 409, 429, 500, 503, 0 };
static const char *const types[] = { "application/json", "application/json; charset=utf-8",
				     "text/html", "", NULL };

/* Every getter on every member, as the decoders do. */
static void walk(struct json_object *value, int depth)
{
	NEVER(depth > JSON_DEPTH_MAX + 1);
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			walk(json_object_array_get_idx(value, i), depth + 1);
		return;
	}
	if (!json_object_is_type(value, json_type_object))
		return;
	json_object_object_foreach(value, key, member) {
		struct count count = { 0 };
		struct instant instant = { 0 };
		struct flag flag = { 0 };
		struct json_object *inner = NULL;
		struct err err = { 0 };
		const char *text = NULL;

		NEVER(json_get_count(value, key, &count, &err) == 0 && count.known &&
		      (count.value < 0 || count.value > COUNT_MAX));
		json_get_instant(value, key, &instant, &err);
		json_get_flag(value, key, &flag, &err);
		NEVER(json_get_text(value, key, &text, &err) < 0 && err.kind != ERR_PROTOCOL);
		NEVER(json_get_object(value, key, &inner, &err) == 0 && inner &&
		      !json_object_is_type(inner, json_type_object));
		NEVER(json_get_array(value, key, &inner, &err) == 0 && inner &&
		      !json_object_is_type(inner, json_type_array));
		if (err.kind != ERR_NONE)
			check_err(&err);
		walk(member, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_envelope struct envelope envelope = { 0 };
	struct err err = { 0 };

	if (size < 2)
		return 0;
	const int status = statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))];
	/* with no terminator behind it: a reader that looks one byte too far is told on */
	char *body = malloc(size - 2 ? size - 2 : 1);
	NEVER(!body);
	memcpy(body, data + 2, size - 2);
	const struct envelope_input in = {
		.status = status,
		.content_type = types[data[1] % (sizeof(types) / sizeof(types[0]))],
		.body = body,
		.len = size - 2,
		.retry_after = data[1] & 64 ? 7 : 0,
		.permission = data[1] & 32 ? "AI Search Read" : NULL,
		.bare = data[1] & 128,
	};
	if (envelope_decode(&in, &envelope, &err) < 0) {
		check_err(&err);
		NEVER(status != 0 && err.status != 0 && err.status != status);
	} else {
		NEVER(status < 200 || status > 299);
		walk(envelope.root, 0);
	}
	free(body);
	return 0;
}
