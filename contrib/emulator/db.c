/* SPDX-License-Identifier: MIT */
#include "db.h"

#include <stdarg.h>
#include <string.h>

/*
 * Times are Unix seconds, 0 = never.  An item's public id carries its row
 * number, which is never used again; everything else has a public id of its own.  Chunks live once, here;
 * the full-text index fts_<instance row> is made when an instance gets its
 * first chunk, and refers to them by row.
 */
static const char schema_sql[] =
	"CREATE TABLE IF NOT EXISTS token("
	" id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL UNIQUE,"
	" status TEXT NOT NULL, policies TEXT NOT NULL, condition TEXT, issued INT NOT NULL,"
	" modified INT NOT NULL, used INT NOT NULL DEFAULT 0, expires TEXT, not_before TEXT);"
	"CREATE TABLE IF NOT EXISTS credential("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL, cf_api_id TEXT NOT NULL, hash BLOB NOT NULL,"
	" legacy INT NOT NULL, created INT NOT NULL, modified INT NOT NULL, by TEXT);"
	"CREATE TABLE IF NOT EXISTS namespace("
	" name TEXT PRIMARY KEY, description TEXT, endpoint TEXT, endpoint_id TEXT,"
	" created INT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS instance("
	" n INTEGER PRIMARY KEY AUTOINCREMENT, ns TEXT NOT NULL, id TEXT NOT NULL,"
	" type TEXT, source TEXT, token_id TEXT, status TEXT NOT NULL, created INT NOT NULL, modified INT NOT NULL,"
	" activity INT NOT NULL DEFAULT 0, by TEXT, config TEXT NOT NULL, paused INT NOT NULL"
	" DEFAULT 0, fts TEXT, fault TEXT, idle INT NOT NULL DEFAULT 0, endpoint_id TEXT,"
	" synced INT NOT NULL DEFAULT 0, UNIQUE(ns, id));"
	"CREATE INDEX IF NOT EXISTS instance_token ON instance(token_id);"
	"CREATE TABLE IF NOT EXISTS job("
	" n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, instance INT NOT NULL,"
	" source TEXT NOT NULL, description TEXT, scanned INT NOT NULL DEFAULT 0, started INT NOT NULL, seen INT NOT NULL,"
	" ended INT NOT NULL DEFAULT 0, reason TEXT);"
	"CREATE INDEX IF NOT EXISTS job_instance ON job(instance);"
	"CREATE INDEX IF NOT EXISTS job_open ON job(instance) WHERE ended=0;"
	"CREATE TABLE IF NOT EXISTS job_log("
	" n INTEGER PRIMARY KEY, job INT NOT NULL, time INT NOT NULL, type INT NOT NULL,"
	" message TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS job_log_job ON job_log(job);"
	"CREATE TABLE IF NOT EXISTS item("
	" n INTEGER PRIMARY KEY AUTOINCREMENT, instance INT NOT NULL, key TEXT NOT NULL,"
	" status TEXT NOT NULL, next_action TEXT, checksum TEXT NOT NULL DEFAULT '', chunks INT, size INT, mtime INT,"
	" metadata TEXT, error TEXT, created INT NOT NULL, seen INT NOT NULL,"
	" modified INT NOT NULL, content BLOB, pass INT NOT NULL DEFAULT 0,"
	" UNIQUE(instance, key));"
	"CREATE INDEX IF NOT EXISTS item_status ON item(instance, status);"
	"CREATE INDEX IF NOT EXISTS item_queued ON item(instance) WHERE status IN"
	" ('queued','outdated');"
	"CREATE TABLE IF NOT EXISTS item_log("
	" n INTEGER PRIMARY KEY, item INT NOT NULL, time INT NOT NULL, action TEXT NOT NULL,"
	" message TEXT, chunks INT, ms INT, error TEXT);"
	"CREATE INDEX IF NOT EXISTS item_log_item ON item_log(item);"
	"CREATE TABLE IF NOT EXISTS chunk("
	" n INTEGER PRIMARY KEY, item INT NOT NULL, start INT NOT NULL, stop INT NOT NULL,"
	" text TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS chunk_item ON chunk(item);";

