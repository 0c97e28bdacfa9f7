/* SPDX-License-Identifier: MIT */
/*
 * usage.h -- the instances of the whole account, to see which use a registered token.
 */
#ifndef CLOUDFLARE_USAGE_H
#define CLOUDFLARE_USAGE_H

#include "cloudflare/instance.h"

/*
 * Of every namespace; of the client's alone when the API has no list of all of them any
 * more (it is deprecated).  each() may take what the instance owns; what it returns, if
 * not 0, ends the walk and is returned.
 */
int usage_walk(struct client *client, int (*each)(void *ctx, struct instance *instance), void *ctx,
	       struct err *err);

#endif
