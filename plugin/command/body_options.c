/* SPDX-License-Identifier: MIT */
#include "body_options.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "input.h"
#include "json/parse.h"

#define BODY_FILE_MAX (1024u * 1024)

/* A number that has words is a time: "6h". */
static bool is_time(const struct body_field *f)
{
	return f->type == BODY_NUMBER && f->words;
}

static void type_of(const struct body_field *f, struct option *o)
{
	o->arg = "TEXT";
	switch (f->type) {
	case BODY_TEXT:
		o->type = f->words ? OPTION_CHOICE : OPTION_TEXT;
		o->arg = f->words ? f->words : "TEXT";
		break;
	case BODY_NUMBER:
		o->type = is_time(f) ? OPTION_DURATION : OPTION_NUMBER;
		o->arg = is_time(f) ? "TIME" : "N";
		o->min = is_time(f) ? 1 : f->min;
		o->max = is_time(f) ? 30 * 86400 : f->max;
		break;
	case BODY_DECIMAL:
		o->type = OPTION_DECIMAL;
		o->arg = "N";
		o->min = f->min;
		o->max = f->max;
		break;
	case BODY_FLAG:
		o->type = OPTION_SWITCH;
		o->arg = NULL;
		break;
	case BODY_TEXTS:
	case BODY_JSON:
		o->type = OPTION_LIST;
		break;
	}
}

void body_options(struct option *rows, struct body_settings *set, const struct body_field *table,
		  bool create, const struct option *own)
{
	struct option *o = rows;

	while (own->name)
		*o++ = *own++;
	for (size_t i = 0; table[i].path && i < BODY_FIELDS; i++) {
		if (table[i].type == BODY_NUMBER)
			set->value[i].number = INT64_MIN;
		if (!table[i].flag || !(create ? table[i].create : table[i].update))
			continue;
		*o = (struct option){ .name = table[i].flag, .help = table[i].help };
		o->to = offsetof(struct body_settings, value) + i * sizeof(set->value[0]);
		type_of(&table[i], o++);
	}
	*o = (struct option){ 0 };
}

/* "a:b" -> {first: a, second: b}; without the separator NULL, or only the first if that is allowed. */
static struct json_object *pair(const char *text, const char *at, const char *first,
				const char *second, bool alone)
{
	struct json_object *o = at || alone ? json_object_new_object() : NULL;
	size_t len = at ? (size_t)(at - text) : strlen(text);

	if (o)
		json_object_object_add(o, first, json_object_new_string_len(text, (int)len));
	if (o && at)
		json_object_object_add(o, second, json_object_new_string(at + 1));
	return o;
}

static int add_header(struct json_object *headers, const char *text)
{
	const char *colon = strchr(text, ':');
	char name[256];

	if (!colon || (size_t)(colon - text) >= sizeof(name))
		return -1;
	memcpy(name, text, (size_t)(colon - text));
	name[colon - text] = '\0';
	colon += 1 + strspn(colon + 1, " \t");
	return json_object_object_add(headers, name, json_object_new_string(colon));
}

/* One of the small objects that a list has. */
static struct json_object *item_of(const struct body_field *f, const char *text)
{
	if (!strcmp(f->path, "custom_metadata"))
		return pair(text, strrchr(text, ':'), "field_name", "data_type", false);
	if (!strcmp(f->path, "retrieval_options.boost_by"))
		return pair(text, strrchr(text, ':'), "field", "direction", true);
	return pair(text, strchr(text, '='), "path", "selector", false);
}

static struct json_object *list_of(const struct body_field *f, const struct option_list *list,
				   struct err *err)
{
	bool headers = f->type == BODY_JSON && strstr(f->path, "include_headers");
	scoped_json struct json_object *out = headers ? json_object_new_object()
						      : json_object_new_array();

	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->item[i];
		struct json_object *one = NULL;

		if (f->type == BODY_TEXTS)
			one = json_object_new_string(text);
		else if (!headers)
			one = item_of(f, text);
		if (headers ? add_header(out, text) < 0 : !one) {
			/* a header's value may be a secret */
			err_set(err, ERR_USAGE, "--%s: '%.60s' is not understood", f->flag,
				headers ? "..." : text);
			err_hint(err, "--%s %s", f->flag, f->help);
			return NULL;
		}
		if (one)
			json_object_array_add(out, one);
	}
	return STEAL(out);
}

/* *out stays NULL when the option was not given. */
static int value_of(const struct body_field *f, const union body_value *v, struct json_object **out,
		    struct err *err)
{
	*out = NULL;
	switch (f->type) {
	case BODY_TEXT:
		*out = v->text ? json_object_new_string(v->text) : NULL;
		return 0;
	case BODY_NUMBER:
		*out = v->number != INT64_MIN ? json_object_new_int64(v->number) : NULL;
		return 0;
	case BODY_DECIMAL:
		*out = v->decimal.known ? json_object_new_double(v->decimal.value) : NULL;
		return 0;
	case BODY_FLAG:
		*out = v->flag.known ? json_object_new_boolean(v->flag.value) : NULL;
		return 0;
	case BODY_TEXTS:
	case BODY_JSON:
		if (v->list.count > 0 && !(*out = list_of(f, &v->list, err)))
			return -1;
		return 0;
	}
	return 0;
}

int body_read_file(const char *path, struct json_object **out, struct err *err)
{
	scoped_buf struct buf text = BUF(BODY_FILE_MAX);

	if (!strcmp(path, "-") ? input_read(&text, err) < 0
			       : file_read(path, BODY_FILE_MAX, &text, err) < 0)
		return err_context(err, "--body-file");
	if (json_read("the body", text.data, text.len, out, err) < 0) {
		err->kind = ERR_INPUT;
		return err_context(err, "--body-file '%.100s'", path);
	}
	if (json_object_is_type(*out, json_type_object))
		return 0;
	return err_set(err, ERR_INPUT, "--body-file '%.100s' is not a JSON object", path);
}

int body_take(const struct body_settings *set, const struct body_field *table,
	      struct json_object **out, struct err *err)
{
	scoped_json struct json_object *body = NULL;

	if (set->body_file && body_read_file(set->body_file, &body, err) < 0)
		return -1;
	if (!body && !(body = json_object_new_object()))
		return err_nomem(err);
	for (size_t i = 0; table[i].path && i < BODY_FIELDS; i++) {
		struct json_object *value;

		if (!table[i].flag)
			continue;
		if (value_of(&table[i], &set->value[i], &value, err) < 0 ||
		    (value && body_set(body, &table[i], value, err) < 0))
			return -1;
	}
	*out = STEAL(body);
	return 0;
}

int body_take_changes(const struct body_settings *set, const struct body_field *table,
		      const char *command, struct json_object **out, struct err *err)
{
	if (body_take(set, table, out, err) < 0 || body_check(table, *out, false, err) < 0)
		return -1;
	if (json_object_object_length(*out) > 0)
		return 0;
	err_set(err, ERR_USAGE, "nothing was said that is to be changed");
	return err_hint(err, "aisearch help %s", command);
}
