/* SPDX-License-Identifier: MIT */
/* The text of a collectd.conf. */
#include "fuzz.h"

#include "indexing/conf.h"

static size_t items;

static void walk(const struct setting *s, int depth, int lines)
{
	NEVER(depth > CONF_DEPTH_MAX + 1);
	NEVER(depth > 0 && (!s->key || s->line < 1 || s->line > lines));
	items += 1 + s->value_count;
	for (size_t i = 0; i < s->value_count; i++) {
		const struct setting_value *v = &s->values[i];

		NEVER(v->type == SETTING_TEXT && (!v->text || strlen(v->text) > CONF_STRING_MAX));
	}
	for (size_t i = 0; i < s->child_count; i++)
		walk(&s->children[i], depth + 1, lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_conf struct conf conf = { 0 };
	struct err err = { 0 };
	int lines = 1;

	char *text = malloc(size ? size : 1);
	NEVER(!text);
	memcpy(text, data, size);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	int r = conf_parse(text, size, &conf, &err);
	free(text);
	if (r < 0) {
		check_err(&err);
		NEVER(err.line < 0 || err.line > lines);
		NEVER(conf.root.child_count != 0);
		return 0;
	}
	items = 0;
	walk(&conf.root, 0, lines);
	NEVER(items > 2 * CONF_ITEMS_MAX);
	NEVER(conf.skipped_line < 0 || conf.skipped_line > lines);
	return 0;
}
