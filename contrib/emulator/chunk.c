/* SPDX-License-Identifier: MIT */
#include "chunk.h"

#include <string.h>
#include <strings.h>

static const char *const extensions[] = {
	"txt", "rst", "log", "ini", "conf", "cfg", "env", "properties", "toml", "markdown", "md",
	"mdx", "tex", "latex", "sh", "bash", "zsh", "bat", "ps1", "sgml", "json", "jsonl", "yaml",
	"yml", "css", "scss", "less", "js", "mjs", "cjs", "jsx", "ts", "tsx", "php", "py", "pyi",
	"rb", "java", "kt", "scala", "c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx", "inl", "ipp",
	"tcc", "inc", "def", "go", "rs", "swift", "dart", "lua", "pl", "pm", "r", "sql", "m4", "mk",
	"cmake", "htm", "html", "xhtml", "xml", "svg", "csv", "tsv", "adoc", "org", "eml", "vue",
	"gitignore", "editorconfig", NULL,
};

enum file_kind file_kind(const char *key)
{
	const char *name = strrchr(key, '/');
	const char *dot;

	name = name ? name + 1 : key;
	dot = strrchr(name, '.');
	if (!dot)
		return FILE_MAYBE;
	for (const char *const *e = extensions; *e; e++)
		if (!strcasecmp(*e, dot + 1))
			return FILE_TEXT;
	return FILE_UNSUPPORTED;
}

bool looks_like_text(const char *data, size_t len)
{
	return !memchr(data, 0, len < 8192 ? len : 8192);
}

void cutter_init(struct cutter *c, const char *data, size_t len, bool cut, long tokens,
		 long overlap_percent)
{
	*c = (struct cutter){ .data = data, .len = len };
	c->size = cut && tokens >= 16 && (size_t)tokens < len / 4 + 1 ? (size_t)tokens * 4 : len;
	c->overlap = cut && overlap_percent > 0 && overlap_percent <= 30
			     ? c->size * (size_t)overlap_percent / 100 : 0;
}

static bool inside_character(const struct cutter *c, size_t at)
{
	return at < c->len && ((unsigned char)c->data[at] & 0xc0) == 0x80;
}

/* The best place to end at or before `at`: a line, a blank, at least a character. */
static size_t good_end(const struct cutter *c, size_t start, size_t at)
{
	size_t least = start + c->size * 3 / 4;

	for (size_t i = at; i > least; i--)
		if (c->data[i - 1] == '\n')
			return i;
	for (size_t i = at; i > least; i--)
		if (c->data[i - 1] == ' ' || c->data[i - 1] == '\t')
			return i;
	for (int i = 0; i < 4 && at > start + 1 && inside_character(c, at); i++)
		at--;
	return at;
}

bool cutter_next(struct cutter *c, size_t *start, size_t *stop)
{
	size_t from = c->at, to, next;

	if (from >= c->len)
		return false;
	to = c->len - from <= c->size ? c->len : good_end(c, from, from + c->size);
	*start = from;
	*stop = to;
	if (to == c->len) {
		c->at = c->len;
		return true;
	}
	/* The next one begins a little before this one's end, at a word if there is one. */
	next = to - c->overlap;
	while (next < to && inside_character(c, next))
		next++;
	for (size_t i = next; i < to; i++) {
		if (c->data[i] == ' ' || c->data[i] == '\n') {
			next = i + 1;
			break;
		}
	}
	c->at = next > from ? next : to;
	return true;
}

/* Bytes of the character at s, 0 when it is none. */
static size_t character(const unsigned char *s, size_t len)
{
	size_t n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 :
		   *s >= 0xf0 && *s < 0xf5 ? 4 : 0;

	if (!n || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

size_t clean_utf8(char *out, const char *data, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len; ) {
		size_t n = data[i] ? character((const unsigned char *)data + i, len - i) : 0;

		if (n) {
			memcpy(out + used, data + i, n);
			used += n;
			i += n;
		} else {
			memcpy(out + used, "\xef\xbf\xbd", 3);	/* U+FFFD */
			used += 3;
			i++;
		}
	}
	out[used] = '\0';
	return used;
}

bool valid_utf8(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0, n; i < len; i += n)
		if (!(n = character((const unsigned char *)text + i, len - i)))
			return false;
	return true;
}

bool glob_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
