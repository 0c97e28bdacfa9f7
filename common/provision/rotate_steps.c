/* SPDX-License-Identifier: MIT */
/* rotate_steps.c -- the registrations, the vault's entry, and the end of the first token. */
#include <stdio.h>
#include <string.h>

#include "provision/rotation.h"
#include "provision/wait.h"

/* --- replace ----------------------------------------------------------------------------- */

static int on_registration(void *ctx, const struct credential *c)
{
	struct rotation *r = ctx;
	struct credential *to = &r->registrations[r->registration_count];

	if (strcmp(c->cf_api_id, r->old_id) && strcmp(c->cf_api_id, r->new_id) &&
	    (!r->dead_id[0] || strcmp(c->cf_api_id, r->dead_id)))
		return 0;
	if (r->registration_count == ROTATION_REGISTRATIONS)
		return 1;
	*to = (struct credential){ .id = strdup(c->id), .name = strdup(c->name),
				   .cf_api_id = strdup(c->cf_api_id), .enabled = c->enabled };
	r->registration_count++;
	return to->id && to->name && to->cf_api_id ? 0 : 2;
}

int rotation_find_registrations(struct rotation *r, struct err *err)
{
	for (size_t i = 0; i < r->registration_count; i++)
		credential_clear(&r->registrations[i]);
	r->registration_count = 0;
	switch (credential_list(r->config->manager, on_registration, r, err)) {
	case 0:
		r->out->registrations = (int)r->registration_count;
		return 0;
	case 1:
		return err_set(err, ERR_REMOTE, "token %s has more than %d registrations", r->old_id,
			       ROTATION_REGISTRATIONS);
	case 2:
		return err_nomem(err);
	default:
		return -1;
	}
}

/* A manager token that is refused is replaced by the second one, which may do the same. */
static int find_with_second(struct rotation *r, struct err *err)
{
	struct spread spread = rotation_spread(r);

	if (rotation_find_registrations(r, err) == 0)
		return 0;
	if (err->kind != ERR_AUTH || r->in_place || !rotation_of_manager(r))
		return -1;
	r->lent = client_token(r->config->manager);
	client_set_token(r->config->manager, r->value);
	while (rotation_find_registrations(r, err) < 0)
		if (err->kind != ERR_AUTH || !spread_again(&spread, err))
			return -1;
	return 0;
}

static int replace_done(struct rotation *r, bool *done, struct err *err)
{
	if (find_with_second(r, err) < 0)
		return -1;
	/* A registration tells whose value it has, not which: until "store", all are told again. */
	*done = r->stored || r->registration_count == 0;
	for (size_t i = 0; i < r->registration_count; i++)
		*done = *done && !strcmp(r->registrations[i].cf_api_id, r->new_id);
	if (*done && r->registration_count == 0)
		rotation_detail(r, "it is not registered with AI Search");
	else if (*done)
		rotation_detail(r, "credential %s has the second token", r->registrations[0].id);
	return 0;
}

static int replace_one(struct rotation *r, const struct credential *c, struct err *err)
{
	/* its own name, unless that was the first token's */
	const char *name = r->name[0] && !strcmp(c->name, r->old_name) ? r->name : c->name;
	struct spread spread = rotation_spread(r);

	while (credential_replace(r->config->manager, c->id, name, r->new_id, r->value, err) < 0)
		if (!spread_refused(err) || !spread_again(&spread, err))
			return err_context(err, "registration %.64s", c->id);
	return 0;
}

static int replace_act(struct rotation *r, struct err *err)
{
	for (size_t i = 0; i < r->registration_count; i++)
		if (replace_one(r, &r->registrations[i], err) < 0)
			return -1;
	if (r->registration_count == 1)
		rotation_detail(r, "credential %s has the new value", r->registrations[0].id);
	else
		rotation_detail(r, "%zu credentials have the new value", r->registration_count);
	return 0;
}

const struct rotate_step rotate_step_replace = {
	.name = "replace",
	.begins = "giving the registration with AI Search the second token",
	.failing = "cannot replace the registered token",
	.done = replace_done,
	.act = replace_act,
};

/* --- store ------------------------------------------------------------------------------- */

