/* SPDX-License-Identifier: MIT */
/*
 * db.h -- the emulator's memory: one SQLite connection behind one fair lock.
 *
 * Every request and every batch of the indexer is one transaction between
 * db_begin() and db_end(), which also take and give back the lock.  The lock is
 * handed over in the order it was asked for: the indexer, which asks again at
 * once, cannot starve the requests.
 *
 * A statement that fails sets `failed`; the rest of the transaction may go on
 * without looking, db_end() then rolls back and says so.
 */
#ifndef EMULATOR_DB_H
#define EMULATOR_DB_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

struct db {
	sqlite3 *sql;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	unsigned long next_ticket, serving;
	bool failed;		/* in this transaction; under the lock */
};

/* path "" is a private database that goes to an unlinked file when it grows. */
int db_open(struct db *db, const char *path, struct err *err);
void db_close(struct db *db);

void db_begin(struct db *db);
int db_end(struct db *db);		/* 0 = committed, -1 = rolled back */

/*
 * types says what follows: s text (NULL is SQL NULL), i int64_t, b bytes
 * (const void *, size_t), d double.  NULL when it failed.  Finalize the result
 * (scoped_stmt does).
 */
sqlite3_stmt *db_query(struct db *db, const char *sql, const char *types, ...);
bool db_step(struct db *db, sqlite3_stmt *stmt);	/* a row is there; NULL is none */

/* Runs to its end; rows changed, or -1. */
int64_t db_exec(struct db *db, const char *sql, const char *types, ...);
/* First column of the first row; 0 / NULL when there is none.  The text is yours: free(). */
int64_t db_int(struct db *db, const char *sql, const char *types, ...);
char *db_text(struct db *db, const char *sql, const char *types, ...);

/* A column as text: never NULL, valid until the next step. */
const char *db_col(sqlite3_stmt *stmt, int column);

static inline void cleanup_stmt(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}
#define scoped_stmt SCOPED(cleanup_stmt)

#endif
