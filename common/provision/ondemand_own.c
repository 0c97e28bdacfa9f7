/* SPDX-License-Identifier: MIT */
/* ondemand_own.c -- which of the API's tokens are a profile's own, and what of them is over. */
#include <stdio.h>
#include <string.h>

#include "provision/ondemand_room.h"

#define SWEEP_MAX 16		/* deleted after one mint */

int ondemand_choose_owner(const struct ondemand *with, enum token_owner *out, struct err *err)
{
	scoped_token struct token self = {0};
	const char *owner = with->profile->owner;

	if (owner) {
		*out = strcmp(owner, "account") ? TOKEN_OF_USER : TOKEN_OF_ACCOUNT;
		return 0;
	}
	if (token_verify_any(with->creator, out, &self, err) < 0)
		return err_context(err, "the creator token");
	return 0;
}

bool ondemand_is_id(const char *text)
{
	return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

void ondemand_name_prefix(const struct profile *p, char out[TOKEN_NAME_MAX + 1])
{
	char what[PROFILE_ORIGIN_SIZE];

	profile_origin(p, what);
	mint_name(out, what, p->account, 0);
	out[strlen(out) - 8] = '\0';
}

bool ondemand_is_own_name(const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	return name && !strncmp(name, prefix, len) && strlen(name) == len + 8 &&
	       strspn(name + len, "0123456789abcdef") == 8;
}

struct sweep {
	char prefix[TOKEN_NAME_MAX + 1];	/* of the names of the profile's tokens */
	const char *name, *id;			/* of the one just stored */
	char dead[SWEEP_MAX][33];
	size_t count;
};

static int on_old(void *ctx, const struct token *t)
{
	struct sweep *s = ctx;

	if (!ondemand_is_own_name(s->prefix, t->name) || !strcmp(t->id, s->id))
		return 0;
	if ((!t->status || strcmp(t->status, "expired")) && strcmp(t->name, s->name))
		return 0;
	snprintf(s->dead[s->count++], sizeof(s->dead[0]), "%s", t->id);
	return s->count == SWEEP_MAX;
}

/* Expired ones count towards the quota; so do twins of an interrupted run. */
void ondemand_sweep(const struct ondemand *with, enum token_owner owner, const char *name,
		    const char *id)
{
	struct sweep s = { .name = name, .id = id };
	struct err ignored = {0};

	ondemand_name_prefix(with->profile, s.prefix);
	if (token_list(with->creator, owner, on_old, &s, &ignored) < 0)
		return;
	for (size_t i = 0; i < s.count; i++)
		token_delete(with->creator, owner, s.dead[i], &ignored);
}
