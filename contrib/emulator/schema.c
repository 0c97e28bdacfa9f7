/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <regex.h>
#include <string.h>

#include "base/rfc3339.h"

#define MAX_SCHEMAS 64
#define MAX_DEPTH 32

static struct json_object *parsed[MAX_SCHEMAS];

struct place {			/* where we are in the body: a chain up to the root */
	const struct place *up;
	const char *key;	/* NULL: an index */
	size_t index;
	int depth;
};

static bool check(struct json_object *schema, struct json_object *value,
		  const struct place *at, struct schema_fault *fault);

int schema_init(void)
{
	for (size_t i = 0; schema_texts[i].name; i++) {
		bool ok = false;

		if (i < MAX_SCHEMAS)
			parsed[i] = js_parse(schema_texts[i].text,
					     strlen(schema_texts[i].text), &ok);
		if (!ok)
			return -1;
	}
	return 0;
}

void schema_exit(void)
{
	for (size_t i = 0; i < MAX_SCHEMAS; i++) {
		json_object_put(parsed[i]);
		parsed[i] = NULL;
	}
}

static struct json_object *find(const char *name)
{
	for (size_t i = 0; schema_texts[i].name; i++)
		if (!strcmp(schema_texts[i].name, name))
			return parsed[i];
	return NULL;
}

static void add_path(const struct place *at, struct json_object *path)
{
	if (!at)
		return;
	add_path(at->up, path);
	json_object_array_add(path, at->key ? json_object_new_string(at->key)
				    : json_object_new_int64((int64_t)at->index));
}

static bool wrong(struct schema_fault *fault, const struct place *at, const char *message)
{
	if (!fault)
		return false;
	snprintf(fault->message, sizeof(fault->message), "%s", message);
	json_object_put(fault->path);
	fault->path = json_object_new_array();
	add_path(at, fault->path);
	return false;
}

static bool is_type(struct json_object *value, const char *type)
{
	static const struct { const char *name; enum json_type type; } types[] = {
		{ "object", json_type_object }, { "array", json_type_array },
		{ "string", json_type_string }, { "boolean", json_type_boolean },
		{ "integer", json_type_int }, { "null", json_type_null },
		{ "number", json_type_double }, { "number", json_type_int },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i].name) && json_object_is_type(value, types[i].type))
			return true;
	/* 1.0 is an integer to JSON Schema */
	return !strcmp(type, "integer") && json_object_is_type(value, json_type_double) &&
	       json_object_get_double(value) >= -1e15 && json_object_get_double(value) <= 1e15 &&
	       json_object_get_double(value) == (double)json_object_get_int64(value);
}

static bool right_type(struct json_object *types, struct json_object *value)
{
	if (!types)
		return true;
	if (json_object_is_type(types, json_type_string))
		return is_type(value, json_object_get_string(types));
	for (size_t i = 0; i < json_object_array_length(types); i++)
		if (is_type(value, json_object_get_string(json_object_array_get_idx(types, i))))
			return true;
	return false;
}

static bool in_enum(struct json_object *values, struct json_object *value)
{
	for (size_t i = 0; i < json_object_array_length(values); i++) {
		struct json_object *one = json_object_array_get_idx(values, i);

		if (json_object_equal(one, value))
			return true;
	}
	return false;
}

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	bool hit;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	hit = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return hit;
}

