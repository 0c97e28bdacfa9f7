/* SPDX-License-Identifier: MIT */
/*
 * call.h -- one call of the API with JSON in and out, as it is: for what has no room of
 * its own because nobody but a person or a file looks at its members.
 */
#ifndef CLOUDFLARE_CALL_H
#define CLOUDFLARE_CALL_H

#include "cloudflare/client.h"

/*
 * path: from client_add_...(), query included.  body: NULL = none; borrowed.  permission: what a 403 is
 * about.  *out, unless NULL, is the result, yours (json_object_put()); NULL when the
 * answer has none.  A POST is never repeated by itself.
 */
int call_json(struct client *client, const char *method, const struct buf *path,
	      struct json_object *body, const char *permission, struct json_object **out,
	      struct err *err);

/*
 * Appends text as one segment of a path or value of a query: all but letters, digits and
 * -._~ as %XX.
 */
void call_add_escaped(struct buf *path, const char *text);

/* Appends "?name=value" or "&name=value"; nothing when value is NULL. */
void call_add_query(struct buf *path, const char *name, const char *value);
void call_add_query_number(struct buf *path, const char *name, int64_t value);

#endif
