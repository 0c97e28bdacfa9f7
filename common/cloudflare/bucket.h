/* SPDX-License-Identifier: MIT */
/*
 * bucket.h -- the account's R2 buckets, by name.
 */
#ifndef CLOUDFLARE_BUCKET_H
#define CLOUDFLARE_BUCKET_H

#include "cloudflare/client.h"

#define BUCKET_CODE_NOT_ENABLED 10042	/* R2 was never enabled (api.md, 2); the status is 403 */

/* Of the default jurisdiction, page by page; each() != 0 stops early with that value. */
int bucket_list(struct client *client, int (*each)(void *ctx, const char *name), void *ctx,
		struct err *err);

#endif
