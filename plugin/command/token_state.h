/* SPDX-License-Identifier: MIT */
/*
 * token_state.h -- how it is with a token, in one word: as the vault has it, or as the API says.
 *
 * The words are part of the JSON of `token list`, `token show`, `token verify` and `whoami`.
 */
#ifndef COMMAND_TOKEN_STATE_H
#define COMMAND_TOKEN_STATE_H

#include "cloudflare/token.h"
#include "vault/vault.h"

struct token_kept {		/* an entry of the vault */
	enum vault_state state;
	bool rotating;		/* the second token of a rotation that is unfinished */
	int64_t expires_at;	/* Unix seconds, 0 = never */
};

/*
 * Pure, nobody is asked: "rotating", "pending" (minted perhaps), "rejected" (put aside), "expired"
 * or "stored".
 */
const char *token_state_kept(const struct token_kept *kept, int64_t now);

/* What is not asked about, for its word says all: the API would be of no use. */
bool token_state_ends(const struct token_kept *kept, int64_t now);

/* Pure: the API's word, "active" when it says none. */
const char *token_state_told(const struct token *token);
bool token_state_alive(const char *state);	/* is that "active"? */

/* Pure: does it end so soon that it is worth a word?  0 = never. */
bool token_state_soon(int64_t expires_at, int64_t now);

/*
 * Asks with the client's own token: *state is the API's word, or "refused" when it is revoked,
 * rolled or unknown, and then *out is empty.  *out is yours: token_clear(), after the last use of
 * *state.  -1 = it could not be found out.
 */
int token_state_ask(struct client *client, enum token_owner *owner, struct token *out,
		    const char **state, struct err *err);

#endif
