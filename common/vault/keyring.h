/* SPDX-License-Identifier: MIT */
/*
 * keyring.h -- a key kept by the kernel for a time, out of every file.
 *
 * It is a key of type "user" in the user keyring (@u), named "aisearch:vault:" and
 * the hex digits of the sealing key's fingerprint; only who possesses it may see,
 * read or remove it.  Another key has another name, so what is stale is not found.
 * Its payload is the sealing key, or that and 8 bytes with the time it ends (little
 * endian, Unix seconds).  Without libkeyutils: three system calls.
 *
 * Containers often forbid them: ERR_CONFIG with the one sentence for that.
 */
#ifndef VAULT_KEYRING_H
#define VAULT_KEYRING_H

#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "vault/seal.h"

/* ERR_NOT_FOUND: none, or its time has passed.  *expires_at: 0 = not known. */
int keyring_get(const unsigned char fingerprint[SEAL_FINGERPRINT_BYTES], struct secret **out,
		int64_t *expires_at, struct err *err);

/* For so many seconds from now, in place of one of the same fingerprint. */
int keyring_put(const unsigned char fingerprint[SEAL_FINGERPRINT_BYTES], const struct secret *key,
		int64_t seconds, int64_t now, struct err *err);

/* Gone at once, wherever it was linked.  ERR_NOT_FOUND when there was none. */
int keyring_remove(const unsigned char fingerprint[SEAL_FINGERPRINT_BYTES], struct err *err);

/* 0 when keys can be put there. */
int keyring_usable(struct err *err);

#endif
