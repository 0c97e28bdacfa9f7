/* SPDX-License-Identifier: MIT */
/*
 * buf.h -- growing bytes with a ceiling.
 *
 * Always NUL-terminated one byte past len, so `data` is a C string when the
 * content has no NUL.  Memory is wiped before it goes back to the heap, because
 * a request or an answer may carry a token.
 *
 *	scoped_buf struct buf body = BUF(64 * 1024);
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct buf {
	char *data;		/* "" until something was added; never NULL after BUF() */
	size_t len;
	size_t cap;		/* 0 while data is the shared empty string */
	size_t max;		/* bytes it may hold at the most */
	/* an append did not fit or found no memory: content is incomplete */
	bool failed;
};

extern char buf_empty[1];
#define BUF(ceiling) { .data = buf_empty, .max = (ceiling) }

/* -1 (and `failed`) when the ceiling or the memory does not allow it; then nothing is added. */
int buf_add(struct buf *buf, const void *data, size_t len);
int buf_adds(struct buf *buf, const char *text);
int buf_addf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends text as a JSON string with its quotes; bytes that are not UTF-8 are passed on. */
int buf_add_json(struct buf *buf, const char *text, size_t len);

/* Appends text percent-encoded for one URL path segment or query value. */
int buf_add_urlencoded(struct buf *buf, const char *text);

void buf_reset(struct buf *buf);	/* empties it, keeps the memory, clears `failed` */
void buf_clear(struct buf *buf);	/* wipes and frees; usable again */

#define scoped_buf SCOPED(buf_clear)

#endif
