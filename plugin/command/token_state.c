/* SPDX-License-Identifier: MIT */
#include "token_state.h"

#include <string.h>

#include "vault/life.h"

#define SOON_S (7 * 86400)

const char *token_state_kept(const struct token_kept *kept, int64_t now)
{
	if (kept->rotating)
		return "rotating";
	if (kept->state == VAULT_PENDING)
		return "pending";
	if (kept->state == VAULT_REJECTED)
		return "rejected";
	return life_over(kept->expires_at, now) ? "expired" : "stored";
}

bool token_state_ends(const struct token_kept *kept, int64_t now)
{
	return strcmp(token_state_kept(kept, now), "stored") != 0;
}

const char *token_state_told(const struct token *token)
{
	return token->status ? token->status : "active";
}

bool token_state_alive(const char *state)
{
	return !strcmp(state, "active");
}

bool token_state_soon(int64_t expires_at, int64_t now)
{
	return expires_at > 0 && expires_at - now < SOON_S;
}

int token_state_ask(struct client *client, enum token_owner *owner, struct token *out,
		    const char **state, struct err *err)
{
	if (token_verify_any(client, owner, out, err) == 0) {
		*state = token_state_told(out);
		return 0;
	}
	if (err->kind != ERR_AUTH)
		return -1;
	*state = "refused";
	return 0;
}
