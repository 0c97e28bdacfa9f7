/* SPDX-License-Identifier: MIT */
/*
 * life.h -- the life of an entry that was minted, as the helper and the minter see it.
 */
#ifndef VAULT_LIFE_H
#define VAULT_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#define LIFE_ORIGIN_MINT "mint:"	/* then the profile's name: vault_meta.origin */

static inline bool life_over(int64_t expires_at, int64_t now)
{
	return expires_at > 0 && expires_at <= now;
}

/* Half of it is over: renew ahead, while the old value still serves. */
static inline bool life_half_over(int64_t stored_at, int64_t expires_at, int64_t now)
{
	return expires_at > 0 && now - stored_at >= expires_at - now;
}

#endif
