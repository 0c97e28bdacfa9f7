/* SPDX-License-Identifier: MIT */
/*
 * mint.h -- a profile's token, for `token mint` and for `token print mint:NAME`.
 */
#ifndef COMMAND_MINT_H
#define COMMAND_MINT_H

#include "cli.h"
#include "provision/ondemand.h"

/* From here on cli's account, API and host are those of the profile, which must outlive it. */
int mint_use_profile(struct cli *cli, const struct profile *profile, struct err *err);

/* Waits, unless ahead, until nobody else mints by this profile; close *lock when done. */
int mint_lock(struct cli *cli, const struct profile *profile, bool ahead, int *lock,
	      struct err *err);

enum mint_how {
	MINT_THERE,	/* nothing was to be done */
	MINT_DONE,
	MINT_LEFT,	/* ahead: another one is at it, or failed a moment ago */
};

/*
 * Sees to it that the vault has a token of which less than half of its life is over.
 * ERR_EXISTS when a valid one is there that the profile did not mint, unless the helper asks.
 * renew: a new one in any case.  ahead: do not wait for another run.
 */
int mint_ensure(struct cli *cli, const struct profile *profile, bool renew, bool ahead,
		enum mint_how *how, struct ondemand_token *out, struct err *err);

#endif
