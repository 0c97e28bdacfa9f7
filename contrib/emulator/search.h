/* SPDX-License-Identifier: MIT */
/*
 * search.h -- chunks that match a query, ranked by BM25.
 *
 * There are no vectors here: every retrieval type is answered by keywords.
 * The best chunk scores 1, the others in proportion to it, down to 0.4, so
 * that the default threshold keeps them.
 */
#ifndef EMULATOR_SEARCH_H
#define EMULATOR_SEARCH_H

#include "request.h"

struct hits {
	struct json_object *chunks;	/* array, best first; yours */
	struct json_object *errors;	/* instances that are not there; NULL for one instance */
	char *query;
};
void hits_clear(struct hits *hits);

/*
 * The query of a body with `query` or `messages`; NULL after having answered 400.  Yours:
 * free().
 */
char *search_query(struct request *req);
/* In the path's instance, or in those that the body names; false after having answered. */
bool search_instance(struct request *req, struct hits *hits);
bool search_namespace(struct request *req, struct hits *hits);

#endif
