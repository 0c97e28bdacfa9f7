/* SPDX-License-Identifier: MIT */
/*
 * conf_scan.h -- the words of collectd's configuration: what its own scanner
 * tells apart, the longest match winning as there.  Only conf.c needs it.
 */
#ifndef INDEXING_CONF_SCAN_H
#define INDEXING_CONF_SCAN_H

#include "indexing/conf.h"

enum conf_kind {
	CONF_END, CONF_EOL, CONF_SLASH, CONF_OPEN, CONF_CLOSE,
	CONF_TRUE, CONF_FALSE, CONF_NUMBER,
	CONF_WORD,		/* unquoted: letters, digits, underscores, or an IP address */
	CONF_QUOTED,
};

struct conf_scan {
	const char *at, *end;
	int line;		/* of `at` */
	struct conf *conf;	/* is told of skipped characters */
	enum conf_kind kind;	/* of the latest word */
	int word_line;		/* where it began */
	/* of CONF_WORD and CONF_QUOTED; STEAL it or it goes with the next */
	char *text;
	double number;
};

int conf_scan(struct conf_scan *scan, struct err *err);
void conf_wipe(char *text);	/* wipes and frees; NULL is fine */

#endif
