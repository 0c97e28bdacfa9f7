/* SPDX-License-Identifier: MIT */
/* Writing: put, intend, reject, erase. */
#include <string.h>

#include "vault/db.h"

#define EXACTLY " WHERE protocol=?1 AND host=?2 AND ifnull(path, x'')=ifnull(?3, x'')" \
		" AND ifnull(username, x'')=ifnull(?4, x'')"
#define NEXT_SEQ "(SELECT ifnull(max(seq), 0) + 1 FROM credential)"
#define ACTIVE "1"		/* VAULT_ACTIVE in SQL */
#define REJECTED "2"

_Static_assert(VAULT_ACTIVE == 1 && VAULT_REJECTED == 2, "states are stored");

struct row {			/* what is stored under an identity now */
	bool there;
	enum vault_state state;
	char *token_id, *label;
	int64_t expires_at;
	struct secret *secret, *refresh;
};

static void cleanup_row(struct row *row)
{
	free(row->token_id);
	free(row->label);
	secret_free(row->secret);
	secret_free(row->refresh);
}

/* A sealed column that does not open reads as absent: a store mends the row. */
static int open_column(const struct vault *v, const struct vault_id *id, sqlite3_stmt *row,
		       int column, const char *field, struct secret **out, struct err *err)
{
	const struct seal_context context = db_context(id, field);
	const void *sealed = sqlite3_column_blob(row, column);

	if (!sealed)
		return 0;
	if (unseal(v->key, &context, sealed, (size_t)sqlite3_column_bytes(row, column), out,
		   err) < 0 && err->kind != ERR_STORAGE)
		return -1;
	return 0;
}

