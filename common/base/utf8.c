/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

size_t utf8_next(const char *text, size_t len, unsigned *code_point)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0;
	unsigned cp = 0;

	if (s[0] < 0x80) {
		*code_point = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
		cp = s[0] & 0x1f;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		n = 3;
		cp = s[0] & 0x0f;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		cp = s[0] & 0x07;
	}
	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && cp < 0x800) || (n == 4 && cp < 0x10000) || cp > 0x10ffff ||
	    (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*code_point = cp;
	return n;
}

bool utf8_valid(const char *text, size_t len)
{
	unsigned cp;

	for (size_t n; len > 0; text += n, len -= n)
		if ((n = utf8_next(text, len, &cp)) == 0)
			return false;
	return true;
}
