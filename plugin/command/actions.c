/* SPDX-License-Identifier: MIT */
#include "actions.h"

#include <stdio.h>
#include <string.h>

#include "changes.h"
#include "output.h"

#define VALUE_MAX 60		/* characters of a value on a line */
#define VALUE_SIZE (VALUE_MAX * 6 + 4)

static const struct {
	char sign;
	const char *verb, *kind;
} words[] = {
	[ACTION_CREATE_NAMESPACE] = { '+', "create", "namespace" },
	[ACTION_UPDATE_NAMESPACE] = { '~', "update", "namespace" },
	[ACTION_CREATE_TOKEN] = { '+', "create", "token" },
	[ACTION_CREATE_INSTANCE] = { '+', "create", "instance" },
	[ACTION_UPDATE_INSTANCE] = { '~', "update", "instance" },
	[ACTION_DELETE_INSTANCE] = { '-', "delete", "instance" },
	[ACTION_DELETE_NAMESPACE] = { '-', "delete", "namespace" },
};

static bool is_instance(const struct action *a)
{
	return !strcmp(words[a->kind].kind, "instance");
}

void action_name(const struct action *a, char *out, size_t size)
{
	if (is_instance(a))
		snprintf(out, size, "instance %s/%s", a->namespace, a->name);
	else
		snprintf(out, size, "%s %s", words[a->kind].kind, a->name);
}

bool action_same_thing(const struct action *a, const struct action *b)
{
	return !strcmp(words[a->kind].kind, words[b->kind].kind) && !strcmp(a->name, b->name) &&
	       (!is_instance(a) || !strcmp(a->namespace, b->namespace));
}

size_t actions_count(const struct actions *actions, enum action_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < actions->count; i++)
		n += actions->one[i].kind == kind;
	return n;
}

static void value_text(const char *path, struct json_object *value, char out[VALUE_SIZE])
{
	scoped_json struct json_object *shown = changes_shown(path, value);

	if (shown)
		json_show(out, VALUE_SIZE, VALUE_MAX, shown);
	else
		snprintf(out, VALUE_SIZE, "nothing");
}

/* A slip, or newer than this program: what the API makes of it shows when it is sent. */
static void print_stranger(void *ctx, const struct body_change *c)
{
	const struct action *a = ctx;

	if (!body_field(is_instance(a) ? body_instance : body_namespace, c->path))
		output_line("    %s: this program does not know it; the API will take or refuse it", c->path);
}

static void print_strangers(struct action *a)
{
	for (size_t i = 0; i < a->change_count; i++)
		print_stranger(a, &(struct body_change){ .path = a->changes[i].path });
	if (words[a->kind].sign == '+' && a->body)
		body_changes(a->body, NULL, print_stranger, a);
}

static void print_change(const struct action *a, const struct action_change *c)
{
	char from[VALUE_SIZE], to[VALUE_SIZE];

	value_text(c->path, c->from, from);
	value_text(c->path, c->to, to);
	if (!c->to && !strcmp(c->path, "token_id") && a->token)
		snprintf(to, sizeof(to), "that of token %s", a->token);
	if (words[a->kind].sign == '+')
		output_line("    %s: %s  (right after it is made)", c->path, to);
	else
		output_line("    %s: %s -> %s%s", c->path, from, to,
			    c->reindexes ? "  (everything is indexed anew)" : "");
}

static void print_body(const struct action *a)
{
	char text[VALUE_SIZE];

	json_object_object_foreach(a->body, key, value) {
		if (!strcmp(key, "id") || !strcmp(key, "name"))
			continue;
		value_text(key, value, text);
		output_line("    %s: %s", key, text);
	}
	if (a->token)
		output_line("    token_id: that of token %s", a->token);
}

void actions_print(const struct actions *actions)
{
	size_t counts[3] = { 0 };

	for (size_t i = 0; i < actions->count; i++) {
		struct action *a = &actions->one[i];
		char name[128], sign = words[a->kind].sign;

		action_name(a, name, sizeof(name));
		output_line("%c %s", sign, name);
		counts[sign == '+' ? 0 : sign == '~' ? 1 : 2]++;
		if (sign == '+' && a->body)
			print_body(a);
		for (size_t k = 0; k < a->change_count; k++)
			print_change(a, &a->changes[k]);
		print_strangers(a);
	}
	if (actions->count == 0)
		output_line("nothing to do");
	else
		output_line("%zu to create, %zu to change, %zu to delete", counts[0], counts[1], counts[2]);
}

static struct json_object *change_json(const struct action_change *c)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "path", c->path);
	json_object_object_add(o, "from", changes_shown(c->path, c->from));
	json_object_object_add(o, "to", changes_shown(c->path, c->to));
	json_object_object_add(o, "reindexes", json_object_new_boolean(c->reindexes));
	return o;
}

struct json_object *actions_json(const struct actions *actions)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < actions->count; i++) {
		const struct action *a = &actions->one[i];
		struct json_object *o = json_object_new_object(), *changes = json_object_new_array();

		json_put_text(o, "action", words[a->kind].verb);
		json_put_text(o, "kind", words[a->kind].kind);
		json_put_text(o, "namespace", is_instance(a) ? a->namespace : NULL);
		json_put_text(o, "name", a->name);
		json_put_text(o, "token", a->token);
		for (size_t k = 0; k < a->change_count; k++)
			json_object_array_add(changes, change_json(&a->changes[k]));
		json_object_object_add(o, "changes", changes);
		json_object_object_add(o, "body", changes_shown(NULL, a->body));
		json_object_array_add(list, o);
	}
	return list;
}
