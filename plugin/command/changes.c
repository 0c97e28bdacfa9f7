/* SPDX-License-Identifier: MIT */
#include "changes.h"

#include <string.h>

#include "base/buf.h"
#include "output.h"

#define SHOWN_MAX 300		/* characters of a value */

struct showing {
	FILE *to;
	const struct body_field *table;
	struct changes seen;
};

/* "-" when absent; of headers, which may be secrets, only the names. */
static void add_value(struct buf *line, const char *path, struct json_object *value)
{
	if (!value) {
		buf_adds(line, "-");
	} else if (strstr(path, "include_headers") && json_object_is_type(value, json_type_object)) {
		size_t before = line->len;

		json_object_object_foreach(value, name, text) {
			buf_addf(line, "%s%.80s: ...", line->len > before ? ", " : "", name);
			(void)text;
		}
		if (line->len == before)
			buf_adds(line, "none");
	} else {
		char text[1536];

		json_show(text, sizeof(text), SHOWN_MAX, value);
		buf_adds(line, text);
	}
}

static void hide(struct json_object *value, bool headers)
{
	size_t rows = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;

	for (size_t i = 0; i < rows; i++)
		hide(json_object_array_get_idx(value, i), false);
	if (!json_object_is_type(value, json_type_object))
		return;
	json_object_object_foreach(value, name, member) {
		if (headers)
			json_object_object_add(value, name, json_object_new_string("..."));
		else
			hide(member, !strcmp(name, "include_headers"));
	}
}

struct json_object *changes_shown(const char *path, struct json_object *value)
{
	bool headers = path && strstr(path, "include_headers");
	struct json_object *copy = NULL;

	if (json_object_deep_copy(value, &copy, NULL) < 0)
		return NULL;
	hide(copy, headers);
	if (headers && !json_object_is_type(copy, json_type_object)) {
		json_object_put(copy);
		return json_object_new_string("...");
	}
	return copy;
}

static void show(void *ctx, const struct body_change *change)
{
	struct showing *s = ctx;
	const struct body_field *field = body_field(s->table, change->path);
	bool reindexes = field && field->reindexes;
	scoped_buf struct buf line = BUF(4096);
	char escaped[4096];

	s->seen.count++;
	s->seen.reindex = s->seen.reindex || reindexes;
	if (!s->to)
		return;
	buf_addf(&line, "  %s: ", change->path);
	add_value(&line, change->path, change->from);
	buf_adds(&line, " -> ");
	add_value(&line, change->path, change->to);
	if (reindexes)
		buf_adds(&line, "  (indexes everything anew)");
	escape_text(escaped, sizeof(escaped), line.data, line.len);
	fprintf(s->to, "%s\n", escaped);
}

struct changes changes_show(FILE *to, const struct body_field *table, struct json_object *wanted,
			    struct json_object *there)
{
	struct showing s = { .to = to, .table = table };

	body_changes(wanted, there, show, &s);
	return s.seen;
}
