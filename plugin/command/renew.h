/* SPDX-License-Identifier: MIT */
/*
 * renew.h -- what becomes of a command whose token the API refuses.
 *
 * The vault is read again, with a handle of its own: after `aisearch token rotate` it has
 * another value, and the command goes on with that.  While a rotation in place is between
 * the two, it is waited for.  A token of the environment is never replaced.
 *
 * Else the error's hint says where the refused one came from, and what to do.
 */
#ifndef COMMAND_RENEW_H
#define COMMAND_RENEW_H

#include "cli.h"

#define RENEW_PATIENCE_MS 3000	/* for the end of a rotation in place */

/* Fits bearer_source; ctx is a struct cli_source. */
void renew_ask(void *ctx, const struct secret *refused, struct secret **out, struct err *err);

struct renew_facts {
	const char *role;	/* "manager", "creator" */
	bool from_env;		/* it is the value of CLOUDFLARE_API_TOKEN */
	enum { RENEW_THERE, RENEW_GONE, RENEW_EXPIRED, RENEW_UNREAD } entry;	/* the vault's */
	const char *origin;	/* vault_meta.origin of that, or NULL */
	bool rotating;		/* a rotation of the role is unfinished */
};

/* Pure: err's hint, when there is no other token. */
void renew_hint(const struct renew_facts *facts, struct err *err);

#endif
