/* SPDX-License-Identifier: MIT */
#include "vault/seal.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define FORMAT 2
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
_Static_assert(SEAL_KEY_BYTES == crypto_kdf_KEYBYTES, "key size");
_Static_assert(SEAL_OVERHEAD == 1 + NONCE + TAG, "overhead");

/* Presence, length, bytes: no two contexts encode alike. */
static void add_part(struct buf *out, const char *part)
{
	unsigned char head[9] = { part ? 1 : 0 };
	uint64_t len = part ? strlen(part) : 0;

	for (int i = 0; i < 8; i++)
		head[1 + i] = (unsigned char)(len >> (8 * i));
	buf_add(out, head, sizeof(head));
	if (part)
		buf_add(out, part, len);
}

static int encode(const struct seal_context *context, unsigned char format, struct buf *out,
		  struct err *err)
{
	static const char domain[] = "aisearch vault";
	const int parts = format == 1 ? SEAL_PARTS_1 : SEAL_PARTS;

	buf_add(out, domain, sizeof(domain));
	buf_add(out, &format, 1);
	add_part(out, context->field);
	for (int i = 0; i < parts; i++)
		add_part(out, context->part[i]);
	return out->failed ? err_nomem(err) : 0;
}

static int usable(const struct secret *key, struct err *err)
{
	if (sodium_init() < 0)
		return err_set(err, ERR_STORAGE, "libsodium could not be initialised");
	if (!key)
		return err_set(err, ERR_LOCKED, "the vault was opened without its key");
	if (secret_len(key) != SEAL_KEY_BYTES)
		return err_set(err, ERR_STORAGE, "a sealing key has %d bytes, not %zu",
			       SEAL_KEY_BYTES, secret_len(key));
	return 0;
}

int seal(const struct secret *key, const struct seal_context *context,
	 const struct secret *plain, struct buf *out, struct err *err)
{
	scoped_buf struct buf ad = BUF(SIZE_MAX / 4);
	scoped_buf struct buf box = BUF(SECRET_MAX + SEAL_OVERHEAD);
	unsigned char head[1 + NONCE] = { FORMAT };
	unsigned long long boxed = 0;

	if (usable(key, err) < 0 || encode(context, FORMAT, &ad, err) < 0)
		return -1;
	randombytes_buf(head + 1, NONCE);
	buf_add(&box, head, sizeof(head));
	/* room for the ciphertext, which is then written over its own plain text */
	buf_add(&box, secret_bytes(plain), secret_len(plain));
	buf_add(&box, head, TAG);
	if (box.failed)
		return err_nomem(err);
	unsigned char *at = (unsigned char *)box.data + sizeof(head);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		at, &boxed, at, secret_len(plain), (const unsigned char *)ad.data, ad.len, NULL,
		head + 1, (const unsigned char *)secret_bytes(key));
	if (boxed != secret_len(plain) + TAG || buf_add(out, box.data, box.len) < 0)
		return err_nomem(err);
	return 0;
}

int unseal(const struct secret *key, const struct seal_context *context, const void *sealed,
	   size_t len, struct secret **out, struct err *err)
{
	scoped_buf struct buf ad = BUF(SIZE_MAX / 4);
	scoped_secret struct secret *plain = NULL;
	const unsigned char *s = sealed;
	unsigned char *bytes = NULL;
	unsigned long long got = 0;

	if (usable(key, err) < 0)
		return -1;
	if (len < SEAL_OVERHEAD || len > SECRET_MAX + SEAL_OVERHEAD)
		return err_set(err, ERR_STORAGE, "sealed bytes of an impossible length");
	if (s[0] < 1 || s[0] > FORMAT)
		return err_set(err, ERR_STORAGE, "sealed in an unknown format (%d)", s[0]);
	if (encode(context, s[0], &ad, err) < 0)
		return -1;
	if (secret_alloc(len - SEAL_OVERHEAD, &plain, &bytes, err) < 0)
		return -1;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    bytes, &got, NULL, s + 1 + NONCE, len - 1 - NONCE,
		    (const unsigned char *)ad.data, ad.len, s + 1,
		    (const unsigned char *)secret_bytes(key)) < 0 ||
	    got != len - SEAL_OVERHEAD)
		return err_set(err, ERR_STORAGE, "the seal is broken");
	*out = STEAL(plain);
	return 0;
}

int seal_fingerprint(const struct secret *key, unsigned char out[SEAL_FINGERPRINT_BYTES],
		     struct err *err)
{
	if (usable(key, err) < 0)
		return -1;
	crypto_kdf_derive_from_key(out, SEAL_FINGERPRINT_BYTES, 1, "vaultkey",
				   (const unsigned char *)secret_bytes(key));
	return 0;
}
