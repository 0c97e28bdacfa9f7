/* SPDX-License-Identifier: MIT */
/* The expected keys were computed with Python's hmac, hashlib and base64. */
#include <string.h>

#include "unit.h"

#include "../../plugin/credential/r2.c"

#define ACCOUNT "023e105f4ecef8ad9ca31a8372d0c353"
#define KEY_ID "ed17574386854bf78a67040be0a770b0"
#define PARENT "3b21a1082dcf95be30f3066d6dfaffd08fd2742a5182a4891a687784c513ae19"

static struct secret *text(const char *s)
{
	struct secret *out = NULL;
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(secret_new(s, strlen(s), &out, &err), 0);
	return out;
}

static void the_secret_key_is_a_digest(void)
{
	scoped_secret struct secret *token = text("v1.0-0123456789abcdefghijklmnopqrstuvwxyzAB");
	scoped_secret struct secret *key = NULL;
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(r2_secret_key(token, &key, &err), 0);
	UNIT_STR(secret_bytes(key), PARENT);
}

/* What the session token wraps must be the text that the key is the digest of. */
static void check_wrapping(const struct secret *session, const char *key)
{
	unsigned char plain[4096];
	scoped_secret struct secret *hashed = NULL;
	struct err err = { 0 };
	size_t len = 0;

	CU_ASSERT_EQUAL_FATAL(sodium_base642bin(plain, sizeof(plain), secret_bytes(session),
						secret_len(session), NULL, &len, NULL,
						sodium_base64_VARIANT_ORIGINAL), 0);
	CU_ASSERT_FATAL(len > 4 && !memcmp(plain, "jwt/", 4));
	CU_ASSERT_EQUAL_FATAL(hash_hex(plain + 4, len - 4, &hashed, &err), 0);
	UNIT_STR(secret_bytes(hashed), key);
}

static void a_session_is_a_signed_grant(void)
{
	static const char *const prefixes[] = { "data/", "a\"b/" };
	static const struct {
		struct r2_grant grant;
		const char *key;
	} cases[] = {
		{ { .account = ACCOUNT, .key_id = KEY_ID, .bucket = "my-bucket",
		    .scope = "object-read-only", .issued_at = 1700000000, .expires_at = 1700003600 },
		  "86148378236c67a82d1a6759ad9920470c216661a740f1a30fced687e439ed44" },
		{ { .account = ACCOUNT, .key_id = KEY_ID, .bucket = "b-2",
		    .scope = "admin-read-write",
		    .jurisdiction = "eu", .prefixes = prefixes, .prefix_count = 2,
		    .issued_at = 1700000000, .expires_at = 1700001200 },
		  "ab56a5190f728c038f9596ddc0f7168274f49748a61617c3635c192b791a2463" },
	};
	scoped_secret struct secret *parent = text(PARENT);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_secret struct secret *key = NULL;
		scoped_secret struct secret *session = NULL;
		struct err err = { 0 };

		CU_ASSERT_EQUAL_FATAL(r2_session(&cases[i].grant, parent, &key, &session, &err), 0);
		UNIT_STR(secret_bytes(key), cases[i].key);
		check_wrapping(session, cases[i].key);
	}
}

static void a_grant_is_checked(void)
{
	static const struct {
		const char *bucket, *scope, *jurisdiction;
		bool good;
	} cases[] = {
		{ "abc", "object-read-only", NULL, true },
		{ "abc", "object-read-write", "eu", true },
		{ "a-1", "admin-read-only", "fedramp", true },
		{ "abc", "admin-read-write", NULL, true },
		{ "abc", "admin", NULL, false },
		{ "abc", "", NULL, false },
		{ "abc", "object-read-only", "us", false },
		{ "ab", "object-read-only", NULL, false },
		{ "Abc", "object-read-only", NULL, false },
		{ "a.b", "object-read-only", NULL, false },
		{ "-ab", "object-read-only", NULL, false },
		{ "ab-", "object-read-only", NULL, false },
		{ "a\",\"b", "object-read-only", NULL, false },
		{ "a123456789b123456789c123456789d123456789e123456789f123456789g1234",
		  "object-read-only", NULL, false },
	};
	static const char *const bad_prefix[] = { "\xff" };
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct r2_grant g = { .bucket = cases[i].bucket, .scope = cases[i].scope,
					    .jurisdiction = cases[i].jurisdiction };
		UNIT_ROW(i, r2_check(&g, &err) == (cases[i].good ? 0 : -1));
		UNIT_ROW(i, cases[i].good || err.kind == ERR_USAGE);
	}
	const struct r2_grant g = { .bucket = "abc", .scope = "admin-read-only",
				    .prefixes = bad_prefix, .prefix_count = 1 };
	CU_ASSERT_EQUAL(r2_check(&g, &err), -1);
}

UNIT_SUITE(r2,
	{ "the secret access key is the digest of the token", the_secret_key_is_a_digest },
	{ "a session is a signed grant, its key the digest of it", a_session_is_a_signed_grant },
	{ "a grant is checked before it is signed", a_grant_is_checked });
