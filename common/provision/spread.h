/* SPDX-License-Identifier: MIT */
/*
 * spread.h -- a token minted a moment ago is refused by AI Search (7012) until it has spread.
 */
#ifndef PROVISION_SPREAD_H
#define PROVISION_SPREAD_H

#include <stdbool.h>

#include "cloudflare/client.h"

#define SPREAD_WORDS "the new token has not spread yet, trying again"

bool spread_refused(const struct err *err);

/*
 * Tries until it is not refused so, five times more at most, with growing pauses, and tells
 * waiting (may be NULL) before each; both get ctx.  The last failure, or ERR_CANCELLED.
 */
int spread_try(struct client *client, int (*try)(void *ctx, struct err *err),
	       void (*waiting)(void *ctx), void *ctx, struct err *err);

#endif