static int look(const struct vault *v, const struct vault_id *id, struct row *out,
		struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;

	if (db_prepare(v, "SELECT state, token_id, label, expires_at, secret, refresh"
		       " FROM credential" EXACTLY, &row, err) < 0 ||
	    db_bind_id(v, row, id, err) < 0)
		return -1;
	int rc = sqlite3_step(row);
	if (rc == SQLITE_DONE)
		return 0;
	if (rc != SQLITE_ROW)
		return db_err(v, "read", err);
	out->there = true;
	out->state = (enum vault_state)sqlite3_column_int(row, 0);
	out->expires_at = sqlite3_column_int64(row, 3);
	if (db_text(row, 1, &out->token_id, err) < 0 ||
	    db_text(row, 2, &out->label, err) < 0 ||
	    open_column(v, id, row, 4, "secret", &out->secret, err) < 0 ||
	    open_column(v, id, row, 5, "refresh", &out->refresh, err) < 0)
		return -1;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_secret(const struct secret *a, const struct secret *b)
{
	return a && b ? secret_equal(a, b) : a == b;
}

/*
 * What a store asks for, completed from what is there.  A caller that knows less
 * about the same secret (git 2.39 knows neither expiry nor refresh token) does
 * not take it away; nor does the value of an intent take away its name.
 */
struct wish {
	const struct secret *secret, *refresh;
	struct vault_meta meta;
};

static void complete(struct wish *wish, const struct row *row)
{
	bool same = row->secret && secret_equal(row->secret, wish->secret);

	if (!same && !(row->there && row->state == VAULT_PENDING))
		return;
	if (!wish->meta.token_id)
		wish->meta.token_id = row->token_id;
	if (!wish->meta.label)
		wish->meta.label = row->label;
	if (!wish->meta.expires_at)
		wish->meta.expires_at = row->expires_at;
	if (!wish->refresh)
		wish->refresh = row->refresh;
}

static bool unchanged(const struct wish *wish, const struct row *row)
{
	return row->there && row->state == VAULT_ACTIVE && row->secret &&
	       secret_equal(row->secret, wish->secret) &&
	       same_secret(row->refresh, wish->refresh) &&
	       same_text(row->token_id, wish->meta.token_id) &&
	       same_text(row->label, wish->meta.label) &&
	       row->expires_at == wish->meta.expires_at;
}

static int seal_column(const struct vault *v, const struct vault_id *id, const char *field,
		       const struct secret *plain, struct buf *out, struct err *err)
{
	const struct seal_context context = db_context(id, field);

	return plain ? seal(v->key, &context, plain, out, err) : 0;
}

static int bind_sealed(sqlite3_stmt *stmt, int i, const struct buf *sealed)
{
	return sealed->len ? sqlite3_bind_blob64(stmt, i, sealed->data, sealed->len, SQLITE_STATIC)
			   : sqlite3_bind_null(stmt, i);
}

/* Inserts or replaces the one row of this identity, as the newest. */
static int write_row(const struct vault *v, const struct vault_id *id, enum vault_state state,
		     const struct wish *wish, bool there, int64_t now, struct err *err)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;
	scoped_buf struct buf secret = BUF(SECRET_MAX + SEAL_OVERHEAD);
	scoped_buf struct buf refresh = BUF(SECRET_MAX + SEAL_OVERHEAD);
	const char *sql = there ?
		"UPDATE credential SET seq=" NEXT_SEQ ", state=?5, token_id=?6, label=?7,"
		" expires_at=?8, stored_at=?9, rejected_at=NULL, secret=?10, refresh=?11" EXACTLY :
		"INSERT INTO credential (seq, protocol, host, path, username, state, token_id, label,"
		" expires_at, created_at, stored_at, secret, refresh)"
		" VALUES (" NEXT_SEQ ", ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11)";

	if (seal_column(v, id, "secret", wish->secret, &secret, err) < 0 ||
	    seal_column(v, id, "refresh", wish->refresh, &refresh, err) < 0 ||
	    db_prepare(v, sql, &stmt, err) < 0 || db_bind_id(v, stmt, id, err) < 0)
		return -1;
	if (sqlite3_bind_int(stmt, 5, state) != SQLITE_OK ||
	    sqlite3_bind_text(stmt, 6, wish->meta.token_id, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_text(stmt, 7, wish->meta.label, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_int64(stmt, 8, wish->meta.expires_at) != SQLITE_OK ||
	    sqlite3_bind_int64(stmt, 9, now) != SQLITE_OK ||
	    bind_sealed(stmt, 10, &secret) != SQLITE_OK ||
	    bind_sealed(stmt, 11, &refresh) != SQLITE_OK)
		return db_err(v, "write", err);
	return db_run(v, stmt, err);
}

int vault_put(struct vault *v, const struct vault_id *id, const struct secret *secret,
	      const struct secret *refresh, const struct vault_meta *meta, int64_t now,
	      struct err *err)
{
	const struct wish asked = {
		.secret = secret,
		.refresh = refresh,
		.meta = meta ? *meta : (struct vault_meta){ 0 },
	};
	SCOPED(cleanup_row) struct row before = { 0 };
	SCOPED(cleanup_row) struct row row = { 0 };
	struct wish wish = asked;

	if (db_check_id(id, err) < 0)
		return -1;
	if (v->read_only)
		return db_begin(v, err);
	/* git stores what it was just given, after every success: one read, no lock, no write */
	if (look(v, id, &before, err) < 0)
		return -1;
	complete(&wish, &before);
	if (unchanged(&wish, &before))
		return 0;

	scoped_transaction struct vault *tx = v;
	if (db_begin(v, err) < 0 || look(v, id, &row, err) < 0)
		return -1;
	wish = asked;
	complete(&wish, &row);
	if (unchanged(&wish, &row))
		return 0;
	if (write_row(v, id, VAULT_ACTIVE, &wish, row.there, now, err) < 0)
		return -1;
	return db_commit(v, err);
}

int vault_put_intent(struct vault *v, const struct vault_id *id, const struct vault_meta *meta,
		     int64_t now, struct err *err)
{
	scoped_transaction struct vault *tx = v;
	SCOPED(cleanup_row) struct row row = { 0 };
	const struct wish wish = { .meta = meta ? *meta : (struct vault_meta){ 0 } };

	if (db_check_id(id, err) < 0 || db_begin(v, err) < 0 || look(v, id, &row, err) < 0)
		return -1;
	if (row.there && row.state != VAULT_REJECTED)
		return err_set(err, ERR_EXISTS, "the vault has an entry for %s://%s%s%s already",
			       id->protocol, id->host, id->path ? "/" : "",
			       id->path ? id->path : "");
	if (write_row(v, id, VAULT_PENDING, &wish, row.there, now, err) < 0)
		return -1;
	return db_commit(v, err);
}

struct match {
	sqlite3_int64 seq;
	bool damaged;		/* does not open, so it cannot be compared */
};

/* 1 and the next row whose secret is `only` (NULL = any), 0 at the end. */
static int next_match(const struct vault *v, sqlite3_stmt *row, const struct secret *only,
		      struct match *out, struct err *err)
{
	int rc;

	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		scoped_secret struct secret *stored = NULL;
		const struct vault_id id = {
			(const char *)sqlite3_column_text(row, 1),
			(const char *)sqlite3_column_text(row, 2),
			(const char *)sqlite3_column_text(row, 3),
			(const char *)sqlite3_column_text(row, 4),
		};

		out->seq = sqlite3_column_int64(row, 0);
		if (!only)
			return 1;
		if (open_column(v, &id, row, 5, "secret", &stored, err) < 0)
			return -1;
		if (!stored)
			out->damaged = true;
		else if (secret_equal(stored, only))
			return 1;
	}
	return rc == SQLITE_DONE ? 0 : db_err(v, "read", err);
}

int vault_reject(struct vault *v, const struct vault_id *query, const struct secret *only,
		 int64_t now, int *count, struct err *err)
{
	scoped_transaction struct vault *tx = v;
	scoped_stmt sqlite3_stmt *row = NULL;
	scoped_stmt sqlite3_stmt *mark = NULL;
	struct match match = { 0 };
	int r, n = 0;

	if (count)
		*count = 0;
	if (db_check_id(query, err) < 0 || db_begin(v, err) < 0 ||
	    db_prepare(v, "SELECT seq, protocol, host, path, username, secret FROM credential"
		       " WHERE protocol=?1 AND host=?2 AND (?3 IS NULL OR path=?3)"
		       " AND (?4 IS NULL OR username=?4) AND state=" ACTIVE, &row, err) < 0 ||
	    db_bind_id(v, row, query, err) < 0 ||
	    /* state stands in no index: the walk above is not disturbed */
	    db_prepare(v, "UPDATE credential SET state=" REJECTED ", rejected_at=?2"
		       " WHERE seq=?1", &mark, err) < 0)
		return -1;
	while ((r = next_match(v, row, only, &match, err)) > 0) {
		sqlite3_bind_int64(mark, 1, match.seq);
		sqlite3_bind_int64(mark, 2, now);
		if (db_run(v, mark, err) < 0)
			return -1;
		sqlite3_reset(mark);
		n++;
	}
	sqlite3_reset(row);
	if (r < 0 || (n > 0 && db_commit(v, err) < 0))
		return -1;
	if (count)
		*count = n;
	if (match.damaged && n == 0) {
		err_set(err, ERR_STORAGE, "a damaged entry for %s://%s in vault '%s' could not be"
			" compared", query->protocol, query->host, v->path);
		return err_hint(err, "erase it without naming its secret");
	}
	return 0;
}

int vault_erase(struct vault *v, const struct vault_id *id, struct err *err)
{
	scoped_transaction struct vault *tx = v;
	scoped_stmt sqlite3_stmt *stmt = NULL;

	if (db_check_id(id, err) < 0 || db_begin(v, err) < 0 ||
	    db_prepare(v, "DELETE FROM credential" EXACTLY, &stmt, err) < 0 ||
	    db_bind_id(v, stmt, id, err) < 0 || db_run(v, stmt, err) < 0)
		return -1;
	if (sqlite3_changes(v->db) == 0)
		return err_set(err, ERR_NOT_FOUND, "the vault has no entry for %s://%s%s%s",
			       id->protocol, id->host, id->path ? "/" : "",
			       id->path ? id->path : "");
	return db_commit(v, err);
}
