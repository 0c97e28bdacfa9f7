/* SPDX-License-Identifier: MIT */
/* manual.c -- the tables as mdoc: what the Makefile puts into aisearch.1. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

/* --- text ------------------------------------------------------------------------- */

#define LINE_MAX_BYTES 78

struct writer {
	bool fresh;		/* at the beginning of a line */
	size_t column;
};

static void put_char(struct writer *w, char c)
{
	if (w->fresh && (c == '.' || c == '\''))
		fputs("\\&", stdout);
	if (c == '\\')
		fputs("\\e", stdout);
	else
		putchar(c);
	w->fresh = c == '\n';
	w->column = w->fresh ? 0 : w->column + 1;
}

/* A word: two dashes in front are those of an option, and no typesetter's dash. */
static void put_word(struct writer *w, const char *word, size_t len)
{
	size_t i = 0;

	for (; i < len && word[i] == '-' && len > 1; i++) {
		fputs("\\-", stdout);
		w->fresh = false;
		w->column += 2;
	}
	for (; i < len; i++)
		put_char(w, word[i]);
}

static bool ends_sentence(const char *word, size_t len)
{
	while (len > 0 && strchr(")\"'", word[len - 1]))
		len--;
	return len > 1 && strchr(".?!", word[len - 1]);
}

/* Running text; each sentence on a line of its own, as mdoc wants it. */
static void put_text(const char *text, size_t len)
{
	struct writer w = { .fresh = true };

	while (len > 0) {
		size_t n = 0;

		while (len > 0 && isspace((unsigned char)*text))
			text++, len--;
		while (n < len && !isspace((unsigned char)text[n]))
			n++;
		if (n == 0)
			break;
		if (!w.fresh)
			put_char(&w, w.column + n < LINE_MAX_BYTES ? ' ' : '\n');
		put_word(&w, text, n);
		if (ends_sentence(text, n))
			put_char(&w, '\n');
		text += n;
		len -= n;
	}
	if (!w.fresh)
		putchar('\n');
}

static void put_literal(const char *text, size_t len)
{
	struct writer w = { .fresh = true };

	printf(".Bd -literal -offset indent\n");
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		size_t blanks = line >= 2 && !memcmp(text, "  ", 2) ? 2 : 0;

		for (size_t i = blanks; i < line; i++)
			if (text[i] == '-')
				fputs("\\-", stdout), w.fresh = false;
			else
				put_char(&w, text[i]);
		putchar('\n');
		w.fresh = true;
		text += line + (end != NULL);
		len -= line + (end != NULL);
	}
	printf(".Ed\n");
}

/* The gap of "  word   what it is", or NULL. */
static const char *gap_of(const char *line, size_t len)
{
	return len > 2 && line[2] != ' ' ? memmem(line + 2, len - 2, "  ", 2) : NULL;
}

static size_t line_length(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end ? (size_t)(end - text) + 1 : len;
}

/* Indented lines that are words with what they are, which may go on in lines that are further in. */
static bool is_list(const char *text, size_t len)
{
	if (!gap_of(text, line_length(text, len)))
		return false;
	for (size_t at = 0; at < len;) {
		size_t line = line_length(text + at, len - at);

		if (!gap_of(text + at, line) && strncmp(text + at, "      ", 6) != 0)
			return false;
		at += line;
	}
	return true;
}

static void put_list(const char *text, size_t len)
{
	printf(".Bl -tag -width Ds -offset indent -compact\n");
	while (len > 0) {
		const char *gap = gap_of(text, line_length(text, len));
		size_t item = line_length(text, len), word = (size_t)(gap - text) - 2;

		printf(".It Sy %.*s\n", (int)word, text + 2);
		while (item < len && !gap_of(text + item, line_length(text + item, len - item)))
			item += line_length(text + item, len - item);
		put_text(gap, item - (size_t)(gap - text));
		text += item;
		len -= item;
	}
	printf(".El\n");
}

/* Lines of one kind: indented or not, up to an empty one. */
static size_t run_length(const char *text)
{
	bool indented = !strncmp(text, "  ", 2);
	size_t len = 0, all = strlen(text);

	while (len < all && text[len] != '\n' && !strncmp(text + len, "  ", 2) == indented)
		len += line_length(text + len, all - len);
	return len;
}

static void put_paragraphs(const char *text)
{
	while (*text) {
		size_t len = run_length(text);

		if (strncmp(text, "  ", 2) != 0) {
			printf(".Pp\n");
			put_text(text, len);
		} else if (is_list(text, len)) {
			put_list(text, len);
		} else {
			put_literal(text, len - (text[len - 1] == '\n'));
		}
		text += len;
		text += strspn(text, "\n");
	}
}

/* "print how far it is" -> "Print how far it is." */
static void put_summary(const char *summary)
{
	char text[256];

	snprintf(text, sizeof(text), "%c%s.", toupper((unsigned char)*summary), summary + 1);
	put_text(text, strlen(text));
}

/* --- what stands behind a command --------------------------------------------------- */

/* A word on a line of macros: never a macro itself. */
static void put_argument(const char *word, size_t len)
{
	bool filled_in = len > 0 && isupper((unsigned char)*word);

	fputs(filled_in ? " Ar \\&" : " Cm \\&", stdout);
	for (size_t i = 0; i < len; i++)
		if (word[i] == '"')
			fputs("\\(dq", stdout);
		else if (word[i] == '\\')
			fputs("\\e", stdout);
		else
			putchar(word[i]);
}

/* "[INSTANCE]", "ROW|URL", "QUERY...", "add NAME | list" as macros. */
static void put_arguments(const char *args)
{
	while (*args) {
		size_t n = strcspn(args, " []|");

		if (n > 0)
			put_argument(args, n);
		else if (*args == '[')
			fputs(" Oo", stdout);
		else if (*args == ']')
			fputs(" Oc", stdout);
		else if (*args == '|')
			fputs(" |", stdout);
		args += n ? n : 1;
	}
}

static void put_options(const struct option *o)
{
	for (; o->name; o++) {
		char text[512];

		if (!o->help)
			continue;
		printf(".It");
		if (o->letter)
			printf(" Fl %c ,", o->letter);
		printf(" Fl \\-%s%s", o->type == OPTION_SWITCH ? "[no-]" : "", o->name);
		if (o->arg)
			put_arguments(o->arg);
		putchar('\n');
		/* no capital: it may begin with a word that is typed as it is */
		snprintf(text, sizeof(text), "%s.", o->help);
		put_text(text, strlen(text));
	}
}

static void put_command(const struct command *c)
{
	bool options = option_shown(c->options);

	printf(".It Cm %s%s", c->name, options ? " Oo Ar options Oc" : "");
	put_arguments(c->args);
	putchar('\n');
	put_summary(c->summary);
	if (c->details)
		put_paragraphs(c->details);
	if (options) {
		printf(".Bl -tag -width Ds\n");
		put_options(c->options);
		printf(".El\n");
	}
	if (c->examples)
		put_literal(c->examples, strlen(c->examples));
}

void manual_print(const char *part)
{
	if (!strcmp(part, "options")) {
		put_options(common_options);
	} else if (!strcmp(part, "exits")) {
		for (const struct exit_meaning *e = exit_meanings; e->meaning; e++) {
			printf(".It %d\n", e->code);
			put_text(e->meaning, strlen(e->meaning));
		}
	} else {
		for (const struct command *const *c = commands; *c; c++)
			put_command(*c);
	}
}
