/* SPDX-License-Identifier: MIT */
#include "base/prose.h"

#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

static int add_escaped(const char *text, size_t len, struct buf *out)
{
	char shown[64];

	return buf_add(out, shown, escape_text(shown, sizeof(shown), text, len));
}

/* Could more bytes make a character of it? */
static bool unfinished(const char *text, size_t len)
{
	unsigned char first = (unsigned char)text[0];
	size_t needs = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;

	if (first >= 0xf5 || len >= needs)
		return false;
	for (size_t i = 1; i < len; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return false;
	return true;
}

int prose_add(struct prose *p, const char *text, size_t len, struct buf *out)
{
	char window[8];

	while (p->count + len > 0) {
		unsigned code_point;
		size_t more = sizeof(window) - p->count < len ? sizeof(window) - p->count : len;

		memcpy(window, p->held, p->count);
		memcpy(window + p->count, text, more);
		size_t have = p->count + more, n = utf8_next(window, have, &code_point);
		if (n == 0 && more == len && unfinished(window, have)) {
			memcpy(p->held, window, have);
			p->count = have;
			return 0;
		}
		size_t take = n ? n : 1;
		if (take == 1 && (window[0] == '\n' || window[0] == '\t') ? buf_add(out, window, 1) < 0
									 : add_escaped(window, take, out) < 0)
			return -1;
		/* what was held goes first, a byte at a time when it was no character */
		if (take < p->count) {
			memmove(p->held, p->held + take, p->count - take);
			p->count -= take;
		} else {
			text += take - p->count;
			len -= take - p->count;
			p->count = 0;
		}
	}
	return 0;
}

int prose_end(struct prose *p, struct buf *out)
{
	size_t count = p->count;

	p->count = 0;
	return count ? add_escaped(p->held, count, out) : 0;
}
