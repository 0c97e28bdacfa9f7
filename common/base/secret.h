/* SPDX-License-Identifier: MIT */
/*
 * secret.h -- bytes that must not leak: locked against swap where the system
 * allows it, between guard pages, left out of core dumps, wiped when freed.
 *
 * Made only here, freed only with secret_free().  secret_bytes() is the one
 * door to the content; grep for it to see every place that looks.  No function
 * of any room formats a secret into a message.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

#define SECRET_MAX (1024 * 1024)	/* bytes; the largest that git's helpers were seen to carry */

struct secret;

/* A copy of data[0..len), len 0..SECRET_MAX.  The caller still has to wipe its own. */
int secret_new(const void *data, size_t len, struct secret **out, struct err *err);

/* len bytes to be filled through the pointer in *bytes. */
int secret_alloc(size_t len, struct secret **out, unsigned char **bytes, struct err *err);

/* The content, NUL-terminated one byte past secret_len(); valid until secret_free(). */
const char *secret_bytes(const struct secret *secret);
size_t secret_len(const struct secret *secret);

/* Same length and bytes; the comparison takes the same time wherever they differ. */
bool secret_equal(const struct secret *a, const struct secret *b);

/*
 * 0 when it could be an API token: 1..4096 bytes of visible ASCII.  ERR_INPUT
 * otherwise, saying which rule was broken and never the content.
 */
int secret_check_token(const struct secret *secret, struct err *err);

void secret_free(struct secret *secret);	/* NULL is fine */

/* Wipes memory that held a secret for a moment; not optimised away. */
void secret_wipe(void *data, size_t len);

static inline void cleanup_secret(struct secret **s)
{
	secret_free(*s);
}
#define scoped_secret SCOPED(cleanup_secret)

#endif
