/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "unit.h"
#include "vault/seal.h"

static struct secret *made(const void *data, size_t len)
{
	struct secret *s = NULL;
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(secret_new(data, len, &s, &err), 0);
	return s;
}

static struct secret *key_of(char byte)
{
	char raw[SEAL_KEY_BYTES];

	memset(raw, byte, sizeof(raw));
	return made(raw, sizeof(raw));
}

static const struct seal_context here = { "secret", { "https", "h", NULL, "u" } };

static void what_was_sealed_comes_back(void)
{
	static const size_t sizes[] = { 0, 1, 40, 65535, SECRET_MAX };
	scoped_secret struct secret *key = key_of('k');

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		scoped_buf struct buf sealed = BUF(SIZE_MAX / 4);
		scoped_secret struct secret *plain = NULL;
		scoped_secret struct secret *back = NULL;
		struct err err = { 0 };
		unsigned char *bytes = NULL;

		CU_ASSERT_EQUAL_FATAL(secret_alloc(sizes[i], &plain, &bytes, &err), 0);
		memset(bytes, 'x', sizes[i]);
		UNIT_ROW(i, seal(key, &here, plain, &sealed, &err) == 0);
		UNIT_ROW(i, sealed.len == sizes[i] + SEAL_OVERHEAD);
		UNIT_ROW(i, unseal(key, &here, sealed.data, sealed.len, &back, &err) == 0);
		UNIT_ROW(i, back && secret_equal(plain, back));
	}
}

static void it_opens_only_where_it_was_sealed(void)
{
	static const struct {
		struct seal_context at;
		bool opens;
	} cases[] = {
		{ { "secret", { "https", "h", NULL, "u" } }, true },
		{ { "refresh", { "https", "h", NULL, "u" } }, false },
		{ { "secret", { "http", "h", NULL, "u" } }, false },
		{ { "secret", { "https", "h2", NULL, "u" } }, false },
		{ { "secret", { "https", "h", "", "u" } }, false },	/* empty is not absent */
		{ { "secret", { "https", "h", "u", NULL } }, false },
		{ { "secret", { "https", "hu", NULL, "" } }, false },	/* the border moved */
		{ { "secret", { "https", "h", NULL, "v" } }, false },
		/* another version */
		{ { "secret", { "https", "h", NULL, "u", "1" } }, false },
		{ { "secre", { "thttps", "h", NULL, "u" } }, false },
	};
	scoped_secret struct secret *key = key_of('k');
	scoped_secret struct secret *plain = made("token", 5);
	scoped_buf struct buf sealed = BUF(4096);
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(seal(key, &here, plain, &sealed, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_secret struct secret *back = NULL;
		int r = unseal(key, &cases[i].at, sealed.data, sealed.len, &back, &err);

		UNIT_ROW(i, r == (cases[i].opens ? 0 : -1));
		UNIT_ROW(i, cases[i].opens || (err.kind == ERR_STORAGE && !back));
	}
}

static void every_byte_of_it_counts(void)
{
	scoped_secret struct secret *key = key_of('k');
	scoped_secret struct secret *other = key_of('o');
	scoped_secret struct secret *plain = made("token", 5);
	scoped_secret struct secret *back = NULL;
	scoped_buf struct buf sealed = BUF(4096);
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(seal(key, &here, plain, &sealed, &err), 0);
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 1;
		UNIT_ROW(i, unseal(key, &here, sealed.data, sealed.len, &back, &err) < 0);
		sealed.data[i] ^= 1;
		UNIT_ROW(i, unseal(key, &here, sealed.data, i, &back, &err) < 0);
	}
	CU_ASSERT(unseal(other, &here, sealed.data, sealed.len, &back, &err) < 0);
	CU_ASSERT_PTR_NULL(back);
	CU_ASSERT_EQUAL(unseal(key, &here, sealed.data, sealed.len, &back, &err), 0);
}

static void the_same_secret_never_looks_the_same(void)
{
	scoped_secret struct secret *key = key_of('k');
	scoped_secret struct secret *plain = made("token", 5);
	scoped_buf struct buf one = BUF(4096);
	scoped_buf struct buf two = BUF(4096);
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(seal(key, &here, plain, &one, &err), 0);
	CU_ASSERT_EQUAL_FATAL(seal(key, &here, plain, &two, &err), 0);
	CU_ASSERT_EQUAL_FATAL(one.len, two.len);
	CU_ASSERT_NOT_EQUAL(memcmp(one.data + 1, two.data + 1, one.len - 1), 0);
	CU_ASSERT_PTR_NULL(memmem(one.data, one.len, "token", 5));
}

static void keys_have_one_size_and_a_fingerprint(void)
{
	scoped_secret struct secret *k = key_of('k');
	scoped_secret struct secret *again = key_of('k');
	scoped_secret struct secret *other = key_of('o');
	scoped_secret struct secret *shorter = made("kkkkkkkkkkkkkkkk", 16);
	scoped_buf struct buf sealed = BUF(4096);
	unsigned char a[SEAL_FINGERPRINT_BYTES], b[SEAL_FINGERPRINT_BYTES];
	struct err err = { 0 };

	CU_ASSERT_EQUAL(seal_fingerprint(k, a, &err), 0);
	CU_ASSERT_EQUAL(seal_fingerprint(again, b, &err), 0);
	CU_ASSERT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	CU_ASSERT_EQUAL(seal_fingerprint(other, b, &err), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	CU_ASSERT(seal_fingerprint(shorter, b, &err) < 0);
	CU_ASSERT(seal(shorter, &here, k, &sealed, &err) < 0);
	CU_ASSERT_EQUAL(sealed.len, 0);
}

UNIT_SUITE(seal,
	{ "what was sealed comes back, whatever its size", what_was_sealed_comes_back },
	{ "it opens only in the row and column where it was sealed",
	  it_opens_only_where_it_was_sealed },
	{ "a changed or missing byte, or another key, opens nothing", every_byte_of_it_counts },
	{ "the same secret never looks the same twice", the_same_secret_never_looks_the_same },
	{ "a key has one size, and a fingerprint of its own",
	  keys_have_one_size_and_a_fingerprint });
