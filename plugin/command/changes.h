/* SPDX-License-Identifier: MIT */
/*
 * changes.h -- what a request would change, shown before it is sent.
 */
#ifndef COMMAND_CHANGES_H
#define COMMAND_CHANGES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "cloudflare/body.h"

struct changes {
	int count;
	bool reindex;		/* one of them makes the API index everything anew */
};

/* One line each, "chunk_size: 256 -> 512"; to = NULL only counts.  Values of headers are not shown. */
struct changes changes_show(FILE *to, const struct body_field *table, struct json_object *wanted,
			    struct json_object *there);

/*
 * A copy to be shown of what stands at this path (NULL = of a whole body): the values of headers
 * are "...", for they may be secrets, and a plan is read in logs.  NULL of NULL, or no memory.
 */
struct json_object *changes_shown(const char *path, struct json_object *value);

#endif
