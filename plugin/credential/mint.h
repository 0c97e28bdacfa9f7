/* SPDX-License-Identifier: MIT */
/*
 * mint.h -- --mint PROFILE: when the vault has nothing valid, `aisearch token mint` is run,
 * which mints and stores; then the vault is read again.  No secret passes between the two.
 *
 * `aisearch` is the one beside this program, else the first in PATH that stands in an
 * absolute folder and that nobody but root or this user may change.  It gets the request
 * on a pipe, a clean environment, no descriptor but stderr, and a deadline.  Which
 * requests the profile answers is for it to say, so that this program reads no JSON.
 */
#ifndef CREDENTIAL_MINT_H
#define CREDENTIAL_MINT_H

#include "door.h"

#define MINT_DEADLINE_S 30	/* when there is nothing valid */
#define MINT_AHEAD_S 5		/* when there is, and half of its life is over */

/* ERR_USAGE when door->mint is no name of a profile. */
int mint_check(const struct door *door, struct err *err);

/*
 * As vault_get(), but what the profile minted goes before what is newer, what login and
 * provision stored for aisearch itself answers only when the query names its user, and what
 * is missing or expired is minted.  ERR_NOT_FOUND as well when the profile is not for this
 * request.  May give an expired entry, as vault_get() may.
 */
int mint_get(const struct door *door, const struct vault_id *query, unsigned want,
	     struct vault_item **out, struct err *err);

/*
 * As vault_reject(), but what the profile did not mint only with its secret: ERR_EXISTS when
 * there is nothing else.  What the profile minted of it is revoked at the API as well.
 */
int mint_reject(const struct door *door, const struct vault_id *query,
		const struct vault_value *only, struct err *err);

#endif
