/* SPDX-License-Identifier: MIT */
/* ondemand.c -- minting: under the intent's name, and kept when it is what was asked for. */
#include "provision/ondemand_room.h"

#include <string.h>

struct groups {			/* the profile's permissions, as ids */
	char id[PROFILE_LIST_MAX][33];
	const char *item[PROFILE_LIST_MAX];
};

static int find_groups(const struct ondemand *with, enum token_owner owner, struct groups *out,
		       struct err *err)
{
	const struct profile_list *wanted = &with->profile->permissions;
	char scope[128];

	profile_scope(with->profile, scope);
	for (size_t i = 0; i < wanted->count; i++) {
		out->item[i] = out->id[i];
		if (ondemand_is_id(wanted->item[i]))
			memcpy(out->id[i], wanted->item[i], 33);
		else if (token_group_of_scope(with->creator, owner, wanted->item[i], scope,
					      out->id[i], err) < 0)
			return -1;
	}
	return 0;
}

static struct token_list borrow(const struct profile_list *list)
{
	return (struct token_list){ (const char *const *)list->item, list->count };
}

struct keeping {
	const struct ondemand *with;
	const struct ondemand_intent *intent;
	const enum token_owner *owner;
};

#define LATER_S 3600		/* the API's clock may differ by so much */

/* What is not what was asked for is not kept: it could outlive all that is planned here. */
static int check(const struct keeping *k, const struct minted *token, struct err *err)
{
	int64_t now = clock_wall_s(k->with->clock);
	struct err ignored = {0};
	const char *wrong;

	if (!token->active)
		wrong = "not an active one";
	else if (life_over(token->expires_at, now))
		wrong = "it has expired";
	else if (token->expires_at > now + k->with->profile->ttl_s + LATER_S)
		wrong = "it lives longer than asked for";
	else
		return 0;
	err_set(err, ERR_PROTOCOL, "the API minted token %s, but %s", token->id, wrong);
	if (token_delete(k->with->creator, *k->owner, token->id, &ignored) < 0)
		return err_hint(err, "it could not be revoked: aisearch token revoke %s %s",
				k->with->profile->name, token->id);
	return err_hint(err, "it was revoked; is the clock right, and the API's address?");
}

static int keep(void *ctx, const struct minted *token, struct err *err)
{
	const struct keeping *k = ctx;
	const struct profile *p = k->with->profile;
	const struct vault_id id = profile_identity(p);
	const struct vault_value value = { .secret = token->value };
	char origin[PROFILE_ORIGIN_SIZE];

	if (check(k, token, err) < 0)
		return -1;
	profile_origin(p, origin);
	const struct vault_meta meta = {
		.token_id = token->id,
		.label = k->intent->name,
		.origin = origin,
		/* rather too soon than too late when the API did not repeat it */
		.expires_at = token->expires_at ? token->expires_at
						: k->intent->stored_at + p->ttl_s,
	};
	return vault_put(k->with->vault, &id, &value, &meta, clock_wall_s(k->with->clock), err);
}

/* --- all of it ------------------------------------------------------------------------ */

static int heal(const struct ondemand *with, struct mint *mint,
		const struct ondemand_intent *intent, struct minted *out, struct err *err)
{
	mint->lives_until = clock_wall_s(with->clock) + with->profile->ttl_s / 2;
	mint->outdated = intent->outdated;
	return mint_heal(mint, out, err);
}

static int mint_under_name(const struct ondemand *with, struct ondemand_intent *intent,
			   struct mint *mint, struct minted *out, struct err *err)
{
	const struct profile *p = with->profile;
	struct groups groups;

	if (intent->name[0] && heal(with, mint, intent, out, err) == 0)
		return 0;
	if (intent->name[0] && err->kind != ERR_NOT_FOUND)
		return -1;
	if (find_groups(with, mint->owner, &groups, err) < 0)
		return -1;
	/* the intent of another version of the profile says what it said: a new one */
	if (intent->name[0] && intent->outdated && ondemand_drop_intent(with, intent, err) < 0)
		return -1;
	if (!intent->name[0] && ondemand_record_intent(with, intent, err) < 0)
		return -1;
	const struct token_grant grant = {
		.groups = { groups.item, p->permissions.count },
		.resources = borrow(&p->resources),
		.allow_ip = borrow(&p->allow_ip),
		.deny_ip = borrow(&p->deny_ip),
		.expires_on = clock_wall_s(with->clock) + p->ttl_s,
	};
	mint->lives_until = 0;
	mint->outdated = false;
	return mint_new(mint, &grant, out, err);
}

int ondemand_mint(const struct ondemand *with, struct ondemand_token *out, struct err *err)
{
	scoped_minted struct minted token = {0};
	struct ondemand_intent intent;
	struct keeping keeping = { .with = with, .intent = &intent };
	struct mint mint = { .creator = with->creator, .name = intent.name, .keep = keep,
			     .ctx = &keeping };
	struct ondemand_entry before;
	struct err ignored = {0};

	keeping.owner = &mint.owner;
	if (ondemand_find_entry(with, &before, err) < 0 ||
	    ondemand_find_intent(with, &intent, err) < 0)
		return -1;
	/* killed after the value was stored: that intent was carried out */
	if (before.there && intent.name[0] && !strcmp(before.label, intent.name) &&
	    ondemand_drop_intent(with, &intent, err) < 0)
		return -1;
	if (ondemand_choose_owner(with, &mint.owner, err) < 0 ||
	    mint_under_name(with, &intent, &mint, &token, err) < 0)
		return -1;
	*out = (struct ondemand_token){ .found = token.found };
	memcpy(out->id, token.id, sizeof(out->id));
	memcpy(out->name, intent.name, sizeof(out->name));
	if (ondemand_find_entry(with, &before, err) < 0)
		return -1;
	out->expires_at = before.expires_at;
	ondemand_sweep(with, mint.owner, intent.name, token.id);
	ondemand_drop_intent(with, &intent, &ignored);	/* if not, the next mint does */
	return 0;
}
