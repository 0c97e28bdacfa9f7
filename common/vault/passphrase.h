/* SPDX-License-Identifier: MIT */
/*
 * passphrase.h -- bytes sealed under a passphrase: the vault's key, an export.
 *
 * Argon2id makes a key of the passphrase (64 MiB, 4 passes: about 0.15 s), and
 * XChaCha20-Poly1305 seals with it.  Sealed bytes are
 *
 *	1 byte format (1) | 4 bytes passes | 4 bytes KiB | 16 bytes salt |
 *	24 bytes nonce | ciphertext and 16 bytes tag
 *
 * numbers little endian; all that stands before the ciphertext, and what the bytes
 * are for, is authenticated.  Never on the way of a `get`.
 */
#ifndef VAULT_PASSPHRASE_H
#define VAULT_PASSPHRASE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#define PASSPHRASE_MIN 8		/* bytes */
#define PASSPHRASE_MAX 1024
#define PASSPHRASE_OVERHEAD (1 + 4 + 4 + 16 + 24 + 16)

/* ERR_INPUT when it is too short or too long. */
int passphrase_check(const struct secret *passphrase, struct err *err);

/* Appends to out.  purpose: a word that only this use has. */
int passphrase_seal(const struct secret *passphrase, const char *purpose, const void *plain,
		    size_t len, struct buf *out, struct err *err);

/* ERR_AUTH when the passphrase is wrong or the bytes were changed. */
int passphrase_open(const struct secret *passphrase, const char *purpose, const void *sealed,
		    size_t len, struct buf *out, struct err *err);

#endif
