/* SPDX-License-Identifier: MIT */
#include "vault/schema.h"

#include <stdio.h>

/*
 * ifnull(path, x''): an empty blob equals no text, so an absent path and an
 * empty one are two identities, and absent ones are alike (to UNIQUE, two NULLs
 * never are).
 */
static const char *const steps[] = {
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE credential ("
	" seq INTEGER PRIMARY KEY,"
	" protocol TEXT NOT NULL,"
	" host TEXT NOT NULL,"
	" path TEXT,"
	" username TEXT,"
	" state INTEGER NOT NULL,"
	" token_id TEXT,"
	" label TEXT,"
	" expires_at INTEGER NOT NULL,"		/* 0 = never */
	" created_at INTEGER NOT NULL,"		/* this identity first seen */
	" stored_at INTEGER NOT NULL,"
	" rejected_at INTEGER,"
	" secret BLOB,"
	" refresh BLOB"
	");"
	"CREATE UNIQUE INDEX credential_identity ON credential"
	" (protocol, host, ifnull(path, x''), ifnull(username, x''));"
	"CREATE INDEX credential_user ON credential (protocol, host, username);"
	"CREATE INDEX credential_host ON credential (protocol, host);",

	"ALTER TABLE credential ADD COLUMN bearer BLOB;"
	"ALTER TABLE credential ADD COLUMN authtype TEXT;"
	"ALTER TABLE credential ADD COLUMN origin TEXT;"
	"ALTER TABLE credential ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE credential ADD COLUMN serial INTEGER NOT NULL DEFAULT 0;"
	"DROP INDEX credential_identity;"
	"CREATE UNIQUE INDEX credential_identity ON credential"
	" (protocol, host, ifnull(path, x''), ifnull(username, x'')) WHERE state<>2;"
	"CREATE INDEX credential_rejected ON credential (rejected_at) WHERE state=2;",
};

_Static_assert(sizeof(steps) / sizeof(steps[0]) == SCHEMA_NEWEST, "a step for each version");

static int integer(sqlite3 *db, const char *sql, int *value)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		*value = sqlite3_column_int(row, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(row);
	return rc;
}

int schema_version(sqlite3 *db, const char *path, int *version, struct err *err)
{
	int tables = 0, application = 0;

	*err = (struct err){ 0 };
	if (integer(db, "PRAGMA user_version", version) != SQLITE_OK ||
	    integer(db, "PRAGMA application_id", &application) != SQLITE_OK)
		return -1;
	if (*version > SCHEMA_NEWEST) {
		err_set(err, ERR_CONFIG, "vault '%s' has schema %d, this program knows up to %d",
			path, *version, SCHEMA_NEWEST);
		return err_hint(err, "use the newer aisearch that wrote it");
	}
	if (*version == 0) {
		/* the version again: another process may have made the tables just now */
		if (integer(db, "SELECT count(*) FROM sqlite_schema", &tables) != SQLITE_OK ||
		    integer(db, "PRAGMA user_version", version) != SQLITE_OK)
			return -1;
		if (*version > 0) {
			tables = 0;
			application = SCHEMA_APPLICATION_ID;
		}
	}
	if (*version < 0 || tables > 0 || (*version > 0 && application != SCHEMA_APPLICATION_ID)) {
		err_set(err, ERR_STORAGE, "'%s' is an SQLite file, but not a vault", path);
		return err_hint(err, "move it away, or choose another path");
	}
	return 0;
}

/* Each of the one must be in the other, as it is there; `sql` too, unless it is NULL. */
static int compare(sqlite3 *one, sqlite3 *other, const char *trouble, const char *changed,
		   char *what, size_t size)
{
	sqlite3_stmt *mine = NULL, *its = NULL;
	int rc = sqlite3_prepare_v2(one, "SELECT type, name, sql FROM sqlite_schema"
				    " WHERE name NOT LIKE 'sqlite^_%' ESCAPE '^'", -1, &mine, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(other, "SELECT sql=?3 FROM sqlite_schema WHERE type=?1 AND name=?2",
					-1, &its, NULL);
	while (rc == SQLITE_OK && !*what && (rc = sqlite3_step(mine)) == SQLITE_ROW) {
		sqlite3_reset(its);
		for (int i = 0; i < 3; i++)
			sqlite3_bind_value(its, i + 1, sqlite3_column_value(mine, i));
		int found = sqlite3_step(its);
		const char *problem = found == SQLITE_DONE ? trouble :
				      found == SQLITE_ROW && !sqlite3_column_int(its, 0) ? changed : NULL;
		if (problem)
			snprintf(what, size, "%.16s '%.80s' %s", sqlite3_column_text(mine, 0),
				 sqlite3_column_text(mine, 1), problem);
		rc = found == SQLITE_DONE || found == SQLITE_ROW ? SQLITE_OK : found;
	}
	sqlite3_finalize(mine);
	sqlite3_finalize(its);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int schema_compare(sqlite3 *db, int version, char *what, size_t size)
{
	sqlite3 *model = NULL;
	int rc = sqlite3_open_v2(":memory:", &model,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	*what = '\0';
	for (int i = 0; i < version && i < SCHEMA_NEWEST && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(model, steps[i], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = compare(model, db, "is missing", "is not as it was made", what, size);
	if (rc == SQLITE_OK && !*what)
		rc = compare(db, model, "does not belong there", "is not as it was made",
			     what, size);
	sqlite3_close(model);
	return rc;
}

int schema_upgrade(sqlite3 *db, int version)
{
	char sql[96];
	int rc = SQLITE_OK;

	if (version == SCHEMA_NEWEST)
		return rc;
	for (int i = version; i < SCHEMA_NEWEST && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(db, steps[i], NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d",
		 SCHEMA_APPLICATION_ID, SCHEMA_NEWEST);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}
