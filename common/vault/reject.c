/* SPDX-License-Identifier: MIT */
/* Marking what was refused, and bringing it back. */
#include <string.h>

#include "vault/db.h"

#define MATCHES " WHERE protocol=?1 AND host=?2 AND (?3 IS NULL OR ifnull(path, x'')=?3)" \
		" AND (?4 IS NULL OR ifnull(username, x'')=?4)"

_Static_assert(VAULT_ACTIVE == 1 && VAULT_REJECTED == 2, "states are stored");

struct match {
	sqlite3_int64 seq;
	bool damaged;		/* does not open, so it cannot be compared */
};

static bool same(const struct secret *wanted, const struct secret *stored)
{
	return !wanted || (stored && secret_equal(wanted, stored));
}

/* 1 and the next row whose value is `only` (NULL = any), 0 at the end. */
static int next_match(const struct vault *v, sqlite3_stmt *row, const struct vault_value *only,
		      struct match *out, struct err *err)
{
	int rc;

	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		scoped_secret struct secret *secret = NULL;
		scoped_secret struct secret *bearer = NULL;
		const struct vault_id id = {
			(const char *)sqlite3_column_text(row, 1),
			(const char *)sqlite3_column_text(row, 2),
			(const char *)sqlite3_column_text(row, 3),
			(const char *)sqlite3_column_text(row, 4),
		};
		struct db_version version = {
			sqlite3_column_int64(row, 5), sqlite3_column_int64(row, 6),
			(const char *)sqlite3_column_text(row, 7),
			(const char *)sqlite3_column_text(row, 8), { "", "" },
		};

		out->seq = sqlite3_column_int64(row, 0);
		if (!only || (!only->secret && !only->bearer))
			return 1;
		if (db_open_column(v, &id, &version, row, 9, "secret", &secret, err) < 0 ||
		    db_open_column(v, &id, &version, row, 10, "bearer", &bearer, err) < 0)
			return -1;
		if ((sqlite3_column_type(row, 9) != SQLITE_NULL && !secret) ||
		    (sqlite3_column_type(row, 10) != SQLITE_NULL && !bearer))
			out->damaged = true;
		else if (same(only->secret, secret) && same(only->bearer, bearer))
			return 1;
	}
	return rc == SQLITE_DONE ? 0 : db_err(v, "read", err);
}

static int mark_rejected(const struct vault *v, sqlite3_int64 seq, int64_t now, struct err *err)
{
	scoped_stmt sqlite3_stmt *mark = NULL;

	if (db_prepare(v, "UPDATE credential SET state=2, rejected_at=?2 WHERE seq=?1", &mark,
		       err) < 0)
		return -1;
	sqlite3_bind_int64(mark, 1, seq);
	sqlite3_bind_int64(mark, 2, now);
	return db_run(v, mark, err);
}

struct found {			/* rows to mark, when the walk is over */
	sqlite3_int64 *seq;
	size_t count, room;
};

static void cleanup_found(struct found *f)
{
	free(f->seq);
}

static int remember(struct found *f, sqlite3_int64 seq, struct err *err)
{
	if (f->count == f->room) {
		size_t room = f->room ? 2 * f->room : 16;
		void *bigger = reallocarray(f->seq, room, sizeof(f->seq[0]));

		if (!bigger)
			return err_nomem(err);
		f->seq = bigger;
		f->room = room;
	}
	f->seq[f->count++] = seq;
	return 0;
}

static int delete_row(const struct vault *v, sqlite3_int64 seq, struct err *err)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;

	if (db_prepare(v, "DELETE FROM credential WHERE seq=?1", &stmt, err) < 0)
		return -1;
	sqlite3_bind_int64(stmt, 1, seq);
	return db_run(v, stmt, err);
}

static int each_found(const struct vault *v, const struct found *found, bool forget, int64_t now,
		      struct err *err)
{
	for (size_t i = 0; i < found->count; i++)
		if (forget ? delete_row(v, found->seq[i], err) < 0
			   : mark_rejected(v, found->seq[i], now, err) < 0)
			return -1;
	return 0;
}

struct refusal {
	sqlite3_int64 seq;	/* of the one row that is meant; 0 = every match */
	bool forget;		/* rows of any state are deleted */
	int64_t now;
};

