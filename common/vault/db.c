/* SPDX-License-Identifier: MIT */
#include "vault/db.h"

#include <stdio.h>
#include <string.h>

/* told by their addresses */
const char vault_no_path[] = "", vault_no_user[] = "";

int db_err(const struct vault *v, const char *doing, struct err *err)
{
	int code = sqlite3_extended_errcode(v->db);
	int errnum = sqlite3_system_errno(v->db);

	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return err_nomem(err);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		err_set(err, ERR_STORAGE, "vault '%s' is damaged (%s)", v->path,
			sqlite3_errstr(code));
		return err_hint(err, "restore a backup, or save what is readable: aisearch vault"
				" check, aisearch vault export --output FILE");
	case SQLITE_FULL:
		err_set(err, ERR_STORAGE, "no space left to write vault '%s'; nothing was"
			" changed", v->path);
		return err_hint(err, "free some space on that disk and try again");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		err_set(err, ERR_STORAGE, "vault '%s' was locked for %d s", v->path,
			VAULT_BUSY_MS / 1000);
		return err_hint(err, "another program holds it: try again, or find it with fuser");
	case SQLITE_READONLY:
	case SQLITE_PERM:
		err_set(err, ERR_STORAGE, "vault '%s' cannot be written", v->path);
		return err_hint(err, "is the file, its folder or the disk read-only?");
	case SQLITE_IOERR:
		/* a full disk is SQLITE_FULL; here errno is lost already */
		if (code == SQLITE_IOERR_WRITE) {
			err_set(err, ERR_STORAGE, "vault '%s' could not be written; nothing"
				" was changed", v->path);
			return err_hint(err, "is your disk quota used up, or the file size"
					" limited (ulimit -f)?");
		}
		/* fall through */
	case SQLITE_CANTOPEN:
		if (errnum != 0)
			return err_errno(err, ERR_STORAGE, errnum, "cannot %s vault '%s'", doing,
					 v->path);
		break;
	}
	err_set(err, ERR_STORAGE, "cannot %s vault '%s' (SQLite: %s)", doing, v->path,
		sqlite3_errmsg(v->db));
	return err_hint(err, "was it changed by another program?");
}

int db_prepare(const struct vault *v, const char *sql, sqlite3_stmt **out, struct err *err)
{
	if (sqlite3_prepare_v2(v->db, sql, -1, out, NULL) != SQLITE_OK)
		return db_err(v, "read", err);
	return 0;
}

