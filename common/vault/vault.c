/* SPDX-License-Identifier: MIT */
/* Opening and closing; find.c reads, store.c writes. */
#include "vault/vault.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
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
static int check_files(const struct vault *v, bool *missing, struct err *err)
{
	int r = file_check_private(v->path, err);

	*missing = r < 0 && err->kind == ERR_NOT_FOUND;
	if (*missing && (v->read_only || v->keyless)) {
		if (db_check_journal(v->path, err) < 0)
			return -1;
		err_set(err, ERR_NOT_FOUND, "there is no vault at '%s'", v->path);
		return err_hint(err, "store a credential first");
	}
	if (r < 0 && !*missing)
		return err_context(err, "vault");
	return check_folder(v->path, err) < 0 ? err_context(err, "vault") : 0;
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
	sqlite3_db_config(v->db, SQLITE_DBCONFIG_DEFENSIVE, !v->salvage, NULL);
	sqlite3_db_config(v->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(v->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(v->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	if (v->salvage) {
		/* the only way to open a file that has fewer pages than it says */
		sqlite3_db_config(v->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
		return db_exec(v, "PRAGMA query_only=ON", err);
	}
	if (v->read_only)
		return 0;
	/*
	 * The rollback journal, not WAL: each of our processes opens and closes the vault,
	 * so WAL saves no sync, makes two files more for every get, and these would have to
	 * be saved along with the vault, and cannot be made on a read-only disk.
	 *
	 * EXTRA is FULL plus a sync of the folder after the journal is deleted: without
	 * it a power cut may bring the journal back and undo what was acknowledged.
	 */
	return db_exec(v, "PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON", err);
}

/* The file was there with nothing in it: to make a new vault of it would hide a loss. */
static int check_empty(const struct vault *v, struct err *err)
{
	scoped_secret struct secret *key = NULL;

	if ((!v->credentials_dir || key_load_credential(v->credentials_dir, &key, err) < 0) &&
	    key_load_file(v->key_file, &key, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	err_set(err, ERR_STORAGE,
		"vault '%s' is empty, but has a key: what it held is lost", v->path);
	return err_hint(err, "restore a backup; to begin anew: rm '%s'", v->path);
}

static int upgrade(struct vault *v, struct err *err)
{
	const struct key_source from = { v->credentials_dir, v->key_file };
	scoped_transaction struct vault *tx = v;
	int version = 0;

	if (db_begin(v, err) < 0)
		return -1;
	if (schema_version(v->db, v->path, &version, err) < 0)
		return err->kind == ERR_NONE ? db_err(v, "read", err) : -1;
	if (version == 0 && (check_empty(v, err) < 0 || db_fill(v, &from, err) < 0))
		return -1;
	if (version > 0 && schema_upgrade(v->db, version) != SQLITE_OK)
		return db_err(v, "write", err);
	return db_commit(v, err);
}

/*
 * One transaction: each would look for a journal and read the header anew.  The key
 * before anything is written: a vault that does not open is left alone.
 */
static int look(struct vault *v, struct err *err)
{
	scoped_transaction struct vault *tx = v;

	if (db_exec(v, "BEGIN", err) < 0)
		return -1;
	if (schema_version(v->db, v->path, &v->schema, err) < 0)
		return err->kind == ERR_NONE ? db_err(v, "read", err) : -1;
	return v->schema > 0 && !v->keyless ? db_find_key(v, err) : 0;
}

static int copy_places(struct vault *v, const struct vault_config *config, struct err *err)
{
	if (config->credentials_dir &&
	    text_copy(config->credentials_dir, &v->credentials_dir, err) < 0)
		return -1;
	if (config->key_file)
		return text_copy(config->key_file, &v->key_file, err);
	if (asprintf(&v->key_file, "%s.key", v->path) >= 0)
		return 0;
	v->key_file = NULL;
	return err_nomem(err);
}

/* A rekey that was killed after its decision left the key file under its second name. */
static int settle(struct vault *v, struct err *err)
{
	scoped_free char *beside = NULL;
	scoped_transaction struct vault *tx = v;

	if (asprintf(&beside, "%s" KEY_NEW, v->key_file) < 0) {
		beside = NULL;
		return err_nomem(err);
	}
	if (access(beside, F_OK) < 0)
		return 0;
	return db_begin(v, err) < 0 ? -1 : db_settle_key(v, err);
}

static bool is_older(const char *key, const char *vault)
{
	struct stat old, new;

	return lstat(key, &old) == 0 && lstat(vault, &new) == 0 &&
	       new.st_mtime - old.st_mtime > VAULT_KEY_LONE_S;
}

static int open_vault(struct vault *v, const struct vault_config *config, struct err *err)
{
	bool missing = false;

	if (plain_path(config->path, &v->path, err) < 0 || copy_places(v, config, err) < 0 ||
	    check_files(v, &missing, err) < 0)
		return -1;
	const struct key_source from = { v->credentials_dir, v->key_file };
	bool made = false;
	if (missing && (db_make(v, &from, &made, err) < 0 || file_check_private(v->path, err) < 0))
		return -1;
	v->had_key = made && is_older(v->key_file, v->path);
	if (open_db(v, err) < 0 || look(v, err) < 0)
		return -1;
	if (v->schema == 0 && (v->read_only || v->keyless)) {
		if (check_empty(v, err) < 0)
			return -1;
		return err_set(err, ERR_NOT_FOUND, "vault '%s' is empty", v->path);
	}
	if (v->schema < SCHEMA_NEWEST && !v->read_only && (upgrade(v, err) < 0 || look(v, err) < 0))
		return -1;
	return v->key_from == VAULT_KEY_FILE && !v->read_only ? settle(v, err) : 0;
}

int vault_open(const struct vault_config *config, struct vault **out, struct err *err)
{
	scoped_vault struct vault *v = calloc(1, sizeof(*v));

	if (!v)
		return err_nomem(err);
	v->read_only = config->read_only;
	v->keyless = config->keyless;
	v->salvage = config->salvage && config->read_only;
	if (open_vault(v, config, err) < 0)
		return -1;
	*out = STEAL(v);
	return 0;
}

bool vault_had_key(const struct vault *v)
{
	return v->had_key;
}

const char *vault_path(const struct vault *v)
{
	return v->path;
}

void vault_lean(void)
{
	/* a reserve of 20 pages, which are all touched to be chained: 16 page faults */
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

void vault_close(struct vault *v)
{
	if (!v)
		return;
	sqlite3_close(v->db);
	secret_free(v->key);
	free(v->credentials_dir);
	free(v->key_file);
	free(v->path);
	free(v);
}
