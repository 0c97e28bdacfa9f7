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
#include <stdbool.h>
#include <stdint.h>

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
	bool null;		/* may be null, which asks for the API's default */
};
extern const struct body_field body_instance[];
extern const struct body_field body_namespace[];

const struct body_field *body_field(const struct body_field *table, const char *path);	/* or NULL */

/*
 * Sets a member by its dotted path; objects in between are made.  Takes over value (also when it
 * fails).  ERR_USAGE when the table knows the field and value breaks its rule.
 */
int body_set(struct json_object *body, const struct body_field *field, struct json_object *value,
	     struct err *err);

/*
 * Checks every member that the table knows, and what must stand together.  null passes only
 * where the contract has it: elsewhere the API answers 7001.  ERR_USAGE names the member and what is
 * allowed.
 */
int body_check(const struct body_field *table, struct json_object *body, bool create, struct err *err);

/*
 * Calls each() for every member of wanted (leaves, in dotted paths) that is not the same in
 * there; lists are leaves, and so are members of type BODY_JSON.  from is NULL when it is absent.
 * Numbers are compared as numbers; null and absent are the same, and so are type "builtin" and none,
 * "https://example.com/" and "example.com" as a source, and the two cases of a token_id.
 * Returns how many.
 */
struct body_change {
	const char *path;
	struct json_object *from, *to;	/* borrowed */
};
int body_changes(struct json_object *wanted, struct json_object *there,
		 void (*each)(void *ctx, const struct body_change *change), void *ctx);

/*
 * The body for a create: wanted without type "builtin", which has no word on the wire.  Yours;
 * NULL = no memory.
 */
struct json_object *body_for_create(struct json_object *wanted);

/*
 * The body for an update.  The API leaves members alone that are absent, but replaces an object
 * as a whole (api.md, 4): so this has the members of wanted, and objects among them are what is there,
 * reduced to what an update may say, with wanted laid over it.  What nobody wants to change, as a token_id
 * that is dead by now, is not said again.  Yours; NULL = no memory.
 */
struct json_object *body_for_update(const struct body_field *table, struct json_object *there,
				    struct json_object *wanted);

#endif
