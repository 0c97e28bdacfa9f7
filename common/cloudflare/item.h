/* SPDX-License-Identifier: MIT */
/*
 * item.h -- the files of an instance and what became of them.
 */
#ifndef CLOUDFLARE_ITEM_H
#define CLOUDFLARE_ITEM_H

#include "cloudflare/client.h"

#define ITEM_UPLOAD_MAX (4 * 1024 * 1024)	/* bytes of one file */

struct item {			/* item_clear() */
	char *id;
	char *key;		/* path inside the source */
	char *status;		/* queued running completed error skipped outdated */
	char *error;		/* or NULL */
	struct count file_size, chunks_count;
};
void item_clear(struct item *item);
#define scoped_item SCOPED(item_clear)

int item_decode(struct json_object *obj, struct item *out, struct err *err);

/* status NULL = every one. */
int item_list(struct client *client, const char *instance, const char *status,
	      int (*each)(void *ctx, const struct item *item), void *ctx, struct err *err);

/* Uploads into built-in storage under this name (<= 128 bytes, no control characters). */
int item_upload(struct client *client, const char *instance, const char *name,
		const void *data, size_t len, struct item *out, struct err *err);
int item_delete(struct client *client, const char *instance, const char *item_id,
		struct err *err);

#endif
