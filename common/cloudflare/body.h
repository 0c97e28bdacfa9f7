/* SPDX-License-Identifier: MIT */
/*
 * body.h -- pure: the JSON of a create or an update, member by member: what may stand in
 * it, and what it would change of what is there.
 *
 * The table has every member of the contract's request schemas (api.md, 3; the OpenAPI's
 * ai_search instances create and update), in dotted paths: "chunk_size",
 * "source_params.include_items", "retrieval_options.keyword_match_mode".  Members that it
 * does not know are passed on as they are: the API is ahead of us some day.
 */
#ifndef CLOUDFLARE_BODY_H
#define CLOUDFLARE_BODY_H

#include <json-c/json.h>

#include "base/err.h"

enum body_type { BODY_TEXT, BODY_NUMBER, BODY_DECIMAL, BODY_FLAG, BODY_TEXTS, BODY_JSON };

struct body_field {
	const char *path;	/* dotted; NULL ends the table */
	const char *flag;	/* of the command, without dashes; NULL = only --body-file */
	enum body_type type;
	int64_t min, max;	/* of a number, or of a text's length in bytes; 0, 0 = no rule */
	const char *words;	/* "builtin|r2|web-crawler", or NULL */
	const char *help;	/* one line, for the command's help */
	bool create, update;	/* in which body it may stand */
	bool reindexes;		/* changing it makes the API index everything anew */
};
extern const struct body_field body_instance[];

const struct body_field *body_field(const struct body_field *table, const char *path);	/* or NULL */

/*
 * Sets a member by its dotted path; objects in between are made.  Takes over value (also when it
 * fails).  ERR_USAGE when the table knows the field and value breaks its rule.
 */
int body_set(struct json_object *body, const struct body_field *field, struct json_object *value,
	     struct err *err);

/* Checks every member that the table knows.  ERR_USAGE names it and what is allowed. */
int body_check(const struct body_field *table, struct json_object *body, bool create, struct err *err);

/*
 * Calls each() for every member of wanted (leaves, in dotted paths) that is not the same in
 * there; lists are leaves.  from is NULL when it is absent.  Numbers are compared as numbers, and null and
 * absent are the same.  Returns how many.
 */
struct body_change {
	const char *path;
	struct json_object *from, *to;	/* borrowed */
};
int body_changes(struct json_object *wanted, struct json_object *there,
		 void (*each)(void *ctx, const struct body_change *change), void *ctx);

/*
 * The body for an update (PUT replaces): what is there, reduced to what an update may say, with
 * wanted laid over it.  Yours; NULL = no memory.
 */
struct json_object *body_for_update(const struct body_field *table, struct json_object *there,
				    struct json_object *wanted);

#endif