static int store_done(struct rotation *r, bool *done, struct err *err)
{
	(void)err;
	*done = r->stored || r->in_place;
	rotation_detail(r, "the vault's %s has it", r->config->role);
	return 0;
}

static int store_act(struct rotation *r, struct err *err)
{
	const struct vault_meta meta = { .token_id = r->new_id, .label = r->name, .origin = "rotate",
					 .expires_at = r->expires_at };
	const struct vault_value value = { .secret = r->value };

	if (vault_put(r->config->vault, &r->main, &value, &meta, clock_wall_s(r->config->clock), err) < 0)
		return -1;
	r->stored = r->stored_now = true;
	rotation_detail(r, "the vault's %s is now token %s", r->config->role, r->new_id);
	return 0;
}

const struct rotate_step rotate_step_store = {
	.name = "store",
	.begins = "putting the second token in the first one's place in the vault",
	.failing = "cannot store the second token",
	.done = store_done,
	.act = store_act,
};

/* --- revoke ------------------------------------------------------------------------------ */

static int revoke_done(struct rotation *r, bool *done, struct err *err)
{
	(void)err;
	*done = r->in_place;
	if (r->in_place)
		rotation_detail(r, "the old value died with the new one");
	return 0;
}

int64_t rotation_grace_s(const struct rotation *r)
{
	int64_t grace = r->in_place || r->old_gone ? 0 : r->config->grace_s;
	int64_t passed = r->stored_now ? 0 : clock_wall_s(r->config->clock) - r->stored_at;

	if (passed < 0)		/* the clock was set back */
		passed = 0;
	return passed < grace ? grace - passed : 0;
}

/* Who was given the first one's value just before "store" may still be at work with it. */
static int wait_grace(struct rotation *r, struct err *err)
{
	int64_t left = rotation_grace_s(r);

	if (left == 0)
		return 0;
	rotation_detail(r, "the old one is revoked in %lld s", (long long)left);
	rotation_event(r, PROVISION_STEP_WAITS, "revoke", r->detail);
	if (wait_sleep_ms(r->config->creator, left * 1000, err) == 0)
		return 0;
	if (err->kind == ERR_TIMEOUT)
		err_context(err, "in the grace of %lld s", (long long)r->config->grace_s);
	return err_hint(err, "the new one is in use, and the old one still lives: the same command"
			" revokes it after the rest of the grace, with --grace 0 at once");
}

struct copies {			/* of the dead token, rejected ones: nobody should restore them */
	struct rotation *r;
	struct err *err;
};

static int on_copy(void *ctx, const struct vault_item *item)
{
	struct copies *c = ctx;
	struct err ignored = {0};

	if (item->token_id && item->state == VAULT_REJECTED && !strcmp(item->token_id, c->r->old_id))
		vault_erase_item(c->r->config->vault, item, &ignored);
	return 0;
}

static int revoke_act(struct rotation *r, struct err *err)
{
	const struct vault_id query = { .protocol = "https", .host = r->config->vault_host,
					.path = r->main.path };
	struct copies copies = { r, err };
	struct err ignored = {0};
	const char *how = "is revoked";

	if (wait_grace(r, err) < 0)
		return -1;
	if (token_delete_any(r->config->creator, r->owner, r->old_id, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		how = "was gone already";
	}
	vault_list(r->config->vault, &query, on_copy, &copies, &ignored);
	rotation_detail(r, "API token %s %s", r->old_id, how);
	return 0;
}

const struct rotate_step rotate_step_revoke = {
	.name = "revoke",
	.begins = "revoking the first token",
	.failing = "cannot revoke the first token",
	.done = revoke_done,
	.act = revoke_act,
};

/* --- finish ------------------------------------------------------------------------------ */

static int finish_done(struct rotation *r, bool *done, struct err *err)
{
	(void)r, (void)done, (void)err;
	return 0;
}

static int finish_act(struct rotation *r, struct err *err)
{
	if (vault_erase(r->config->vault, &r->side, err) < 0 && err->kind != ERR_NOT_FOUND)
		return -1;
	rotation_detail(r, "the vault has one token as %s", r->config->role);
	return 0;
}

const struct rotate_step rotate_step_finish = {
	.name = "finish",
	.begins = "tidying up",
	.failing = "cannot end the rotation in the vault",
	.done = finish_done,
	.act = finish_act,
};
