/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <string.h>

#include "base/rfc3339.h"

void js_str(struct json_object *obj, const char *key, const char *text)
{
	json_object_object_add(obj, key, text ? json_object_new_string(text) : NULL);
}

void js_int(struct json_object *obj, const char *key, int64_t value)
{
	json_object_object_add(obj, key, json_object_new_int64(value));
}

void js_bool(struct json_object *obj, const char *key, bool value)
{
	json_object_object_add(obj, key, json_object_new_boolean(value));
}

void js_num(struct json_object *obj, const char *key, double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.6g", value);
	json_object_object_add(obj, key, json_object_new_double_s(value, text));
}

void js_time(struct json_object *obj, const char *key, int64_t unix_s)
{
	char text[RFC3339_SIZE];

	if (unix_s)
		rfc3339_format(unix_s, text);
	js_str(obj, key, unix_s ? text : NULL);
}

void js_raw(struct json_object *obj, const char *key, const char *text)
{
	bool ok;

	json_object_object_add(obj, key, text && *text ? js_parse(text, strlen(text), &ok) : NULL);
}

void js_share(struct json_object *obj, const char *key, struct json_object *value)
{
	json_object_object_add(obj, key, json_object_get(value));
}

struct json_object *js_get(struct json_object *obj, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(obj, json_type_object))
		return NULL;
	json_object_object_get_ex(obj, key, &value);
	return value;
}

const char *js_get_str(struct json_object *obj, const char *key)
{
	struct json_object *value = js_get(obj, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

int64_t js_get_int(struct json_object *obj, const char *key, int64_t otherwise)
{
	struct json_object *value = js_get(obj, key);

	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double))
		return otherwise;
	return json_object_get_int64(value);
}

double js_get_num(struct json_object *obj, const char *key, double otherwise)
{
	struct json_object *value = js_get(obj, key);

	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double))
		return otherwise;
	return json_object_get_double(value);
}

bool js_get_bool(struct json_object *obj, const char *key, bool otherwise)
{
	struct json_object *value = js_get(obj, key);

	return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value)
							     : otherwise;
}

struct json_object *js_parse(const char *text, size_t len, bool *ok)
{
	struct json_tokener *tok = json_tokener_new_ex(32);
	struct json_object *obj = NULL;

	*ok = false;
	if (!tok)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	if (len && len < INT32_MAX) {
		/* With the NUL: a number at the very end is complete only then. */
		obj = json_tokener_parse_ex(tok, text, (int)len);
		if (json_tokener_get_error(tok) == json_tokener_continue)
			obj = json_tokener_parse_ex(tok, "", 1);
		*ok = json_tokener_get_error(tok) == json_tokener_success;
	}
	if (*ok)
		for (size_t at = json_tokener_get_parse_end(tok); at < len; at++)
			if (!strchr(" \t\r\n", text[at]) || !text[at])
				*ok = false;
	json_tokener_free(tok);
	if (!*ok) {
		json_object_put(obj);
		return NULL;
	}
	return obj;
}

const char *js_text(struct json_object *obj)
{
	return json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
						   JSON_C_TO_STRING_NOSLASHESCAPE);
}
