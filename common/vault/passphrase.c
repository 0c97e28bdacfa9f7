/* SPDX-License-Identifier: MIT */
#include "vault/passphrase.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define FORMAT 1
#define SALT crypto_pwhash_argon2id_SALTBYTES
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEAD (1 + 4 + 4 + SALT + NONCE)

#define PASSES 4
#define KIB (64 * 1024)
/* What a file that others made may ask for. */
#define PASSES_MAX 64
#define KIB_MAX (1024 * 1024)

_Static_assert(PASSPHRASE_OVERHEAD == HEAD + TAG, "overhead");

static void put32(unsigned char *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(n >> (8 * i));
}

static uint32_t get32(const unsigned char *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int passphrase_check(const struct secret *passphrase, struct err *err)
{
	if (secret_len(passphrase) < PASSPHRASE_MIN)
		return err_set(err, ERR_INPUT, "the passphrase is shorter than %d bytes",
			       PASSPHRASE_MIN);
	if (secret_len(passphrase) > PASSPHRASE_MAX)
		return err_set(err, ERR_INPUT, "the passphrase is longer than %d bytes",
			       PASSPHRASE_MAX);
	return 0;
}

static int derive(const struct secret *passphrase, const unsigned char *head, struct secret **out,
		  struct err *err)
{
	scoped_secret struct secret *key = NULL;
	unsigned char *bytes;
	uint32_t passes = get32(head + 1), kib = get32(head + 5);

	if (sodium_init() < 0)
		return err_set(err, ERR_STORAGE, "libsodium could not be initialised");
	if (passes < 1 || passes > PASSES_MAX || kib < 8 || kib > KIB_MAX)
		return err_set(err, ERR_STORAGE, "sealed with impossible parameters");
	if (secret_alloc(crypto_aead_xchacha20poly1305_ietf_KEYBYTES, &key, &bytes, err) < 0)
		return -1;
	if (crypto_pwhash(bytes, secret_len(key), secret_bytes(passphrase), secret_len(passphrase),
			  head + 9, passes, (size_t)kib * 1024, crypto_pwhash_ALG_ARGON2ID13) < 0) {
		err_set(err, ERR_NOMEM, "there is no memory to work on the passphrase");
		return err_hint(err, "it takes %u MiB", kib / 1024);
	}
	*out = STEAL(key);
	return 0;
}

static int authenticated(const char *purpose, const unsigned char *head, struct buf *out,
			 struct err *err)
{
	buf_adds(out, purpose);
	buf_add(out, "", 1);
	return buf_add(out, head, HEAD) < 0 ? err_nomem(err) : 0;
}

int passphrase_seal(const struct secret *passphrase, const char *purpose, const void *plain,
		    size_t len, struct buf *out, struct err *err)
{
	scoped_secret struct secret *key = NULL;
	scoped_buf struct buf ad = BUF(1024), box = BUF(len + PASSPHRASE_OVERHEAD);
	unsigned char head[HEAD] = { FORMAT };
	unsigned long long boxed = 0;

	put32(head + 1, PASSES);
	put32(head + 5, KIB);
	randombytes_buf(head + 9, SALT + NONCE);
	if (derive(passphrase, head, &key, err) < 0 || authenticated(purpose, head, &ad, err) < 0)
		return -1;
	buf_add(&box, head, HEAD);
	/* room for the ciphertext, which is then written over its own plain text */
	buf_add(&box, plain, len);
	buf_add(&box, head, TAG);
	if (box.failed)
		return err_nomem(err);
	unsigned char *at = (unsigned char *)box.data + HEAD;
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		at, &boxed, at, len, (const unsigned char *)ad.data, ad.len, NULL,
		head + 9 + SALT, (const unsigned char *)secret_bytes(key));
	return buf_add(out, box.data, box.len) < 0 ? err_nomem(err) : 0;
}

int passphrase_open(const struct secret *passphrase, const char *purpose, const void *sealed,
		    size_t len, struct buf *out, struct err *err)
{
	scoped_secret struct secret *key = NULL;
	scoped_buf struct buf ad = BUF(1024), plain = BUF(len);
	const unsigned char *head = sealed;
	unsigned long long got = 0;

	if (len < PASSPHRASE_OVERHEAD || head[0] != FORMAT)
		return err_set(err, ERR_STORAGE, len < PASSPHRASE_OVERHEAD ?
			       "what the passphrase opens is cut short" :
			       "what the passphrase opens has an unknown format");
	if (derive(passphrase, head, &key, err) < 0 || authenticated(purpose, head, &ad, err) < 0)
		return -1;
	if (buf_add(&plain, head + HEAD, len - HEAD) < 0)
		return err_nomem(err);
	unsigned char *at = (unsigned char *)plain.data;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    at, &got, NULL, at, plain.len, (const unsigned char *)ad.data, ad.len,
		    head + 9 + SALT, (const unsigned char *)secret_bytes(key)) < 0)
		return err_set(err, ERR_AUTH, "the passphrase is wrong");
	return buf_add(out, plain.data, got) < 0 ? err_nomem(err) : 0;
}
