/* SPDX-License-Identifier: MIT */
/*
 * keys.h -- does an object say one member twice?  json-c takes the last one silently.
 */
#ifndef JSON_KEYS_H
#define JSON_KEYS_H

#include <stddef.h>

#include "base/err.h"

/*
 * For a text that json_read() took.  ERR_CONFIG names the first key that stands twice in its
 * object, and the line.  Keys are the same when they are to json-c: "a" and "\u0061" are.
 * What json_read() lets pass although it is not JSON, a key in single quotes, is refused, and
 * so is a key with a NUL, of which json-c keeps a part only.
 */
int json_check_keys(const char *text, size_t len, struct err *err);

#endif
