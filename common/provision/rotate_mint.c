/* SPDX-License-Identifier: MIT */
/* rotate_mint.c -- the second token: who may make it, what it is allowed, and its value. */
#include <stdio.h>
#include <string.h>

#include "provision/rotation.h"

/* --- who may do what, and what the first token is allowed ---------------------------------- */

int rotation_verify(struct rotation *r, const struct secret *value, struct token *out,
		    enum token_owner *owner, struct err *err)
{
	struct client *client = r->config->creator;
	const struct secret *creator = client_token(client);

	client_set_token(client, value);
	int result = token_verify_any(client, owner, out, err);
	client_set_token(client, creator);
	return result;
}

/* Alive although the creator does not see it: another kind of owner, or another person. */
static int check_lost(struct rotation *r, struct err *err)
{
	scoped_token struct token token = {0};
	enum token_owner owner;
	struct err why = {0};

	if (r->old_value && rotation_verify(r, r->old_value, &token, &owner, &why) == 0) {
		err_set(err, ERR_FORBIDDEN, "the creator token may not manage token %s, which is %s-owned",
			r->old_id, owner == TOKEN_OF_USER ? "user" : "account");
		return err_hint(err, "log in with a creator token of the same owner: aisearch login --role"
				" creator");
	}
	if (r->old_value && why.kind != ERR_AUTH) {
		*err = why;
		return -1;
	}
	if (strncmp(r->config->role, "service:", 8) == 0)
		return 0;	/* what a service token may do is known */
	err_set(err, ERR_AUTH, "token %s is gone, and so is what it was allowed", r->old_id);
	return err_hint(err, "make a new one: aisearch logout --role %s, then aisearch token create --role %s",
			r->config->role, r->config->role);
}

int rotation_look_at_old(struct rotation *r, struct err *err)
{
	scoped_json struct json_object *object = NULL;
	scoped_token struct token self = {0};
	int64_t life;

	if (r->looked)
		return 0;
	if (token_verify_any(r->config->creator, &r->owner, &self, err) < 0)
		return err_context(err, "the creator token");
	if (token_get_any(r->config->creator, &r->owner, r->old_id, &object, err) < 0) {
		if (err->kind != ERR_NOT_FOUND && err->kind != ERR_AUTH && err->kind != ERR_FORBIDDEN)
			return -1;
		if (check_lost(r, err) < 0)
			return -1;
		r->old_gone = true;
	} else if (token_copy_decode(object, &r->copy, err) < 0) {
		return err_context(err, "token %s", r->old_id);
	}
	life = r->config->life_s ? r->config->life_s : r->copy.life_s;
	r->ends = life ? clock_wall_s(r->config->clock) + life : 0;
	r->looked = true;
	return 0;
}

/* --- the second token ------------------------------------------------------------------- */

static int alive(struct rotation *r, bool *alive, struct err *err)
{
	scoped_token struct token token = {0};
	enum token_owner owner;

	*alive = false;
	if (rotation_verify(r, r->value, &token, &owner, err) < 0)
		return err->kind == ERR_AUTH ? 0 : err_context(err, "the new token");
	*alive = token_is_active(&token);
	if (*alive)
		r->owner = owner;
	return 0;
}

static int mint_done(struct rotation *r, bool *done, struct err *err)
{
	if (!r->minted)
		return 0;
	if (alive(r, done, err) < 0)
		return -1;
	if (*done)
		rotation_detail(r, "API token %s of an interrupted run", r->new_id);
	return 0;
}

static void take(struct rotation *r, struct minted *token)
{
	secret_free(r->value);
	r->value = STEAL(token->value);
	memcpy(r->new_id, token->id, sizeof(r->new_id));
	r->expires_at = token->expires_at;
	r->minted = r->begun = true;
}

