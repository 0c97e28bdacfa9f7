/* SPDX-License-Identifier: MIT */
/*
 * ending.h -- the end of one API token, and how certain it is: what is alive is not forgotten,
 * and what is dead is not handed out.
 */
#ifndef PROVISION_ENDING_H
#define PROVISION_ENDING_H

#include "base/clock.h"
#include "cloudflare/token_object.h"
#include "vault/vault.h"

struct ending {			/* all borrowed during the call */
	struct client *creator;
	bool refused;		/* the creator's own token: it revokes nothing */
	enum token_owner owner;	/* looked for there first */
	const struct clock *clock;
};

enum ended {
	ENDED_NOW,	/* revoked */
	ENDED_BEFORE,	/* neither the user nor the account has it */
	/*
	 * The creator may not look everywhere, and the token's value is refused: it is dead, or has
	 * got another value.  The vault keeps it, but as rejected.
	 */
	ENDED_REFUSED,
};

/*
 * Revokes the token; value is what is known of it, or NULL.  ERR_FORBIDDEN or ERR_AUTH: it is
 * alive and not this creator's to revoke, or nobody can tell.
 */
int ending_revoke(const struct ending *ending, const char *id, const struct secret *value,
		  enum ended *how, struct err *err);

/* A value of the token that the vault has, rejected ones too; *out stays NULL when it has none. */
int ending_value(struct vault *vault, const char *id, struct secret **out, struct err *err);

/* An entry of a token that ended so: erased, with copies under the same host; or rejected. */
int ending_forget(const struct ending *ending, struct vault *vault, const struct vault_item *item,
		  enum ended how, struct err *err);

#define ENDING_NAMESAKES 8
struct namesakes {
	char id[ENDING_NAMESAKES][33];
	size_t count;
	bool hidden;	/* those of the user, or of the account, may not be seen */
};
/* The user's and the account's tokens of this name, or of this and so many hexadecimal digits. */
int ending_find(struct client *creator, const char *name, size_t digits, struct namesakes *out,
		struct err *err);

#endif
