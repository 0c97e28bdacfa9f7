/* SPDX-License-Identifier: MIT */
#include "indexing/conf.h"

#include <string.h>

#include "indexing/conf_scan.h"

struct parser {
	struct conf_scan scan;
	size_t items;
};

static void setting_clear(struct setting *s)
{
	for (size_t i = 0; i < s->child_count; i++)
		setting_clear(&s->children[i]);
	for (size_t i = 0; i < s->value_count; i++)
		conf_wipe(s->values[i].text);
	free(s->children);
	free(s->values);
	free((char *)(uintptr_t)s->key);
	memset(s, 0, sizeof(*s));
}

void conf_clear(struct conf *conf)
{
	setting_clear(&conf->root);
}

/* Room for one more after count, doubling. */
static void *grow(void *array, size_t count, size_t size)
{
	return count & (count - 1) ? array : reallocarray(array, count ? 2 * count : 1, size);
}

static int count_item(struct parser *p, struct err *err)
{
	if (p->items++ < CONF_ITEMS_MAX)
		return 0;
	return err_set(err, ERR_INPUT, "more than %d options and values", CONF_ITEMS_MAX);
}

static int next(struct parser *p, struct err *err)
{
	return conf_scan(&p->scan, err);
}

static int unexpected(const struct parser *p, const char *wanted, struct err *err)
{
	static const char *const names[] = {
		[CONF_END] = "the end of the file", [CONF_EOL] = "the end of the line",
		[CONF_SLASH] = "'/'", [CONF_OPEN] = "'<'", [CONF_CLOSE] = "'>'",
		[CONF_TRUE] = "a boolean", [CONF_FALSE] = "a boolean", [CONF_NUMBER] = "a number",
		[CONF_WORD] = "a word", [CONF_QUOTED] = "a string in quotes",
	};

	err_set(err, ERR_INPUT, "expected %s, not %s", wanted, names[p->scan.kind]);
	if (p->scan.kind == CONF_END)
		return err_hint(err, "even the last line ends in a line feed");
	return p->scan.kind == CONF_SLASH ? err_hint(err, "a path is written in quotes") : -1;
}

static int expect_eol(struct parser *p, struct err *err)
{
	return p->scan.kind == CONF_EOL ? 0 : unexpected(p, "the end of the line", err);
}

static int take_value(struct parser *p, struct setting *item, struct err *err)
{
	struct conf_scan *s = &p->scan;
	struct setting_value *more;

	if (count_item(p, err) < 0)
		return -1;
	more = grow(item->values, item->value_count, sizeof(*more));
	if (!more)
		return err_nomem(err);
	item->values = more;
	struct setting_value *v = &more[item->value_count++];
	memset(v, 0, sizeof(*v));
	if (s->kind == CONF_NUMBER) {
		v->type = SETTING_NUMBER;
		v->number = s->number;
	} else if (s->kind == CONF_TRUE || s->kind == CONF_FALSE) {
		v->type = SETTING_BOOLEAN;
		v->boolean = s->kind == CONF_TRUE;
	} else {
		v->type = SETTING_TEXT;
		v->text = STEAL(s->text);
	}
	return 0;
}

/* From the key on; the scanner stands on what comes after the last value. */
static int take_key_and_values(struct parser *p, struct setting *item, struct err *err)
{
	item->line = p->scan.word_line;
	item->key = STEAL(p->scan.text);
	for (;;) {
		if (next(p, err) < 0)
			return -1;
		if (p->scan.kind < CONF_TRUE)
			return 0;
		if (take_value(p, item, err) < 0)
			return -1;
	}
}

static int take_option(struct parser *p, struct setting *item, struct err *err)
{
	if (take_key_and_values(p, item, err) < 0)
		return -1;
	if (item->value_count == 0)
		return unexpected(p, "a value", err);
	return expect_eol(p, err);
}

static int parse_statements(struct parser *p, struct setting *block, int depth, struct err *err);

