/* SPDX-License-Identifier: MIT */
#include "provision/ondemand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cloudflare/url.h"
#include "provision/mint.h"

#define SWEEP_MAX 16		/* deleted after one mint */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* --- the vault's side ------------------------------------------------------------- */

struct entry {			/* the profile's own, as the vault has it */
	const struct profile *profile;
	bool there, minted;	/* minted by this profile */
	char id[33], label[TOKEN_NAME_MAX + 1];
	int64_t expires_at, stored_at;
};

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

/* A query without path matches any path; the entry is the one that has none. */
static int on_entry(void *ctx, const struct vault_item *item)
{
	struct entry *e = ctx;
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

static int find_entry(const struct ondemand *with, struct entry *out, struct err *err)
{
	const struct vault_id id = profile_identity(with->profile);

	*out = (struct entry){ .profile = with->profile };
	return vault_list(with->vault, &id, on_entry, out, err);
}

int ondemand_look(const struct ondemand *with, enum ondemand_state *state,
		  struct ondemand_token *out, struct err *err)
{
	int64_t now = clock_wall_s(with->clock);
	struct entry e;

	*out = (struct ondemand_token){ 0 };
	*state = ONDEMAND_NONE;
	if (find_entry(with, &e, err) < 0)
		return -1;
	if (!e.there || life_over(e.expires_at, now))
		return 0;
	copy(out->id, sizeof(out->id), e.id);
	out->expires_at = e.expires_at;
	*state = !e.minted ? ONDEMAND_FOREIGN :
		 life_half_over(e.stored_at, e.expires_at, now) ? ONDEMAND_AGING : ONDEMAND_FRESH;
	return 0;
}

/* --- the intent --------------------------------------------------------------------- */

struct intent {
	struct vault_id id;
	char host[320], path[64];
	char origin[PROFILE_ORIGIN_SIZE + 17];	/* which profile, and what it granted */
	char name[TOKEN_NAME_MAX + 1];	/* "" = there is none */
	bool outdated;			/* of another version of the profile */
	int64_t stored_at;
};

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
	struct intent *intent = ctx;

	if (item->state != VAULT_PENDING || !item->label)
		return 0;
	copy(intent->name, sizeof(intent->name), item->label);
	intent->outdated = !same_text(item->origin, intent->origin);
	intent->stored_at = item->stored_at;
	return 0;
}

static int find_intent(const struct ondemand *with, struct intent *out, struct err *err)
{
	const struct profile *p = with->profile;
	uint64_t print;

	*out = (struct intent){ .id = { .protocol = ONDEMAND_PROTOCOL } };
	if (url_host(p->url, out->host, sizeof(out->host), err) < 0 ||
	    fingerprint(p, &print, err) < 0)
		return -1;
	snprintf(out->path, sizeof(out->path), "accounts/%s", p->account);
	profile_origin(p, out->origin);
	snprintf(out->origin + strlen(out->origin), 18, "/%016llx", (unsigned long long)print);
	out->id = (struct vault_id){ ONDEMAND_PROTOCOL, out->host, out->path, p->name };
	return vault_list(with->vault, &out->id, on_intent, out, err);
}

static int drop_intent(const struct ondemand *with, struct intent *intent, struct err *err)
{
	intent->name[0] = '\0';
	return vault_erase(with->vault, &intent->id, err) < 0 && err->kind != ERR_NOT_FOUND ? -1 : 0;
}

static int record_intent(const struct ondemand *with, struct intent *intent, struct err *err)
{
	const struct vault_meta meta = { .label = intent->name, .origin = intent->origin };
	char what[sizeof(LIFE_ORIGIN_MINT) + PROFILE_NAME_MAX];

	profile_origin(with->profile, what);
	if (mint_new_name(intent->name, what, with->profile->account, err) < 0)
		return -1;
	intent->stored_at = clock_wall_s(with->clock);
	return vault_put_intent(with->vault, &intent->id, &meta, intent->stored_at, err);
}

/* --- the API's side ------------------------------------------------------------------ */

struct groups {			/* the profile's permissions, as ids */
	char id[PROFILE_LIST_MAX][33];
	const char *item[PROFILE_LIST_MAX];
};

