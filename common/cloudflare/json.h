/* SPDX-License-Identifier: MIT */
/*
 * json.h -- typed getters over json-c: absent is not zero.
 *
 * Each returns 0 and leaves *out at "absent" (NULL, known = false) when the
 * member is missing or null, and ERR_PROTOCOL when it is there with the wrong
 * type.  What they give is borrowed from the object.
 */
#ifndef CLOUDFLARE_JSON_H
#define CLOUDFLARE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "json/parse.h"

struct count {			/* in one word: thousands of instances have many */
	bool known : 1;
	int64_t value : 63;	/* >= 0; meaningless unless known */
};

struct instant {
	bool known : 1;
	int64_t unix_s : 63;	/* UTC; meaningless unless known */
};

#define COUNT_MAX (INT64_MAX >> 1)

struct flag {
	bool known;
	bool value;
};

/* json_read() of "the answer". */
int json_parse(const char *text, size_t len, struct json_object **out, struct err *err);

int json_get_text(struct json_object *obj, const char *key, const char **out, struct err *err);
int json_get_count(struct json_object *obj, const char *key, struct count *out, struct err *err);
int json_get_flag(struct json_object *obj, const char *key, struct flag *out, struct err *err);
int json_get_instant(struct json_object *obj, const char *key, struct instant *out,
		     struct err *err);
int json_get_object(struct json_object *obj, const char *key, struct json_object **out,
		    struct err *err);
int json_get_array(struct json_object *obj, const char *key, struct json_object **out,
		   struct err *err);

/* As json_get_text() with a copy in *out that is yours: free(). */
int json_copy_text(struct json_object *obj, const char *key, char **out, struct err *err);
int json_copy_needed(struct json_object *obj, const char *key, char **out, struct err *err);

/* As json_get_text(), but absent is ERR_PROTOCOL. */
int json_need_text(struct json_object *obj, const char *key, const char **out, struct err *err);

/*
 * Moves a string value into a secret and wipes json-c's copy.  NULL and other types:
 * ERR_PROTOCOL.
 */
int json_take_secret(struct json_object *value, struct secret **out, struct err *err);

#endif
