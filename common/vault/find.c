/* SPDX-License-Identifier: MIT */
/* Reading: the newest match, and the list of all. */
#include <string.h>

#include "vault/db.h"
#include "vault/life.h"

_Static_assert(VAULT_PENDING == 0 && VAULT_REJECTED == 2, "states stand in the SQL below");

enum column { PROTOCOL, HOST, PATH, USERNAME, TOKEN_ID, LABEL, ORIGIN, AUTHTYPE, EXPIRES_AT,
	      CREATED_AT, STORED_AT, USED_AT, REJECTED_AT, STATE, SEQ, SERIAL,
	      SECRET, BEARER, REFRESH };
#define PLAIN_COLUMNS "protocol, host, path, username, token_id, label, origin, authtype," \
		      " expires_at, created_at, stored_at, used_at, rejected_at, state, seq, serial"

static int read_plain(sqlite3_stmt *row, struct vault_item *item, struct err *err)
{
	if (db_text(row, PROTOCOL, &item->protocol, err) < 0 ||
	    db_text(row, HOST, &item->host, err) < 0 ||
	    db_text(row, PATH, &item->path, err) < 0 ||
	    db_text(row, USERNAME, &item->username, err) < 0 ||
	    db_text(row, TOKEN_ID, &item->token_id, err) < 0 ||
	    db_text(row, LABEL, &item->label, err) < 0 ||
	    db_text(row, ORIGIN, &item->origin, err) < 0 ||
	    db_text(row, AUTHTYPE, &item->authtype, err) < 0)
		return -1;
	item->expires_at = sqlite3_column_int64(row, EXPIRES_AT);
	item->created_at = sqlite3_column_int64(row, CREATED_AT);
	item->stored_at = sqlite3_column_int64(row, STORED_AT);
	item->used_at = sqlite3_column_int64(row, USED_AT);
	item->rejected_at = sqlite3_column_int64(row, REJECTED_AT);
	item->row = sqlite3_column_int64(row, SEQ);
	item->state = (enum vault_state)sqlite3_column_int(row, STATE);
	return 0;
}

static int read_sealed(const struct vault *v, sqlite3_stmt *row, enum column column,
		       const char *field, const struct vault_item *item, struct secret **out,
		       struct err *err)
{
	const struct vault_id id = { item->protocol, item->host, item->path, item->username };
	struct db_version version = { sqlite3_column_int64(row, SERIAL), item->expires_at,
				      item->token_id, item->authtype, { "", "" } };
	const struct seal_context context = db_context(&id, &version, field);

	if (sqlite3_column_type(row, column) == SQLITE_NULL)
		return 0;
	const void *sealed = sqlite3_column_blob(row, column);
	size_t len = (size_t)sqlite3_column_bytes(row, column);
	if (unseal(v->key, &context, sealed ? sealed : "", len, out, err) == 0)
		return 0;
	if (err->kind != ERR_STORAGE)
		return -1;
	/* the key is the right one, vault_open() saw to that */
	err_set(err, ERR_STORAGE, "the entry for %s://%s in vault '%s' is damaged, or was moved"
		" there from another entry", item->protocol, item->host, v->path);
	return err_hint(err, "erase it and store the credential again, or restore a backup");
}

/* A query's WHERE clause, worded so that one of the three indexes answers it. */
static const char *where(const struct vault_id *query)
{
	if (!query)
		return "";
	if (query->path && query->username)
		return " WHERE protocol=?1 AND host=?2 AND ifnull(path, x'')=?3"
		       " AND ifnull(username, x'')=?4";
	if (query->path)
		return " WHERE protocol=?1 AND host=?2 AND ifnull(path, x'')=?3";
	if (query->username == vault_no_user)
		return " WHERE protocol=?1 AND host=?2 AND username IS NULL";
	if (query->username)
		return " WHERE protocol=?1 AND host=?2 AND username=?4";
	return " WHERE protocol=?1 AND host=?2";
}

/*
 * With a path few rows are left to sort; "+" keeps SQLite from walking all rows of
 * the host in order instead.
 */
static const char *order(const struct vault_id *query)
{
	return query && query->path ? "+seq" : "seq";
}

