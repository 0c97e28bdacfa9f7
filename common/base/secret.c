/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * As sodium_malloc() has it, in half of its time: each change of a mapping costs, and
 * the helper's whole `get` takes a millisecond.  One page without access on either
 * side; the end of the secret is the end of its pages, but for the alignment.
 */
struct secret {
	size_t len;
	size_t mapped;		/* bytes between the guard pages */
	unsigned char bytes[];	/* len bytes and a NUL */
};

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct secret *map_pages(size_t size)
{
	const size_t page = page_size(), mapped = (size + page - 1) / page * page;
	unsigned char *all = mmap(NULL, mapped + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

	if (all == MAP_FAILED)
		return NULL;
	unsigned char *usable = all + page;
	if (mprotect(usable, mapped, PROT_READ | PROT_WRITE) < 0) {
		munmap(all, mapped + 2 * page);
		return NULL;
	}
	/* where the limits allow it; a secret that may be swapped is better than none */
	mlock(usable, mapped);
	madvise(usable, mapped, MADV_DONTDUMP);
	struct secret *s = (struct secret *)(usable + mapped - size);
	s->mapped = mapped;
	return s;
}

int secret_alloc(size_t len, struct secret **out, unsigned char **bytes, struct err *err)
{
	struct secret *s;

	if (len > SECRET_MAX)
		return err_set(err, ERR_INPUT, "a secret of %zu bytes is longer than %d", len,
			       SECRET_MAX);
	/* it ends at a guard page, so only a rounded size begins aligned */
	s = map_pages((sizeof(*s) + len + 1 + 15) & ~(size_t)15);
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
	if (!s)
		return;
	const size_t page = page_size(), mapped = s->mapped;
	unsigned char *usable = (unsigned char *)((uintptr_t)s & ~(uintptr_t)(page - 1));
	sodium_memzero(usable, mapped);
	munmap(usable - page, mapped + 2 * page);	/* which unlocks it, too */
}

void secret_wipe(void *data, size_t len)
{
	sodium_memzero(data, len);
}
