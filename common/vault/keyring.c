/* SPDX-License-Identifier: MIT */
#include "vault/keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TYPE "user"
#define PREFIX "aisearch:vault:"
#define POSSESSOR_ALL 0x3f000000UL	/* and nothing for user, group and others */
#define PAYLOAD_MAX (SEAL_KEY_BYTES + 8)

struct name {
	char text[sizeof(PREFIX) + 2 * SEAL_FINGERPRINT_BYTES];
};

static struct name name_of(const unsigned char *fingerprint)
{
	struct name name = { PREFIX };

	sodium_bin2hex(name.text + sizeof(PREFIX) - 1, 2 * SEAL_FINGERPRINT_BYTES + 1, fingerprint,
		       SEAL_FINGERPRINT_BYTES);
	return name;
}

static long keyctl(int operation, unsigned long a, unsigned long b, unsigned long c,
		   unsigned long d)
{
	return syscall(SYS_keyctl, operation, a, b, c, d);
}

#define SPECIAL(keyring) ((unsigned long)(keyring))

static int unusable(int errnum, struct err *err)
{
	if (errnum == EDQUOT)
		return err_errno(err, ERR_STORAGE, errnum, "the kernel keyring is full");
	err_errno(err, ERR_CONFIG, errnum, "the kernel keyring cannot be used here");
	return err_hint(err, "containers often forbid it: use a key file, or a service's"
			" LoadCredential=aisearch-vault-key");
}

static bool is_absence(int errnum)
{
	return errnum == ENOKEY || errnum == EKEYEXPIRED || errnum == EKEYREVOKED;
}

/* Its serial number, or -1 with errno. */
static long find(const struct name *name)
{
	long key = keyctl(KEYCTL_SEARCH, SPECIAL(KEY_SPEC_USER_KEYRING), (unsigned long)TYPE,
			  (unsigned long)name->text, 0);

	/* an administrator may have linked it to the session instead */
	return key >= 0 || errno != ENOKEY ? key :
	       syscall(SYS_request_key, TYPE, name->text, NULL, 0);
}

static long read_payload(long key, unsigned char *payload, size_t size)
{
	long n = keyctl(KEYCTL_READ, (unsigned long)key, (unsigned long)payload, size, 0);

	if (n >= 0 || errno != EACCES)
		return n;
	/* a session without a way to @u (su, a system service) does not possess what is in it */
	if (keyctl(KEYCTL_LINK, SPECIAL(KEY_SPEC_USER_KEYRING),
		   SPECIAL(KEY_SPEC_PROCESS_KEYRING), 0, 0) < 0)
		return -1;
	return keyctl(KEYCTL_READ, (unsigned long)key, (unsigned long)payload, size, 0);
}

int keyring_get(const unsigned char fingerprint[SEAL_FINGERPRINT_BYTES], struct secret **out,
		int64_t *expires_at, struct err *err)
{
	const struct name name = name_of(fingerprint);
	unsigned char payload[PAYLOAD_MAX];
	long key = find(&name), n = -1;
	uint64_t until = 0;

	if (key >= 0)
		n = read_payload(key, payload, sizeof(payload));
	if (n < 0)
		return is_absence(errno) ?
		       err_set(err, ERR_NOT_FOUND, "the kernel keyring does not have the key") :
		       unusable(errno, err);
	if (n != SEAL_KEY_BYTES && n != PAYLOAD_MAX) {
		secret_wipe(payload, sizeof(payload));
		return err_set(err, ERR_NOT_FOUND, "'%s' in the kernel keyring is no key",
			       name.text);
	}
	for (int i = 0; n == PAYLOAD_MAX && i < 8; i++)
		until |= (uint64_t)payload[SEAL_KEY_BYTES + i] << (8 * i);
	*expires_at = (int64_t)until;
	int r = secret_new(payload, SEAL_KEY_BYTES, out, err);
	secret_wipe(payload, sizeof(payload));
	return r;
}

/*
 * First into the keyring of this process, which ends with it: nobody sees the key
 * before its rights and its time are set, and a kill leaves nothing behind.
 */
int keyring_put(const unsigned char fingerprint[SEAL_FINGERPRINT_BYTES],
		const struct secret *secret, int64_t seconds, int64_t now, struct err *err)
{
	const struct name name = name_of(fingerprint);
	const uint64_t until = (uint64_t)(now + seconds);
	unsigned char payload[PAYLOAD_MAX];

	if (secret_len(secret) != SEAL_KEY_BYTES)
		return err_set(err, ERR_STORAGE, "a sealing key has %d bytes", SEAL_KEY_BYTES);
	memcpy(payload, secret_bytes(secret), SEAL_KEY_BYTES);
	for (int i = 0; i < 8; i++)
		payload[SEAL_KEY_BYTES + i] = (unsigned char)(until >> (8 * i));
	long key = syscall(SYS_add_key, TYPE, name.text, payload, sizeof(payload),
			   KEY_SPEC_PROCESS_KEYRING);
	secret_wipe(payload, sizeof(payload));
	if (key < 0 ||
	    keyctl(KEYCTL_SETPERM, (unsigned long)key, POSSESSOR_ALL, 0, 0) < 0 ||
	    keyctl(KEYCTL_SET_TIMEOUT, (unsigned long)key, (unsigned long)seconds, 0, 0) < 0 ||
	    keyctl(KEYCTL_LINK, (unsigned long)key, SPECIAL(KEY_SPEC_USER_KEYRING), 0, 0) < 0)
		return unusable(errno, err);
	keyctl(KEYCTL_UNLINK, (unsigned long)key, SPECIAL(KEY_SPEC_PROCESS_KEYRING), 0, 0);
	return 0;
}

int keyring_remove(const unsigned char fingerprint[SEAL_FINGERPRINT_BYTES], struct err *err)
{
	const struct name name = name_of(fingerprint);
	long key = find(&name);

	if (key >= 0 && keyctl(KEYCTL_INVALIDATE, (unsigned long)key, 0, 0, 0) < 0 &&
	    errno == EACCES) {
		keyctl(KEYCTL_LINK, SPECIAL(KEY_SPEC_USER_KEYRING),
		       SPECIAL(KEY_SPEC_PROCESS_KEYRING), 0, 0);
		key = keyctl(KEYCTL_INVALIDATE, (unsigned long)key, 0, 0, 0);
	}
	if (key >= 0)
		return 0;
	return is_absence(errno) ?
	       err_set(err, ERR_NOT_FOUND, "the kernel keyring does not have the key") :
	       unusable(errno, err);
}

int keyring_usable(struct err *err)
{
	static const unsigned char nobody[SEAL_FINGERPRINT_BYTES];
	scoped_secret struct secret *key = NULL;
	unsigned char *bytes;

	if (secret_alloc(SEAL_KEY_BYTES, &key, &bytes, err) < 0)
		return -1;
	memset(bytes, 0, SEAL_KEY_BYTES);
	if (keyring_put(nobody, key, 1, 0, err) < 0)
		return -1;
	keyring_remove(nobody, err);
	return 0;
}
