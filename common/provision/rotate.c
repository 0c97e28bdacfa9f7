/* SPDX-License-Identifier: MIT */
#include "provision/rotate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "provision/rotation.h"

#define ORIGIN_SECOND "rotate:"	/* then the id of the first token; "+" and that of a dead second */
#define ORIGIN_ROLL "roll:"	/* then the id of the token */

struct vault_id rotate_identity(const char *vault_host, const char *account, const char *role,
				char path[64])
{
	snprintf(path, 64, "accounts/%s", account);
	return (struct vault_id){ .protocol = ROTATE_PROTOCOL, .host = vault_host, .path = path,
				  .username = role };
}

int rotate_unfinished(struct vault *vault, const char *vault_host, const char *account,
		      const char *role, bool *unfinished, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	char path[64];
	const struct vault_id id = rotate_identity(vault_host, account, role, path);

	*unfinished = vault_get(vault, &id, VAULT_WANT_PENDING, &item, err) == 0;
	return *unfinished || err->kind == ERR_NOT_FOUND ? 0 : -1;
}

/* --- what there is when it begins ------------------------------------------------------ */

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static int load_side(struct rotation *r, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	const char *origin;

	if (vault_get(r->config->vault, &r->side, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	origin = item->origin ? item->origin : "";
	const char *dead = strchr(origin, '+');

	if (!strncmp(origin, ORIGIN_SECOND, strlen(ORIGIN_SECOND))) {
		copy(r->old_id, sizeof(r->old_id), origin + strlen(ORIGIN_SECOND));
		copy(r->dead_id, sizeof(r->dead_id), dead ? dead + 1 : "");
	} else if (!strncmp(origin, ORIGIN_ROLL, strlen(ORIGIN_ROLL))) {
		copy(r->old_id, sizeof(r->old_id), origin + strlen(ORIGIN_ROLL));
	} else {
		return err_set(err, ERR_CONFIG, "the vault's entry of the rotation of %s tells no token",
			       r->config->role);
	}
	r->in_place = !strncmp(origin, ORIGIN_ROLL, strlen(ORIGIN_ROLL));
	r->out->continued = true;
	copy(r->name, sizeof(r->name), item->label);
	r->begun = true;
	if (item->state != VAULT_ACTIVE)
		return 0;
	r->minted = true;
	copy(r->new_id, sizeof(r->new_id), item->token_id);
	r->expires_at = item->expires_at;
	r->value = STEAL(item->secret);
	return 0;
}

/* An entry that something else than this program stored does not tell which token it is. */
static int identify(struct rotation *r, char id[33], struct err *err)
{
	scoped_token struct token token = {0};

	if (rotation_verify(r, r->old_value, &token, &r->owner, err) < 0)
		return err_context(err, "which token %s is", r->config->role);
	copy(id, 33, token.id);
	return 0;
}

static int load_main(struct rotation *r, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	char id[33] = "";

	if (vault_get(r->config->vault, &r->main, 0, &item, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		if (r->minted)
			return 0;
		err_set(err, ERR_CONFIG, "the vault has no token as %s", r->config->role);
		return err_hint(err, "aisearch token list");
	}
	r->old_value = STEAL(item->secret);
	copy(id, sizeof(id), item->token_id);
	copy(r->old_name, sizeof(r->old_name), item->label);
	if (!id[0] && identify(r, id, err) < 0) {
		if (!r->begun || err->kind != ERR_AUTH)
			return -1;
		copy(id, sizeof(id), r->old_id);	/* a dead value is worth nothing */
	}
	r->stored = r->minted && !r->in_place && !strcmp(id, r->new_id);
	r->stored_at = item->stored_at;
	if (!r->begun)
		copy(r->old_id, sizeof(r->old_id), id);
	else if (!r->stored && strcmp(id, r->old_id) && strcmp(id, r->dead_id)) {
		err_set(err, ERR_EXISTS, "token %s was stored as %s while the rotation of %s was unfinished",
			id, r->config->role, r->old_id);
		return err_hint(err, "erase the entry that is not wanted, or https: or %s: aisearch"
				" vault list", ROTATE_PROTOCOL);
	}
	return 0;
}

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
	return err_hint(err, "make a new one: aisearch token create --role manager, or aisearch login");
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
	*alive = !token.status || !strcmp(token.status, "active");
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
	copy(r->new_id, sizeof(r->new_id), token->id);
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
		copy(r->dead_id, sizeof(r->dead_id), r->new_id);
	snprintf(origin, sizeof(origin), ORIGIN_SECOND "%s%s%s", r->old_id, r->dead_id[0] ? "+" : "",
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

	snprintf(origin, sizeof(origin), ORIGIN_ROLL "%s", r->old_id);
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

static int mint_act(struct rotation *r, struct err *err)
{
	if (rotation_look_at_old(r, err) < 0)
		return -1;
	return r->in_place ? roll(r, err) : mint_second(r, err);
}

static const struct rotate_step step_mint = {
	.name = "mint",
	.begins = "minting the second token",
	.failing = "cannot mint the second token",
	.done = mint_done,
	.act = mint_act,
};

/* --- all of it ------------------------------------------------------------------------------ */

void rotation_detail(struct rotation *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
	va_end(ap);
}

void rotation_event(struct rotation *r, enum provision_event_kind kind, const char *name,
		    const char *detail)
{
	const struct provision_event event = { .kind = kind, .step = r->step, .steps = r->steps,
					       .name = name, .detail = detail };

	if (r->config->event)
		r->config->event(r->config->event_ctx, &event);
}

static int run_steps(struct rotation *r, struct err *err)
{
	static const struct rotate_step *const steps[] = {
		&step_mint, &rotate_step_replace, &rotate_step_check, &rotate_step_store,
		&rotate_step_revoke, &rotate_step_finish,
	};

	r->steps = sizeof(steps) / sizeof(steps[0]);
	for (int i = 0; i < r->steps; i++) {
		const struct rotate_step *step = steps[i];
		bool done = false;

		r->step = i + 1;
		r->detail[0] = '\0';
		if (step == &rotate_step_revoke && r->config->hold && rotation_grace_s(r) > 0) {
			r->out->held = true;
			return 0;
		}
		rotation_event(r, PROVISION_STEP_BEGINS, step->name, step->begins);
		if (step->done(r, &done, err) < 0 || (!done && step->act(r, err) < 0))
			return err_context(err, "%s", step->failing);
		rotation_event(r, done ? PROVISION_STEP_SKIPPED : PROVISION_STEP_DONE, step->name,
			       r->detail);
	}
	return 0;
}

static void clear(struct rotation *r)
{
	secret_free(r->value);
	secret_free(r->old_value);
	token_copy_clear(&r->copy);
	for (size_t i = 0; i < r->registration_count; i++)
		credential_clear(&r->registrations[i]);
}

int rotate(const struct rotate_config *config, struct rotate_result *out, struct err *err)
{
	char main_path[64], side_path[64];
	struct rotation r = {
		.config = config, .out = out, .in_place = config->in_place, .copy = TOKEN_COPY,
		.side = rotate_identity(config->vault_host, config->account, config->role, side_path),
	};
	int result;

	memset(out, 0, sizeof(*out));
	r.main = rotate_identity(config->vault_host, config->account, config->role, main_path);
	r.main.protocol = "https";
	r.what = strncmp(config->role, "service:", 8) ? config->role : config->role + 8;
	result = load_side(&r, err) < 0 || load_main(&r, err) < 0 || run_steps(&r, err) < 0 ? -1 : 0;
	copy(out->old_id, sizeof(out->old_id), r.old_id);
	copy(out->new_id, sizeof(out->new_id), r.new_id);
	out->expires_at = r.expires_at;
	out->in_place = r.in_place;
	clear(&r);
	return result;
}
