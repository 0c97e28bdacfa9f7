/* SPDX-License-Identifier: MIT */
#include "provision/ending.h"

#include <stdio.h>
#include <string.h>

/* 1 = the API takes the value, 0 = it is refused, -1 = nobody knows. */
static int ask_with(const struct ending *e, const struct secret *value, struct err *err)
{
	const struct secret *own = client_token(e->creator);
	scoped_token struct token token = { 0 };
	enum token_owner owner;

	client_set_token(e->creator, value);
	int r = token_verify_any(e->creator, &owner, &token, err);
	client_set_token(e->creator, own);
	return r == 0 ? 1 : err->kind == ERR_AUTH ? 0 : -1;
}

int ending_revoke(const struct ending *e, const char *id, const struct secret *value,
		  enum ended *how, struct err *err)
{
	struct err why = { 0 };

	*how = ENDED_NOW;
	if (e->refused) {
		err_set(err, ERR_AUTH, "token %s cannot be revoked: the creator token is refused", id);
		err_hint(err, "store a live one: aisearch login");
	} else if (token_delete_certain(e->creator, e->owner, id, err) == 0) {
		return 0;
	}
	*how = ENDED_BEFORE;
	if (err->kind == ERR_NOT_FOUND)
		return 0;
	*how = ENDED_REFUSED;
	if (!value || (err->kind != ERR_FORBIDDEN && err->kind != ERR_AUTH))
		return -1;
	switch (ask_with(e, value, &why)) {
	case 0:
		return 0;
	case 1:
		return err_context(err, "it is alive");
	default:
		*err = why;
		return err_context(err, "token %s", id);
	}
}

/* --- the vault ----------------------------------------------------------------------------- */

struct having {
	struct vault *vault;
	const char *id;
	struct secret **out;
};

static int on_having(void *ctx, const struct vault_item *item)
{
	struct having *h = ctx;
	scoped_vault_item struct vault_item *full = NULL;
	struct err ignored = { 0 };

	if (!item->token_id || strcmp(item->token_id, h->id) || item->state == VAULT_PENDING)
		return 0;
	/* a damaged one says nothing */
	if (vault_get_row(h->vault, item->row, &full, &ignored) < 0 || !full->secret)
		return 0;
	secret_free(*h->out);
	*h->out = STEAL(full->secret);
	return item->state == VAULT_ACTIVE;
}

int ending_value(struct vault *vault, const char *id, struct secret **out, struct err *err)
{
	struct having having = { vault, id, out };

	return vault_list(vault, NULL, on_having, &having, err) < 0 ? -1 : 0;
}

int ending_forget(const struct ending *e, struct vault *vault, const struct vault_item *item,
		  enum ended how, struct err *err)
{
	const struct vault_id anywhere = { item->protocol, item->host, NULL, NULL };
	scoped_vault_item struct vault_item *full = NULL;
	struct err ignored = { 0 };

	if (how == ENDED_REFUSED)
		return vault_reject_item(vault, item, NULL, clock_wall_s(e->clock), NULL, err);
	if (item->state != VAULT_PENDING)
		vault_get_row(vault, item->row, &full, &ignored);
	const struct vault_value only = { .secret = full ? full->secret : NULL };
	if (vault_erase_item(vault, item, err) < 0 && err->kind != ERR_NOT_FOUND)
		return -1;
	return only.secret ? vault_forget(vault, &anywhere, &only, err) : 0;
}

/* --- by name ------------------------------------------------------------------------------- */

struct looking {
	const char *name;
	size_t len, digits;
	struct namesakes *out;
};

static int on_token(void *ctx, const struct token *t)
{
	struct looking *l = ctx;

	if (!t->name || strncmp(t->name, l->name, l->len) || strlen(t->name) != l->len + l->digits ||
	    strspn(t->name + l->len, "0123456789abcdef") != l->digits)
		return 0;
	snprintf(l->out->id[l->out->count++], sizeof(l->out->id[0]), "%s", t->id);
	return l->out->count == ENDING_NAMESAKES;
}

int ending_find(struct client *creator, const char *name, size_t digits, struct namesakes *out,
		struct err *err)
{
	static const enum token_owner owners[] = { TOKEN_OF_USER, TOKEN_OF_ACCOUNT };
	struct looking l = { name, strlen(name), digits, out };

	for (size_t i = 0; i < 2 && out->count < ENDING_NAMESAKES; i++) {
		if (token_list(creator, owners[i], on_token, &l, err) >= 0)
			continue;
		if (err->kind != ERR_AUTH && err->kind != ERR_FORBIDDEN)
			return -1;
		out->hidden = true;
	}
	return 0;
}
