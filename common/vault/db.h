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

#include "vault/key.h"
#include "vault/keys.h"
#include "vault/seal.h"
#include "vault/vault.h"

struct vault {
	sqlite3 *db;
	char *path, *key_file;
	char *credentials_dir;	/* or NULL */
	struct secret *key;	/* NULL of a keyless one */
	unsigned char fingerprint[SEAL_FINGERPRINT_BYTES];	/* of key */
	enum vault_key_from key_from;
	int64_t key_expires_at;	/* of one from the keyring; 0 = not known */
	int schema;
	bool read_only, keyless, salvage;
	bool had_key;		/* see vault_had_key() */
};

/* `doing` completes "cannot ... vault 'PATH'": "read", "write". */
int db_err(const struct vault *vault, const char *doing, struct err *err);

int db_prepare(const struct vault *vault, const char *sql, sqlite3_stmt **out, struct err *err);
int db_exec(const struct vault *vault, const char *sql, struct err *err);

/* Runs a statement that gives no rows. */
int db_run(const struct vault *vault, sqlite3_stmt *stmt, struct err *err);

/*
 * BEGIN IMMEDIATE: a transaction that reads first and writes later may find that
 * another one wrote in between; this one waits its turn before it looks.  When the
 * vault was given another key meanwhile, that one is loaded first: nothing is ever
 * sealed under a key that the vault does not have.
 */
int db_begin(struct vault *vault, struct err *err);
int db_commit(const struct vault *vault, struct err *err);

/*
 * Makes the vault that is not there, and its key when there is none; that it is there now is
 * fine.  *made: it was not another process.
 */
int db_make(const struct vault *vault, const struct key_source *from, bool *made,
	    struct err *err);

/* ERR_STORAGE when the vault is missing, but not its journal. */
int db_check_journal(const char *path, struct err *err);

/*
 * Removes what a kill left of a new vault under another name, a minute ago or before: a file
 * that is nothing but the beginning of a new vault with this key, or another name of this
 * one.  No error: the next write does it.
 */
void db_sweep(const struct vault *vault, int64_t now);

/* The tables of a new vault and the mark of its key, in a database that has nothing yet. */
int db_fill(struct vault *vault, const struct key_source *from, struct err *err);

/* Binds protocol, host, path and username to ?1 .. ?4; NULL binds as NULL. */
int db_bind_id(const struct vault *vault, sqlite3_stmt *stmt, const struct vault_id *id,
	       struct err *err);

/* A copy of a text column; *out stays NULL when the column is. */
int db_text(sqlite3_stmt *row, int column, char **out, struct err *err);

/* ERR_INPUT for a query that nothing can match. */
int db_check_id(const struct vault_id *id, struct err *err);

/*
 * ERR_INPUT also for an identity that is not stored: control characters would reach the
 * terminal of whoever is handed it.  Those of older versions can still be looked for and erased.
 */
int db_check_new_id(const struct vault_id *id, struct err *err);

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

/* FROM this: the table, or for a reader of schema 1 the same with what it lacks. */
const char *db_credential(const struct vault *vault);

/* As vault_get_row(); without `open` its secrets are left out. */
int db_get_row(struct vault *vault, int64_t row, bool open, struct vault_item **out,
	       struct err *err);

/*
 * Within a write transaction: the seq of what is stored now.  ERR_STORAGE when there is
 * none left.
 */
int db_next_seq(const struct vault *vault, int64_t *out, struct err *err);

/* A value of table meta; *out stays as it is and 1 is returned when there is none. */
int db_meta(const struct vault *vault, const char *name, struct buf *out, struct err *err);
int db_set_meta(const struct vault *vault, const char *name, const void *value, size_t len,
		struct err *err);

#define META_KEY "key"			/* the fingerprint of the sealing key */
#define META_PASSPHRASE "passphrase"	/* the sealing key under a passphrase, or no row */
#define PASSPHRASE_PURPOSE "aisearch vault key"

/* Reads the fingerprint that the vault has now. */
int db_fingerprint(const struct vault *vault, unsigned char out[SEAL_FINGERPRINT_BYTES],
		   struct err *err);
/* Finds the key of that fingerprint and puts it, where it was, and the fingerprint into vault. */
int db_find_key(struct vault *vault, struct err *err);
/* 1 when the vault has another fingerprint than the key in hand, and a new key was found. */
int db_key_changed(struct vault *vault, struct err *err);
/*
 * Within a write transaction: gives the key file its name when a rekey was killed before
 * it could.
 */
int db_settle_key(struct vault *vault, struct err *err);

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
