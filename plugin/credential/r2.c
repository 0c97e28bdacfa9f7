/* SPDX-License-Identifier: MIT */
#include "r2.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

#define JWT_MAX 65536		/* characters; it travels in a header of each request */

static int hash_hex(const void *data, size_t len, struct secret **out, struct err *err)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	unsigned char *text = NULL;

	_Static_assert(2 * sizeof(hash) == R2_KEY_HEX, "two digits for each byte");
	if (secret_alloc(R2_KEY_HEX, out, &text, err) < 0)
		return -1;
	crypto_hash_sha256(hash, data, len);
	sodium_bin2hex((char *)text, R2_KEY_HEX + 1, hash, sizeof(hash));
	secret_wipe(hash, sizeof(hash));
	return 0;
}

int r2_secret_key(const struct secret *token, struct secret **out, struct err *err)
{
	return hash_hex(secret_bytes(token), secret_len(token), out, err);
}

static bool is_bucket(const char *name)
{
	size_t len = strlen(name);

	return len >= 3 && len <= 63 && name[0] != '-' && name[len - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

int r2_check(const struct r2_grant *g, struct err *err)
{
	static const char *const scopes[] = { "object-read-only", "object-read-write",
					      "admin-read-only", "admin-read-write" };
	static const char *const places[] = { "eu", "fedramp" };

	if (!is_bucket(g->bucket))
		return err_set(err, ERR_USAGE, "a bucket's name is 3 to 63 of a-z, 0-9 and -");
	if (!is_one_of(g->scope, scopes, sizeof(scopes) / sizeof(scopes[0])))
		return err_set(err, ERR_USAGE, "a scope is object-read-only, object-read-write,"
			       " admin-read-only or admin-read-write");
	if (g->jurisdiction &&
	    !is_one_of(g->jurisdiction, places, sizeof(places) / sizeof(places[0])))
		return err_set(err, ERR_USAGE, "a jurisdiction is eu or fedramp");
	for (size_t i = 0; i < g->prefix_count; i++)
		if (!utf8_valid(g->prefixes[i], strlen(g->prefixes[i])))
			return err_set(err, ERR_USAGE, "a prefix is not UTF-8");
	return 0;
}

static void add_member(struct buf *out, const char *before, const char *text)
{
	buf_adds(out, before);
	buf_add_json(out, text, strlen(text));
}

static int add_claims(const struct r2_grant *g, struct buf *out)
{
	add_member(out, "{\"bucket\":", g->bucket);
	add_member(out, ",\"scope\":", g->scope);
	if (g->prefix_count > 0) {
		for (size_t i = 0; i < g->prefix_count; i++)
			add_member(out,
				   i == 0 ? ",\"paths\":{\"prefixPaths\":[" : ",", g->prefixes[i]);
		buf_adds(out, "],\"objectPaths\":[]}");
	}
	add_member(out, ",\"sub\":", g->account);
	add_member(out, ",\"iss\":", g->key_id);
	return buf_addf(out,
			",\"aud\":\"%s%s%s.r2.cloudflarestorage.com\",\"iat\":%lld,\"exp\":%lld}",
			g->account, g->jurisdiction ? "." : "", g->jurisdiction ? g->jurisdiction : "",
			(long long)g->issued_at, (long long)g->expires_at);
}

static int add_base64(struct buf *out, const void *data, size_t len, int variant)
{
	size_t size = sodium_base64_encoded_len(len, variant);
	char *text = malloc(size);

	if (!text)
		return -1;
	sodium_bin2base64(text, size, data, len, variant);
	int r = buf_adds(out, text);
	secret_wipe(text, size);
	free(text);
	return r;
}

static int make_jwt(const struct r2_grant *g, const struct secret *parent, struct buf *jwt)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	const int url = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	crypto_auth_hmacsha256_state state;
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	scoped_buf struct buf claims = BUF(JWT_MAX);

	if (add_claims(g, &claims) < 0 || add_base64(jwt, header, strlen(header), url) < 0 ||
	    buf_adds(jwt, ".") < 0 || add_base64(jwt, claims.data, claims.len, url) < 0)
		return -1;
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret_bytes(parent),
				    secret_len(parent));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)jwt->data, jwt->len);
	crypto_auth_hmacsha256_final(&state, mac);
	secret_wipe(&state, sizeof(state));
	return buf_adds(jwt, ".") < 0 || add_base64(jwt, mac, sizeof(mac), url) < 0 ? -1 : 0;
}

int r2_session(const struct r2_grant *g, const struct secret *parent, struct secret **key,
	       struct secret **session_token, struct err *err)
{
	/* the header's room is JWT_MAX as well: base64 makes it a third longer */
	scoped_buf struct buf jwt = BUF(2 * JWT_MAX), named = BUF(2 * JWT_MAX), text = BUF(4 * JWT_MAX);
	scoped_secret struct secret *hashed = NULL;

	if (r2_check(g, err) < 0)
		return -1;
	if (make_jwt(g, parent, &jwt) < 0 || buf_adds(&named, "jwt/") < 0 ||
	    buf_add(&named, jwt.data, jwt.len) < 0 ||
	    add_base64(&text, named.data, named.len, sodium_base64_VARIANT_ORIGINAL) < 0)
		return err_set(err, ERR_USAGE, "the grant is too long");
	if (hash_hex(jwt.data, jwt.len, &hashed, err) < 0 ||
	    secret_new(text.data, text.len, session_token, err) < 0)
		return -1;
	*key = STEAL(hashed);
	return 0;
}