int db_open(struct db *db, const char *path, struct err *err)
{
	*db = (struct db){ 0 };
	pthread_mutex_init(&db->lock, NULL);
	pthread_cond_init(&db->turn, NULL);
	if (sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			    SQLITE_OPEN_NOMUTEX, NULL)) {
		err_set(err, ERR_STORAGE, "cannot open the state '%s': %s", path,
			sqlite3_errmsg(db->sql));
		db_close(db);
		return -1;
	}
	/* Only a convenience: a state that a crash damaged is thrown away, not mended. */
	sqlite3_exec(db->sql, *path ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"
			     : "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF", NULL, NULL, NULL);
	sqlite3_exec(db->sql, "PRAGMA cache_size=-524288; PRAGMA temp_store=MEMORY",
		     NULL, NULL, NULL);
	if (sqlite3_exec(db->sql, schema_sql, NULL, NULL, NULL)) {
		err_set(err, ERR_STORAGE, "cannot use the state '%s': %s", path,
			sqlite3_errmsg(db->sql));
		db_close(db);
		return -1;
	}
	return 0;
}

void db_close(struct db *db)
{
	sqlite3_close(db->sql);
	db->sql = NULL;
	pthread_cond_destroy(&db->turn);
	pthread_mutex_destroy(&db->lock);
}

void db_begin(struct db *db)
{
	unsigned long mine;

	pthread_mutex_lock(&db->lock);
	mine = db->next_ticket++;
	while (db->serving != mine)
		pthread_cond_wait(&db->turn, &db->lock);
	pthread_mutex_unlock(&db->lock);
	db->failed = sqlite3_exec(db->sql, "BEGIN", NULL, NULL, NULL) != SQLITE_OK;
}

int db_end(struct db *db)
{
	bool failed = db->failed;

	if (!failed)
		failed = sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL) != SQLITE_OK;
	if (failed && !sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	pthread_mutex_lock(&db->lock);
	db->serving++;
	pthread_cond_broadcast(&db->turn);
	pthread_mutex_unlock(&db->lock);
	return failed ? -1 : 0;
}

static sqlite3_stmt *query(struct db *db, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *stmt = NULL;
	int r = sqlite3_prepare_v2(db->sql, sql, -1, &stmt, NULL);

	for (int i = 1; r == SQLITE_OK && types[i - 1]; i++) {
		switch (types[i - 1]) {
		case 's':
			r = sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1,
					      SQLITE_TRANSIENT);
			break;
		case 'i':
			r = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 'd':
			r = sqlite3_bind_double(stmt, i, va_arg(ap, double));
			break;
		default: {
			const void *data = va_arg(ap, const void *);
			size_t len = va_arg(ap, size_t);

			r = sqlite3_bind_blob64(stmt, i, data, len, SQLITE_TRANSIENT);
			break;
		}
		}
	}
	if (r != SQLITE_OK) {
		db->failed = true;
		sqlite3_finalize(stmt);
		return NULL;
	}
	return stmt;
}

sqlite3_stmt *db_query(struct db *db, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;

	va_start(ap, types);
	stmt = query(db, sql, types, ap);
	va_end(ap);
	return stmt;
}

bool db_step(struct db *db, sqlite3_stmt *stmt)
{
	int r = stmt ? sqlite3_step(stmt) : SQLITE_DONE;

	if (r != SQLITE_ROW && r != SQLITE_DONE)
		db->failed = true;
	return r == SQLITE_ROW;
}

int64_t db_exec(struct db *db, const char *sql, const char *types, ...)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;
	va_list ap;

	va_start(ap, types);
	stmt = query(db, sql, types, ap);
	va_end(ap);
	if (!stmt)
		return -1;
	while (db_step(db, stmt))
		;
	return db->failed ? -1 : sqlite3_changes64(db->sql);
}

int64_t db_int(struct db *db, const char *sql, const char *types, ...)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;
	va_list ap;

	va_start(ap, types);
	stmt = query(db, sql, types, ap);
	va_end(ap);
	return db_step(db, stmt) ? sqlite3_column_int64(stmt, 0) : 0;
}

char *db_text(struct db *db, const char *sql, const char *types, ...)
{
	scoped_stmt sqlite3_stmt *stmt = NULL;
	const char *text;
	va_list ap;

	va_start(ap, types);
	stmt = query(db, sql, types, ap);
	va_end(ap);
	if (!db_step(db, stmt))
		return NULL;
	text = (const char *)sqlite3_column_text(stmt, 0);
	return text ? strdup(text) : NULL;
}

const char *db_col(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? text : "";
}
