/* SPDX-License-Identifier: MIT */
/*
 * conf.h -- pure: the text of a collectd.conf -> a tree of settings with lines.
 *
 * Reads as collectd 5.12 does, its oddities included: a character that means
 * nothing outside of quotes is skipped, a block with neither arguments nor
 * content is dropped, the names of a block's two ends agree to the letter, and
 * the last line needs its line end.  Stricter in three points: no NUL, every
 * quote is closed, and there are ceilings.  Include is an option as any other:
 * nothing is opened.
 */
#ifndef INDEXING_CONF_H
#define INDEXING_CONF_H

#include "indexing/settings.h"

#define CONF_SIZE_MAX (1024 * 1024)	/* bytes of a file */
#define CONF_DEPTH_MAX 16		/* blocks in blocks */
#define CONF_ITEMS_MAX 100000		/* options, blocks and values */
#define CONF_STRING_MAX 16384		/* bytes of one string */

struct conf {
	struct setting root;	/* its children are what the file has at its top */
	int skipped_line;	/* of the first character that is skipped, 0 = none */
	char skipped;
};

/*
 * -1: ERR_INPUT with err.line, *conf is empty.  No message repeats a value, which may be
 * a token.
 */
int conf_parse(const char *text, size_t len, struct conf *conf, struct err *err);

void conf_clear(struct conf *conf);	/* wipes: there may have been tokens */
#define scoped_conf SCOPED(conf_clear)

#endif
