/* SPDX-License-Identifier: MIT */
/*
 * spread.h -- a token minted or rolled a moment ago is refused until it has spread: by AI
 * Search with 7012, by whoever is asked with its own value with 401.
 *
 *	struct spread s = { .client = client };
 *
 *	while (try(err) < 0)
 *		if (!spread_refused(err) || !spread_again(&s, err))
 *			return -1;
 *
 * One struct spread for each thing that is tried.  It gives up after SPREAD_PAUSES pauses,
 * or when the client's time limit has passed.
 */
#ifndef PROVISION_SPREAD_H
#define PROVISION_SPREAD_H

#include <stdbool.h>

#include "cloudflare/client.h"

#define SPREAD_PAUSES 6		/* 250 ms, and twice as long each time: 15.75 s in all */
#define SPREAD_FIRST_MS 250
#define SPREAD_WORDS "the new token has not spread yet, trying again"

struct spread {			/* borrowed */
	struct client *client;	/* whose interrupt and time limit count */
	void (*waiting)(void *ctx);	/* before each pause; may be NULL */
	void *ctx;
	const char *doubt;	/* a sentence behind the last hint: what else it may be; or NULL */
	unsigned pauses;	/* so far */
};

/* AI Search said 7012. */
bool spread_refused(const struct err *err);

/*
 * After a refusal, which is in err: tells waiting(), and pauses; true = try again.  Else err is
 * what the caller fails with: the refusal, with the hint that the same command may be run again;
 * ERR_TIMEOUT when the time limit has passed, likewise; or ERR_CANCELLED.
 */
bool spread_again(struct spread *spread, struct err *err);

#endif
