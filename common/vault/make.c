/* SPDX-License-Identifier: MIT */
/*
 * A new vault comes into the world whole: made in memory, written under another name,
 * then linked into its place.  So a file that is there and empty was never a vault on
 * its way to be filled; and of several that make one at once, the first one wins.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "vault/db.h"
#include "vault/schema.h"

int db_fill(struct vault *v, const struct key_source *from, struct err *err)
{
	scoped_stmt sqlite3_stmt *put = NULL;
	scoped_secret struct secret *key = NULL;
	unsigned char mine[SEAL_FINGERPRINT_BYTES];

	/* a vault without its key is worse than a key without its vault: key first */
	if (key_load_or_make(from, &key, err) < 0 || seal_fingerprint(key, mine, err) < 0)
		return -1;
	if (schema_upgrade(v->db, 0) != SQLITE_OK)
		return db_err(v, "write", err);
	if (db_prepare(v, "INSERT INTO meta VALUES ('key', ?1)", &put, err) < 0)
		return -1;
	sqlite3_bind_blob(put, 1, mine, sizeof(mine), SQLITE_STATIC);
	return db_run(v, put, err);
}

/*
 * SQLite would undo in the new vault what an old one left half-done.  A journal that
 * is there although the vault is still missing afterwards is an old one's.
 */
static int check_journal(const char *path, struct err *err)
{
	scoped_free char *journal = NULL;
	struct stat st;

	if (asprintf(&journal, "%s-journal", path) < 0) {
		journal = NULL;
		return err_nomem(err);
	}
	if (lstat(journal, &st) < 0 || lstat(path, &st) == 0)
		return 0;
	err_set(err, ERR_STORAGE, "vault '%s' is missing, but not its journal", path);
	return err_hint(err, "restore both from a backup; to begin anew: rm '%s'", journal);
}

static void cleanup_serialized(unsigned char **bytes)
{
	sqlite3_free(*bytes);
}

static int write_image(const struct vault *v, sqlite3 *db, struct err *err)
{
	sqlite3_int64 size = 0;
	SCOPED(cleanup_serialized) unsigned char *bytes = sqlite3_serialize(db, "main", &size, 0);

	return bytes ? file_create(v->path, bytes, (size_t)size, err) : err_nomem(err);
}

static void cleanup_db(sqlite3 **db)
{
	sqlite3_close(*db);
}

int db_make(const struct vault *v, const struct key_source *from, bool *made, struct err *err)
{
	SCOPED(cleanup_db) sqlite3 *db = NULL;

	if (check_journal(v->path, err) < 0)
		return -1;
	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return err_nomem(err);
	struct vault image = { .db = db, .path = v->path };
	*made = db_fill(&image, from, err) == 0 && write_image(v, db, err) == 0;
	if (*made || err->kind == ERR_EXISTS)
		return 0;
	if (err->kind != ERR_STORAGE || err->hint[0])
		return -1;
	return err_hint(err, "nothing was changed; is the disk full or read-only, or the file size"
			" limited (ulimit -f)?");
}
