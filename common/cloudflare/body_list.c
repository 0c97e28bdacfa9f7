/* SPDX-License-Identifier: MIT */
#include "cloudflare/body_list.h"

#include <string.h>

#include "cloudflare/json.h"

static int wrong(const struct body_field *field, size_t i, const char *why, struct err *err)
{
	err_set(err, ERR_USAGE, "%s: number %zu: %s", field->path, i + 1, why);
	return err_hint(err, "--%s: %s", field->flag, field->help);
}

/* One of the words, or absent. */
static bool choice(const char *words, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return true;
	if (!len || strchr(text, '|'))
		return false;
	for (const char *at = words; (at = strstr(at, text)); at++)
		if ((at == words || at[-1] == '|') && (at[len] == '|' || !at[len]))
			return true;
	return false;
}

static const char *custom_metadata(const struct body_field *field, struct json_object *one,
				   struct err *err)
{
	const char *name, *type;

	if (json_need_text(one, "field_name", &name, err) < 0 ||
	    json_need_text(one, "data_type", &type, err) < 0)
		return "a field_name and a data_type are needed";
	if (!*name || strlen(name) > 64)
		return "field_name is 1 to 64 bytes long";
	if (!strcmp(name, "timestamp") || !strcmp(name, "folder") || !strcmp(name, "filename"))
		return "timestamp, folder and filename are fields of every item already";
	return choice(field->words, type) ? NULL : "data_type is text, number, boolean or datetime";
}

static const char *boost_by(const struct body_field *field, struct json_object *one, struct err *err)
{
	const char *name, *direction;
	struct json_object *said;

	if (json_need_text(one, "field", &name, err) < 0 || !*name)
		return "a field is needed";
	if (json_get_text(one, "direction", &direction, err) < 0 || !choice(field->words, direction) ||
	    (!direction && json_object_object_get_ex(one, "direction", &said)))
		return "direction is asc, desc, exists or not_exists";
	return NULL;
}

static const char *content_selector(const struct body_field *field, struct json_object *one,
				    struct err *err)
{
	const char *path, *selector;

	(void)field;
	if (json_need_text(one, "path", &path, err) < 0 ||
	    json_need_text(one, "selector", &selector, err) < 0)
		return "a path and a selector are needed";
	if (!*selector || strpbrk(selector, ";`${}\\"))
		return "the selector may not have any of ; ` $ { } \\";
	return NULL;
}

static int check_headers(const struct body_field *field, struct json_object *value, struct err *err)
{
	static const char token[] = "!#$%&'*+.^_`|~-0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t i = 0;

	if (!json_object_is_type(value, json_type_object))
		return err_set(err, ERR_USAGE, "%s is not an object", field->path);
	if (json_object_object_length(value) > field->max)
		return err_set(err, ERR_USAGE, "%s: more than %d headers", field->path, (int)field->max);
	json_object_object_foreach(value, name, text) {
		if (!*name || name[strspn(name, token)])
			return wrong(field, i, "the name is not that of a header", err);
		if (!json_object_is_type(text, json_type_string))
			return wrong(field, i, "the value is not a text", err);
		for (const char *c = json_object_get_string(text); *c; c++)
			if (*c != '\t' && (*c < 0x20 || *c > 0x7e))
				return wrong(field, i, "the value is not printable ASCII", err);
		i++;
	}
	return 0;
}

int body_check_list(const struct body_field *field, struct json_object *value, struct err *err)
{
	static const struct {
		const char *name;	/* last of the path */
		const char *(*check)(const struct body_field *, struct json_object *, struct err *);
	} lists[] = {
		{ "custom_metadata", custom_metadata },
		{ "boost_by", boost_by },
		{ "content_selector", content_selector },
	};
	const char *dot = strrchr(field->path, '.'), *name = dot ? dot + 1 : field->path, *why;
	struct err unheard = { 0 };

	if (!strcmp(name, "include_headers"))
		return check_headers(field, value, err);
	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		if (strcmp(name, lists[k].name))
			continue;
		if (!json_object_is_type(value, json_type_array))
			return err_set(err, ERR_USAGE, "%s is not a list", field->path);
		size_t n = json_object_array_length(value);
		if ((int64_t)n < field->min || (field->max && (int64_t)n > field->max))
			return err_set(err, ERR_USAGE, "%s: %zu of them are too %s", field->path, n,
				       (int64_t)n < field->min ? "few" : "many");
		for (size_t i = 0; i < n; i++)
			if ((why = lists[k].check(field, json_object_array_get_idx(value, i), &unheard)))
				return wrong(field, i, why, err);
	}
	return 0;
}
