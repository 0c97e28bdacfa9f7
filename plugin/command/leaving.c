/* SPDX-License-Identifier: MIT */
#include "leaving.h"

#include <stdio.h>
#include <string.h>

#include "output.h"
#include "provision/rotate.h"
#include "vault/life.h"

#define REGISTRATIONS_MS 5000

bool leaving_is_wanted(const struct logout_settings *set, const char *role)
{
	for (size_t i = 0; i < set->roles.count; i++)
		if (!strcmp(set->roles.item[i], role))
			return true;
	return set->roles.count == 0;
}

static struct json_object *row_json(const char *role, const char *id, const char *name, const char *what)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "role", role);
	json_put_text(o, "token_id", id);
	json_put_text(o, "name", name);
	json_put_text(o, "what", what);
	return o;
}

static void line(const struct leaving *l, const char *role, const char *id, const char *what)
{
	if (!l->cli->s.json)
		output_line("%-18s %-32s  %s", role, id ? id : "-", what);
}

/* JSON is printed before anything but the dead is removed, lines as it happens. */
static void tell_removed(struct leaving *l, const struct vault_item *item, const char *what)
{
	if (l->phase != LEAVING_REMOVE)
		json_object_array_add(l->removed, row_json(item->username, item->token_id, item->label, what));
	if (l->phase != LEAVING_TELL)
		line(l, item->username, item->token_id, what);
}

/* The command that ends it, afterwards. */
static void add_end(const struct leaving *l, const char *id, struct buf *out)
{
	if (!l->creator_stays && (l->set->forget || !l->with.creator))
		buf_adds(out, "aisearch login && ");
	else if (!l->creator_stays)
		buf_addf(out, "aisearch vault restore https://%s/accounts/%s --user creator && ",
			 l->cli->host, l->cli->account);
	buf_addf(out, "aisearch token revoke %s", id);
}

static void tell_stays(struct leaving *l, const char *role, const char *id, const char *name,
		       const char *what)
{
	struct json_object *o = row_json(role, id, name, what);
	scoped_buf struct buf end = BUF(1024), text = BUF(2048);

	if (id)
		add_end(l, id, &end);
	json_put_text(o, "end", id ? end.data : NULL);
	json_object_array_add(l->stays, o);
	buf_adds(&text, what);
	if (id)
		buf_addf(&text, ": %s", end.data);
	line(l, role, id, text.data);
}

/* --- the API ----------------------------------------------------------------------------- */

/* 1 = dead, 0 = not to be revoked, and that was said. */
static int end(struct leaving *l, const struct vault_item *item, const char *id, enum ended *how,
		  struct err *err)
{
	scoped_secret struct secret *value = NULL;

	if (ending_value(l->vault, id, &value, err) < 0)
		return -1;
	if (ending_revoke(&l->with, id, value, how, err) == 0)
		return 1;
	if (err->kind == ERR_CANCELLED || err->kind == ERR_NETWORK || err->kind == ERR_TIMEOUT)
		return -1;
	output_note("aisearch: logout: %s: %s", item->username, err->what);
	l->failed++;
	return 0;
}

static int revoke_token(struct leaving *l, const struct vault_item *item, struct err *err)
{
	enum ended how = ENDED_BEFORE, first_how;
	char first[33];
	int r;

	if (!item->token_id)
		return 0;
	token_first(item, first);
	if (first[0] && (r = end(l, item, first, &first_how, err)) <= 0)
		return r;
	if ((r = end(l, item, item->token_id, &how, err)) <= 0)
		return r;
	if (ending_forget(&l->with, l->vault, item, how, err) < 0)
		return -1;
	tell_removed(l, item, how == ENDED_REFUSED
		     ? "refused by the API, removed; aisearch vault restore brings it back" : "revoked, removed");
	return 0;
}

