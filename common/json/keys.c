/* SPDX-License-Identifier: MIT */
#include "json/keys.h"

#include <string.h>

#include "json/parse.h"

struct scan {
	const char *text;
	size_t len, at;
	size_t line;		/* from 1 */
	int depth;
	bool key_next;		/* a string that begins here is a key */
	/* of every object around this place its keys so far; NULL for an array */
	struct json_object *seen[JSON_DEPTH_MAX + 1];
};

static void scan_clear(struct scan *s)
{
	while (s->depth > 0)
		json_object_put(s->seen[s->depth--]);
}

static int refuse(const struct scan *s, struct err *err, const char *why)
{
	return err_set(err, ERR_CONFIG, "line %zu: %s", s->line, why);
}

/* Behind the closing quote. */
static void skip_string(struct scan *s)
{
	for (s->at++; s->at < s->len && s->text[s->at] != '"'; s->at++) {
		s->line += s->text[s->at] == '\n';
		if (s->text[s->at] == '\\')
			s->at++;
	}
	s->at++;
}

/* As json-c would read it, which takes a text up to its first NUL. */
static int decode(struct scan *s, size_t begin, struct json_object **out, struct err *err)
{
	const char *raw = s->text + begin + 1;
	size_t len = s->at - begin - 2;

	if (memchr(raw, '\\', len))
		return json_read("a key", s->text + begin, s->at - begin, out, err);
	*out = json_object_new_string_len(raw, (int)len);
	return *out ? 0 : err_nomem(err);
}

static int key(struct scan *s, struct err *err)
{
	scoped_json struct json_object *decoded = NULL;
	struct json_object *seen = s->seen[s->depth];
	size_t begin = s->at;

	skip_string(s);
	if (s->at > s->len || !seen)
		return refuse(s, err, "it ends in the middle of its JSON");
	if (decode(s, begin, &decoded, err) < 0)
		return -1;
	const char *name = json_object_get_string(decoded);
	if (strlen(name) != (size_t)json_object_get_string_len(decoded))
		return refuse(s, err, "a key holds a NUL byte");
	if (json_object_object_get_ex(seen, name, NULL))
		return err_set(err, ERR_CONFIG, "line %zu: '%.64s' stands twice in one object", s->line, name);
	return json_object_object_add(seen, name, NULL) < 0 ? err_nomem(err) : 0;
}

static int enter(struct scan *s, bool object, struct err *err)
{
	if (s->depth == JSON_DEPTH_MAX)
		return refuse(s, err, "it is nested too deeply");
	s->seen[++s->depth] = object ? json_object_new_object() : NULL;
	s->key_next = object;
	return object && !s->seen[s->depth] ? err_nomem(err) : 0;
}

static int step(struct scan *s, struct err *err)
{
	char c = s->text[s->at];

	if (c == '\'')
		return refuse(s, err, "a text is in double quotes");
	if (c == '"' && s->key_next) {
		s->key_next = false;
		return key(s, err);
	}
	if (c == '"') {
		skip_string(s);
		return 0;
	}
	s->at++;
	s->line += c == '\n';
	if (c == '{' || c == '[')
		return enter(s, c == '{', err);
	if ((c == '}' || c == ']') && s->depth > 0)
		json_object_put(s->seen[s->depth--]);
	s->key_next = c == ',' ? s->depth > 0 && s->seen[s->depth] : s->key_next && c != '}';
	return 0;
}

int json_check_keys(const char *text, size_t len, struct err *err)
{
	SCOPED(scan_clear) struct scan s = { .text = text, .len = len, .line = 1 };

	while (s.at < len)
		if (step(&s, err) < 0)
			return -1;
	return 0;
}
