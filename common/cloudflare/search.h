/* SPDX-License-Identifier: MIT */
/*
 * search.h -- ask an instance a question, get the chunks that fit best.
 */
#ifndef CLOUDFLARE_SEARCH_H
#define CLOUDFLARE_SEARCH_H

#include "cloudflare/client.h"

struct chunk {			/* borrowed during the callback */
	const char *id;
	const char *key;	/* the file it is from; "" when not told */
	const char *text;	/* foreign: escape before showing */
	double score;		/* 0..1, higher is better */
};

struct search_options {
	int max_results;	/* 1..50, 0 = the instance's own */
};

/* Best first.  query: UTF-8, not empty. */
int search(struct client *client, const char *instance, const char *query,
	   const struct search_options *options,
	   int (*each)(void *ctx, const struct chunk *chunk), void *ctx, struct err *err);

#endif
