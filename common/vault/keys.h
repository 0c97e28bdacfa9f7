/* SPDX-License-Identifier: MIT */
/*
 * keys.h -- what only `aisearch vault` does with keys: lock and unlock, a
 * passphrase, another key.  The helper programs never get here.
 *
 * With a passphrase the vault holds its own key, sealed under it (passphrase.h), and
 * there is no key file.  Unlocking puts the key into the kernel keyring for a time.
 */
#ifndef VAULT_KEYS_H
#define VAULT_KEYS_H

#include "vault/vault.h"

enum vault_key_from {
	VAULT_KEY_NONE,		/* opened keyless */
	VAULT_KEY_CREDENTIAL,	/* $CREDENTIALS_DIRECTORY */
	VAULT_KEY_RING,
	VAULT_KEY_FILE,
	VAULT_KEY_PASSPHRASE,
};

struct vault_keys {
	enum vault_key_from from;	/* where the key in hand was found */
	bool passphrase;	/* one is set */
	bool unlocked;		/* the keyring has the key */
	int64_t unlocked_until;	/* 0 = not known */
	const char *key_file;	/* borrowed from the vault: where it is, or would be */
};
int vault_keys(struct vault *vault, struct vault_keys *out, struct err *err);

/* As vault_open(), with this passphrase and no other key.  ERR_AUTH when it is wrong. */
int vault_open_passphrase(const struct vault_config *config, const struct secret *passphrase,
			  struct vault **out, struct err *err);

/* Puts the key of a vault that was opened with its passphrase into the keyring. */
int vault_unlock(struct vault *vault, int64_t seconds, int64_t now, struct err *err);

/* Takes it out; the vault may be open keyless.  ERR_NOT_FOUND when it was not there. */
int vault_lock(struct vault *vault, struct err *err);

/*
 * From now on the vault opens with this passphrase; the key file is removed.  Refused
 * where the keyring cannot be used: nobody could unlock it.
 */
int vault_may_have_passphrase(const struct vault *vault, struct err *err);
int vault_set_passphrase(struct vault *vault, const struct secret *passphrase, struct err *err);

/* From now on with a key file; vault was opened with its passphrase. */
int vault_remove_passphrase(struct vault *vault, struct err *err);

struct vault_rekey {
	const struct secret *passphrase;	/* of the vault when it has one, else NULL */
	/* take the key from there, or make one there; NULL = in place */
	const char *new_key_file;
};

/*
 * Seals everything under another key, in one transaction.  A kill at any point leaves
 * the vault with either key, and that one where it is looked for.  An entry that does
 * not open refuses it.  *count (may be NULL): entries sealed anew.
 */
int vault_rekey(struct vault *vault, const struct vault_rekey *how, int64_t now, int *count,
		struct err *err);

#endif
