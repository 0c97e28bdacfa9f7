/* SPDX-License-Identifier: MIT */
/*
 * query.h -- the one strict reader of git-credential's lines.
 *
 * `key=value`, ended by LF; a blank line or the end of input ends the request;
 * a last line without LF counts.  The last of repeated keys wins; an empty
 * value of a `key[]` clears what came before it.  Unknown keys are skipped, and with
 * them what a helper has no use for: state[] (ours has none, and others' come along),
 * wwwauth[], continue, quit.
 *
 * Refused as a whole (ERR_INPUT, no message quotes a value): CR or NUL anywhere,
 * a line without `=` in its first QUERY_LINE_MAX bytes, one of more than that under a known
 * key, more than QUERY_MAX bytes, no protocol or no host, control characters in these, in
 * path or username, an expiry that is not digits in 1..2^53, an authtype that is no word of
 * HTTP, and `url`, which git itself never sends.
 */
#ifndef CREDENTIAL_QUERY_H
#define CREDENTIAL_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "vault/vault.h"

#define QUERY_LINE_MAX 65535		/* bytes of one line with its LF */
#define QUERY_MAX (4 * 1024 * 1024)	/* bytes of a whole request */

struct query {			/* all of it owned; NULL = not in the request */
	char *protocol;
	char *host;
	char *path;
	char *username;
	struct secret *password;
	struct secret *refresh;		/* oauth_refresh_token */
	char *authtype;
	struct secret *credential;	/* what goes with authtype */
	int64_t expires_at;		/* password_expiry_utc; 0 = not in the request */
	bool ephemeral;
	bool can_authtype;		/* capability[]=authtype was listed */
};

/* Reads one request from fd.  *out must be zeroed; query_clear() it in any case. */
int query_read(int fd, struct query *out, struct err *err);
void query_clear(struct query *query);

static inline struct vault_id query_id(const struct query *q)
{
	return (struct vault_id){ q->protocol, q->host, q->path, q->username };
}

#define scoped_query SCOPED(query_clear)

#endif
