/* SPDX-License-Identifier: MIT */
#include "renew.h"

#include <string.h>
#include <time.h>

#include "interrupt.h"
#include "provision/role.h"
#include "provision/rotate.h"
#include "vault/life.h"

#define PAUSE_MS 50

/* --- what to do ---------------------------------------------------------------------- */

static bool was_minted(const char *origin)
{
	static const char *const by_us[] = { "rotate", "create:", ROLE_ORIGIN, LIFE_ORIGIN_MINT };

	for (size_t i = 0; origin && i < sizeof(by_us) / sizeof(by_us[0]); i++)
		if (!strncmp(origin, by_us[i], strlen(by_us[i])))
			return true;
	return false;
}

static void hint_entry(const struct renew_facts *f, struct err *err)
{
	const char *role = f->role;

	if (was_minted(f->origin) && f->entry == RENEW_EXPIRED)
		err_hint(err, "the vault's %s, minted by aisearch, has expired: aisearch logout --role %s, then"
			 " aisearch token create --role %s", role, role, role);
	else if (was_minted(f->origin))
		err_hint(err, "it is the vault's %s, minted by aisearch: aisearch token verify %s; if refused:"
			 " aisearch logout --role %s, aisearch token create --role %s", role, role, role, role);
	else if (f->entry == RENEW_EXPIRED)
		err_hint(err, "the vault's %s, given by hand, has expired: aisearch login --role %s", role,
			 role);
	else
		err_hint(err, "it is the vault's %s, given by hand: aisearch token verify %s; to store another"
			 " one: aisearch login --role %s", role, role, role);
}

void renew_hint(const struct renew_facts *f, struct err *err)
{
	if (f->from_env && f->entry == RENEW_THERE)
		err_hint(err, "it is from CLOUDFLARE_API_TOKEN, which goes before the vault: set it anew, or"
			 " unset it to use the vault's %s", f->role);
	else if (f->from_env)
		err_hint(err, "it is from CLOUDFLARE_API_TOKEN: set it anew, or unset it and: aisearch login"
			 " --role %s", f->role);
	else if (f->rotating)
		err_hint(err, "it is the vault's %s, whose rotation is unfinished: aisearch token rotate %s",
			 f->role, f->role);
	else if (f->entry == RENEW_GONE)
		err_hint(err, "it was the vault's %s, which is not there any more: aisearch login --role %s",
			 f->role, f->role);
	else if (f->entry == RENEW_UNREAD)
		err_hint(err, "it is the vault's %s, and the vault cannot be read again: aisearch vault check",
			 f->role);
	else
		hint_entry(f, err);
}

/* --- looking ------------------------------------------------------------------------- */

/* What the vault has for the role now; *value is NULL unless it may be used. */
static void look(const struct cli_source *s, struct renew_facts *f, char origin[64],
		 struct secret **value)
{
	scoped_vault struct vault *vault = NULL;
	scoped_vault_item struct vault_item *item = NULL;
	struct vault_config config;
	struct err why = { 0 };
	char path[64];
	const struct vault_id id = cli_identity(s->cli, s->role, path);

	*value = NULL;
	f->entry = RENEW_UNREAD;
	f->rotating = false;
	if (cli_vault_config(s->cli, true, &config, &why) < 0 ||
	    vault_open(&config, &vault, &why) < 0 || vault_get(vault, &id, 0, &item, &why) < 0) {
		if (why.kind == ERR_NOT_FOUND)
			f->entry = RENEW_GONE;
		return;
	}
	rotate_unfinished(vault, s->cli->host, s->cli->account, s->role, &f->rotating, &why);
	snprintf(origin, 64, "%s", item->origin ? item->origin : "");
	f->origin = origin;
	f->entry = RENEW_THERE;
	if (life_over(item->expires_at, clock_wall_s(&clock_system)))
		f->entry = RENEW_EXPIRED;
	else
		*value = STEAL(item->secret);
}

static void pause_a_moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
}

void renew_ask(void *ctx, const struct secret *refused, struct secret **out, struct err *err)
{
	const struct cli_source *s = ctx;
	struct renew_facts f = { .role = s->role };
	int64_t end = clock_mono_ms(&clock_system) + RENEW_PATIENCE_MS;
	char origin[64];

	f.from_env = s->cli->env_token && !strcmp(s->role, "manager");
	for (;;) {
		scoped_secret struct secret *value = NULL;

		look(s, &f, origin, &value);
		if (value && !f.from_env && !secret_equal(value, refused)) {
			*out = STEAL(value);
			return;
		}
		if (f.from_env || !f.rotating || interrupt_seen(NULL) || cli_timed_out(s->cli) ||
		    clock_mono_ms(&clock_system) >= end)
			break;
		pause_a_moment();
	}
	renew_hint(&f, err);
}