/* After "</". */
static int take_end(struct parser *p, const struct setting *block, struct err *err)
{
	if (next(p, err) < 0)
		return -1;
	if (p->scan.kind != CONF_WORD)
		return unexpected(p, "the name of a block after '</'", err);
	if (!block->key) {
		err_set(err, ERR_INPUT, "</%.40s> closes nothing", p->scan.text);
		return err_hint(err, "no block is open here");
	}
	if (strcmp(p->scan.text, block->key) != 0) {
		err_set(err, ERR_INPUT, "</%.40s> does not close <%.40s> of line %d", p->scan.text,
			block->key, block->line);
		return err_hint(err, "both are written alike, to upper and lower case");
	}
	if (next(p, err) < 0)
		return -1;
	if (p->scan.kind != CONF_CLOSE)
		return unexpected(p, "'>'", err);
	return next(p, err) < 0 ? -1 : expect_eol(p, err);
}

/* After "<", on the name. */
static int take_block(struct parser *p, struct setting *item, int depth, struct err *err)
{
	if (depth >= CONF_DEPTH_MAX)
		return err_set(err, ERR_INPUT, "more than %d blocks in each other", CONF_DEPTH_MAX);
	if (take_key_and_values(p, item, err) < 0)
		return -1;
	if (p->scan.kind != CONF_CLOSE)
		return unexpected(p, "'>'", err);
	if (next(p, err) < 0 || expect_eol(p, err) < 0)
		return -1;
	return parse_statements(p, item, depth + 1, err);
}

static struct setting *add_child(struct setting *block)
{
	struct setting *more = grow(block->children, block->child_count, sizeof(*more));

	if (!more)
		return NULL;
	block->children = more;
	more += block->child_count++;
	memset(more, 0, sizeof(*more));
	return more;
}

static int parse_statement(struct parser *p, struct setting *block, int depth, struct err *err)
{
	bool option = p->scan.kind == CONF_WORD;
	struct setting *item = NULL;

	if (!option && p->scan.kind != CONF_OPEN)
		return unexpected(p, "an option or a block", err);
	if (count_item(p, err) < 0)
		return -1;
	item = add_child(block);
	if (!item)
		return err_nomem(err);
	if ((option ? take_option(p, item, err) : take_block(p, item, depth, err)) < 0)
		return -1;
	if (item->value_count == 0 && item->child_count == 0) {
		setting_clear(item);	/* as collectd's parser drops it */
		block->child_count--;
	}
	return 0;
}

static int parse_statements(struct parser *p, struct setting *block, int depth, struct err *err)
{
	for (;;) {
		if (next(p, err) < 0)
			return -1;
		if (p->scan.kind == CONF_END && depth == 0)
			return 0;
		if (p->scan.kind == CONF_END) {
			err_set(err, ERR_INPUT, "<%.40s> of line %d is not closed",
				block->key, block->line);
			return err_hint(err, "</%.40s>", block->key);
		}
		if (p->scan.kind == CONF_EOL)
			continue;
		if (p->scan.kind == CONF_OPEN) {
			if (next(p, err) < 0)
				return -1;
			if (p->scan.kind == CONF_SLASH)
				return take_end(p, block, err);
			if (p->scan.kind != CONF_WORD)
				return unexpected(p, "a name after '<'", err);
			p->scan.kind = CONF_OPEN;
		}
		if (parse_statement(p, block, depth, err) < 0)
			return -1;
	}
}

int conf_parse(const char *text, size_t len, struct conf *conf, struct err *err)
{
	struct parser p = { .scan = { .at = text, .end = text + len, .line = 1, .conf = conf } };
	const char *nul = memchr(text, '\0', len);
	int r;

	memset(conf, 0, sizeof(*conf));
	if (len > CONF_SIZE_MAX)
		return err_set(err, ERR_INPUT, "larger than %d bytes", CONF_SIZE_MAX);
	if (nul) {
		for (const char *c = text; c < nul; c++)
			p.scan.line += *c == '\n';
		err_set(err, ERR_INPUT, "a NUL byte is no text");
		err->line = p.scan.line;
		return -1;
	}
	r = parse_statements(&p, &conf->root, 0, err);
	conf_wipe(STEAL(p.scan.text));
	if (r == 0)
		return 0;
	err->line = p.scan.word_line;
	conf_clear(conf);
	return -1;
}
