/* SPDX-License-Identifier: MIT */
/*
 * seal.h -- plain bytes <-> sealed bytes; pure, knows neither files nor SQLite.
 *
 * XChaCha20-Poly1305 with a random 24-byte nonce.  The context (which field of
 * which row) is authenticated with it: sealed bytes moved to another row or
 * another column do not open.
 *
 * Sealed bytes are  1 byte format version (2) | 24 bytes nonce | ciphertext and
 * 16 bytes tag.  The length of the plain text shows; nothing else does.  Format 1, which
 * is read but no longer written, has the first SEAL_PARTS_1 parts in its context.
 */
#ifndef VAULT_SEAL_H
#define VAULT_SEAL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#define SEAL_KEY_BYTES 32
#define SEAL_OVERHEAD (1 + 24 + 16)	/* sealed bytes minus plain bytes */
#define SEAL_PARTS 8
#define SEAL_PARTS_1 4
#define SEAL_FINGERPRINT_BYTES 16

struct seal_context {			/* borrowed */
	const char *field;		/* "secret", "refresh" */
	const char *part[SEAL_PARTS];	/* identity and version of the row; NULL differs from "" */
};

/* Appends the sealed form of plain to out. */
int seal(const struct secret *key, const struct seal_context *context,
	 const struct secret *plain, struct buf *out, struct err *err);

/*
 * ERR_STORAGE when the bytes are not what was sealed: another key, another
 * context, damage (which of them cannot be told from here).  *out is yours.
 */
int unseal(const struct secret *key, const struct seal_context *context, const void *sealed,
	   size_t len, struct secret **out, struct err *err);

/* Tells keys apart without giving anything about them away. */
int seal_fingerprint(const struct secret *key, unsigned char out[SEAL_FINGERPRINT_BYTES],
		     struct err *err);

#endif