static int64_t characters(const char *text, size_t len)
{
	int64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static bool check_string(struct json_object *schema, struct json_object *value,
			 const struct place *at, struct schema_fault *fault)
{
	const char *text = json_object_get_string(value), *want;
	size_t len = (size_t)json_object_get_string_len(value);
	int64_t chars = characters(text, len), limit, when;
	char message[160];

	if (memchr(text, 0, len))
		return wrong(fault, at, "String must not contain a NUL character");
	limit = js_get_int(schema, "minLength", 0);
	if (chars < limit) {
		snprintf(message, sizeof(message),
			 "String must contain at least %lld character(s)", (long long)limit);
		return wrong(fault, at, message);
	}
	limit = js_get_int(schema, "maxLength", INT64_MAX);
	if (chars > limit) {
		snprintf(message, sizeof(message),
			 "String must contain at most %lld character(s)", (long long)limit);
		return wrong(fault, at, message);
	}
	want = js_get_str(schema, "pattern");
	if (want && !matches(want, text))
		return wrong(fault, at, "Invalid");
	want = js_get_str(schema, "format");
	if (want && !strcmp(want, "date-time") && rfc3339_parse(text, &when) < 0)
		return wrong(fault, at, "Invalid datetime");
	return true;
}

static bool check_number(struct json_object *schema, struct json_object *value,
			 const struct place *at, struct schema_fault *fault)
{
	double n = json_object_get_double(value), limit;
	char message[160];

	limit = js_get_num(schema, "minimum", n);
	if (n < limit) {
		snprintf(message, sizeof(message),
			 "Number must be greater than or equal to %g", limit);
		return wrong(fault, at, message);
	}
	limit = js_get_num(schema, "maximum", n);
	if (n > limit) {
		snprintf(message, sizeof(message),
			 "Number must be less than or equal to %g", limit);
		return wrong(fault, at, message);
	}
	return true;
}

static bool check_array(struct json_object *schema, struct json_object *value,
			const struct place *at, struct schema_fault *fault)
{
	int64_t n = (int64_t)json_object_array_length(value);
	struct json_object *items = js_get(schema, "items");

	if (n < js_get_int(schema, "minItems", 0))
		return wrong(fault, at, "Array has too few elements");
	if (n > js_get_int(schema, "maxItems", INT64_MAX))
		return wrong(fault, at, "Array has too many elements");
	for (int64_t i = 0; items && i < n; i++) {
		struct place here = { .up = at, .index = (size_t)i, .depth = at->depth + 1 };

		if (!check(items, json_object_array_get_idx(value, (size_t)i), &here, fault))
			return false;
	}
	return true;
}

static bool check_object(struct json_object *schema, struct json_object *value,
			 const struct place *at, struct schema_fault *fault)
{
	struct json_object *properties = js_get(schema, "properties"),
			   *more = js_get(schema, "additionalProperties"),
			   *names = js_get(schema, "propertyNames"),
			   *required = js_get(schema, "required");
	int64_t n = json_object_object_length(value);

	for (size_t i = 0; required && i < json_object_array_length(required); i++) {
		const char *key =
			json_object_get_string(json_object_array_get_idx(required, i));
		struct place here = { .up = at, .key = key, .depth = at->depth + 1 };

		if (!json_object_object_get_ex(value, key, NULL))
			return wrong(fault, &here, "Required");
	}
	if (n < js_get_int(schema, "minProperties", 0))
		return wrong(fault, at, "Object has too few keys");
	if (n > js_get_int(schema, "maxProperties", INT64_MAX))
		return wrong(fault, at, "Object has too many keys");
	json_object_object_foreach(value, key, member) {
		struct place here = { .up = at, .key = key, .depth = at->depth + 1 };
		struct json_object *rule = js_get(properties, key);
		const char *pattern = js_get_str(names, "pattern");

		if (pattern && !matches(pattern, key))
			return wrong(fault, &here, "Invalid key");
		if (!rule && json_object_is_type(more, json_type_boolean) &&
		    !json_object_get_boolean(more))
			return wrong(fault, &here, "Unrecognized key in object");
		if (!rule && json_object_is_type(more, json_type_object))
			rule = more;
		if (rule && !check(rule, member, &here, fault))
			return false;
	}
	return true;
}

static int fitting(struct json_object *choices, struct json_object *value,
		   const struct place *at)
{
	int n = 0;

	for (size_t i = 0; i < json_object_array_length(choices); i++)
		n += check(json_object_array_get_idx(choices, i), value, at, NULL);
	return n;
}

static bool check(struct json_object *schema, struct json_object *value,
		  const struct place *at, struct schema_fault *fault)
{
	const char *ref = js_get_str(schema, "$ref");
	struct json_object *part;

	if (at->depth > MAX_DEPTH)
		return wrong(fault, at, "Too deep");
	if (ref)
		return check(find(ref), value, at, fault);
	if (!right_type(js_get(schema, "type"), value))
		return wrong(fault, at, "Invalid type");
	if ((part = js_get(schema, "enum")) && !in_enum(part, value))
		return wrong(fault, at, "Invalid enum value");
	if ((part = js_get(schema, "not")) && check(part, value, at, NULL))
		return wrong(fault, at, "Reserved value");
	if ((part = js_get(schema, "anyOf")) && !fitting(part, value, at))
		return wrong(fault, at, "Invalid input");
	if ((part = js_get(schema, "oneOf")) && fitting(part, value, at) != 1)
		return wrong(fault, at, "Exactly one of the alternatives must be given");
	switch (json_object_get_type(value)) {
	case json_type_string:
		return check_string(schema, value, at, fault);
	case json_type_int:
	case json_type_double:
		return check_number(schema, value, at, fault);
	case json_type_array:
		return check_array(schema, value, at, fault);
	case json_type_object:
		return check_object(schema, value, at, fault);
	default:
		return true;
	}
}

bool schema_check(const char *name, struct json_object *body, struct schema_fault *fault)
{
	struct place root = { .key = "body" };

	*fault = (struct schema_fault){ 0 };
	return check(find(name), body, &root, fault);
}
