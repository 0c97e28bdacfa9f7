/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <ctype.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char buf_empty[1] = "";

static int grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : 256;
	char *data;

	if (need < b->cap)
		return 0;
	while (cap <= need)
		cap *= 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	/* not realloc(): it would leave an unwiped copy behind */
	data = malloc(cap);
	if (!data)
		return -1;
	memcpy(data, b->data, b->len + 1);
	if (b->cap > 0) {
		sodium_memzero(b->data, b->cap);
		free(b->data);
	}
	b->data = data;
	b->cap = cap;
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	if (b->failed || len > b->max || b->len > b->max - len || grow(b, b->len + len) < 0) {
		b->failed = true;
		return -1;
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	if (b->cap > 0)
		b->data[b->len] = '\0';
	return 0;
}

int buf_adds(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	scoped_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		b->failed = true;
		return -1;
	}
	int r = buf_add(b, text, (size_t)n);
	sodium_memzero(text, (size_t)n);
	return r;
}

int buf_add_json(struct buf *b, const char *text, size_t len)
{
	buf_add(b, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\') {
			char two[2] = { '\\', (char)c };
			buf_add(b, two, 2);
		} else if (c < 0x20 || c == 0x7f) {
			buf_addf(b, "\\u%04x", c);
		} else {
			buf_add(b, &text[i], 1);
		}
	}
	return buf_add(b, "\"", 1);
}

int buf_add_urlencoded(struct buf *b, const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
		if (isascii(*s) && (isalnum(*s) || strchr("-._~", *s)))
			buf_add(b, s, 1);
		else
			buf_addf(b, "%%%02X", *s);
	}
	return b->failed ? -1 : 0;
}

void buf_reset(struct buf *b)
{
	if (b->cap > 0)
		sodium_memzero(b->data, b->len + 1);
	b->len = 0;
	b->failed = false;
}

void buf_clear(struct buf *b)
{
	if (b->cap > 0) {
		sodium_memzero(b->data, b->cap);
		free(b->data);
	}
	b->data = buf_empty;
	b->len = b->cap = 0;
	b->failed = false;
}
