/* SPDX-License-Identifier: MIT */
/* Writing: put, intend, erase, note a use. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "vault/db.h"
#include "vault/life.h"

#define EXACTLY " WHERE protocol=?1 AND host=?2 AND ifnull(path, x'')=ifnull(?3, x'')" \
		" AND ifnull(username, x'')=ifnull(?4, x'')"
#define PRESENT EXACTLY " AND state<>2"	/* the index of identities leaves the rejected ones out */

_Static_assert(VAULT_REJECTED == 2, "states are stored");

struct row {			/* what is stored under an identity now */
	bool there;
	enum vault_state state;
	char *token_id, *label, *origin, *authtype;
	int64_t expires_at, serial, seq;
	struct secret *secret, *bearer, *refresh;
};

static void cleanup_row(struct row *row)
{
	free(row->token_id);
	free(row->label);
	free(row->origin);
	free(row->authtype);
	secret_free(row->secret);
	secret_free(row->bearer);
	secret_free(row->refresh);
}

static int open_column(const struct vault *v, const struct vault_id *id, sqlite3_stmt *stmt,
		       int column, const char *field, const struct row *row, struct secret **out,
		       struct err *err)
{
	struct db_version version = { row->serial, row->expires_at, row->token_id, row->authtype,
				      { "", "" } };

	return db_open_column(v, id, &version, stmt, column, field, out, err);
}

static int prepare_look(const struct vault *v, const char *select, bool rejected,
			sqlite3_stmt **out, struct err *err)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "%s%s", select, rejected ?
		 EXACTLY " AND state=2 ORDER BY rejected_at DESC, seq DESC LIMIT 1" : PRESENT);
	return db_prepare(v, sql, out, err);
}