/* An intent: the API has tokens of that name, or has not. */
static int revoke_intent(struct leaving *l, const struct vault_item *item, struct err *err)
{
	struct namesakes found = { .count = 0 };
	enum ended how;
	int r;

	if (!item->label || l->with.refused)
		return 0;
	if (ending_find(l->with.creator, item->label, 0, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++)
		if ((r = end(l, item, found.id[i], &how, err)) <= 0)
			return r;
	if (found.hidden)
		return 0;
	if (vault_erase_item(l->vault, item, err) < 0 && err->kind != ERR_NOT_FOUND)
		return -1;
	tell_removed(l, item, "unfinished mint: revoked, removed");
	return 0;
}

/* --- the vault --------------------------------------------------------------------------- */

static int leave_intent(struct leaving *l, const struct vault_item *item, struct err *err)
{
	if (!l->set->forget) {
		if (l->phase == LEAVING_TELL)
			tell_stays(l, item->username, NULL, item->label,
				   "an unfinished mint stays in the vault: its token is found by it");
		return 0;
	}
	if (l->phase == LEAVING_REMOVE && vault_erase_item(l->vault, item, err) < 0 &&
	    err->kind != ERR_NOT_FOUND)
		return -1;
	tell_removed(l, item, "unfinished mint: forgotten; the API may have a token of that name");
	return 0;
}

static int leave_token(struct leaving *l, const struct vault_item *item, struct err *err)
{
	int64_t now = clock_wall_s(&clock_system);
	char first[33];

	token_first(item, first);
	if (l->phase == LEAVING_TELL && !life_over(item->expires_at, now))
		tell_stays(l, item->username, item->token_id, item->label, "is alive at the API");
	if (l->phase == LEAVING_TELL && first[0])
		tell_stays(l, item->username, first, NULL, "is alive at the API");
	if (l->phase == LEAVING_REMOVE &&
	    (l->set->forget ? vault_erase_item(l->vault, item, err) < 0 && err->kind != ERR_NOT_FOUND
			: vault_reject_item(l->vault, item, NULL, now, NULL, err) < 0))
		return -1;
	tell_removed(l, item, l->set->forget ? "removed for good"
					 : "removed; aisearch vault restore brings it back");
	return 0;
}

static int on_item(void *ctx, const struct vault_item *item)
{
	struct leaving *l = ctx;
	bool creator = item->username && !strcmp(item->username, "creator");

	if (!item->username || item->state == VAULT_REJECTED || !leaving_is_wanted(l->set, item->username) ||
	    creator != l->creator_pass)
		return 0;
	if (l->phase == LEAVING_REVOKE)
		return item->state == VAULT_PENDING ? revoke_intent(l, item, l->err)
						    : revoke_token(l, item, l->err);
	return item->state == VAULT_PENDING ? leave_intent(l, item, l->err) : leave_token(l, item, l->err);
}

int leaving_each(struct leaving *l, enum leaving_phase phase, struct err *err)
{
	char path[64];
	struct vault_id query = cli_identity(l->cli, NULL, path);
	static const struct { const char *protocol; bool creator; } walks[] = {
		{ ROTATE_PROTOCOL, false }, { "https", false }, { "https", true },
	};

	l->err = err;
	l->phase = phase;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		query.protocol = walks[i].protocol;
		l->creator_pass = walks[i].creator;
		if (vault_list(l->vault, &query, on_item, l, err) < 0)
			return -1;
	}
	return 0;
}

/* --- registrations ------------------------------------------------------------------------ */

struct registered {
	struct leaving *l;
	const struct token_roles *roles;
};

static int on_registration(void *ctx, const struct credential *c)
{
	struct registered *r = ctx;

	for (size_t i = 0; i < r->roles->count; i++) {
		const struct token_role *role = &r->roles->one[i];
		struct json_object *o;

		if (!leaving_is_wanted(r->l->set, role->name) || !role->id[0] || strcmp(role->id, c->cf_api_id))
			continue;
		o = json_object_new_object();
		json_put_text(o, "role", role->name);
		json_put_text(o, "token_id", c->cf_api_id);
		json_put_text(o, "registration", c->id);
		json_object_array_add(r->l->registrations, o);
		if (!r->l->cli->s.json)
			output_line("%-18s %-32s  stays with AI Search: registration %s%s", role->name, c->cf_api_id,
				    c->id, r->l->set->revoke ? ", without a token" : "");
		return 0;
	}
	return 0;
}

void leaving_registrations(struct leaving *l, const struct token_roles *roles)
{
	struct registered registered = { l, roles };
	struct err why = {0};

	l->registrations = json_object_new_array();
	if (l->manager) {
		client_set_deadline(l->manager, clock_mono_ms(&clock_system) + REGISTRATIONS_MS);
		if (credential_list(l->manager, on_registration, &registered, &why) >= 0)
			return;
	}
	json_object_put(l->registrations);
	l->registrations = NULL;	/* unknown is not none */
	output_note("its registrations with AI Search are not known: %s",
		    l->manager ? why.what : "there is no manager token");
}
