/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Neither C0 and C1 controls, line separators, nor the marks that reorder text. */
static bool shows(unsigned cp)
{
	return cp >= 0x20 && !(cp >= 0x7f && cp < 0xa0) && cp != 0x61c &&
	       !(cp >= 0x200b && cp <= 0x200f) && !(cp >= 0x2028 && cp <= 0x202e) &&
	       !(cp >= 0x2066 && cp <= 0x2069) && cp != 0xfeff;
}

/* Length of the well-formed, printable UTF-8 character at s, or 0. */
static size_t printable(const char *s, size_t len)
{
	unsigned cp = 0;
	size_t n = utf8_next(s, len, &cp);

	return n > 0 && shows(cp) ? n : 0;
}

size_t escape_json(char out[8], const char *text, size_t len)
{
	unsigned cp = 0xfffd;
	size_t n = utf8_next(text, len, &cp);

	if (n > 0 && (shows(cp) || cp == '\n')) {
		memcpy(out, text, n);
		out[n] = '\0';
		return n;
	}
	snprintf(out, 8, "\\u%04x", cp & 0xffff);
	return n > 0 ? n : 1;
}

size_t escape_text(char *out, size_t size, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)text;
	size_t o = 0;

	for (size_t i = 0; i < len;) {
		size_t n = printable(text + i, len - i);

		if (n > 0) {
			if (o + n >= size)
				break;
			memcpy(out + o, s + i, n);
			o += n;
			i += n;
			continue;
		}
		if (o + 4 >= size)
			break;
		out[o++] = '\\';
		out[o++] = 'x';
		out[o++] = hex[s[i] >> 4];
		out[o++] = hex[s[i] & 15];
		i++;
	}
	out[o] = '\0';
	return o;
}

__attribute__((format(printf, 3, 0)))
static void sentence(char *out, size_t size, const char *fmt, va_list ap)
{
	char raw[1024];
	int n = vsnprintf(raw, sizeof(raw), fmt, ap);

	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(raw))
		n = sizeof(raw) - 1;
	escape_text(out, size, raw, (size_t)n);
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;
	char what[sizeof(err->what)];

	va_start(ap, fmt);
	sentence(what, sizeof(what), fmt, ap);	/* an argument may be err->what itself */
	va_end(ap);
	memset(err, 0, sizeof(*err));
	err->kind = kind;
	memcpy(err->what, what, sizeof(what));
	return -1;
}

int err_errno(struct err *err, enum err_kind kind, int errnum, const char *fmt, ...)
{
	va_list ap;
	char what[sizeof(err->what)];
	const char *why = strerrordesc_np(errnum);

	va_start(ap, fmt);
	sentence(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(err, kind, "%s: %s", what, why ? why : "unknown error");
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;
	char hint[sizeof(err->hint)];

	va_start(ap, fmt);
	sentence(hint, sizeof(hint), fmt, ap);
	va_end(ap);
	memcpy(err->hint, hint, sizeof(hint));
	return -1;
}

int err_context(struct err *err, const char *fmt, ...)
{
	va_list ap;
	char front[sizeof(err->what)], what[2 * sizeof(err->what) + 3];

	va_start(ap, fmt);
	sentence(front, sizeof(front), fmt, ap);
	va_end(ap);
	int n = snprintf(what, sizeof(what), "%s: %s", front, err->what);
	escape_text(err->what, sizeof(err->what), what, (size_t)n);
	return -1;
}

int err_nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}
