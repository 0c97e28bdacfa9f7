/* SPDX-License-Identifier: MIT */
#include "provision/mint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "provision/plan.h"

void minted_clear(struct minted *token)
{
	secret_free(token->value);
	memset(token, 0, sizeof(*token));
}

void mint_name(char out[TOKEN_NAME_MAX + 1], const char *what, const char *account,
	       uint32_t random)
{
	snprintf(out, TOKEN_NAME_MAX + 1, "aisearch %s %.8s %08x", what, account, (unsigned)random);
}

int mint_new_name(char out[TOKEN_NAME_MAX + 1], const char *what, const char *account,
		  struct err *err)
{
	uint32_t random;

	if (getentropy(&random, sizeof(random)) < 0)
		return err_errno(err, ERR_STORAGE, errno, "no random number for the token's name");
	mint_name(out, what, account, random);
	return 0;
}

/* The first token of our name; later ones of the same name are leftovers. */
struct search_by_name {
	const struct mint *mint;
	char id[33];
	int64_t expires_at;
	char others[4][33];	/* twins: a mint repeated before the first one showed in the list */
	size_t other_count;
};

static int match_name(void *ctx, const struct token *token)
{
	struct search_by_name *search = ctx;
	int64_t ends = token->expires_on.known ? token->expires_on.unix_s : 0;

	if (!token->id || !token->name || strcmp(token->name, search->mint->name))
		return 0;
	if (!token_is_active(token))
		return 0;
	bool good = !search->mint->outdated && (ends == 0 || ends >= search->mint->lives_until);
	if (good && !search->id[0]) {
		snprintf(search->id, sizeof(search->id), "%s", token->id);
		search->expires_at = ends;
	} else if (search->other_count < sizeof(search->others) / sizeof(search->others[0])) {
		snprintf(search->others[search->other_count++], sizeof(search->others[0]), "%s",
			 token->id);
	}
	return 0;
}

static int delete_others(const struct mint *m, enum token_owner owner,
			 const struct search_by_name *search, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < search->other_count; i++)
		if (token_delete(m->creator, owner, search->others[i], err) < 0 &&
		    err->kind != ERR_NOT_FOUND)
			r = -1;
	return r;
}

static int keep(const struct mint *m, const struct minted *token, struct err *err)
{
	if (m->keep(m->ctx, token, err) == 0)
		return 0;
	err_context(err, "the token was minted, but not stored");
	return err->hint[0] ? -1 : err_hint(err, "mend that and run the same command again: the"
					    " token will be found by its name");
}

static int heal_as(const struct mint *m, enum token_owner owner, struct minted *out,
		   struct err *err)
{
	struct search_by_name search = { .mint = m };
	scoped_minted struct minted token = { .found = true, .active = true };
	struct err ignored = {0};

	if (token_list(m->creator, owner, match_name, &search, err) < 0)
		return -1;
	if (!search.id[0]) {
		/* they would be taken for the one that is minted next */
		if (delete_others(m, owner, &search, err) < 0)
			return -1;
		return err_set(err, ERR_NOT_FOUND, "there is no token named '%s'", m->name);
	}
	memcpy(token.id, search.id, sizeof(token.id));
	token.expires_at = search.expires_at;
	if (token_roll(m->creator, owner, search.id, &token.value, err) < 0 ||
	    keep(m, &token, err) < 0)
		return -1;
	delete_others(m, owner, &search, &ignored);
	*out = token;
	token.value = NULL;
	return 0;
}

int mint_heal(const struct mint *m, struct minted *out, struct err *err)
{
	enum token_owner owner = m->owner;
	struct err other = {0};

	if (heal_as(m, owner, out, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	/* The interrupted run may have been told another owner. */
	if (heal_as(m, owner == TOKEN_OF_USER ? TOKEN_OF_ACCOUNT : TOKEN_OF_USER, out, &other) == 0)
		return 0;
	switch (other.kind) {
	case ERR_AUTH:
	case ERR_FORBIDDEN:
	case ERR_NOT_FOUND:
		return -1;
	default:
		*err = other;
		return -1;
	}
}

int mint_new(const struct mint *m, const struct token_grant *grant, struct minted *out,
	     struct err *err)
{
	scoped_token struct token made = {0};
	scoped_minted struct minted token = {0};
	struct err first;

	if (token_mint(m->creator, m->owner, m->name, grant, &made, err) < 0) {
		/* No answer is not "no": look once whether it was done. */
		if (!plan_ambiguous(err))
			return -1;
		first = *err;
		if (mint_heal(m, out, err) == 0)
			return 0;
		if (err->kind == ERR_CANCELLED)
			return -1;
		*err = first;
		return err_hint(err, "run the same command again: it finds out whether '%s' was minted",
				m->name);
	}
	memcpy(token.id, made.id, sizeof(token.id));	/* 32 digits: token.c checked */
	token.expires_at = made.expires_on.known ? made.expires_on.unix_s : 0;
	token.active = token_is_active(&made);
	token.value = STEAL(made.value);
	if (keep(m, &token, err) < 0)
		return -1;
	*out = token;
	token.value = NULL;
	return 0;
}
