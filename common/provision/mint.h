/* SPDX-License-Identifier: MIT */
/*
 * mint.h -- one token, minted once, whatever happens in between.
 *
 *	vault:  nothing -> intent (unique name) -> value
 *	API:              nothing -> token of that name
 *
 * Each arrow is on disk before the next one begins, so at every moment either the vault
 * has the value, or it has the name under which the token is found.  The caller keeps the
 * vault's side: a name that was in an intent before this run is mint_heal()ed first; when
 * that says ERR_NOT_FOUND, or the intent is new, mint_new() follows.
 *
 * Nothing here locks: two that heal the same name at once would roll each other's value.
 *
 * For use inside common/provision and by its tests.
 */
#ifndef PROVISION_MINT_H
#define PROVISION_MINT_H

#include "cloudflare/token.h"

struct minted {			/* minted_clear() */
	char id[33];
	int64_t expires_at;	/* Unix seconds, 0 = never */
	struct secret *value;
	bool found;		/* of an interrupted run, with a new value */
	bool active;		/* says the API */
};
void minted_clear(struct minted *token);
#define scoped_minted SCOPED(minted_clear)

struct mint {			/* borrowed during the call */
	struct client *creator;
	enum token_owner owner;
	const char *name;	/* unique, and in the vault by now */
	/* What is found under the name is worth healing when it ends no sooner than this... */
	int64_t lives_until;	/* Unix seconds, 0 = however soon */
	bool outdated;		/* ... and was not minted for something else; if so, it is deleted */
	/* Puts the value into the vault, synced: nothing else happens to it before. */
	int (*keep)(void *ctx, const struct minted *token, struct err *err);
	void *ctx;
};

/*
 * Finds the token that an interrupted run left under the name and gives it a new value;
 * deletes its twins.  ERR_NOT_FOUND when there is none, or none any more.
 */
int mint_heal(const struct mint *mint, struct minted *out, struct err *err);

/* Mints; when the answer does not tell whether it was done, heals. */
int mint_new(const struct mint *mint, const struct token_grant *grant, struct minted *out,
	     struct err *err);

/* "aisearch default 023e105f 1b2c3d4e": at most TOKEN_NAME_MAX bytes. */
void mint_name(char out[TOKEN_NAME_MAX + 1], const char *what, const char *account,
	       uint32_t random);
int mint_new_name(char out[TOKEN_NAME_MAX + 1], const char *what, const char *account,
		  struct err *err);

#endif
