/* SPDX-License-Identifier: MIT */
#include "indexing/conf_scan.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/buf.h"

#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define WORD DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define V6_MAX 45		/* bytes of an IPv6 address */

void conf_wipe(char *text)
{
	if (text)
		secret_wipe(text, strlen(text));
	free(text);
}

/* --- the length of a match at p, 0 = none ------------------------------------- */

/* As strspn(): the text need not end in a NUL. */
static size_t span(const char *p, const char *end, const char *set)
{
	const char *q = p;

	while (q < end && *q && strchr(set, *q))
		q++;
	return (size_t)(q - p);
}

static size_t match_number(const char *p, const char *end)
{
	size_t sign = p < end && (*p == '+' || *p == '-'), whole, part, hex, e;

	if (sign == 0 && end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') &&
	    (hex = span(p + 2, end, HEX)) > 0)
		return 2 + hex;
	whole = span(p + sign, end, DIGITS);
	const char *dot = p + sign + whole;
	if (dot < end && *dot == '.' && (part = span(dot + 1, end, DIGITS)) > 0) {
		const char *exp = dot + 1 + part;

		/* an exponent without its sign is none */
		if (end - exp > 2 && (*exp == 'e' || *exp == 'E') &&
		    (exp[1] == '+' || exp[1] == '-') &&
		    (e = span(exp + 2, end, DIGITS)) > 0)
			exp += 2 + e;
		return (size_t)(exp - p);
	}
	return whole > 0 ? sign + whole : 0;
}

/* The longest number from min to max at p that begins with no 0 of more digits. */
static size_t match_up_to(const char *p, const char *end, long min, long max)
{
	size_t n = 0, digits = span(p, end, DIGITS);
	long value = 0;

	if (digits > 0 && *p == '0')
		return min == 0;
	while (n < digits && value * 10 + (p[n] - '0') <= max) {
		value = value * 10 + (p[n] - '0');
		n++;
	}
	return n;
}

static size_t match_port(const char *p, const char *end)
{
	size_t n = p < end && *p == ':' ? match_up_to(p + 1, end, 1, 65535) : 0;

	return n > 0 ? 1 + n : 0;
}

static size_t match_ipv4(const char *p, const char *end)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++) {
		size_t byte = match_up_to(p + n, end, 0, 255);

		if (byte == 0)
			return 0;
		n += byte;
		if (i == 3)
			return n + match_port(p + n, end);
		if (p + n >= end || p[n] != '.')
			return 0;
		n++;
	}
	return 0;
}

static size_t match_ipv6(const char *p, const char *end)
{
	bool bracket = p < end && *p == '[';
	const char *from = p + bracket;
	/* one more than can match: what is cut off there does not end in ']' */
	size_t n = span(from, end - from > V6_MAX ? from + V6_MAX + 1 : end, HEX ":.");
	unsigned char address[sizeof(struct in6_addr)];
	char text[V6_MAX + 1];

	if (n < 2 || !memchr(from, ':', n))
		return 0;
	for (n = n < V6_MAX ? n : V6_MAX; n >= 2; n--) {
		if (bracket && (from + n >= end || from[n] != ']'))
			continue;
		memcpy(text, from, n);
		text[n] = '\0';
		if (inet_pton(AF_INET6, text, address) != 1)
			continue;
		return bracket ? n + 2 + match_port(from + n + 1, end) : n;
	}
	return 0;
}

static bool is_word(const char *p, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == n && !memcmp(*words, p, n))
			return true;
	return false;
}

/* --- words -------------------------------------------------------------------- */

static int take_text(struct conf_scan *s, const char *text, size_t len, struct err *err)
{
	s->text = strndup(text, len);
	return s->text ? 0 : err_nomem(err);
}

/* 1 = taken, 0 = nothing of the kind is here */
static int scan_bare(struct conf_scan *s, struct err *err)
{
	static const char *const yes[] = { "true", "yes", "on", NULL };
	static const char *const no[] = { "false", "no", "off", NULL };
	size_t word = span(s->at, s->end, WORD), number = match_number(s->at, s->end);
	size_t v4 = match_ipv4(s->at, s->end), v6 = match_ipv6(s->at, s->end);
	size_t address = v4 > v6 ? v4 : v6, n = word > number ? word : number;
	scoped_free char *digits = NULL;

	n = n > address ? n : address;
	if (n == 0)
		return 0;
	if (n > CONF_STRING_MAX)
		return err_set(err, ERR_INPUT, "a word is longer than %d bytes", CONF_STRING_MAX);
	if (n == word && (is_word(s->at, n, yes) || is_word(s->at, n, no))) {
		s->kind = is_word(s->at, n, yes) ? CONF_TRUE : CONF_FALSE;
	} else if (n > number) {
		s->kind = CONF_WORD;
		if (take_text(s, s->at, n, err) < 0)
			return -1;
	} else {
		s->kind = CONF_NUMBER;
		digits = strndup(s->at, n);
		if (!digits)
			return err_nomem(err);
		s->number = strtod(digits, NULL);
	}
	s->at += n;
	return 1;
}

