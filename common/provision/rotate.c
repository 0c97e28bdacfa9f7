/* SPDX-License-Identifier: MIT */
#include "provision/rotate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "provision/rotation.h"

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

	if (!strncmp(origin, ROTATION_SECOND, strlen(ROTATION_SECOND))) {
		copy(r->old_id, sizeof(r->old_id), origin + strlen(ROTATION_SECOND));
		copy(r->dead_id, sizeof(r->dead_id), dead ? dead + 1 : "");
	} else if (!strncmp(origin, ROTATION_ROLL, strlen(ROTATION_ROLL))) {
		copy(r->old_id, sizeof(r->old_id), origin + strlen(ROTATION_ROLL));
	} else {
		return err_set(err, ERR_CONFIG, "the vault's entry of the rotation of %s tells no token",
			       r->config->role);
	}
	r->in_place = !strncmp(origin, ROTATION_ROLL, strlen(ROTATION_ROLL));
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
		if (r->begun)
			return 0;	/* its own entry tells which token the first one is */
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

struct sharing {
	const struct rotation *r;
	char role[64];		/* that has the first token, too */
};

static int on_entry(void *ctx, const struct vault_item *item)
{
	struct sharing *s = ctx;

	if (!item->token_id || strcmp(item->token_id, s->r->old_id) || item->state != VAULT_ACTIVE ||
	    !item->username || !strcmp(item->username, s->r->config->role))
		return 0;
	copy(s->role, sizeof(s->role), item->username);
	return 1;
}

/* Another role's token would die with this one, which nobody asked for. */
static int check_shared(const struct rotation *r, struct err *err)
{
	struct sharing s = { .r = r };
	const struct vault_id query = { .protocol = "https", .host = r->main.host,
					.path = r->main.path };
	int found = vault_list(r->config->vault, &query, on_entry, &s, err);

	if (found <= 0)
		return found;
	err_set(err, ERR_EXISTS, "token %s is also the vault's %s, which would die with it", r->old_id,
		s.role);
	return err_hint(err, "one of the two has to go: aisearch logout --role %s", r->config->role);
}

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

static void waiting(void *ctx)
{
	struct rotation *r = ctx;

	rotation_event(r, PROVISION_STEP_BEGINS, r->step_name, SPREAD_WORDS);
}

struct spread rotation_spread(struct rotation *r)
{
	return (struct spread){ .client = r->config->manager, .waiting = waiting, .ctx = r,
				.doubt = r->in_place ? NULL : "Nothing was revoked" };
}

static int run_steps(struct rotation *r, struct err *err)
{
	static const struct rotate_step *const steps[] = {
		&rotate_step_mint, &rotate_step_replace, &rotate_step_check, &rotate_step_store,
		&rotate_step_revoke, &rotate_step_finish,
	};

	r->steps = sizeof(steps) / sizeof(steps[0]);
	for (int i = 0; i < r->steps; i++) {
		const struct rotate_step *step = steps[i];
		bool done = false;

		r->step = i + 1;
		r->step_name = step->name;
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

bool rotation_of_manager(const struct rotation *r)
{
	const struct secret *used = r->lent ? r->lent : client_token(r->config->manager);

	return used && r->old_value && secret_equal(used, r->old_value);
}

static void clear(struct rotation *r)
{
	if (r->lent)
		client_set_token(r->config->manager, r->lent);
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
	result = load_side(&r, err) < 0 || load_main(&r, err) < 0 ||
		 check_shared(&r, err) < 0 || run_steps(&r, err) < 0 ? -1 : 0;
	copy(out->old_id, sizeof(out->old_id), r.old_id);
	copy(out->new_id, sizeof(out->new_id), r.new_id);
	out->expires_at = r.expires_at;
	out->in_place = r.in_place;
	clear(&r);
	return result;
}