static bool is_id(const char *text)
{
	return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static int find_groups(const struct ondemand *with, enum token_owner owner, struct groups *out,
		       struct err *err)
{
	const struct profile_list *wanted = &with->profile->permissions;
	char scope[128];

	profile_scope(with->profile, scope);
	for (size_t i = 0; i < wanted->count; i++) {
		out->item[i] = out->id[i];
		if (is_id(wanted->item[i]))
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

static int choose_owner(const struct ondemand *with, enum token_owner *out, struct err *err)
{
	scoped_token struct token self = {0};
	const char *owner = with->profile->owner;

	if (owner) {
		*out = strcmp(owner, "account") ? TOKEN_OF_USER : TOKEN_OF_ACCOUNT;
		return 0;
	}
	if (token_verify_any(with->creator, out, &self, err) < 0)
		return err_context(err, "the creator token");
	return 0;
}

struct keeping {
	const struct ondemand *with;
	const struct intent *intent;
	const enum token_owner *owner;
};

#define LATER_S 3600		/* the API's clock may differ by so much */

/* What is not what was asked for is not kept: it could outlive all that is planned here. */
static int check(const struct keeping *k, const struct minted *token, struct err *err)
{
	int64_t now = clock_wall_s(k->with->clock);
	struct err ignored = {0};

	if (!token->active)
		err_set(err, ERR_PROTOCOL, "the API minted token %s, but not an active one", token->id);
	else if (life_over(token->expires_at, now))
		err_set(err, ERR_PROTOCOL, "the API minted token %s, but it has expired", token->id);
	else if (token->expires_at > now + k->with->profile->ttl_s + LATER_S)
		err_set(err, ERR_PROTOCOL, "the API minted token %s, but it lives longer than asked for",
			token->id);
	else
		return 0;
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
		.expires_at = token->expires_at ? token->expires_at : k->intent->stored_at + p->ttl_s,
	};
	return vault_put(k->with->vault, &id, &value, &meta, clock_wall_s(k->with->clock), err);
}

/* --- afterwards ----------------------------------------------------------------------- */

struct sweep {
	char prefix[TOKEN_NAME_MAX + 1];	/* of the names of the profile's tokens */
	const char *name, *id;			/* of the one just stored */
	char dead[SWEEP_MAX][33];
	size_t count;
};

/* "aisearch mint:ci 023e105f ", before the 8 digits that tell the tokens apart. */
static void name_prefix(const struct profile *p, char out[TOKEN_NAME_MAX + 1])
{
	char what[PROFILE_ORIGIN_SIZE];

	profile_origin(p, what);
	mint_name(out, what, p->account, 0);
	out[strlen(out) - 8] = '\0';
}

static bool is_own_name(const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	return name && !strncmp(name, prefix, len) && strlen(name) == len + 8;
}

static int on_old(void *ctx, const struct token *t)
{
	struct sweep *s = ctx;

	if (!is_own_name(s->prefix, t->name) || !strcmp(t->id, s->id))
		return 0;
	if ((!t->status || strcmp(t->status, "expired")) && strcmp(t->name, s->name))
		return 0;
	snprintf(s->dead[s->count++], sizeof(s->dead[0]), "%s", t->id);
	return s->count == SWEEP_MAX;
}

/* Expired ones count towards the quota; so do twins of an interrupted run. */
static void sweep(const struct ondemand *with, enum token_owner owner, const char *name,
		  const char *id)
{
	struct sweep s = { .name = name, .id = id };
	struct err ignored = {0};

	name_prefix(with->profile, s.prefix);
	if (token_list(with->creator, owner, on_old, &s, &ignored) < 0)
		return;
	for (size_t i = 0; i < s.count; i++)
		token_delete(with->creator, owner, s.dead[i], &ignored);
}

/* --- all of it ------------------------------------------------------------------------ */

static int heal(const struct ondemand *with, struct mint *mint, const struct intent *intent,
		struct minted *out, struct err *err)
{
	mint->lives_until = clock_wall_s(with->clock) + with->profile->ttl_s / 2;
	mint->outdated = intent->outdated;
	return mint_heal(mint, out, err);
}

static int mint_under_name(const struct ondemand *with, struct intent *intent, struct mint *mint,
			   struct minted *out, struct err *err)
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
	if (intent->name[0] && intent->outdated && drop_intent(with, intent, err) < 0)
		return -1;
	if (!intent->name[0] && record_intent(with, intent, err) < 0)
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
	struct intent intent;
	struct keeping keeping = { .with = with, .intent = &intent };
	struct mint mint = { .creator = with->creator, .name = intent.name, .keep = keep,
			     .ctx = &keeping };
	struct entry before;
	struct err ignored = {0};

	keeping.owner = &mint.owner;
	if (find_entry(with, &before, err) < 0 || find_intent(with, &intent, err) < 0)
		return -1;
	/* killed after the value was stored: that intent was carried out */
	if (before.there && intent.name[0] && !strcmp(before.label, intent.name) &&
	    drop_intent(with, &intent, err) < 0)
		return -1;
	if (choose_owner(with, &mint.owner, err) < 0 ||
	    mint_under_name(with, &intent, &mint, &token, err) < 0)
		return -1;
	*out = (struct ondemand_token){ .found = token.found };
	memcpy(out->id, token.id, sizeof(out->id));
	if (find_entry(with, &before, err) < 0)
		return -1;
	out->expires_at = before.expires_at;
	sweep(with, mint.owner, intent.name, token.id);
	drop_intent(with, &intent, &ignored);	/* if not, the next mint does */
	return 0;
}

/* --- revoke ---------------------------------------------------------------------------- */

struct revocation {
	const struct ondemand *with;
	const char *id;		/* NULL = all */
	enum token_owner owner;
	char origin[PROFILE_ORIGIN_SIZE], prefix[TOKEN_NAME_MAX + 1];
	void (*told)(void *ctx, const char *id);
	void *ctx;
	size_t found;
	char (*ids)[33];	/* what the API has under the profile's names */
	size_t count, room;
	struct err *err;
};

static void cleanup_revocation(struct revocation *r)
{
	free(r->ids);
}

static int delete_token(const struct revocation *r, const char *id)
{
	enum token_owner other = r->owner == TOKEN_OF_USER ? TOKEN_OF_ACCOUNT : TOKEN_OF_USER;
	struct err second = {0};

	if (token_delete(r->with->creator, r->owner, id, r->err) < 0) {
		if (r->err->kind != ERR_NOT_FOUND)
			return -1;
		*r->err = (struct err){ 0 };	/* gone, or the other owner's */
		if (token_delete(r->with->creator, other, id, &second) < 0 &&
		    second.kind != ERR_NOT_FOUND && second.kind != ERR_AUTH &&
		    second.kind != ERR_FORBIDDEN) {
			*r->err = second;
			return -1;
		}
	}
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

	/* it may be damaged, or renewed meanwhile */
	vault_get_row(vault, item->row, &full, &ignored);
	const struct vault_value only = { .secret = full ? full->secret : NULL };
	if (vault_reject_item(vault, item, NULL, now, NULL, r->err) < 0 ||
	    (only.secret && vault_reject(vault, &anywhere, &only, now, NULL, r->err) < 0) ||
	    delete_token(r, item->token_id) < 0)
		return -1;
	return only.secret ? vault_forget(vault, &anywhere, &only, r->err) : 0;
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

	if (!t->id || !is_id(t->id) || !is_own_name(r->prefix, t->name) ||
	    (r->id && strcmp(t->id, r->id)))
		return 0;
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 16;
		void *bigger = reallocarray(r->ids, room, sizeof(r->ids[0]));

		if (!bigger)
			return err_nomem(r->err);
		r->ids = bigger;
		r->room = room;
	}
	snprintf(r->ids[r->count++], sizeof(r->ids[0]), "%s", t->id);
	return 0;
}

/* Those that were renewed, or whose entry was lost: the vault knows nothing of them. */
static int revoke_named(struct revocation *r)
{
	enum token_owner other = r->owner == TOKEN_OF_USER ? TOKEN_OF_ACCOUNT : TOKEN_OF_USER;
	struct err second = {0};

	if (token_list(r->with->creator, r->owner, on_named, r, r->err) < 0)
		return -1;
	/* as far as the creator may see them: a profile may have had another owner before */
	token_list(r->with->creator, other, on_named, r, &second);
	for (size_t i = 0; i < r->count; i++) {
		r->found++;
		if (delete_token(r, r->ids[i]) < 0)
			return -1;
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
	name_prefix(with->profile, r.prefix);
	if (choose_owner(with, &r.owner, err) < 0 ||
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
