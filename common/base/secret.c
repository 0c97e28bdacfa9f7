/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <sodium.h>
#include <string.h>

struct secret {
	size_t len;
	unsigned char bytes[];	/* len bytes and a NUL */
};

int secret_alloc(size_t len, struct secret **out, unsigned char **bytes, struct err *err)
{
	struct secret *s;

	if (len > SECRET_MAX)
		return err_set(err, ERR_INPUT, "a secret of %zu bytes is longer than %d", len,
			       SECRET_MAX);
	if (sodium_init() < 0)
		return err_set(err, ERR_STORAGE, "libsodium could not be initialised");
	/* it ends at a guard page, so only a rounded size begins aligned */
	s = sodium_malloc((sizeof(*s) + len + 1 + 15) & ~(size_t)15);
	if (!s)
		return err_nomem(err);
	s->len = len;
	s->bytes[len] = '\0';
	*out = s;
	*bytes = s->bytes;
	return 0;
}

int secret_new(const void *data, size_t len, struct secret **out, struct err *err)
{
	unsigned char *bytes = NULL;

	if (secret_alloc(len, out, &bytes, err) < 0)
		return -1;
	if (len > 0)
		memcpy(bytes, data, len);
	return 0;
}

const char *secret_bytes(const struct secret *s)
{
	return (const char *)s->bytes;
}

size_t secret_len(const struct secret *s)
{
	return s->len;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && sodium_memcmp(a->bytes, b->bytes, a->len) == 0;
}

int secret_check_token(const struct secret *s, struct err *err)
{
	if (s->len == 0)
		return err_set(err, ERR_INPUT, "the token is empty");
	if (s->len > 4096)
		return err_set(err, ERR_INPUT, "the token is longer than 4096 bytes");
	for (size_t i = 0; i < s->len; i++) {
		if (s->bytes[i] == '\r' || s->bytes[i] == '\n')
			return err_set(err, ERR_INPUT, "the token contains a line break");
		if (s->bytes[i] == '\0')
			return err_set(err, ERR_INPUT, "the token contains a NUL byte");
		if (s->bytes[i] <= 0x20 || s->bytes[i] >= 0x7f)
			return err_set(err, ERR_INPUT,
				       "the token contains a space or a byte that is not ASCII");
	}
	return 0;
}

void secret_free(struct secret *s)
{
	sodium_free(s);		/* wipes the whole region first */
}

void secret_wipe(void *data, size_t len)
{
	sodium_memzero(data, len);
}
