/* SPDX-License-Identifier: MIT */
/*
 * search.h -- ask an instance a question, get the chunks that fit best.
 */
#ifndef CLOUDFLARE_SEARCH_H
#define CLOUDFLARE_SEARCH_H

#include "cloudflare/client.h"

#define SEARCH_INSTANCES_MAX 10	/* the contract's */

struct chunk {			/* borrowed during the callback */
	const char *id;
	const char *key;	/* the file it is from; "" when not told */
	const char *text;	/* foreign: escape before showing */
	const char *instance;	/* "" when only one was asked */
	double score;		/* 0..1, higher is better */
	struct json_object *json;	/* the API's object */
};

struct search_options {
	int max_results;	/* 1..50, 0 = the instance's own */
	struct json_object *options;	/* more of ai_search_options, or NULL; borrowed */
	const char *const *also;	/* more instances of the namespace to ask */
	size_t also_count;	/* SEARCH_INSTANCES_MAX - 1 at the most */
	/*
	 * NULL, or gets the whole result, yours: search_query, query_kind, errors[] of
	 * instances...
	 */
	struct json_object **result;
};

/* Pure: the chunk of a search's or a chat's answer. */
int chunk_decode(struct json_object *obj, struct chunk *out, struct err *err);

/* Best first.  query: UTF-8, not empty.  options may be NULL. */
int search(struct client *client, const char *instance, const char *query,
	   const struct search_options *options,
	   int (*each)(void *ctx, const struct chunk *chunk), void *ctx, struct err *err);

#endif
