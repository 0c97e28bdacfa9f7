/* SPDX-License-Identifier: MIT */
/*
 * vault_room.h -- an empty vault in a folder of its own, and short words for what is done
 * with it.
 */
#ifndef UNIT_VAULT_ROOM_H
#define UNIT_VAULT_ROOM_H

#include "unit.h"
#include "vault/vault.h"

extern char folder[256];	/* "" = none */
extern char db[300];		/* the vault's path */

struct vault *fresh(void);	/* instead of the one before */
void clean(void);

struct secret *text(const char *s);	/* NULL of NULL; yours */
int put(struct vault *v, struct vault_id id, const char *secret, const char *refresh,
	struct vault_meta meta, int64_t now);
/* Lives as long as *item, which is freed by the next call; NULL = there is none. */
const char *got(struct vault *v, struct vault_id query, struct vault_item **item);

#define NO_META ((struct vault_meta){ 0 })

#endif
