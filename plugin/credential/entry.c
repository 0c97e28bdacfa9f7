/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <string.h>

#include "base/rfc3339.h"
#include "base/utf8.h"

#define YEAR_9999 INT64_C(253402300799)

static int find(struct entry *e, const struct vault_id *query, unsigned want, int64_t now,
		struct err *err)
{
	if (vault_get_valid(e->vault, query, want, now, &e->item, err) < 0)
		return -1;
	if (e->item->expires_at == 0 || e->item->expires_at > now)
		return 0;
	vault_item_free(STEAL(e->item));
	err_set(err, ERR_NOT_FOUND, "the credential for %s://%s has expired", query->protocol,
		query->host);
	return err_hint(err, "store a new one");
}

int entry_find(const struct door *door, const struct vault_id *query, unsigned want,
	       struct entry *out, struct err *err)
{
	if (!out->vault && door_open(door, true, &out->vault, err) < 0)
		return -1;
	return find(out, query, want, clock_wall_s(door->clock), err);
}

int entry_find_server(const struct door *door, const struct server *server, const char *username,
		      unsigned want, struct entry *out, struct err *err)
{
	struct vault_id query = server_query(server, username);

	if (entry_find(door, &query, want, out, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND || !server->path || !out->vault)
		return -1;
	query.path = vault_no_path;
	return entry_find(door, &query, want, out, err);
}

int entry_reject(const struct door *door, const struct vault_id *query, struct err *err)
{
	scoped_vault struct vault *look = NULL;
	scoped_vault struct vault *vault = NULL;

	/* nothing is made for the sake of taking something away */
	if (door_open(door, true, &look, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		door_no_vault(door, err);
		return 0;
	}
	vault_close(STEAL(look));
	if (door_open(door, false, &vault, err) < 0)
		return -1;
	return vault_reject(vault, query, NULL, clock_wall_s(door->clock), NULL, err);
}

int entry_answer(const struct door *door, const struct entry *entry, const struct buf *answer,
		 struct err *err)
{
	if (door_answer(door, answer, err) < 0)
		return -1;
	vault_note_use(entry->vault, entry->item, clock_wall_s(door->clock));
	return 0;
}

int entry_add(struct buf *answer, const char *before, const char *text, size_t len,
	      struct err *err)
{
	if (!utf8_valid(text, len)) {
		err_set(err, ERR_STORAGE, "the stored credential is not UTF-8");
		return err_hint(err, "this protocol speaks JSON, which cannot carry it");
	}
	buf_adds(answer, before);
	return buf_add_json(answer, text, len) < 0 ? err_nomem(err) : 0;
}

int entry_add_text(struct buf *answer, const char *before, const char *text, struct err *err)
{
	return entry_add(answer, before, text, strlen(text), err);
}

int entry_add_secret(struct buf *answer, const char *before, const struct secret *secret,
		     struct err *err)
{
	return entry_add(answer, before, secret_bytes(secret), secret_len(secret), err);
}

int entry_add_time(struct buf *answer, const char *before, int64_t unix_s, struct err *err)
{
	char text[RFC3339_SIZE];

	if (unix_s <= 0 || unix_s > YEAR_9999)
		return 0;
	rfc3339_format(unix_s, text);
	return entry_add_text(answer, before, text, err);
}

void entry_clear(struct entry *e)
{
	vault_close(e->vault);
	vault_item_free(e->item);
	*e = (struct entry){ 0 };
}
