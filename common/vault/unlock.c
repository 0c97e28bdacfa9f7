/* SPDX-License-Identifier: MIT */
/* Finding the key that fits the vault. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "vault/db.h"
#include "vault/key.h"
#include "vault/keyring.h"

int db_meta(const struct vault *v, const char *name, struct buf *out, struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;

	if (db_prepare(v, "SELECT value FROM meta WHERE name=?1", &row, err) < 0)
		return -1;
	sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
	int rc = sqlite3_step(row);
	if (rc == SQLITE_DONE)
		return 1;
	if (rc != SQLITE_ROW)
		return db_err(v, "read", err);
	const void *value = sqlite3_column_blob(row, 0);
	size_t len = (size_t)sqlite3_column_bytes(row, 0);
	if (len > out->max)
		return err_set(err, ERR_STORAGE, "vault '%s' is damaged ('%s' is too long)",
			       v->path, name);
	return len && buf_add(out, value, len) < 0 ? err_nomem(err) : 0;
}

int db_fingerprint(const struct vault *v, unsigned char out[SEAL_FINGERPRINT_BYTES],
		   struct err *err)
{
	scoped_buf struct buf value = BUF(256);

	int r = db_meta(v, META_KEY, &value, err);
	if (r < 0)
		return -1;
	if (r != 0 || value.len != SEAL_FINGERPRINT_BYTES) {
		err_set(err, ERR_STORAGE, "vault '%s' is damaged (no key fingerprint)", v->path);
		return err_hint(err, "restore a backup");
	}
	memcpy(out, value.data, SEAL_FINGERPRINT_BYTES);
	return 0;
}

static void take(struct vault *v, struct secret **key, const unsigned char *fingerprint,
		 enum vault_key_from from)
{
	secret_free(v->key);
	v->key = STEAL(*key);
	v->key_from = from;
	memcpy(v->fingerprint, fingerprint, SEAL_FINGERPRINT_BYTES);
}

/* 1 when it fits. */
static int fits(const struct secret *key, const unsigned char *wanted, struct err *err)
{
	unsigned char mine[SEAL_FINGERPRINT_BYTES];

	if (seal_fingerprint(key, mine, err) < 0)
		return -1;
	return memcmp(mine, wanted, sizeof(mine)) == 0;
}

static int another_key(const struct vault *v, struct err *err)
{
	err_set(err, ERR_STORAGE, "vault '%s' was sealed with another key", v->path);
	return err_hint(err, "its key was in '%s' or the service's credential '%s'", v->key_file,
			KEY_CREDENTIAL);
}

static int missing(const struct vault *v, struct err *err)
{
	err_set(err, ERR_STORAGE, "the key of vault '%s' is missing", v->path);
	return err_hint(err, "put back '%s'; without it the vault cannot be opened", v->key_file);
}

/* ring: why the keyring did not have the key. */
static int locked(const struct vault *v, const struct err *ring, struct err *err)
{
	if (ring->kind == ERR_NOT_FOUND) {
		err_set(err, ERR_LOCKED, "vault '%s' is locked", v->path);
		return err_hint(err, "run: aisearch vault unlock");
	}
	err_set(err, ERR_LOCKED, "vault '%s' is locked, and %s", v->path, ring->what);
	return err_hint(err, "%s", ring->hint);
}

/* 1 and the key; 0 when the file is not there or holds another key, which *another tells. */
static int try_file(struct vault *v, const char *path, const unsigned char *wanted, bool *another,
		    struct err *err)
{
	scoped_secret struct secret *key = NULL;

	if (key_load_file(path, &key, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	int r = fits(key, wanted, err);
	if (r > 0)
		take(v, &key, wanted, VAULT_KEY_FILE);
	*another |= r == 0;
	return r;
}

static int try_files(struct vault *v, const unsigned char *wanted, bool *another, struct err *err)
{
	scoped_free char *beside = NULL;
	struct err ignored = { 0 };

	int r = try_file(v, v->key_file, wanted, another, err);
	if (r != 0)
		return r;
	if (asprintf(&beside, "%s" KEY_NEW, v->key_file) < 0) {
		beside = NULL;
		return err_nomem(err);
	}
	/* half a file is what a killed rekey may leave: no reason to fail */
	return try_file(v, beside, wanted, another, &ignored) > 0;
}

static int try_credential(struct vault *v, const unsigned char *wanted, struct err *err)
{
	scoped_secret struct secret *key = NULL;

	if (key_load_credential(v->credentials_dir, &key, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	int r = fits(key, wanted, err);
	if (r == 0)
		return another_key(v, err);
	if (r > 0)
		take(v, &key, wanted, VAULT_KEY_CREDENTIAL);
	return r;
}

static int try_keyring(struct vault *v, const unsigned char *wanted, struct err *why,
		       struct err *err)
{
	scoped_secret struct secret *key = NULL;
	int64_t until = 0;

	if (keyring_get(wanted, &key, &until, why) < 0)
		return 0;
	int r = fits(key, wanted, err);
	if (r > 0) {
		take(v, &key, wanted, VAULT_KEY_RING);
		v->key_expires_at = until;
	} else {
		err_set(why, ERR_NOT_FOUND, "what the kernel keyring has is not the key");
	}
	return r;
}

static int look_everywhere(struct vault *v, const unsigned char *wanted, struct err *err)
{
	scoped_buf struct buf sealed = BUF(4096);
	struct err ring = { 0 };
	bool another = false;
	int r = 0;

	if (v->credentials_dir)
		r = try_credential(v, wanted, err);
	if (r == 0)
		r = try_keyring(v, wanted, &ring, err);
	if (r == 0)
		r = try_files(v, wanted, &another, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	r = db_meta(v, META_PASSPHRASE, &sealed, err);
	if (r <= 0)
		return r < 0 ? -1 : locked(v, &ring, err);
	return another ? another_key(v, err) : missing(v, err);
}

/*
 * A rekey may move both, fingerprint and key, between our looks at them; so one failure
 * proves nothing.  Two rekeys within three looks are not to be expected.
 */
int db_find_key(struct vault *v, struct err *err)
{
	unsigned char wanted[SEAL_FINGERPRINT_BYTES];

	for (int look = 0; look < 3; look++) {
		if (db_fingerprint(v, wanted, err) < 0)
			return -1;
		if (look_everywhere(v, wanted, err) == 0)
			return 0;
	}
	return -1;
}

int db_key_changed(struct vault *v, struct err *err)
{
	unsigned char now[SEAL_FINGERPRINT_BYTES];

	if (v->keyless || !v->key)
		return 0;
	if (db_fingerprint(v, now, err) < 0)
		return -1;
	if (memcmp(now, v->fingerprint, sizeof(now)) == 0)
		return 0;
	return db_find_key(v, err) < 0 ? -1 : 1;
}

int db_settle_key(struct vault *v, struct err *err)
{
	scoped_secret struct secret *key = NULL;
	scoped_free char *beside = NULL;
	unsigned char wanted[SEAL_FINGERPRINT_BYTES];
	struct err none = { 0 };

	if (asprintf(&beside, "%s" KEY_NEW, v->key_file) < 0) {
		beside = NULL;
		return err_nomem(err);
	}
	if (db_fingerprint(v, wanted, err) < 0)
		return -1;
	if (key_load_file(beside, &key, &none) < 0)
		return 0;
	int r = fits(key, wanted, err);
	if (r <= 0)
		return r;
	return file_rename(beside, v->key_file, err);
}