static int refuse(struct vault *v, const struct vault_id *query, const struct vault_value *only,
		  const struct refusal *how, int *count, struct err *err)
{
	scoped_transaction struct vault *tx = v;
	scoped_stmt sqlite3_stmt *row = NULL;
	SCOPED(cleanup_found) struct found found = { 0 };
	struct match match = { 0 };
	int r;

	if (count)
		*count = 0;
	if (db_check_id(query, err) < 0 || db_begin(v, err) < 0 ||
	    db_prepare(v,
		       "SELECT seq, protocol, host, path, username, serial, expires_at, token_id,"
		       " authtype, secret, bearer FROM credential" MATCHES
		       " AND (state=1 OR ?5) AND (?6=0 OR seq=?6)", &row, err) < 0 ||
	    db_bind_id(v, row, query, err) < 0)
		return -1;
	sqlite3_bind_int(row, 5, how->forget);
	sqlite3_bind_int64(row, 6, how->seq);
	while ((r = next_match(v, row, only, &match, err)) > 0)
		if (remember(&found, match.seq, err) < 0)
			return -1;
	sqlite3_reset(row);
	if (r < 0)
		return -1;
	if (each_found(v, &found, how->forget, how->now, err) < 0)
		return -1;
	if (found.count > 0 && db_commit(v, err) < 0)
		return -1;
	if (count)
		*count = (int)found.count;
	if (match.damaged && found.count == 0) {
		err_set(err, ERR_STORAGE, "a damaged entry for %s://%s in vault '%s' could not be"
			" compared", query->protocol, query->host, v->path);
		return err_hint(err, "erase it without naming its secret");
	}
	return 0;
}

int vault_reject(struct vault *v, const struct vault_id *query, const struct vault_value *only,
		 int64_t now, int *count, struct err *err)
{
	return refuse(v, query, only, &(struct refusal){ .now = now }, count, err);
}

int vault_reject_item(struct vault *v, const struct vault_item *item,
		      const struct vault_value *only, int64_t now, int *count, struct err *err)
{
	const struct vault_id id = { item->protocol, item->host, item->path, item->username };

	return refuse(v, &id, only, &(struct refusal){ .seq = item->row, .now = now }, count, err);
}

int vault_forget(struct vault *v, const struct vault_id *query, const struct vault_value *only,
		 struct err *err)
{
	return refuse(v, query, only, &(struct refusal){ .forget = true }, NULL, err);
}

/* The rejected row to restore; 0 = there is none. */
static int find_rejected(const struct vault *v, const struct vault_id *query, int64_t seq,
			 sqlite3_int64 *found, struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;

	if (db_prepare(v, "SELECT seq FROM credential" MATCHES " AND state=2 AND (?5=0 OR seq=?5)"
		       " ORDER BY rejected_at DESC, seq DESC LIMIT 1", &row, err) < 0 ||
	    db_bind_id(v, row, query, err) < 0)
		return -1;
	sqlite3_bind_int64(row, 5, seq);
	int rc = sqlite3_step(row);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_err(v, "read", err);
	*found = rc == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
	return 0;
}

int vault_restore(struct vault *v, const struct vault_id *query, int64_t seq, int64_t now,
		  struct err *err)
{
	scoped_transaction struct vault *tx = v;
	scoped_stmt sqlite3_stmt *other = NULL;
	scoped_stmt sqlite3_stmt *back = NULL;
	sqlite3_int64 found = 0;
	int64_t newest = 0;

	if (db_check_id(query, err) < 0 || db_begin(v, err) < 0 ||
	    find_rejected(v, query, seq, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_NOT_FOUND,
			       "the vault has no rejected entry for %s://%s%s%s",
			       query->protocol, query->host, query->path ? "/" : "",
			       query->path ? query->path : "");
	if (db_next_seq(v, &newest, err) < 0 ||
	    db_prepare(v, "UPDATE credential SET state=2, rejected_at=?2 WHERE state<>2 AND"
		       " (protocol, host, ifnull(path, x''), ifnull(username, x'')) ="
		       " (SELECT protocol, host, ifnull(path, x''), ifnull(username, x'')"
		       "  FROM credential WHERE seq=?1)", &other, err) < 0 ||
	    db_prepare(v, "UPDATE credential SET state=1, rejected_at=NULL, seq=?2 WHERE seq=?1",
		       &back, err) < 0)
		return -1;
	sqlite3_bind_int64(other, 1, found);
	sqlite3_bind_int64(other, 2, now);
	sqlite3_bind_int64(back, 1, found);
	sqlite3_bind_int64(back, 2, newest);
	if (db_run(v, other, err) < 0 || db_run(v, back, err) < 0)
		return -1;
	return db_commit(v, err);
}
