/* SPDX-License-Identifier: MIT */
/*
 * watch_token.h -- the token of one watch: which one is in use, whether the API
 * takes it, and when a new one is wished for.
 *
 * A wish costs its source (a helper that may ask somebody), so one that did not
 * help is repeated after a pause that doubles.  Knows neither the clock nor the
 * API nor the source: they are told what happened.
 */
#ifndef INDEXING_WATCH_TOKEN_H
#define INDEXING_WATCH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

enum watch_token {
	WATCH_TOKEN_SAME,	/* no news: go on with the one you have, if any */
	WATCH_TOKEN_NEW,	/* *out is one */
	WATCH_TOKEN_LATER,	/* it is being fetched; poller_wake() when it is there */
	WATCH_TOKEN_NONE,	/* there is none: err says why */
};

#define WATCH_REFUSED_MAX_MS 600000	/* the longest pause between two wishes */

struct token_use {
	struct secret *token;	/* in use; NULL = none */
	bool refused;		/* the API does not take it */
	int wishes;		/* in a row */
	int64_t retry_at;	/* no wish before */
	struct err err;		/* why there is none, or the 401 */
	/* why the last wish brought none; ERR_NONE = it did, or had no answer yet */
	struct err no_other;
};

/* The pause after so many wishes in a row, 1.. */
int64_t token_use_pause_ms(int wishes, int64_t interval_ms);

/* Whether the source is to be told that one is needed. */
bool token_use_wanted(const struct token_use *use, int64_t now);

struct token_answer {
	enum watch_token found;	/* not WATCH_TOKEN_LATER */
	bool wanted;		/* as the source was told */
	struct secret *fresh;	/* given up to the call; only with WATCH_TOKEN_NEW */
	struct err why;
};

/*
 * The source's answer.  adopt() is called with a token that is not the one in use;
 * when it fails there is none.  False = there is no token, use->err says why.
 */
bool token_use_answer(struct token_use *use, struct token_answer *answer, int64_t now,
		      int64_t interval_ms,
		      int (*adopt)(void *ctx, const struct secret *token, struct err *err), void *ctx);

/* a 401; first of the cycle */
void token_use_refused(struct token_use *use, const struct err *first);
/*
 * What to tell of a cycle with a 401: that, with the hint (NULL = the API's), or that no
 * other token comes, and why: an older 401 is not what is to be mended then.
 */
void token_use_explain(const struct token_use *use, const char *hint, struct err *first);
void token_use_taken(struct token_use *use);	/* the API answered, and the cycle went well */

void token_use_clear(struct token_use *use);

#endif
