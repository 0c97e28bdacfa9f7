/* SPDX-License-Identifier: MIT */
/* help_json.c -- the tables as JSON, for those who make tools of them. */
#include <string.h>

#include "command.h"
#include "output.h"

static const char *kind_of(const struct option *o)
{
	static const char *const kinds[] = {
		[OPTION_FLAG] = "flag", [OPTION_TEXT] = "text", [OPTION_NUMBER] = "number",
		[OPTION_CHOICE] = "choice", [OPTION_DURATION] = "duration",
		[OPTION_DECIMAL] = "decimal", [OPTION_LIST] = "list", [OPTION_SWITCH] = "switch",
	};

	return kinds[o->type];
}

/* "table|json" as a list; NULL for what is no choice. */
static struct json_object *words_of(const struct option *o)
{
	struct json_object *words = o->type == OPTION_CHOICE ? json_object_new_array() : NULL;

	for (const char *word = o->arg; words && *word;) {
		size_t n = strcspn(word, "|");

		json_object_array_add(words, json_object_new_string_len(word, (int)n));
		word += n + (word[n] == '|');
	}
	return words;
}

static struct json_object *option_json(const struct option *o)
{
	struct json_object *json = json_object_new_object();
	const char letter[2] = { o->letter, '\0' };
	bool bounded = o->type == OPTION_NUMBER || o->type == OPTION_DURATION ||
		       o->type == OPTION_DECIMAL;

	json_put_text(json, "name", o->name);
	json_put_text(json, "short", o->letter ? letter : NULL);
	json_put_text(json, "kind", kind_of(o));
	json_put_text(json, "argument", o->arg);
	json_object_object_add(json, "words", words_of(o));
	json_object_object_add(json, "min", bounded ? json_object_new_int64(o->min) : NULL);
	json_object_object_add(json, "max", bounded && o->max < INT64_MAX ? json_object_new_int64(o->max) : NULL);
	json_put_text(json, "help", o->help);
	return json;
}

static struct json_object *options_json(const struct option *o)
{
	struct json_object *list = json_object_new_array();

	for (; o && o->name; o++)
		if (o->help)
			json_object_array_add(list, option_json(o));
	return list;
}

static struct json_object *command_json(const struct command *c)
{
	struct json_object *json = json_object_new_object();

	json_put_text(json, "name", c->name);
	json_put_text(json, "arguments", c->args);
	json_object_object_add(json, "min_arguments", json_object_new_int(c->min_args));
	json_object_object_add(json, "max_arguments",
			       c->max_args < 0 ? NULL : json_object_new_int(c->max_args));
	json_put_text(json, "summary", c->summary);
	json_put_text(json, "details", c->details);
	json_put_text(json, "examples", c->examples);
	json_object_object_add(json, "options", options_json(c->options));
	json_object_object_add(json, "common_options", json_object_new_boolean(!c->offline));
	return json;
}

int help_print_json(const char *word, struct err *err)
{
	scoped_json struct json_object *json = json_object_new_object();
	struct json_object *list = json_object_new_array(), *exits = json_object_new_array();
	size_t len = word ? strlen(word) : 0;

	json_put_text(json, "version", AISEARCH_VERSION);
	json_object_object_add(json, "commands", list);
	for (const struct command *const *c = commands; *c; c++)
		if (!word || (!strncmp((*c)->name, word, len) &&
			      (!(*c)->name[len] || (*c)->name[len] == ' ')))
			json_object_array_add(list, command_json(*c));
	json_object_object_add(json, "common_options", options_json(common_options));
	json_object_object_add(json, "exit_statuses", exits);
	for (const struct exit_meaning *e = exit_meanings; e->meaning; e++) {
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "code", json_object_new_int(e->code));
		json_put_text(one, "meaning", e->meaning);
		json_object_array_add(exits, one);
	}
	return output_json(json, err);
}
