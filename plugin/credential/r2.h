/* SPDX-License-Identifier: MIT */
/*
 * r2.h -- S3 keys for R2, made from an API token without asking anybody; pure.
 *
 * The access key id is the token's id, the secret access key the SHA-256 of its value.
 * From these a session can be made that is good for one bucket and a time: a JWT
 * signed with the secret access key.  Cloudflare documents both; the second was not tried
 * against R2 itself and is called experimental.
 */
#ifndef CREDENTIAL_R2_H
#define CREDENTIAL_R2_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

#define R2_KEY_HEX 64		/* characters of a secret access key */

struct r2_grant {		/* borrowed */
	const char *account;	/* id */
	const char *jurisdiction;	/* "eu", "fedramp" or NULL */
	const char *key_id;
	const char *bucket;
	const char *scope;	/* "object-read-only", ... */
	const char *const *prefixes;	/* of the keys; none = all */
	size_t prefix_count;
	int64_t issued_at, expires_at;
};

/* 64 lower-case hex digits.  *out is yours. */
int r2_secret_key(const struct secret *token, struct secret **out, struct err *err);

/* ERR_USAGE when a field of the grant is not what R2 takes. */
int r2_check(const struct r2_grant *grant, struct err *err);

/* parent: of r2_secret_key().  *key and *session_token are yours. */
int r2_session(const struct r2_grant *grant, const struct secret *parent, struct secret **key,
	       struct secret **session_token, struct err *err);

#endif
