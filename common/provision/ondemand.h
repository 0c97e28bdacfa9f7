/* SPDX-License-Identifier: MIT */
/*
 * ondemand.h -- a profile's token: there and fresh, or minted (mint.h).
 *
 * The intent is an entry of its own, so that a token is renewed while the old value
 * still answers: protocol ONDEMAND_PROTOCOL, the API's host, path accounts/ID, the
 * profile's name.  It goes when the value is stored.
 *
 * The caller holds a lock on the profile: two at once would roll each other's value.
 */
#ifndef PROVISION_ONDEMAND_H
#define PROVISION_ONDEMAND_H

#include "base/clock.h"
#include "cloudflare/token.h"
#include "provision/profile.h"

#define ONDEMAND_PROTOCOL "aisearch-mint"	/* nobody asks for it: git's are http, https... */

enum ondemand_state {
	ONDEMAND_NONE,		/* no entry, or an expired one */
	ONDEMAND_FRESH,		/* less than half of its life is over */
	ONDEMAND_AGING,		/* valid; to be renewed */
	ONDEMAND_FOREIGN,	/* a valid entry that the profile did not mint */
};

struct ondemand {		/* borrowed during the call */
	const struct profile *profile;
	struct vault *vault;
	struct client *creator;	/* of the profile's account; not for ondemand_look() */
	const struct clock *clock;
};

struct ondemand_token {
	char id[33];		/* "" when it is not known */
	char name[TOKEN_NAME_MAX + 1];	/* what the API calls it; likewise */
	int64_t expires_at;
	bool found;		/* of an interrupted run, with a new value */
};

/* What the vault has; fills *out unless it is ONDEMAND_NONE. */
int ondemand_look(const struct ondemand *with, enum ondemand_state *state,
		  struct ondemand_token *out, struct err *err);

/*
 * Mints, or heals what an interrupted run left, and stores.  The value before is left to
 * expire: somebody may be using it.  Afterwards what has expired of the profile's tokens
 * is deleted at the API, as far as that goes.
 */
int ondemand_mint(const struct ondemand *with, struct ondemand_token *out, struct err *err);

/*
 * Revokes, at the API, each token that the profile minted, or with an id that one: those
 * of the vault, rejected ones too, and what the API lists under the profile's names, which
 * the vault may know nothing of.  When it is done they are gone from the vault for good.
 * told() gets each id.
 * ERR_NOT_FOUND: the profile minted none (of that id).
 */
int ondemand_revoke(const struct ondemand *with, const char *id,
		    void (*told)(void *ctx, const char *id), void *ctx, struct err *err);

#endif
