/* SPDX-License-Identifier: MIT */
/*
 * prose.h -- pure: foreign text of several lines for a terminal.  Line feeds and tabs stay, what
 * else escape_text() would not let pass becomes \xNN.  Comes in pieces, which may be cut inside
 * a character.
 */
#ifndef BASE_PROSE_H
#define BASE_PROSE_H

#include "base/buf.h"

struct prose {			/* {0} before the first piece */
	char held[4];		/* the beginning of a character */
	size_t count;
};

/* Appends to out.  -1 when out cannot take it. */
int prose_add(struct prose *prose, const char *text, size_t len, struct buf *out);

/* The text has ended: what is held is no character. */
int prose_end(struct prose *prose, struct buf *out);

#endif