/* The entry of this identity that is not rejected, or the one that was rejected last. */
static int look(const struct vault *v, const struct vault_id *id, bool rejected, struct row *out,
		struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;

	if (prepare_look(v, "SELECT state, token_id, label, origin, authtype, expires_at, serial,"
		       " secret, bearer, refresh, seq FROM credential", rejected, &row, err) < 0 ||
	    db_bind_id(v, row, id, err) < 0)
		return -1;
	int rc = sqlite3_step(row);
	if (rc == SQLITE_DONE)
		return 0;
	if (rc != SQLITE_ROW)
		return db_err(v, "read", err);
	out->there = true;
	out->state = (enum vault_state)sqlite3_column_int(row, 0);
	out->expires_at = sqlite3_column_int64(row, 5);
	out->serial = sqlite3_column_int64(row, 6);
	out->seq = sqlite3_column_int64(row, 10);
	if (db_text(row, 1, &out->token_id, err) < 0 ||
	    db_text(row, 2, &out->label, err) < 0 ||
	    db_text(row, 3, &out->origin, err) < 0 ||
	    db_text(row, 4, &out->authtype, err) < 0 ||
	    open_column(v, id, row, 7, "secret", out, &out->secret, err) < 0 ||
	    open_column(v, id, row, 8, "bearer", out, &out->bearer, err) < 0 ||
	    open_column(v, id, row, 9, "refresh", out, &out->refresh, err) < 0)
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
 * about the same secret (git 2.39 knows neither expiry nor refresh token nor bearer, and
 * a git that was given the bearer does not know the password) does not take it away; nor
 * does the value of an intent take away its name.
 */
struct wish {
	struct vault_value value;
	struct vault_meta meta;
};

static bool same_value(const struct vault_value *wish, const struct row *row)
{
	return same_secret(row->secret, wish->secret) && same_secret(row->bearer, wish->bearer) &&
	       same_text(row->authtype, wish->authtype);
}

/* Each form that is asked for is the stored one; the other may be left out. */
static bool agrees(const struct vault_value *wish, const struct row *row)
{
	return (!wish->secret || same_secret(row->secret, wish->secret)) &&
	       (!wish->bearer || (same_secret(row->bearer, wish->bearer) &&
				  same_text(row->authtype, wish->authtype)));
}

/* What is beside the secret. */
static void complete_rest(struct wish *wish, const struct row *row, int64_t now)
{
	if (!wish->meta.token_id)
		wish->meta.token_id = row->token_id;
	if (!wish->meta.label)
		wish->meta.label = row->label;
	/* one that has passed is refuted: the secret has just been used or given anew */
	if (!wish->meta.expires_at && row->expires_at > now)
		wish->meta.expires_at = row->expires_at;
	if (!wish->meta.origin)
		wish->meta.origin = row->origin;
	if (!wish->value.refresh)
		wish->value.refresh = row->refresh;
}

static void complete(struct wish *wish, const struct row *row, int64_t now)
{
	bool same = row->there && row->state != VAULT_PENDING && agrees(&wish->value, row);

	if (!same && !(row->there && row->state == VAULT_PENDING))
		return;
	complete_rest(wish, row, now);
	if (!wish->value.secret)
		wish->value.secret = row->secret;
	if (!wish->value.bearer && row->bearer) {
		wish->value.bearer = row->bearer;
		wish->value.authtype = row->authtype;
	}
}

static bool unchanged(const struct wish *wish, const struct row *row)
{
	return row->there && row->state == VAULT_ACTIVE && same_value(&wish->value, row) &&
	       same_secret(row->refresh, wish->value.refresh) &&
	       same_text(row->token_id, wish->meta.token_id) &&
	       same_text(row->label, wish->meta.label) &&
	       row->expires_at == wish->meta.expires_at;
}

static int seal_column(const struct vault *v, const struct vault_id *id, struct db_version *version,
		       const char *field, const struct secret *plain, struct buf *out, struct err *err)
{
	const struct seal_context context = db_context(id, version, field);

	return plain ? seal(v->key, &context, plain, out, err) : 0;
}

static int bind_sealed(sqlite3_stmt *stmt, int i, const struct buf *sealed)
{
	return sealed->len ? sqlite3_bind_blob64(stmt, i, sealed->data, sealed->len, SQLITE_STATIC)
			   : sqlite3_bind_null(stmt, i);
}

/* What was rejected long ago goes. */
static int forget(const struct vault *v, int64_t now, struct err *err)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;

	if (db_prepare(v, "DELETE FROM credential WHERE state=2 AND rejected_at<?1", &stmt,
		       err) < 0)
		return -1;
	sqlite3_bind_int64(stmt, 1, now - VAULT_KEEP_REJECTED_S);
	return db_run(v, stmt, err);
}

