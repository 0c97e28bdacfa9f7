/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <string.h>

static const char *const operators[] = { "eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", NULL };

static bool known(const char *op)
{
	for (const char *const *o = operators; *o; o++)
		if (!strcmp(*o, op))
			return true;
	return false;
}

static bool numeric(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double);
}

/* < 0, 0, > 0; 2 when the two cannot be compared */
static int compare(struct json_object *a, struct json_object *b)
{
	int r;

	if (numeric(a) && numeric(b)) {
		double x = json_object_get_double(a), y = json_object_get_double(b);

		return x < y ? -1 : x > y;
	}
	if (json_object_get_type(a) != json_object_get_type(b))
		return 2;
	if (json_object_is_type(a, json_type_string)) {
		r = strcmp(json_object_get_string(a), json_object_get_string(b));
		return r < 0 ? -1 : r > 0;
	}
	return json_object_equal(a, b) ? 0 : 2;
}

static bool among(struct json_object *value, struct json_object *list)
{
	if (!json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!compare(value, json_object_array_get_idx(list, i)))
			return true;
	return false;
}

static bool holds(const char *op, struct json_object *value, struct json_object *operand)
{
	int r = compare(value, operand);

	if (!strcmp(op, "eq"))
		return !r;
	if (!strcmp(op, "ne"))
		return r != 0;
	if (!strcmp(op, "in"))
		return among(value, operand);
	if (!strcmp(op, "nin"))
		return !among(value, operand);
	if (!value || r == 2)
		return false;
	return (r < 0 && *op == 'l') || (r > 0 && *op == 'g') || (!r && op[2] == 'e');
}

bool filter_valid(struct json_object *filter)
{
	const char *type = js_get_str(filter, "type");
	struct json_object *list = js_get(filter, "filters");

	if (!json_object_is_type(filter, json_type_object))
		return false;
	if (type && json_object_is_type(list, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(list); i++)
			if (!filter_valid(json_object_array_get_idx(list, i)))
				return false;
		return !strcmp(type, "and") || !strcmp(type, "or");
	}
	if (type && js_get_str(filter, "key"))
		return known(type);
	json_object_object_foreach(filter, key, rule) {
		(void)key;
		if (!json_object_is_type(rule, json_type_object))
			continue;
		json_object_object_foreach(rule, op, operand) {
			(void)operand;
			if (*op != '$' || !known(op + 1))
				return false;
		}
	}
	return true;
}

bool filter_matches(struct json_object *filter, struct json_object *attributes)
{
	const char *type = js_get_str(filter, "type"), *name = js_get_str(filter, "key");
	struct json_object *list = js_get(filter, "filters");
	bool any = false, all = true;

	if (!filter)
		return true;
	if (type && json_object_is_type(list, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			bool hit = filter_matches(json_object_array_get_idx(list, i), attributes);

			any = any || hit;
			all = all && hit;
		}
		return !strcmp(type, "or") ? any : all;
	}
	if (type && name)
		return holds(type, js_get(attributes, name), js_get(filter, "value"));
	json_object_object_foreach(filter, key, rule) {
		struct json_object *value = js_get(attributes, key);

		if (!json_object_is_type(rule, json_type_object)) {
			if (!holds("eq", value, rule))
				return false;
			continue;
		}
		json_object_object_foreach(rule, op, operand)
			if (!holds(op + 1, value, operand))
				return false;
	}
	return true;
}
