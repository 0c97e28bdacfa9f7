/* SPDX-License-Identifier: MIT */
#include "cloudflare/json.h"

#include <string.h>

#include "base/rfc3339.h"
#include "base/text.h"

static void free_tokener(struct json_tokener **t)
{
	if (!*t)
		return;
	/* the tokener's scratch buffer may hold a token's value */
	if ((*t)->pb && (*t)->pb->buf)
		secret_wipe((*t)->pb->buf, (size_t)(*t)->pb->size);
	json_tokener_free(*t);
}

int json_parse(const char *text, size_t len, struct json_object **out, struct err *err)
{
	SCOPED(free_tokener) struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX);
	scoped_json struct json_object *obj = NULL;

	if (!t)
		return err_nomem(err);
	if (len == 0)
		return err_set(err, ERR_PROTOCOL, "the answer is empty, expected JSON");
	if (len > INT32_MAX)
		return err_set(err, ERR_PROTOCOL, "the answer is too long for JSON");
	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(t, text, (int)len);

	enum json_tokener_error why = json_tokener_get_error(t);
	size_t end = json_tokener_get_parse_end(t);
	if (why == json_tokener_continue) {
		/* a bare number needs a byte behind it to be known complete */
		struct json_object *last = json_tokener_parse_ex(t, "\n", 1);
		if (json_tokener_get_error(t) != json_tokener_success)
			return err_set(err, ERR_PROTOCOL, "the answer ends in the middle of its JSON");
		obj = last;
		end = len;
	} else if (why != json_tokener_success) {
		return err_set(err, ERR_PROTOCOL, "the answer is not JSON: %s at byte %zu",
			       json_tokener_error_desc(why), end);
	}
	for (; end < len; end++)
		if (!strchr(" \t\r\n", text[end]) || !text[end])
			return err_set(err, ERR_PROTOCOL,
				       "the answer is not JSON: something follows it at byte %zu",
				       end);
	if (!obj)
		return err_set(err, ERR_PROTOCOL, "the answer is null, expected an object");
	*out = STEAL(obj);
	return 0;
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
	char *text = (char *)json_object_get_string(value);
	size_t len = (size_t)json_object_get_string_len(value);
	int r = secret_new(text, len, out, err);

	secret_wipe(text, len);
	if (r < 0)
		return -1;
	if (secret_check_token(*out, err) < 0) {
		secret_free(STEAL(*out));
		err->kind = ERR_PROTOCOL;
		return err_context(err, "the value in the answer");
	}
	return 0;
}
