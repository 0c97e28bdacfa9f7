/* SPDX-License-Identifier: MIT */
/*
 * bearer.h -- the token that requests go out with, and another one when the API refuses it.
 *
 * A token may be replaced while a program runs (aisearch token rotate): from one moment to
 * the next the API answers 401, which also means that nothing was carried out.  Then its
 * source is asked for what there is now, and with another value the request is sent again.
 *
 * The source is asked once for each value that is refused, and after BEARER_TRIES values in
 * a row not any more, until one is accepted.  indexing/watch_token.h has the same rules for
 * a watch, which never ends, and so pauses and asks again.
 */
#ifndef CLOUDFLARE_BEARER_H
#define CLOUDFLARE_BEARER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/secret.h"

#define BEARER_TRIES 4

struct bearer_source {		/* ask NULL = there is none */
	/* *out, yours, is another than the refused one; or NULL, and err's hint says what to do. */
	void (*ask)(void *ctx, const struct secret *refused, struct secret **out, struct err *err);
	void *ctx;
};

struct bearer {			/* bearer_init() .. bearer_clear() */
	const struct secret *token;	/* of the next request; NULL = none */
	unsigned turn;			/* which one that is: noted with each request */

	/* its own */
	struct bearer_source source;
	struct secret *own;		/* token, when it came from the source */
	struct secret *past[BEARER_TRIES];	/* copies of those refused since one was accepted */
	size_t tries;
	bool asked;			/* for token, in vain */
	char hint[sizeof(((struct err *)0)->hint)];	/* and what to do then */
};

/* token is borrowed for the bearer's life. */
void bearer_init(struct bearer *bearer, const struct secret *token,
		 const struct bearer_source *source);
void bearer_clear(struct bearer *bearer);

/*
 * A request of this turn was refused.  True: bearer->token is another one by now, send it
 * again.  False: there is none, and err's hint says what to do.
 */
bool bearer_refused(struct bearer *bearer, unsigned turn, struct err *err);

/* A request of this turn was not. */
void bearer_accepted(struct bearer *bearer, unsigned turn);

#endif
