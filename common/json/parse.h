/* SPDX-License-Identifier: MIT */
/*
 * parse.h -- JSON text -> json-c's objects, strictly and within limits; and secrets out of
 * them again.
 *
 * json-c copies every text while it reads: what it allocated for that is wiped here
 * before it goes back to the heap, and json_move_secret() wipes the copy in the object.
 */
#ifndef JSON_PARSE_H
#define JSON_PARSE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/secret.h"

#define JSON_DEPTH_MAX 32

/*
 * ERR_PROTOCOL when text[0..len) is not one whole JSON value of depth <= JSON_DEPTH_MAX.
 * what: "the answer".
 */
int json_read(const char *what, const char *text, size_t len, struct json_object **out,
	      struct err *err);

/*
 * json-c makes U+FFFD of half a surrogate pair (\ud800 alone): where that would be another
 * secret, ask first.
 */
bool json_has_whole_escapes(const char *text, size_t len);

/* Moves the content of a json_type_string into a secret and wipes json-c's copy. */
int json_move_secret(struct json_object *string, struct secret **out, struct err *err);

static inline void cleanup_json(struct json_object **o)
{
	json_object_put(*o);
}
#define scoped_json SCOPED(cleanup_json)

#endif
