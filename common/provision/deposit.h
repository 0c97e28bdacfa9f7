/* SPDX-License-Identifier: MIT */
/*
 * deposit.h -- a token minted straight into one entry of the vault (mint.h).
 *
 * The entry is an intent with the unique name, before the API is asked; then it holds the
 * value.  Whatever interrupts, the same call finds the token by that name again.
 *
 * The caller holds the lock: two that heal the same intent would roll each other's value.
 */
#ifndef PROVISION_DEPOSIT_H
#define PROVISION_DEPOSIT_H

#include "base/clock.h"
#include "provision/mint.h"
#include "vault/vault.h"

struct deposit {		/* borrowed during the call */
	struct vault *vault;
	struct vault_id id;	/* where the token goes */
	const char *account;
	const char *what;	/* for its name: "aisearch WHAT 023e105f 1b2c3d4e" */
	/*
	 * What it is minted for, kept with the entry.  What an interrupted run minted for
	 * something else is deleted, not taken.
	 */
	const char *origin;
	bool dead;		/* the entry's token is refused by the API: a new value for it */
	struct client *creator;
	enum token_owner owner;
	const struct token_grant *grant;
	const struct clock *clock;
};

/*
 * name, in and out, is that of the intent ("" = there is none yet).  ERR_EXISTS when the entry
 * has a token, unless it is dead.
 */
int deposit_mint(const struct deposit *deposit, char name[TOKEN_NAME_MAX + 1],
		 struct minted *out, struct err *err);

#define DEPOSIT_GROUPS_MAX 32
struct deposit_groups {		/* permissions, as ids */
	char id[DEPOSIT_GROUPS_MAX][33];
	const char *item[DEPOSIT_GROUPS_MAX];
	size_t count;
};

/* Names of permission groups (or ids) -> ids, of groups for this kind of resource. */
int deposit_find_groups(struct client *creator, enum token_owner owner, const char *scope,
			const char *const *names, size_t count, struct deposit_groups *out,
			struct err *err);

#endif