static int add_raw(struct conf_scan *s, struct buf *raw, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		s->line += s->at[i] == '\n';
	if (buf_add(raw, s->at, n) < 0)
		return err_set(err, ERR_INPUT, "a string is longer than %d bytes", CONF_STRING_MAX);
	s->at += n;
	return 0;
}

/* A backslash goes, what stands after it stays. */
static int unquote(struct conf_scan *s, const struct buf *raw, struct err *err)
{
	size_t n = 0;

	s->kind = CONF_QUOTED;
	s->text = malloc(raw->len + 1);
	if (!s->text)
		return err_nomem(err);
	for (size_t i = 0; i < raw->len; i++) {
		if (raw->data[i] == '\\' && ++i == raw->len)
			break;
		s->text[n++] = raw->data[i];
	}
	s->text[n] = '\0';
	return 0;
}

/*
 * From after the opening quote.  A backslash at the end of a line continues the
 * string, without the next line's indent; the first character after that is
 * taken as it is, even a quote.  A line end alone belongs to the string.
 */
static int scan_quoted(struct conf_scan *s, struct err *err)
{
	scoped_buf struct buf raw = BUF(CONF_STRING_MAX);

	s->at++;
	while (s->at < s->end && *s->at != '"') {
		size_t n = 1;

		if (*s->at == '\\' && s->end - s->at > 1 && s->at[1] == '\n') {
			s->at += 2;
			s->line++;
			s->at += span(s->at, s->end, " \t\b");
			n = s->at < s->end;
		} else if (*s->at == '\\') {
			n = s->end - s->at > 1 ? 2 : 1;
		}
		if (add_raw(s, &raw, n, err) < 0)
			return -1;
	}
	if (s->at >= s->end) {
		err_set(err, ERR_INPUT, "a string is not closed");
		return err_hint(err, "it began in this line; a quote in a string is written \\\"");
	}
	s->at++;
	return unquote(s, &raw, err);
}

static bool starts(const struct conf_scan *s, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(s->end - s->at) >= n && !memcmp(s->at, with, n);
}

/* Blanks, comments, continued lines.  true = there was one. */
static bool skip_nothing(struct conf_scan *s)
{
	if (strchr(" \t\b", *s->at)) {
		s->at++;
	} else if (*s->at == '#') {
		const char *eol = memchr(s->at, '\n', (size_t)(s->end - s->at));

		s->at = eol ? eol : s->end;
	} else if (starts(s, "\\\n") || starts(s, "\\\r\n")) {
		s->at += s->at[1] == '\n' ? 2 : 3;
		s->line++;
	} else {
		return false;
	}
	return true;
}

static bool scan_mark(struct conf_scan *s)
{
	static const struct {
		const char *text;
		enum conf_kind kind;
	} marks[] = {
		{ "\n", CONF_EOL }, { "\r\n", CONF_EOL },
		{ "/", CONF_SLASH }, { "<", CONF_OPEN }, { ">", CONF_CLOSE },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!starts(s, marks[i].text))
			continue;
		s->kind = marks[i].kind;
		s->line += s->kind == CONF_EOL;
		s->at += strlen(marks[i].text);
		return true;
	}
	return false;
}

int conf_scan(struct conf_scan *s, struct err *err)
{
	int r;

	conf_wipe(STEAL(s->text));
	for (;;) {
		while (s->at < s->end && skip_nothing(s))
			;
		s->word_line = s->line;
		s->kind = CONF_END;
		if (s->at >= s->end || scan_mark(s))
			return 0;
		r = *s->at == '"' ? 1 : scan_bare(s, err);
		if (r != 0)
			return r > 0 && s->kind == CONF_END ? scan_quoted(s, err) : r < 0 ? -1 : 0;
		if (s->conf->skipped_line == 0) {
			s->conf->skipped_line = s->line;
			s->conf->skipped = *s->at;
		}
		s->at++;
	}
}
