/* SPDX-License-Identifier: MIT */
/* ondemand_entry.c -- what the vault has of a profile: its entry, and its intent. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/url.h"
#include "provision/ondemand_room.h"

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static int on_entry(void *ctx, const struct vault_item *item)
{
	struct ondemand_entry *e = ctx;
	char origin[PROFILE_ORIGIN_SIZE];

	if (item->state != VAULT_ACTIVE || !same_text(item->path, e->profile->path))
		return 0;
	profile_origin(e->profile, origin);
	e->minted = same_text(item->origin, origin);
	/* left by another profile, of before: never handed out as this one's, and replaced */
	if (!e->minted && item->origin &&
	    !strncmp(item->origin, LIFE_ORIGIN_MINT, strlen(LIFE_ORIGIN_MINT)))
		return 0;
	e->there = true;
	copy(e->id, sizeof(e->id), item->token_id);
	copy(e->label, sizeof(e->label), item->label);
	e->expires_at = item->expires_at;
	e->stored_at = item->stored_at;
	return 0;
}

int ondemand_find_entry(const struct ondemand *with, struct ondemand_entry *out,
			struct err *err)
{
	const struct vault_id id = profile_identity(with->profile);

	*out = (struct ondemand_entry){ .profile = with->profile };
	return vault_list(with->vault, &id, on_entry, out, err);
}

int ondemand_look(const struct ondemand *with, enum ondemand_state *state,
		  struct ondemand_token *out, struct err *err)
{
	int64_t now = clock_wall_s(with->clock);
	struct ondemand_entry e;

	*out = (struct ondemand_token){ 0 };
	*state = ONDEMAND_NONE;
	if (ondemand_find_entry(with, &e, err) < 0)
		return -1;
	if (!e.there || life_over(e.expires_at, now))
		return 0;
	copy(out->id, sizeof(out->id), e.id);
	copy(out->name, sizeof(out->name), e.label);
	out->expires_at = e.expires_at;
	*state = !e.minted ? ONDEMAND_FOREIGN :
		 life_half_over(e.stored_at, e.expires_at, now) ? ONDEMAND_AGING : ONDEMAND_FRESH;
	return 0;
}

/* --- the intent --------------------------------------------------------------------- */

/* FNV-1a of the profile's text: it only has to differ when the profile does. */
static int fingerprint(const struct profile *p, uint64_t *out, struct err *err)
{
	scoped_buf struct buf text = BUF(PROFILE_FILE_MAX);

	if (profile_encode(p, &text, err) < 0)
		return -1;
	*out = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < text.len; i++)
		*out = (*out ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
	return 0;
}

static int on_intent(void *ctx, const struct vault_item *item)
{
	struct ondemand_intent *intent = ctx;

	if (item->state != VAULT_PENDING || !item->label)
		return 0;
	copy(intent->name, sizeof(intent->name), item->label);
	intent->outdated = !same_text(item->origin, intent->origin);
	intent->stored_at = item->stored_at;
	return 0;
}

int ondemand_find_intent(const struct ondemand *with, struct ondemand_intent *out,
			 struct err *err)
{
	const struct profile *p = with->profile;
	uint64_t print;

	*out = (struct ondemand_intent){ .id = { .protocol = ONDEMAND_PROTOCOL } };
	if (url_host(p->url, out->host, sizeof(out->host), err) < 0 ||
	    fingerprint(p, &print, err) < 0)
		return -1;
	snprintf(out->path, sizeof(out->path), "accounts/%s", p->account);
	profile_origin(p, out->origin);
	snprintf(out->origin + strlen(out->origin), 18, "/%016llx", (unsigned long long)print);
	out->id = (struct vault_id){ ONDEMAND_PROTOCOL, out->host, out->path, p->name };
	return vault_list(with->vault, &out->id, on_intent, out, err);
}

int ondemand_drop_intent(const struct ondemand *with, struct ondemand_intent *intent,
			 struct err *err)
{
	int r = vault_erase(with->vault, &intent->id, err);

	intent->name[0] = '\0';
	return r < 0 && err->kind != ERR_NOT_FOUND ? -1 : 0;
}

int ondemand_record_intent(const struct ondemand *with, struct ondemand_intent *intent,
			   struct err *err)
{
	const struct vault_meta meta = { .label = intent->name, .origin = intent->origin };
	char what[sizeof(LIFE_ORIGIN_MINT) + PROFILE_NAME_MAX];

	profile_origin(with->profile, what);
	if (mint_new_name(intent->name, what, with->profile->account, err) < 0)
		return -1;
	intent->stored_at = clock_wall_s(with->clock);
	return vault_put_intent(with->vault, &intent->id, &meta, intent->stored_at, err);
}
