/* SPDX-License-Identifier: MIT */
/*
 * budget.h -- pure: how many requests may be sent now.
 *
 * Never more than `limit` in any window of `window_ms`, wherever it starts: the
 * time of each of the last `limit` requests is kept.  Two more things close it:
 * a block (a 429 said when to come back) and advice (the Ratelimit header says
 * what is left for everybody who uses the token; a tenth of it is left to them).
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
#define BUDGET_MAX 100000	/* the largest limit */

struct budget {			/* budget_init() .. budget_clear() */
	int limit;
	int64_t window_ms;
	int64_t *sent;		/* ring: when the last `used` requests were sent */
	int next, used;
	int64_t blocked_until;
	bool advised;
	int64_t advice_left, advice_until;
};

int budget_init(struct budget *budget, int limit, int64_t window_ms, struct err *err);
void budget_clear(struct budget *budget);

/* Requests that may be sent at this moment, 0..limit. */
int budget_left(const struct budget *budget, int64_t now);

/* Milliseconds until budget_left() is above 0; 0 when it is already. */
int64_t budget_wait_ms(const struct budget *budget, int64_t now);

void budget_spend(struct budget *budget, int64_t now);	/* one request goes out */

bool budget_blocked(const struct budget *budget, int64_t now);
void budget_block(struct budget *budget, int64_t until);	/* the later of two blocks counts */

/* What an answer said; in_flight = requests sent whose answers are still to come. */
void budget_advise(struct budget *budget, const struct ratelimit *limit, size_t in_flight,
		   int64_t now);

#define scoped_budget SCOPED(budget_clear)

#endif
