/* SPDX-License-Identifier: MIT */
/*
 * db.h -- what the files of this room share about SQLite; not for other rooms.
 *
 * Every result code but OK, ROW and DONE ends in db_err(), the one place that
 * turns SQLite's trouble into a sentence and a hint.
 */
#ifndef VAULT_DB_H
#define VAULT_DB_H

#include <sqlite3.h>

#include "vault/seal.h"
#include "vault/vault.h"

struct vault {
	sqlite3 *db;
	char *path;
	struct secret *key;
	bool read_only;
};

/* `doing` completes "cannot ... vault 'PATH'": "read", "write". */
int db_err(const struct vault *vault, const char *doing, struct err *err);

int db_prepare(const struct vault *vault, const char *sql, sqlite3_stmt **out, struct err *err);
int db_exec(const struct vault *vault, const char *sql, struct err *err);

/* Runs a statement that gives no rows. */
int db_run(const struct vault *vault, sqlite3_stmt *stmt, struct err *err);

/*
 * BEGIN IMMEDIATE: a transaction that reads first and writes later may find that
 * another one wrote in between; this one waits its turn before it looks.
 */
int db_begin(const struct vault *vault, struct err *err);
int db_commit(const struct vault *vault, struct err *err);

/* Binds protocol, host, path and username to ?1 .. ?4; NULL binds as NULL. */
int db_bind_id(const struct vault *vault, sqlite3_stmt *stmt, const struct vault_id *id,
	       struct err *err);

/* A copy of a text column; *out stays NULL when the column is. */
int db_text(sqlite3_stmt *row, int column, char **out, struct err *err);

/* ERR_INPUT for an identity that the vault cannot hold. */
int db_check_id(const struct vault_id *id, struct err *err);

struct db_version {		/* what a row's seals hold, besides its identity; borrowed */
	int64_t serial, expires_at;
	const char *token_id, *authtype;
	char text[2][24];	/* its own */
};

/* How the row of this identity and version seals its column `field`; keep both while it is used. */
struct seal_context db_context(const struct vault_id *id, struct db_version *version,
			       const char *field);

/*
 * A sealed column of the row that stmt stands on.  One that does not open reads as
 * absent: a store mends the row.
 */
int db_open_column(const struct vault *vault, const struct vault_id *id, struct db_version *version,
		   sqlite3_stmt *stmt, int column, const char *field, struct secret **out,
		   struct err *err);

static inline void cleanup_stmt(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}
#define scoped_stmt SCOPED(cleanup_stmt)

/* scoped_transaction struct vault *tx = vault; -- undone unless it was committed. */
static inline void cleanup_transaction(struct vault **v)
{
	if (*v && !sqlite3_get_autocommit((*v)->db))
		sqlite3_exec((*v)->db, "ROLLBACK", NULL, NULL, NULL);
}
#define scoped_transaction SCOPED(cleanup_transaction) __attribute__((unused))

#endif