static int read_item(const struct vault *v, sqlite3_stmt *row, bool open,
		     struct vault_item **out, struct err *err)
{
	scoped_vault_item struct vault_item *item = calloc(1, sizeof(*item));

	if (!item)
		return err_nomem(err);
	if (read_plain(row, item, err) < 0)
		return -1;
	if (!open) {
		*out = STEAL(item);
		return 0;
	}
	if (read_sealed(v, row, SECRET, "secret", item, &item->secret, err) < 0 ||
	    read_sealed(v, row, BEARER, "bearer", item, &item->bearer, err) < 0 ||
	    read_sealed(v, row, REFRESH, "refresh", item, &item->refresh, err) < 0)
		return -1;
	if (item->state != VAULT_PENDING && !item->secret && !(item->bearer && item->authtype)) {
		err_set(err, ERR_STORAGE, "the entry for %s://%s in vault '%s' lost its secret",
			item->protocol, item->host, v->path);
		return err_hint(err, "store the credential again, or restore a backup");
	}
	*out = STEAL(item);
	return 0;
}

/* The token that makes tokens is for who asks for it, not for who asks for any. */
#define NOT_THE_CREATOR " AND NOT (username IS '" VAULT_CREATOR "' AND length(path)=41" \
			" AND substr(ifnull(path, ''), 1, 9)='accounts/')"

/* valid_at: only what has not expired then; 0 = expired ones too. */
static int get(const struct vault *v, const struct vault_id *query, unsigned want, int64_t valid_at,
	       struct vault_item **out, struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	scoped_free char *sql = NULL;

	if (asprintf(&sql, "SELECT " PLAIN_COLUMNS ", secret, bearer, refresh FROM %s%s"
		     " AND state<>2 AND (state=%d%s%s)%s%s ORDER BY %s DESC LIMIT 1",
		     db_credential(v), where(query), VAULT_ACTIVE,
		     want & VAULT_WANT_BEARER ? "" : " AND (secret IS NOT NULL OR bearer IS NULL)",
		     want & VAULT_WANT_PENDING ? " OR state=0" : "",
		     query->username ? "" : NOT_THE_CREATOR,
		     valid_at ? " AND (expires_at=0 OR expires_at>?5)" : "", order(query)) < 0) {
		sql = NULL;
		return err_nomem(err);
	}
	if (db_prepare(v, sql, &row, err) < 0 || db_bind_id(v, row, query, err) < 0)
		return -1;
	if (valid_at)
		sqlite3_bind_int64(row, 5, valid_at);
	int rc = sqlite3_step(row);
	if (rc == SQLITE_DONE)
		return err_set(err, ERR_NOT_FOUND, "the vault has no credential for %s://%s%s%s",
			       query->protocol, query->host, query->path ? "/" : "",
			       query->path ? query->path : "");
	if (rc != SQLITE_ROW)
		return db_err(v, "read", err);
	return read_item(v, row, true, out, err);
}

/*
 * Sealed anew under another key since the key in hand was found?  Then that key is found, and
 * *tx is open: until it ends no other rekey can commit between our look at the key and
 * that at the row.
 */
static bool follow_key(struct vault *v, struct vault **tx)
{
	struct err ignored = { 0 };

	if (!sqlite3_get_autocommit(v->db))	/* a transaction has seen to it when it began */
		return false;
	if (db_exec(v, "BEGIN", &ignored) < 0)
		return false;
	*tx = v;
	return db_key_changed(v, &ignored) > 0;
}

static int get_with_key(struct vault *v, const struct vault_id *query, unsigned want,
			int64_t valid_at, struct vault_item **out, struct err *err)
{
	if (db_check_id(query, err) < 0)
		return -1;
	if (get(v, query, want, valid_at, out, err) == 0)
		return 0;
	scoped_transaction struct vault *tx = NULL;
	return err->kind == ERR_STORAGE && follow_key(v, &tx) ?
	       get(v, query, want, valid_at, out, err) : -1;
}

int vault_get(struct vault *v, const struct vault_id *query, unsigned want,
	      struct vault_item **out, struct err *err)
{
	return get_with_key(v, query, want, 0, out, err);
}

