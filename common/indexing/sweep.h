/* SPDX-License-Identifier: MIT */
/*
 * sweep.h -- one cycle's stats: picks whose turn it is, asks, puts the answers
 * into the roster.  With them the jobs of those instances and now and then the
 * state of the token, where that is wanted.
 */
#ifndef INDEXING_SWEEP_H
#define INDEXING_SWEEP_H

#include "cloudflare/client.h"
#include "indexing/fetch.h"
#include "indexing/roster.h"

#define SWEEP_TOKEN_EVERY_MS 600000	/* the state of the token is asked so often */

struct sweep_ask {		/* one request */
	enum snapshot_endpoint endpoint;
	size_t row;		/* of the roster */
};

struct sweep {			/* {.fetch, .paths, .roster, .over, ...} .. sweep_clear() */
	struct fetch *fetch;
	const struct client *paths;
	struct roster *roster;
	bool jobs, ask_token;
	bool only_new;		/* ask instances without data only; set before a start */
	bool glance;		/* look at how many instances there are; set before a start */
	struct count total;	/* how many there were, by the last list */
	/* requests for stats in the window that ends now; set before a start */
	int used;
	int64_t stats_at;	/* when stats were last asked, 0 = never */
	void (*over)(void *ctx);
	void *ctx;

	/* what is known of the token, from sweep to sweep */
	struct snapshot_token token;
	int64_t token_at;	/* when it was asked, 0 = never */
	bool of_account;	/* the path that this token's kind needs */

	/* of the last sweep */
	size_t good, bad;	/* answers */
	struct err first;	/* the first failure */
	bool more_or_less;	/* the glance says: not as many as the list had */

	/* its own */
	struct sweep_ask *asks;
	size_t count;
	size_t others;		/* of them, before those for instances */
	int64_t began_at;
	bool *gone;		/* by roster row: deleted between list and stats */
};

/* -1: nothing was started (no memory). */
int sweep_start(struct sweep *sweep, const struct schedule *schedule, int64_t until,
		struct err *err);
void sweep_clear(struct sweep *sweep);

#endif
