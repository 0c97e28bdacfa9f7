/* SPDX-License-Identifier: MIT */
/*
 * key.h -- where the sealing key comes from.
 *
 * In this order:
 *   1. `aisearch-vault-key` in the folder systemd made for the service
 *      ($CREDENTIALS_DIRECTORY).  Owner root or ourselves, nothing for others,
 *      no group write: systemd makes such files 0400, or 0440 with an ACL.
 *   2. The kernel keyring (keyring.h), under the fingerprint of the vault's key.
 *   3. The key file: private as file.h means it (ours, 0600, no symlink); then the
 *      same name with ".new", where a rekey that was killed may have left it.
 *   4. The passphrase that the vault itself has its key sealed under (keys.h); only
 *      `aisearch` asks for one.
 *
 * A key is 32 random bytes, written as 64 hex digits and a line feed so that it
 * survives an editor and a terminal; 32 raw bytes are read as well.
 */
#ifndef VAULT_KEY_H
#define VAULT_KEY_H

#include "base/err.h"
#include "base/secret.h"

#define KEY_CREDENTIAL "aisearch-vault-key"	/* its name for systemd's LoadCredential= */

struct key_source {		/* borrowed */
	const char *credentials_dir;	/* or NULL */
	const char *file;
};

#define KEY_NEW ".new"		/* appended to the key file's name during a rekey */

/* ERR_NOT_FOUND when there is none; ERR_CONFIG when its mode or owner is wrong. */
int key_load_credential(const char *folder, struct secret **out, struct err *err);
int key_load_file(const char *path, struct secret **out, struct err *err);

/*
 * The key of a vault that is being made: the credential, or the key file, which is
 * made when there is none.  Of several that do so at once the first one wins, and
 * all of them return its key.
 */
int key_load_or_make(const struct key_source *from, struct secret **out, struct err *err);

int key_random(struct secret **out, struct err *err);

/*
 * Writes a new file, on disk when this returns.  ERR_EXISTS when the name is taken.
 * No second name is in use meanwhile: a kill leaves nothing elsewhere, but perhaps half a file.
 */
int key_write(const char *path, const struct secret *key, struct err *err);

#endif
