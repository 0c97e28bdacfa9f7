/* SPDX-License-Identifier: MIT */
#include "cloudflare/json.h"

#include <string.h>

#include "base/rfc3339.h"
#include "base/text.h"

int json_parse(const char *text, size_t len, struct json_object **out, struct err *err)
{
	return json_read("the answer", text, len, out, err);
}

static int wrong_type(const char *key, struct json_object *v, const char *expected,
		      struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "'%s' is %s, expected %s", key,
		       json_type_to_name(json_object_get_type(v)), expected);
}

static struct json_object *member(struct json_object *obj, const char *key)
{
	struct json_object *v = NULL;

	if (!json_object_is_type(obj, json_type_object))
		return NULL;
	json_object_object_get_ex(obj, key, &v);
	return v;
}

int json_get_text(struct json_object *obj, const char *key, const char **out, struct err *err)
{
	struct json_object *v = member(obj, key);

	*out = NULL;
	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_string))
		return wrong_type(key, v, "a string", err);
	const char *text = json_object_get_string(v);
	if (strlen(text) != (size_t)json_object_get_string_len(v))
		return err_set(err, ERR_PROTOCOL, "'%s' contains a NUL character", key);
	*out = text;
	return 0;
}

int json_need_text(struct json_object *obj, const char *key, const char **out, struct err *err)
{
	if (json_get_text(obj, key, out, err) < 0)
		return -1;
	if (!*out)
		return err_set(err, ERR_PROTOCOL, "'%s' is missing from the answer", key);
	return 0;
}

int json_copy_text(struct json_object *obj, const char *key, char **out, struct err *err)
{
	const char *text;

	return json_get_text(obj, key, &text, err) < 0 ? -1 : text_copy(text, out, err);
}

int json_copy_needed(struct json_object *obj, const char *key, char **out, struct err *err)
{
	const char *text;

	return json_need_text(obj, key, &text, err) < 0 ? -1 : text_copy(text, out, err);
}

int json_get_count(struct json_object *obj, const char *key, struct count *out, struct err *err)
{
	struct json_object *v = member(obj, key);

	*out = (struct count){ 0 };
	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_int))
		return wrong_type(key, v, "a count", err);
	/* json-c clamps what does not fit */
	if (json_object_get_int64(v) < 0 || json_object_get_int64(v) > COUNT_MAX)
		return err_set(err, ERR_PROTOCOL, "'%s' is out of range for a count", key);
	out->known = true;
	out->value = json_object_get_int64(v);
	return 0;
}

int json_get_flag(struct json_object *obj, const char *key, struct flag *out, struct err *err)
{
	struct json_object *v = member(obj, key);

	*out = (struct flag){ 0 };
	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_boolean))
		return wrong_type(key, v, "true or false", err);
	out->known = true;
	out->value = json_object_get_boolean(v);
	return 0;
}

int json_get_instant(struct json_object *obj, const char *key, struct instant *out,
		     struct err *err)
{
	const char *text;
	int64_t unix_s;

	*out = (struct instant){ 0 };
	if (json_get_text(obj, key, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	if (rfc3339_parse(text, &unix_s) < 0)
		return err_set(err, ERR_PROTOCOL, "'%s' is '%.40s', expected a time", key, text);
	out->known = true;
	out->unix_s = unix_s;
	return 0;
}

static int get_typed(struct json_object *obj, const char *key, enum json_type type,
		     const char *expected, struct json_object **out, struct err *err)
{
	struct json_object *v = member(obj, key);

	*out = NULL;
	if (!v)
		return 0;
	if (!json_object_is_type(v, type))
		return wrong_type(key, v, expected, err);
	*out = v;
	return 0;
}

int json_get_object(struct json_object *obj, const char *key, struct json_object **out,
		    struct err *err)
{
	return get_typed(obj, key, json_type_object, "an object", out, err);
}

int json_get_array(struct json_object *obj, const char *key, struct json_object **out,
		   struct err *err)
{
	return get_typed(obj, key, json_type_array, "a list", out, err);
}

int json_take_secret(struct json_object *value, struct secret **out, struct err *err)
{
	if (!value || !json_object_is_type(value, json_type_string))
		return err_set(err, ERR_PROTOCOL, "the answer holds no token value");
	if (json_move_secret(value, out, err) < 0)
		return -1;
	if (secret_check_token(*out, err) < 0) {
		secret_free(STEAL(*out));
		err->kind = ERR_PROTOCOL;
		return err_context(err, "the value in the answer");
	}
	return 0;
}
