/* SPDX-License-Identifier: MIT */
#include "provision/deposit.h"

#include <stdio.h>
#include <string.h>

struct keeping {
	const struct deposit *deposit;
	const char *name;
};

static int keep(void *ctx, const struct minted *token, struct err *err)
{
	const struct keeping *k = ctx;
	const struct deposit *d = k->deposit;
	const struct vault_value value = { .secret = token->value };
	/* rather too soon than too late when the API did not repeat it */
	const struct vault_meta meta = {
		.token_id = token->id,
		.label = k->name,
		.origin = d->origin,
		.expires_at = token->expires_at ? token->expires_at : d->grant->expires_on,
	};

	return vault_put(d->vault, &d->id, &value, &meta, clock_wall_s(d->clock), err);
}

/* The intent alone: what was rejected under the same identity can still be restored. */
static int drop(const struct deposit *d, char *name, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;

	name[0] = '\0';
	if (vault_get(d->vault, &d->id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	return vault_erase_item(d->vault, item, err) < 0 && err->kind != ERR_NOT_FOUND ? -1 : 0;
}

static int intend(const struct deposit *d, char name[TOKEN_NAME_MAX + 1], struct err *err)
{
	const struct vault_meta meta = { .label = name, .origin = d->origin };

	if (mint_new_name(name, d->what, d->account, err) < 0)
		return -1;
	return vault_put_intent(d->vault, &d->id, &meta, clock_wall_s(d->clock), err);
}

/* What the entry is now: its name, unless it is of another making. */
static int look(const struct deposit *d, char name[TOKEN_NAME_MAX + 1], bool *outdated,
		struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;

	name[0] = '\0';
	*outdated = false;
	if (vault_get(d->vault, &d->id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (item->state == VAULT_ACTIVE && !d->dead) {
		err_set(err, ERR_EXISTS, "the vault has a token as %s", d->id.username);
		return -1;
	}
	snprintf(name, TOKEN_NAME_MAX + 1, "%s", item->label ? item->label : "");
	*outdated = !item->origin || strcmp(item->origin, d->origin) != 0;
	return name[0] || item->state == VAULT_ACTIVE ? 0 : drop(d, name, err);
}

int deposit_mint(const struct deposit *d, char name[TOKEN_NAME_MAX + 1], struct minted *out,
		 struct err *err)
{
	const struct keeping keeping = { d, name };
	struct mint mint = { .creator = d->creator, .owner = d->owner, .name = name, .keep = keep,
			     .ctx = (void *)&keeping };
	int64_t ends = d->grant->expires_on, now = clock_wall_s(d->clock);

	if (look(d, name, &mint.outdated, err) < 0)
		return -1;
	/* half of a life is worth a new value */
	mint.lives_until = ends ? now + (ends - now) / 2 : 0;
	if (name[0] && mint_heal(&mint, out, err) == 0)
		return 0;
	if (name[0] && err->kind != ERR_NOT_FOUND)
		return -1;
	if (name[0] && mint.outdated && drop(d, name, err) < 0)
		return -1;
	if (!name[0] && intend(d, name, err) < 0)
		return -1;
	mint.lives_until = 0;
	mint.outdated = false;
	return mint_new(&mint, d->grant, out, err);
}

static bool is_id(const char *text)
{
	return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

int deposit_find_groups(struct client *creator, enum token_owner owner, const char *scope,
			const char *const *names, size_t count, struct deposit_groups *out,
			struct err *err)
{
	if (count == 0 || count > DEPOSIT_GROUPS_MAX)
		return err_set(err, ERR_USAGE, "a token has 1 to %d permissions", DEPOSIT_GROUPS_MAX);
	out->count = count;
	for (size_t i = 0; i < count; i++) {
		out->item[i] = out->id[i];
		if (is_id(names[i]))
			memcpy(out->id[i], names[i], 33);
		else if (token_group_of_scope(creator, owner, names[i], scope, out->id[i], err) == 0)
			continue;
		else if (err->kind == ERR_NOT_FOUND || err->kind == ERR_FORBIDDEN) {
			/* its id is known; a creator may mint without being allowed to look */
			if (strcmp(names[i], TOKEN_GROUP_INDEX_ENGINE) != 0)
				return -1;
			memcpy(out->id[i], TOKEN_GROUP_INDEX_ENGINE_ID, 33);
		} else {
			return -1;
		}
	}
	return 0;
}
