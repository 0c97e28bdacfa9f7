/* SPDX-License-Identifier: MIT */
/* Locking, unlocking, and the passphrase. */
#include "vault/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "vault/db.h"
#include "vault/key.h"
#include "vault/keyring.h"
#include "vault/passphrase.h"

#define SEALED_MAX 4096		/* of a key; it takes 97 */

int vault_keys(struct vault *v, struct vault_keys *out, struct err *err)
{
	scoped_buf struct buf sealed = BUF(SEALED_MAX);
	scoped_secret struct secret *key = NULL;
	unsigned char its[SEAL_FINGERPRINT_BYTES];
	struct err ignored = { 0 };

	*out = (struct vault_keys){ .from = v->key_from, .key_file = v->key_file };
	int r = db_meta(v, META_PASSPHRASE, &sealed, err);
	if (r < 0 || db_fingerprint(v, its, err) < 0)
		return -1;
	out->passphrase = r == 0;
	out->unlocked = keyring_get(its, &key, &out->unlocked_until, &ignored) == 0;
	return 0;
}

static int unwrap(struct vault *v, const struct secret *passphrase, struct err *err)
{
	scoped_buf struct buf sealed = BUF(SEALED_MAX), plain = BUF(SEALED_MAX);
	unsigned char wanted[SEAL_FINGERPRINT_BYTES];

	int r = db_meta(v, META_PASSPHRASE, &sealed, err);
	if (r < 0 || db_fingerprint(v, wanted, err) < 0)
		return -1;
	if (r > 0) {
		err_set(err, ERR_CONFIG, "vault '%s' has no passphrase", v->path);
		return err_hint(err, "set one: aisearch vault passphrase");
	}
	if (passphrase_open(passphrase, PASSPHRASE_PURPOSE, sealed.data, sealed.len, &plain,
			    err) < 0)
		return err_context(err, "vault '%s'", v->path);
	if (secret_new(plain.data, plain.len, &v->key, err) < 0 ||
	    seal_fingerprint(v->key, v->fingerprint, err) < 0)
		return -1;
	if (memcmp(v->fingerprint, wanted, sizeof(wanted)) == 0)
		return 0;
	err_set(err, ERR_STORAGE,
		"vault '%s' is damaged (its passphrase opens another key)", v->path);
	return err_hint(err, "restore a backup");
}

int vault_open_passphrase(const struct vault_config *config, const struct secret *passphrase,
			  struct vault **out, struct err *err)
{
	struct vault_config keyless = *config;
	scoped_vault struct vault *v = NULL;

	keyless.keyless = true;
	if (vault_open(&keyless, &v, err) < 0 || unwrap(v, passphrase, err) < 0)
		return -1;
	v->keyless = false;
	v->key_from = VAULT_KEY_PASSPHRASE;
	*out = STEAL(v);
	return 0;
}

/*
 * With a passphrase there is to be no key file.  A kill may have left one; only that
 * which holds the vault's key, or under its second name, is ours to remove.
 */
static int remove_key_files(const struct vault *v, struct err *err)
{
	scoped_secret struct secret *key = NULL;
	scoped_free char *beside = NULL;
	struct err none = { 0 };

	if (asprintf(&beside, "%s" KEY_NEW, v->key_file) < 0) {
		beside = NULL;
		return err_nomem(err);
	}
	if (file_remove(beside, err) < 0)
		return -1;
	if (key_load_file(v->key_file, &key, &none) < 0 || !secret_equal(key, v->key))
		return 0;
	return file_remove(v->key_file, err);
}

int vault_unlock(struct vault *v, int64_t seconds, int64_t now, struct err *err)
{
	if (keyring_put(v->fingerprint, v->key, seconds, now, err) < 0)
		return -1;
	/* the passphrase has just proved that it opens the vault */
	return v->key_from == VAULT_KEY_PASSPHRASE ? remove_key_files(v, err) : 0;
}

int vault_lock(struct vault *v, struct err *err)
{
	unsigned char its[SEAL_FINGERPRINT_BYTES];

	return db_fingerprint(v, its, err) < 0 ? -1 : keyring_remove(its, err);
}

int vault_may_have_passphrase(const struct vault *v, struct err *err)
{
	if (v->key_from == VAULT_KEY_CREDENTIAL) {
		err_set(err, ERR_CONFIG,
			"the key of vault '%s' is the service's credential", v->path);
		return err_hint(err, "run it without CREDENTIALS_DIRECTORY, or leave it so");
	}
	return keyring_usable(err);
}

int vault_set_passphrase(struct vault *v, const struct secret *passphrase, struct err *err)
{
	scoped_transaction struct vault *tx = v;
	scoped_buf struct buf sealed = BUF(SEALED_MAX);
	unsigned char before[SEAL_FINGERPRINT_BYTES];

	memcpy(before, v->fingerprint, sizeof(before));
	if (passphrase_check(passphrase, err) < 0 || vault_may_have_passphrase(v, err) < 0 ||
	    passphrase_seal(passphrase, PASSPHRASE_PURPOSE, secret_bytes(v->key),
			    secret_len(v->key), &sealed, err) < 0 ||
	    db_begin(v, err) < 0)
		return -1;
	if (memcmp(before, v->fingerprint, sizeof(before)) != 0)
		return err_set(err, ERR_STORAGE,
			       "vault '%s' was given another key meanwhile", v->path);
	if (db_set_meta(v, META_PASSPHRASE, sealed.data, sealed.len, err) < 0 ||
	    db_commit(v, err) < 0)
		return -1;
	if (remove_key_files(v, err) < 0)
		return err_context(err, "the passphrase is set, but");
	return 0;
}

int vault_remove_passphrase(struct vault *v, struct err *err)
{
	scoped_transaction struct vault *tx = v;
	scoped_secret struct secret *there = NULL;
	scoped_free char *beside = NULL;
	struct err ignored = { 0 };

	if (db_begin(v, err) < 0)
		return -1;
	/* the file is on disk before the other way in is closed */
	if (asprintf(&beside, "%s" KEY_NEW, v->key_file) < 0) {
		beside = NULL;
		return err_nomem(err);
	}
	if (key_load_file(v->key_file, &there, err) == 0) {
		if (!secret_equal(there, v->key)) {
			err_set(err, ERR_EXISTS, "'%s' holds another key", v->key_file);
			return err_hint(err, "move it away");
		}
	} else if (err->kind != ERR_NOT_FOUND || file_remove(beside, err) < 0 ||
		   key_write(beside, v->key, err) < 0 ||
		   file_rename(beside, v->key_file, err) < 0) {
		return -1;
	}
	if (db_exec(v, "DELETE FROM meta WHERE name='" META_PASSPHRASE "'", err) < 0 ||
	    db_commit(v, err) < 0)
		return -1;
	keyring_remove(v->fingerprint, &ignored);
	return 0;
}
