/* SPDX-License-Identifier: MIT */
/*
 * A new vault comes into the world whole: made in memory, written under another name,
 * then linked into its place.  So a file that is there and empty was never a vault on
 * its way to be filled; and of several that make one at once, the first one wins.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "vault/db.h"
#include "vault/schema.h"

static int fill(struct vault *v, const unsigned char key[SEAL_FINGERPRINT_BYTES], struct err *err)
{
	scoped_stmt sqlite3_stmt *put = NULL;

	if (schema_upgrade(v->db, 0) != SQLITE_OK)
		return db_err(v, "write", err);
	if (db_prepare(v, "INSERT INTO meta VALUES ('key', ?1)", &put, err) < 0)
		return -1;
	sqlite3_bind_blob(put, 1, key, SEAL_FINGERPRINT_BYTES, SQLITE_STATIC);
	return db_run(v, put, err);
}

int db_fill(struct vault *v, const struct key_source *from, struct err *err)
{
	scoped_secret struct secret *key = NULL;
	unsigned char mine[SEAL_FINGERPRINT_BYTES];

	/* a vault without its key is worse than a key without its vault: key first */
	if (key_load_or_make(from, &key, err) < 0 || seal_fingerprint(key, mine, err) < 0)
		return -1;
	return fill(v, mine, err);
}

/*
 * SQLite would undo in the new vault what an old one left half-done.  A journal that
 * is there although the vault is still missing afterwards is an old one's.
 */
int db_check_journal(const char *path, struct err *err)
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

	if (db_check_journal(v->path, err) < 0)
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

/* --- what a kill left of that ---------------------------------------------------- */

#define LEFT_S 60		/* so old, nobody is at it */
#define IMAGE_MAX 65536

/* As mkostemp() names it. */
static bool is_draft(const char *name, const char *base)
{
	size_t len = strlen(base);

	return !strncmp(name, base, len) && name[len] == '.' && strlen(name + len + 1) == 6 &&
	       strspn(name + len + 1,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == 6;
}

/* Somebody may have named a copy of a vault so: what holds more than a new one stays. */
static bool begins_vault(int dir, const char *name, const unsigned char *image, size_t size)
{
	unsigned char bytes[IMAGE_MAX];
	scoped_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	return len >= 0 && (size_t)len <= size && !memcmp(bytes, image, (size_t)len);
}

static void sweep_one(const struct vault *v, int dir, const char *name, int64_t now)
{
	SCOPED(cleanup_db) sqlite3 *db = NULL;
	struct vault image = { .path = v->path };
	struct stat st, own;
	struct err ignored = { 0 };
	sqlite3_int64 size = 0;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || now - st.st_mtime < LEFT_S)
		return;
	if (lstat(v->path, &own) == 0 && own.st_dev == st.st_dev && own.st_ino == st.st_ino) {
		unlinkat(dir, name, 0);
		return;
	}
	if (st.st_size > IMAGE_MAX || sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE |
						      SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return;
	image.db = db;
	if (fill(&image, v->fingerprint, &ignored) < 0)
		return;
	SCOPED(cleanup_serialized) unsigned char *bytes = sqlite3_serialize(db, "main", &size, 0);
	if (bytes && begins_vault(dir, name, bytes, (size_t)size))
		unlinkat(dir, name, 0);
}

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

void db_sweep(const struct vault *v, int64_t now)
{
	const char *base = strrchr(v->path, '/') + 1;	/* plain_path() saw to one */
	scoped_free char *folder = strndup(v->path, (size_t)(base - v->path));
	SCOPED(cleanup_dir) DIR *dir = folder ? opendir(folder) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		if (is_draft(entry->d_name, base))
			sweep_one(v, dirfd(dir), entry->d_name, now);
}