/* The newest is valid nearly always: the second question is for when it is not. */
int vault_get_valid(struct vault *v, const struct vault_id *query, unsigned want, int64_t now,
		    struct vault_item **out, struct err *err)
{
	scoped_vault_item struct vault_item *newest = NULL;

	if (vault_get(v, query, want, &newest, err) < 0)
		return -1;
	if (!life_over(newest->expires_at, now)) {
		*out = STEAL(newest);
		return 0;
	}
	if (get_with_key(v, query, want, now, out, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	*out = STEAL(newest);
	return 0;
}

static int get_row(const struct vault *v, int64_t seq, bool open, struct vault_item **out,
		   struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	scoped_free char *sql = NULL;

	if (asprintf(&sql, "SELECT " PLAIN_COLUMNS ", secret, bearer, refresh FROM %s WHERE seq=?1",
		     db_credential(v)) < 0) {
		sql = NULL;
		return err_nomem(err);
	}
	if (db_prepare(v, sql, &row, err) < 0)
		return -1;
	sqlite3_bind_int64(row, 1, seq);
	int rc = sqlite3_step(row);
	if (rc == SQLITE_DONE)
		return err_set(err, ERR_NOT_FOUND, "the vault has no row %lld", (long long)seq);
	if (rc != SQLITE_ROW)
		return db_err(v, "read", err);
	return read_item(v, row, open, out, err);
}

int db_get_row(struct vault *v, int64_t seq, bool open, struct vault_item **out, struct err *err)
{
	if (get_row(v, seq, open, out, err) == 0)
		return 0;
	scoped_transaction struct vault *tx = NULL;
	return open && err->kind == ERR_STORAGE && follow_key(v, &tx) ?
	       get_row(v, seq, open, out, err) : -1;
}

int vault_get_row(struct vault *v, int64_t seq, struct vault_item **out, struct err *err)
{
	return db_get_row(v, seq, true, out, err);
}

struct items {
	struct vault_item **item;
	size_t count, room;
};

static void cleanup_items(struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		vault_item_free(items->item[i]);
	free(items->item);
}

static int append(struct items *items, sqlite3_stmt *row, struct err *err)
{
	if (items->count == items->room) {
		size_t room = items->room ? 2 * items->room : 16;
		void *bigger = reallocarray(items->item, room, sizeof(items->item[0]));

		if (!bigger)
			return err_nomem(err);
		items->item = bigger;
		items->room = room;
	}
	struct vault_item *item = calloc(1, sizeof(*item));
	if (!item)
		return err_nomem(err);
	items->item[items->count++] = item;
	return read_plain(row, item, err);
}

int vault_list(struct vault *v, const struct vault_id *query,
	       int (*each)(void *ctx, const struct vault_item *item), void *ctx, struct err *err)
{
	SCOPED(cleanup_items) struct items items = { 0 };
	scoped_stmt sqlite3_stmt *row = NULL;
	scoped_free char *sql = NULL;
	int rc, r = 0;

	if (query && db_check_id(query, err) < 0)
		return -1;
	if (asprintf(&sql, "SELECT " PLAIN_COLUMNS " FROM %s%s ORDER BY %s", db_credential(v),
		     where(query), order(query)) < 0) {
		sql = NULL;
		return err_nomem(err);
	}
	if (db_prepare(v, sql, &row, err) < 0 || (query && db_bind_id(v, row, query, err) < 0))
		return -1;
	while ((rc = sqlite3_step(row)) == SQLITE_ROW)
		if (append(&items, row, err) < 0)
			return -1;
	if (rc != SQLITE_DONE)
		return db_err(v, "read", err);
	/* no lock is held while the caller thinks: it may print, ask, or write */
	sqlite3_reset(row);
	for (size_t i = 0; i < items.count && r == 0; i++)
		r = each(ctx, items.item[i]);
	return r;
}

void vault_item_free(struct vault_item *item)
{
	if (!item)
		return;
	free(item->protocol);
	free(item->host);
	free(item->path);
	free(item->username);
	free(item->token_id);
	free(item->label);
	free(item->origin);
	free(item->authtype);
	secret_free(item->secret);
	secret_free(item->bearer);
	secret_free(item->refresh);
	free(item);
}