int db_exec(const struct vault *v, const char *sql, struct err *err)
{
	if (sqlite3_exec(v->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_err(v, "write", err);
	return 0;
}

int db_run(const struct vault *v, sqlite3_stmt *stmt, struct err *err)
{
	int rc = sqlite3_step(stmt);

	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		return db_err(v, "write", err);
	return 0;
}

int db_begin(struct vault *v, struct err *err)
{
	if (v->read_only)
		return err_set(err, ERR_STORAGE, "vault '%s' was opened for reading only", v->path);
	if (sqlite3_db_readonly(v->db, "main") == 1) {
		err_set(err, ERR_STORAGE, "vault '%s' cannot be written", v->path);
		return err_hint(err, "is the file, its folder or the disk read-only?");
	}
	if (db_exec(v, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	if (db_key_changed(v, err) >= 0)
		return 0;
	sqlite3_exec(v->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

int db_commit(const struct vault *v, struct err *err)
{
	return db_exec(v, "COMMIT", err);
}

const char *db_credential(const struct vault *v)
{
	return v->schema > 1 ? "credential" :
	       "(SELECT *, NULL AS bearer, NULL AS authtype, NULL AS origin, 0 AS used_at,"
	       " 0 AS serial FROM credential)";
}

int db_set_meta(const struct vault *v, const char *name, const void *value, size_t len,
		struct err *err)
{
	scoped_stmt sqlite3_stmt *put = NULL;

	if (db_prepare(v, "INSERT OR REPLACE INTO meta VALUES (?1, ?2)", &put, err) < 0)
		return -1;
	if (sqlite3_bind_text(put, 1, name, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_blob64(put, 2, value, len, SQLITE_STATIC) != SQLITE_OK)
		return db_err(v, "write", err);
	return db_run(v, put, err);
}

int db_bind_id(const struct vault *v, sqlite3_stmt *stmt, const struct vault_id *id,
	       struct err *err)
{
	const char *const field[] = { id->protocol, id->host, id->path, id->username };

	/* a statement without ?3 or ?4 has nothing to bind there */
	for (int i = 0; i < 4 && i < sqlite3_bind_parameter_count(stmt); i++) {
		/* an absent one stands in the statements as an empty blob, see schema.c */
		int rc = field[i] == vault_no_path || field[i] == vault_no_user ?
			sqlite3_bind_blob(stmt, i + 1, "", 0, SQLITE_STATIC) :
			sqlite3_bind_text(stmt, i + 1, field[i], -1, SQLITE_STATIC);
		if (rc != SQLITE_OK)
			return db_err(v, "read", err);
	}
	return 0;
}

int db_text(sqlite3_stmt *row, int column, char **out, struct err *err)
{
	const unsigned char *value = sqlite3_column_text(row, column);

	if (!value)
		return 0;
	*out = strdup((const char *)value);
	return *out ? 0 : err_nomem(err);
}

static int check_field(const char *name, const char *value, bool required, struct err *err)
{
	if (!value)
		return required ? err_set(err, ERR_INPUT, "a credential needs a %s", name) : 0;
	if (strlen(value) > VAULT_FIELD_MAX)
		return err_set(err, ERR_INPUT, "the %s is longer than %d bytes", name,
			       VAULT_FIELD_MAX);
	/* the protocols that hand it out are made of lines */
	if (strpbrk(value, "\r\n"))
		return err_set(err, ERR_INPUT, "the %s contains a line break", name);
	return 0;
}

int db_check_id(const struct vault_id *id, struct err *err)
{
	if (check_field("protocol", id->protocol, true, err) < 0 ||
	    check_field("host", id->host, true, err) < 0 ||
	    check_field("path", id->path, false, err) < 0 ||
	    check_field("username", id->username, false, err) < 0)
		return -1;
	if (!id->protocol[0])
		return err_set(err, ERR_INPUT, "a credential needs a protocol");
	return 0;
}

static int check_plain(const char *name, const char *value, struct err *err)
{
	for (const char *c = value ? value : ""; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(err, ERR_INPUT, "the %s contains a control character", name);
	return 0;
}

int db_check_new_id(const struct vault_id *id, struct err *err)
{
	if (db_check_id(id, err) < 0 || check_plain("protocol", id->protocol, err) < 0 ||
	    check_plain("host", id->host, err) < 0 || check_plain("path", id->path, err) < 0)
		return -1;
	return check_plain("username", id->username, err);
}

int db_next_seq(const struct vault *v, int64_t *out, struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;

	if (db_prepare(v, "SELECT ifnull(max(seq), 0) FROM credential", &row, err) < 0)
		return -1;
	if (sqlite3_step(row) != SQLITE_ROW)
		return db_err(v, "read", err);
	int64_t last = sqlite3_column_int64(row, 0);
	if (last < INT64_MAX) {
		*out = last + 1;
		return 0;
	}
	/* nobody stores that often: it was written on purpose */
	err_set(err, ERR_STORAGE,
		"vault '%s' is damaged: row %lld leaves no number for a newer one",
		v->path, (long long)last);
	return err_hint(err, "erase that row (aisearch vault erase %lld), or restore a backup",
			(long long)last);
}

struct seal_context db_context(const struct vault_id *id, struct db_version *v, const char *field)
{
	snprintf(v->text[0], sizeof(v->text[0]), "%lld", (long long)v->serial);
	snprintf(v->text[1], sizeof(v->text[1]), "%lld", (long long)v->expires_at);
	return (struct seal_context){
		.field = field,
		.part = { id->protocol, id->host, id->path, id->username,
			  v->text[0], v->text[1], v->token_id, v->authtype },
	};
}

int db_open_column(const struct vault *v, const struct vault_id *id, struct db_version *version,
		   sqlite3_stmt *stmt, int column, const char *field, struct secret **out,
		   struct err *err)
{
	const struct seal_context context = db_context(id, version, field);
	const void *sealed = sqlite3_column_blob(stmt, column);

	if (!sealed)
		return 0;
	if (unseal(v->key, &context, sealed, (size_t)sqlite3_column_bytes(stmt, column), out,
		   err) < 0 && err->kind != ERR_STORAGE)
		return -1;
	return 0;
}
