/* SPDX-License-Identifier: MIT */
/*
 * budget.h -- pure: how many requests may be sent now.
 *
 * Never more than `limit` in any window of `window_ms`, wherever it starts: the
 * time of each request in it is kept.  Two more things close it:
 * a block (a 429 said when to come back) and advice (the Ratelimit header says
 * what is left for everybody who uses the token; a tenth of the quota is left to
 * them).
 *
 * Times are monotonic milliseconds handed in by the caller.
 */
#ifndef INDEXING_BUDGET_H
#define INDEXING_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cloudflare/ratelimit.h"

#define BUDGET_REQUESTS 600	/* default per window: half of what a token has */
#define BUDGET_WINDOW_MS 300000
#define BUDGET_RATE 100		/* default per second: half of what an address has */
/*
 * A second, and what requests may be closer together when they arrive than when they
 * were sent.
 */
#define BUDGET_SECOND_MS 1100
#define BUDGET_MAX 1000000	/* the largest limit */
/*
 * The API blocks for the rest of a window of 300 s (api.md, section 7): after a
 * longer Retry-After than that we look once more.
 */
#define BUDGET_BLOCK_MAX_MS BUDGET_WINDOW_MS

struct budget {			/* budget_init() .. budget_clear() */
	int limit, room;	/* room: of the ring; grows to the limit when it is needed */
	int64_t window_ms;
	/* ring: the last `used` requests, in order of time; 2 * ms + marked */
	int64_t *sent;
	int next, used;
	int held;
	int64_t blocked_until;
	int64_t sent_ever;
	bool advised;
	int64_t advice_of, advice_left, advice_until;	/* _of: the request it came with */
};

int budget_init(struct budget *budget, int limit, int64_t window_ms, struct err *err);
void budget_clear(struct budget *budget);

/* Lowers the limit, for one more user with a smaller one; a larger one changes nothing. */
void budget_tighten(struct budget *budget, int limit);

/* From now on that many, 1.. BUDGET_MAX; what was sent still counts. */
void budget_allow(struct budget *budget, int limit);

/* Requests that may be sent at this moment, 0..limit. */
int budget_left(const struct budget *budget, int64_t now);

/*
 * Milliseconds until budget_left() is above 0; 0 when it is already.  What is held is
 * taken to go out now.
 */
int64_t budget_wait_ms(const struct budget *budget, int64_t now);

/* One request goes out; returns its number. */
int64_t budget_spend(struct budget *budget, bool marked, int64_t now);

/*
 * The place of one that is about to go out, and nobody knows when: taken until it is
 * given back, to be spent then or not.
 */
void budget_hold(struct budget *budget);
void budget_give_back(struct budget *budget);

/* One that was spent at `then` goes out only now; one that is too old to be known is spent anew. */
void budget_move(struct budget *budget, bool marked, int64_t then, int64_t now);

/* Requests in the window that ends now: all of them, and the marked ones. */
int budget_used(const struct budget *budget, int64_t now);
int budget_marked(const struct budget *budget, int64_t now);

bool budget_blocked(const struct budget *budget, int64_t now);

/* Until then, at most BUDGET_BLOCK_MAX_MS from now; the later of two blocks counts. */
void budget_block(struct budget *budget, int64_t until, int64_t now);

/*
 * What the answer to a request (its number) said: those sent after it are not in
 * it.  Answers overtake each other; only the latest request's word counts.
 */
void budget_advise(struct budget *budget, const struct ratelimit *limit, int64_t number,
		   int64_t now);

#define scoped_budget SCOPED(budget_clear)

#endif
