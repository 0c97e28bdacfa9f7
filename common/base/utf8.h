/* SPDX-License-Identifier: MIT */
/*
 * utf8.h -- one character of UTF-8, strictly: no overlong form, no surrogate,
 * nothing beyond U+10FFFF.  Knows no locale.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at text[0..len), len > 0, and its code point; 0 when it is none. */
size_t utf8_next(const char *text, size_t len, unsigned *code_point);

bool utf8_valid(const char *text, size_t len);

#endif
