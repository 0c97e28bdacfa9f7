/* SPDX-License-Identifier: MIT */
/*
 * registration.h -- a token registered with AI Search, or its registration given the value
 * that it has now.
 */
#ifndef PROVISION_REGISTRATION_H
#define PROVISION_REGISTRATION_H

#include "cloudflare/token.h"

struct registration {		/* borrowed during the call */
	struct client *manager;
	const char *name;	/* of a new registration; NULL = the token's id */
	const char *rename;	/* of one that is there; NULL = it keeps its own */
	const char *token_id;
	const struct secret *value;
	const char *id;		/* this registration gets the token; NULL = the token's own, or a new one */
	void (*waiting)(void *ctx);	/* before each pause (spread.h); may be NULL */
	void *ctx;
};

/*
 * A fresh token is tried until it has spread, and an answer that was lost is looked up.  *replaced tells that the registration was there.  *out is yours:
 * credential_clear().
 */
int registration_make(const struct registration *what, struct credential *out, bool *replaced,
		      struct err *err);

#endif
