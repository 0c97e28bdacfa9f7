/* SPDX-License-Identifier: MIT */
/* ondemand_revoke.c -- a profile's tokens, those that the vault knows and the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provision/ending.h"
#include "provision/ondemand_room.h"

struct revocation {
	const struct ondemand *with;
	const char *id;		/* NULL = all */
	enum token_owner owner;
	char origin[PROFILE_ORIGIN_SIZE], prefix[TOKEN_NAME_MAX + 1];
	void (*told)(void *ctx, const char *id);
	void *ctx;
	size_t found;
	struct named {		/* what the API has under the profile's names */
		char id[33];
		enum token_owner owner;
	} *named;
	size_t count, room;
	enum token_owner listed;	/* whose are being listed */
	struct err *err;
};

static void cleanup_revocation(struct revocation *r)
{
	free(r->named);
}

/* value: as the vault has it, or NULL. */
static int end(const struct revocation *r, const char *id, const struct secret *value,
	       enum ended *how)
{
	const struct ending ending = { .creator = r->with->creator, .owner = r->owner };

	if (ending_revoke(&ending, id, value, how, r->err) < 0)
		return -1;
	*r->err = (struct err){ 0 };
	r->told(r->ctx, id);
	return 0;
}

/*
 * Never handed out again, before the API is asked; copies under the same host neither.
 * When it is dead for certain all of them go for good: nobody should restore one.
 */
static int revoke_item(struct revocation *r, const struct vault_item *item)
{
	struct vault *vault = r->with->vault;
	const struct vault_id anywhere = { item->protocol, item->host, NULL, NULL };
	int64_t now = clock_wall_s(r->with->clock);
	scoped_vault_item struct vault_item *full = NULL;
	struct err ignored = {0};
	enum ended how;

	/* it may be damaged, or renewed meanwhile */
	vault_get_row(vault, item->row, &full, &ignored);
	const struct vault_value only = { .secret = full ? full->secret : NULL };
	if (vault_reject_item(vault, item, NULL, now, NULL, r->err) < 0 ||
	    (only.secret && vault_reject(vault, &anywhere, &only, now, NULL, r->err) < 0) ||
	    end(r, item->token_id, only.secret, &how) < 0)
		return -1;
	/* not certain: it stays as rejected */
	return only.secret && how != ENDED_REFUSED ? vault_forget(vault, &anywhere, &only, r->err) : 0;
}

static int on_revoke(void *ctx, const struct vault_item *item)
{
	struct revocation *r = ctx;

	if (!item->token_id || !same_text(item->origin, r->origin) ||
	    (r->id && strcmp(item->token_id, r->id)))
		return 0;
	r->found++;
	return revoke_item(r, item);
}

static int on_named(void *ctx, const struct token *t)
{
	struct revocation *r = ctx;

	if (!t->id || !ondemand_is_id(t->id) || !ondemand_is_own_name(r->prefix, t->name) ||
	    (r->id && strcmp(t->id, r->id)))
		return 0;
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 16;
		void *bigger = reallocarray(r->named, room, sizeof(r->named[0]));

		if (!bigger)
			return err_nomem(r->err);
		r->named = bigger;
		r->room = room;
	}
	r->named[r->count] = (struct named){ .owner = r->listed };
	snprintf(r->named[r->count++].id, sizeof(r->named->id), "%s", t->id);
	return 0;
}

/* Those that were renewed, or whose entry was lost: the vault knows nothing of them. */
static int revoke_named(struct revocation *r)
{
	struct err second = {0};

	r->listed = r->owner;
	if (token_list(r->with->creator, r->listed, on_named, r, r->err) < 0)
		return -1;
	/* as far as the creator may see them: a profile may have had another owner before */
	r->listed = r->owner == TOKEN_OF_USER ? TOKEN_OF_ACCOUNT : TOKEN_OF_USER;
	token_list(r->with->creator, r->listed, on_named, r, &second);
	for (size_t i = 0; i < r->count; i++) {
		const struct named *one = &r->named[i];

		r->found++;
		if (token_delete(r->with->creator, one->owner, one->id, r->err) < 0 &&
		    r->err->kind != ERR_NOT_FOUND)
			return -1;
		r->told(r->ctx, one->id);
	}
	return 0;
}

int ondemand_revoke(const struct ondemand *with, const char *id,
		    void (*told)(void *ctx, const char *id), void *ctx, struct err *err)
{
	SCOPED(cleanup_revocation) struct revocation r = { .with = with, .id = id, .told = told,
							   .ctx = ctx, .err = err };
	const struct vault_id query = { .protocol = "https", .host = with->profile->host };

	profile_origin(with->profile, r.origin);
	ondemand_name_prefix(with->profile, r.prefix);
	if (ondemand_choose_owner(with, &r.owner, err) < 0 ||
	    vault_list(with->vault, &query, on_revoke, &r, err) < 0)
		return -1;
	if ((!id || !r.found) && revoke_named(&r) < 0)
		return -1;
	if (!r.found)
		return err_set(err, ERR_NOT_FOUND, "neither the vault nor the API has a token that"
			       " profile '%s' minted%s", with->profile->name,
			       id ? " under that id" : "");
	return 0;
}
