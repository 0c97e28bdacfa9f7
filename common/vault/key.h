/* SPDX-License-Identifier: MIT */
/*
 * key.h -- where the sealing key comes from.
 *
 * In this order:
 *   1. `aisearch-vault-key` in the folder systemd made for the service
 *      ($CREDENTIALS_DIRECTORY).  Owner root or ourselves, nothing for others,
 *      no group write: systemd makes such files 0400, or 0440 with an ACL.
 *   2. The key file: private as file.h means it (ours, 0600, no symlink).
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

/* ERR_NOT_FOUND when neither place has one; ERR_CONFIG when its mode or owner is wrong. */
int key_load(const struct key_source *from, struct secret **out, struct err *err);

/*
 * As key_load(), and makes the key file when there is none.  Of several that do
 * so at once the first one wins, and all of them return its key.
 */
int key_load_or_make(const struct key_source *from, struct secret **out, struct err *err);

#endif
