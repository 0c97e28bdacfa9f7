/* SPDX-License-Identifier: MIT */
/*
 * json.h -- short words for json-c.
 *
 * json_object_object_add() takes over its value; so do these.  Getters borrow.
 */
#ifndef EMULATOR_JSON_H
#define EMULATOR_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

/* JSON as it reads, turned into a C string; not subject to macro expansion. */
#define JSON(...) #__VA_ARGS__

void js_str(struct json_object *obj, const char *key, const char *text);	/* NULL is null */
void js_int(struct json_object *obj, const char *key, int64_t value);
void js_bool(struct json_object *obj, const char *key, bool value);
void js_num(struct json_object *obj, const char *key, double value);	/* six digits */
void js_time(struct json_object *obj, const char *key, int64_t unix_s);	/* 0 is null */
/* text is JSON of our own database; NULL or "" is null. */
void js_raw(struct json_object *obj, const char *key, const char *text);
/* Another reference to value. */
void js_share(struct json_object *obj, const char *key, struct json_object *value);

/* NULL when absent, null or of another type. */
struct json_object *js_get(struct json_object *obj, const char *key);
const char *js_get_str(struct json_object *obj, const char *key);
int64_t js_get_int(struct json_object *obj, const char *key, int64_t otherwise);
double js_get_num(struct json_object *obj, const char *key, double otherwise);
bool js_get_bool(struct json_object *obj, const char *key, bool otherwise);

/* Strict, at most 32 deep, valid UTF-8, nothing behind.  NULL when it is not; *ok tells
 * a null from a failure. */
struct json_object *js_parse(const char *text, size_t len, bool *ok);
const char *js_text(struct json_object *obj);	/* compact, owned by obj */

static inline void cleanup_json(struct json_object **obj)
{
	json_object_put(*obj);
}
#define scoped_json SCOPED(cleanup_json)

#endif