/* Inserts or replaces the one row of this identity that is not rejected, as the newest. */
static int write_row(const struct vault *v, const struct vault_id *id, enum vault_state state,
		     const struct wish *wish, bool there, int64_t now, struct err *err)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;
	scoped_buf struct buf secret = BUF(SECRET_MAX + SEAL_OVERHEAD);
	scoped_buf struct buf bearer = BUF(SECRET_MAX + SEAL_OVERHEAD);
	scoped_buf struct buf refresh = BUF(SECRET_MAX + SEAL_OVERHEAD);
	struct db_version version = { 0, wish->meta.expires_at, wish->meta.token_id,
				      wish->value.authtype, { "", "" } };
	const char *sql = there ?
		"UPDATE credential SET seq=?16, state=?5, token_id=?6, label=?7,"
		" expires_at=?8, stored_at=?9, rejected_at=NULL, secret=?10, refresh=?11,"
		" bearer=?12, authtype=?13, origin=?14, serial=?15" PRESENT :
		"INSERT INTO credential (seq, protocol, host, path, username, state, token_id, label,"
		" expires_at, created_at, stored_at, secret, refresh, bearer, authtype, origin, serial)"
		" VALUES (?16, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13,"
		" ?14, ?15)";

	if (sodium_init() < 0)
		return err_set(err, ERR_STORAGE, "libsodium could not be initialised");
	randombytes_buf(&version.serial, sizeof(version.serial));
	int64_t seq = 0;
	if (forget(v, now, err) < 0 || db_next_seq(v, &seq, err) < 0 ||
	    seal_column(v, id, &version, "secret", wish->value.secret, &secret, err) < 0 ||
	    seal_column(v, id, &version, "bearer", wish->value.bearer, &bearer, err) < 0 ||
	    seal_column(v, id, &version, "refresh", wish->value.refresh, &refresh, err) < 0 ||
	    db_prepare(v, sql, &stmt, err) < 0 || db_bind_id(v, stmt, id, err) < 0)
		return -1;
	if (sqlite3_bind_int(stmt, 5, state) != SQLITE_OK ||
	    sqlite3_bind_text(stmt, 6, wish->meta.token_id, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_text(stmt, 7, wish->meta.label, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_int64(stmt, 8, wish->meta.expires_at) != SQLITE_OK ||
	    sqlite3_bind_int64(stmt, 9, now) != SQLITE_OK ||
	    bind_sealed(stmt, 10, &secret) != SQLITE_OK ||
	    bind_sealed(stmt, 11, &refresh) != SQLITE_OK ||
	    bind_sealed(stmt, 12, &bearer) != SQLITE_OK ||
	    sqlite3_bind_text(stmt, 13, wish->value.authtype, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_text(stmt, 14, wish->meta.origin, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_int64(stmt, 15, version.serial) != SQLITE_OK ||
	    sqlite3_bind_int64(stmt, 16, seq) != SQLITE_OK)
		return db_err(v, "write", err);
	return db_run(v, stmt, err);
}

static int check_value(const struct vault_value *value, struct err *err)
{
	if (!value->secret && !value->bearer)
		return err_set(err, ERR_INPUT, "a credential needs a secret");
	if (!value->bearer != !value->authtype)
		return err_set(err, ERR_INPUT, "an authtype and its credential go together");
	if (value->authtype && (!value->authtype[0] || strpbrk(value->authtype, "\r\n")))
		return err_set(err, ERR_INPUT, "the authtype is no word");
	return 0;
}

/*
 * What was rejected last, when it is just that which is stored again: it is not kept twice.
 * The other form that was rejected with it comes not back, and keeps the row where it is.
 */
static int revive(const struct vault *v, const struct vault_id *id, struct row *old,
		  struct wish *wish, int64_t now, struct err *err)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;

	if (look(v, id, true, old, err) < 0)
		return -1;
	if (!old->there || !agrees(&wish->value, old))
		return 0;
	complete_rest(wish, old, now);
	if (!wish->value.secret != !old->secret || !wish->value.bearer != !old->bearer)
		return 0;
	if (db_prepare(v, "DELETE FROM credential WHERE seq=?1", &stmt, err) < 0)
		return -1;
	sqlite3_bind_int64(stmt, 1, old->seq);
	return db_run(v, stmt, err);
}

static bool is_minted(const char *origin)
{
	return origin && !strncmp(origin, LIFE_ORIGIN_MINT, strlen(LIFE_ORIGIN_MINT));
}

/* Nobody but its profile knows how to end it, and that it is there. */
static bool is_orphaned(const struct row *row, const struct wish *wish, int64_t now)
{
	return row->there && row->state == VAULT_ACTIVE && row->token_id && is_minted(row->origin) &&
	       !life_over(row->expires_at, now) && !is_minted(wish->meta.origin) &&
	       !agrees(&wish->value, row);
}

static int set_aside(const struct vault *v, const struct row *row, int64_t now,
		     struct vault_displaced *out, struct err *err)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;

	if (db_prepare(v, "UPDATE credential SET state=2, rejected_at=?2 WHERE seq=?1",
		       &stmt, err) < 0)
		return -1;
	sqlite3_bind_int64(stmt, 1, row->seq);
	sqlite3_bind_int64(stmt, 2, now);
	snprintf(out->token_id, sizeof(out->token_id), "%s", row->token_id);
	snprintf(out->origin, sizeof(out->origin), "%s", row->origin);
	return db_run(v, stmt, err);
}

int vault_put(struct vault *v, const struct vault_id *id, const struct vault_value *value,
	      const struct vault_meta *meta, int64_t now, struct err *err)
{
	struct vault_displaced untold;

	return vault_put_telling(v, id, value, meta, now, &untold, err);
}

int vault_put_telling(struct vault *v, const struct vault_id *id, const struct vault_value *value,
		      const struct vault_meta *meta, int64_t now, struct vault_displaced *out,
		      struct err *err)
{
	const struct wish asked = {
		.value = *value,
		.meta = meta ? *meta : (struct vault_meta){ 0 },
	};
	SCOPED(cleanup_row) struct row before = { 0 };
	SCOPED(cleanup_row) struct row row = { 0 };
	SCOPED(cleanup_row) struct row old = { 0 };
	struct wish wish = asked;

	*out = (struct vault_displaced){ 0 };
	if (db_check_new_id(id, err) < 0 || check_value(value, err) < 0)
		return -1;
	if (v->read_only)
		return db_begin(v, err);
	/* git stores what it was just given, after every success: one read, no lock, no write */
	if (look(v, id, false, &before, err) < 0)
		return -1;
	complete(&wish, &before, now);
	if (unchanged(&wish, &before))
		return 0;

	scoped_transaction struct vault *tx = v;
	if (db_begin(v, err) < 0 || look(v, id, false, &row, err) < 0)
		return -1;
	db_sweep(v, now);
	wish = asked;
	complete(&wish, &row, now);
	if (unchanged(&wish, &row))
		return 0;
	if (is_orphaned(&row, &asked, now)) {
		if (set_aside(v, &row, now, out, err) < 0)
			return -1;
		row.there = false;
	}
	if (!row.there && revive(v, id, &old, &wish, now, err) < 0)
		return -1;
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

	if (db_check_new_id(id, err) < 0 || db_begin(v, err) < 0 ||
	    look(v, id, false, &row, err) < 0)
		return -1;
	if (row.there)
		return err_set(err, ERR_EXISTS, "the vault has an entry for %s://%s%s%s already",
			       id->protocol, id->host, id->path ? "/" : "",
			       id->path ? id->path : "");
	if (write_row(v, id, VAULT_PENDING, &wish, row.there, now, err) < 0)
		return -1;
	return db_commit(v, err);
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

int vault_erase_item(struct vault *v, const struct vault_item *item, struct err *err)
{
	scoped_transaction struct vault *tx = v;
	scoped_stmt sqlite3_stmt *stmt = NULL;
	const struct vault_id id = { item->protocol, item->host, item->path, item->username };

	if (db_begin(v, err) < 0 ||
	    db_prepare(v,
		       "DELETE FROM credential" EXACTLY " AND seq=?5 AND state=?6 AND stored_at=?7",
		       &stmt, err) < 0 ||
	    db_bind_id(v, stmt, &id, err) < 0)
		return -1;
	sqlite3_bind_int64(stmt, 5, item->row);
	sqlite3_bind_int(stmt, 6, item->state);
	sqlite3_bind_int64(stmt, 7, item->stored_at);
	if (db_run(v, stmt, err) < 0)
		return -1;
	if (sqlite3_changes(v->db) == 0)
		return err_set(err, ERR_NOT_FOUND, "the entry was changed meanwhile");
	return db_commit(v, err);
}

void vault_note_use(struct vault *v, const struct vault_item *item, int64_t now)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;
	struct err ignored = { 0 };

	/* a clock that was set back is no reason to write each time */
	if (item->used_at > now - VAULT_USED_EVERY_S)
		return;
	sqlite3_busy_timeout(v->db, 0);
	if (db_prepare(v, "UPDATE credential SET used_at=?2 WHERE seq=?1 AND used_at<?2", &stmt,
		       &ignored) == 0) {
		sqlite3_bind_int64(stmt, 1, item->row);
		sqlite3_bind_int64(stmt, 2, now);
		db_run(v, stmt, &ignored);
	}
	sqlite3_busy_timeout(v->db, VAULT_BUSY_MS);
}
