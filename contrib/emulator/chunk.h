/* SPDX-License-Identifier: MIT */
/*
 * chunk.h -- pure: which files are text, and how a text is cut.
 *
 * Sizes are in tokens, taken as four bytes each.
 */
#ifndef EMULATOR_CHUNK_H
#define EMULATOR_CHUNK_H

#include <stdbool.h>
#include <stddef.h>

enum file_kind {
	FILE_TEXT,
	FILE_MAYBE,		/* no extension: text when its first 8 KB have no NUL */
	FILE_UNSUPPORTED,
};
enum file_kind file_kind(const char *key);
bool looks_like_text(const char *data, size_t len);

struct cutter {
	const char *data;
	size_t len;
	size_t size, overlap;	/* bytes */
	size_t at;		/* where the next chunk begins */
};
void cutter_init(struct cutter *c, const char *data, size_t len, bool cut, long tokens,
		 long overlap_percent);
/* false at the end; otherwise data[*start..*stop), never empty, on character boundaries. */
bool cutter_next(struct cutter *c, size_t *start, size_t *stop);

/* Copies data as valid UTF-8 without NUL to out (3 * len + 1 bytes); returns its length. */
size_t clean_utf8(char *out, const char *data, size_t len);
bool valid_utf8(const char *text);

/* * and ** stand for anything, also across slashes; ? for one byte. */
bool glob_matches(const char *pattern, const char *text);

#endif
