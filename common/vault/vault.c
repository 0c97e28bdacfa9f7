/* SPDX-License-Identifier: MIT */
/* Opening and closing; find.c reads, store.c writes. */
#include "vault/vault.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "vault/db.h"
#include "vault/key.h"
#include "vault/schema.h"

/*
 * SQLite would take "", ":memory:" and "file:..." for something else than files,
 * and Debian's has URIs switched on.
 */
static int plain_path(const char *path, char **out, struct err *err)
{
	size_t len = path ? strlen(path) : 0;

	if (len == 0 || path[len - 1] == '/') {
		err_set(err, ERR_CONFIG, "'%s' is not the path of a vault", path ? path : "");
		return err_hint(err, "name the file, for example '%svault.db'", path ? path : "");
	}
	if (asprintf(out, "%s%s", path[0] == '/' ? "" : "./", path) < 0) {
		*out = NULL;
		return err_nomem(err);
	}
	return 0;
}

static int check_folder(const char *path, struct err *err)
{
	scoped_free char *folder = strdup(path);

	if (!folder)
		return err_nomem(err);
	/* no slash at the end: lstat() would look behind a symbolic link */
	char *slash = strrchr(folder, '/');
	while (slash > folder && slash[-1] == '/')
		slash--;
	slash[slash == folder] = '\0';
	return file_private_folder(folder, err);
}

/*
 * Nobody else can change what a private folder holds, so what was checked here is
 * what SQLite opens.
 */
static int check_files(const struct vault *v, struct err *err)
{
	int r = file_check_private(v->path, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND && v->read_only) {
		err_set(err, ERR_NOT_FOUND, "there is no vault at '%s'", v->path);
		return err_hint(err, "store a credential first");
	}
	if (r < 0 && err->kind != ERR_NOT_FOUND)
		return err_context(err, "vault");
	if (check_folder(v->path, err) < 0)
		return err_context(err, "vault");
	if (r == 0)
		return 0;
	/*
	 * SQLite would make it 0644; its journal takes the mode from here.  mknod()
	 * and not open(): closing any descriptor of a file drops all locks that this
	 * process has on it, those of another thread's handle too.
	 */
	if (mknod(v->path, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return err_errno(err, ERR_STORAGE, errno, "cannot make vault '%s'", v->path);
	return file_check_private(v->path, err);
}

static int open_db(struct vault *v, struct err *err)
{
	/*
	 * For reading too: what a killed writer left must be rolled back by whoever
	 * comes next.  SQLite falls back to reading when the file is write-protected.
	 */
	int rc = sqlite3_open_v2(v->path, &v->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				 SQLITE_OPEN_PRIVATECACHE, NULL);

	if (!v->db)
		return err_nomem(err);
	if (rc != SQLITE_OK)
		return db_err(v, "open", err);
	sqlite3_busy_timeout(v->db, VAULT_BUSY_MS);
	/* a file may be damaged on purpose: nothing in it shall run */
	sqlite3_db_config(v->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(v->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(v->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(v->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	if (v->read_only)
		return 0;
	/*
	 * EXTRA is FULL plus a sync of the folder after the journal is deleted: without
	 * it a power cut may bring the journal back and undo what was acknowledged.
	 */
	return db_exec(v, "PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON", err);
}

static int load_key(struct vault *v, const struct key_source *from, struct err *err)
{
	if (key_load(from, &v->key, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	err_set(err, ERR_STORAGE, "the key of vault '%s' is missing", v->path);
	return err_hint(err, "put back '%s'; without it the vault cannot be opened", from->file);
}

/* The vault remembers a fingerprint: a wrong key is told apart from a damaged row. */
static int check_key(struct vault *v, const struct key_source *from, struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	unsigned char mine[SEAL_FINGERPRINT_BYTES];

	if (load_key(v, from, err) < 0 || seal_fingerprint(v->key, mine, err) < 0 ||
	    db_prepare(v, "SELECT value FROM meta WHERE name='key'", &row, err) < 0)
		return -1;
	int rc = sqlite3_step(row);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_err(v, "read", err);
	if (rc == SQLITE_DONE || sqlite3_column_bytes(row, 0) != SEAL_FINGERPRINT_BYTES) {
		err_set(err, ERR_STORAGE, "vault '%s' is damaged (no key fingerprint)", v->path);
		return err_hint(err, "restore a backup");
	}
	if (memcmp(sqlite3_column_blob(row, 0), mine, sizeof(mine)) != 0) {
		err_set(err, ERR_STORAGE, "vault '%s' was sealed with another key", v->path);
		return err_hint(err, "its key was in '%s' or the service's credential '%s'", from->file,
				KEY_CREDENTIAL);
	}
	return 0;
}

static int set_up(struct vault *v, const struct key_source *from, struct err *err)
{
	scoped_transaction struct vault *tx = v;
	scoped_stmt sqlite3_stmt *put = NULL;
	unsigned char mine[SEAL_FINGERPRINT_BYTES];
	int version = 0;

	if (db_begin(v, err) < 0)
		return -1;
	if (schema_version(v->db, v->path, &version, err) < 0)
		return err->kind == ERR_NONE ? db_err(v, "read", err) : -1;
	if (schema_upgrade(v->db, version) != SQLITE_OK)
		return db_err(v, "write", err);
	if (version > 0)	/* another one was faster, or it was an older vault */
		return db_commit(v, err) < 0 ? -1 : check_key(v, from, err);
	/* a vault without its key is worse than a key without its vault: key first */
	if (key_load_or_make(from, &v->key, err) < 0 || seal_fingerprint(v->key, mine, err) < 0 ||
	    db_prepare(v, "INSERT INTO meta VALUES ('key', ?1)", &put, err) < 0)
		return -1;
	sqlite3_bind_blob(put, 1, mine, sizeof(mine), SQLITE_STATIC);
	if (db_run(v, put, err) < 0)
		return -1;
	return db_commit(v, err);
}

static int open_vault(struct vault *v, const struct vault_config *config, struct err *err)
{
	scoped_free char *beside = NULL;
	int version = 0;

	if (plain_path(config->path, &v->path, err) < 0 || check_files(v, err) < 0)
		return -1;
	if (asprintf(&beside, "%s.key", v->path) < 0) {
		beside = NULL;
		return err_nomem(err);
	}
	const struct key_source from = {
		.credentials_dir = config->credentials_dir,
		.file = config->key_file ? config->key_file : beside,
	};
	if (open_db(v, err) < 0)
		return -1;
	if (schema_version(v->db, v->path, &version, err) < 0)
		return err->kind == ERR_NONE ? db_err(v, "read", err) : -1;
	if (version == 0 && v->read_only)	/* made a moment ago, and still empty */
		return err_set(err, ERR_NOT_FOUND, "vault '%s' is empty", v->path);
	if (version < SCHEMA_NEWEST && !v->read_only)
		return set_up(v, &from, err);
	return check_key(v, &from, err);
}

int vault_open(const struct vault_config *config, struct vault **out, struct err *err)
{
	scoped_vault struct vault *v = calloc(1, sizeof(*v));

	if (!v)
		return err_nomem(err);
	v->read_only = config->read_only;
	if (open_vault(v, config, err) < 0)
		return -1;
	*out = STEAL(v);
	return 0;
}

void vault_close(struct vault *v)
{
	if (!v)
		return;
	sqlite3_close(v->db);
	secret_free(v->key);
	free(v->path);
	free(v);
}
