/* SPDX-License-Identifier: MIT */
#include "complete.h"

#include <ctype.h>
#include <string.h>

bool complete_is_plain(const char *word, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./@:+";

	return len > 0 && strspn(word, plain) >= len && *word != '-';
}

static bool is(const char *word, size_t len, const char *what)
{
	return strlen(what) == len && !memcmp(word, what, len);
}

static bool names_file(const char *word, size_t len)
{
	return is(word, len, "FILE") || is(word, len, "DIR") || is(word, len, "PATH") ||
	       is(word, len, "FOLDER");
}

/* Of "FD|PATH": one of the alternatives is a file. */
static bool has_file(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		size_t n = 0;

		while (text + n < end && text[n] != '|')
			n++;
		if (names_file(text, n))
			return true;
		text += n + (text + n < end);
	}
	return false;
}

/* Word number i of text[0..text_len), brackets and "..." left out; the last may repeat. */
static const char *nth_word(const char *text, size_t text_len, size_t i, size_t *len)
{
	const char *end = text + text_len, *last = NULL;
	bool repeats = false;

	for (;;) {
		size_t n = 0;

		while (text < end && strchr(" []", *text))
			text++;
		while (text + n < end && !strchr(" []", text[n]))
			n++;
		if (n == 0)
			break;
		const char *word = text;
		text += n;
		if (n >= 3 && !memcmp(word + n - 3, "...", 3)) {
			repeats = true;
			n -= 3;
		}
		if (n == 0)
			continue;
		last = word;
		*len = n;
		if (i-- == 0)
			return last;
	}
	return repeats ? last : NULL;
}

/* Where the alternative ends: at " | ", which has blanks around it. */
static size_t alternative(const char *args)
{
	const char *bar = strstr(args, " | ");

	return bar ? (size_t)(bar - args) : strlen(args);
}

static enum complete_kind add_alternatives(const char *word, size_t len, struct buf *words)
{
	const char *end = word + len;

	while (word < end) {
		size_t n = 0;

		while (word + n < end && word[n] != '|')
			n++;
		if (words && complete_is_plain(word, n))
			buf_addf(words, "%.*s ", (int)n, word);
		word += n + (word + n < end);
	}
	return COMPLETE_WORDS;
}

enum complete_kind complete_value(const struct option *option, struct buf *words)
{
	if (option->type == OPTION_CHOICE)
		return add_alternatives(option->arg, strlen(option->arg), words);
	if (option->arg && has_file(option->arg, strlen(option->arg)))
		return COMPLETE_FILE;
	return COMPLETE_NOTHING;
}

enum complete_kind complete_argument(const char *args, size_t i, struct buf *words)
{
	enum complete_kind kind = COMPLETE_NOTHING;

	while (*args) {
		size_t n = alternative(args), len;
		const char *word = nth_word(args, n, i, &len);

		args += n;
		args += *args ? strlen(" | ") : 0;
		if (!word)
			continue;
		if (is(word, len, "COMMAND") || is(word, len, "command"))
			return COMPLETE_COMMAND;
		if (has_file(word, len))
			kind = COMPLETE_FILE;
		else if (islower((unsigned char)*word) && kind != COMPLETE_FILE)
			kind = add_alternatives(word, len, words);
	}
	return kind;
}