static int mint_second(struct rotation *r, struct err *err)
{
	const struct rotate_config *c = r->config;
	scoped_minted struct minted token = {0};
	struct deposit_groups groups;
	static const char *const names[] = { TOKEN_GROUP_INDEX_ENGINE };
	struct token_grant grant = { .expires_on = r->ends };
	char origin[80];
	const struct deposit deposit = {
		.vault = c->vault, .id = r->side, .account = c->account, .what = r->what,
		.origin = origin, .dead = r->minted, .creator = c->creator, .owner = r->owner,
		.grant = &grant, .clock = c->clock,
	};

	/* a dead one may be registered, and be the vault's entry already */
	if (r->minted)
		memcpy(r->dead_id, r->new_id, sizeof(r->dead_id));
	snprintf(origin, sizeof(origin), ROTATION_SECOND "%s%s%s", r->old_id, r->dead_id[0] ? "+" : "",
		 r->dead_id);
	if (r->old_gone) {
		if (deposit_find_groups(c->creator, r->owner, "com.cloudflare.api.account", names, 1, &groups,
					err) < 0)
			return -1;
		grant.groups = (struct token_list){ groups.item, groups.count };
	} else {
		grant.policies = r->copy.policies.data;
		grant.condition = r->copy.condition.data;
	}
	r->stored = false;
	if (deposit_mint(&deposit, r->name, &token, err) < 0)
		return -1;
	rotation_detail(r, token.found ? "API token %s of an interrupted run was found and got a new value"
				       : "API token %s, its value is in the vault", token.id);
	take(r, &token);
	return 0;
}

/* The old value dies with the request: the vault's entry is written first, then that it is done. */
static int roll(struct rotation *r, struct err *err)
{
	const struct rotate_config *c = r->config;
	scoped_minted struct minted token = {0};
	char origin[48];
	struct vault_meta meta = { .token_id = r->old_id, .label = r->old_name[0] ? r->old_name : NULL,
				   .origin = origin, .expires_at = r->copy.expires_on };
	struct vault_value value = {0};
	int64_t now = clock_wall_s(c->clock);

	snprintf(origin, sizeof(origin), ROTATION_ROLL "%s", r->old_id);
	if (r->old_gone) {
		err_set(err, ERR_NOT_FOUND, "token %s is gone: it cannot be given a new value", r->old_id);
		return err_hint(err, "without --in-place it gets a successor");
	}
	if (!r->begun && vault_put_intent(c->vault, &r->side, &meta, now, err) < 0)
		return -1;
	r->begun = true;
	memcpy(token.id, r->old_id, sizeof(token.id));
	token.expires_at = r->copy.expires_on;
	if (token_roll(c->creator, r->owner, r->old_id, &token.value, err) < 0)
		return err->hint[0] ? -1 : err_hint(err, "run the same command again");
	value.secret = token.value;
	meta.origin = "rotate";
	if (vault_put(c->vault, &r->main, &value, &meta, now, err) < 0) {
		err_context(err, "the token has a new value, but it was not stored");
		return err_hint(err, "mend that and run the same command again: it gets another one");
	}
	meta.origin = origin;
	if (vault_put(c->vault, &r->side, &value, &meta, now, err) < 0)
		return -1;
	rotation_detail(r, "API token %s has a new value, which is in the vault", r->old_id);
	take(r, &token);
	return 0;
}

/*
 * A manager token that may not look or edit would leave the second token without a use; in place
 * it could not give the registration the value in the place of the one that dies now.
 */
static int check_manager(struct rotation *r, struct err *err)
{
	if (rotation_of_manager(r))
		return 0;	/* perhaps it is refused: then this is what mends it */
	if (rotation_find_registrations(r, err) < 0)
		return -1;
	return r->registration_count > 0 ? credential_may_edit(r->config->manager, err) : 0;
}

static int mint_act(struct rotation *r, struct err *err)
{
	if (rotation_look_at_old(r, err) < 0 || check_manager(r, err) < 0)
		return -1;
	return r->in_place ? roll(r, err) : mint_second(r, err);
}

const struct rotate_step rotate_step_mint = {
	.name = "mint",
	.begins = "minting the second token",
	.failing = "cannot mint the second token",
	.done = mint_done,
	.act = mint_act,
};
