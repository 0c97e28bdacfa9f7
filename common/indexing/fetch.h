/* SPDX-License-Identifier: MIT */
/*
 * fetch.h -- one account's way to the API: many GETs at once, paced, within the
 * budget; nothing here waits.
 *
 * A batch is started, pumped by the loop, and ends with one call of over().  A
 * GET whose connection was lost is repeated once: a server that ends a
 * connection after 1,000 requests takes some of those under way with it.  libcurl
 * itself sends again what the server has not begun, and what was lost on a connection
 * that was kept: each time is a request, within the budget, and counted.  What the
 * budget has no room for at that moment waits for its turn, for a Timeout and 5 s at the
 * most.  A 401, a 429 or an API that is not reached ends the sending of more; what is
 * under way is waited for.
 * Belongs to the loop's thread.
 */
#ifndef INDEXING_FETCH_H
#define INDEXING_FETCH_H

#include "base/clock.h"
#include "cloudflare/envelope.h"
#include "cloudflare/http.h"
#include "indexing/budget.h"
#include "indexing/snapshot.h"

struct fetch_quota {		/* of one token; shared by the accounts that use it */
	struct budget window;
	size_t in_flight;
	int refusals;		/* 429s in a row, those of one moment counted once */
};

struct fetch_batch {
	size_t count;
	size_t streams;		/* requests under way at once, 0 = as many as useful */
	int64_t until;		/* clock ms: what could not be sent until then is not */
	/* Appends the path (below the base URL) of request number i and tells what it is. */
	enum snapshot_endpoint (*path)(void *ctx, size_t i, struct buf *path);
	/* Once for each request that was sent; envelope is NULL when it failed (err tells). */
	void (*done)(void *ctx, size_t i, struct envelope *envelope, const struct err *err);
	/* The end: requests 0..sent-1 were sent.  May start the next batch. */
	void (*over)(void *ctx, size_t sent);
	void *ctx;
};

struct get;

struct fetch {			/* fetch_init() .. fetch_clear() */
	struct http *http;		/* borrowed, shared with the other accounts */
	struct http_peer *peer;
	const struct clock *clock;
	const char *base_url;		/* borrowed */
	int64_t timeout_ms;
	size_t streams;			/* its part of HTTP_STREAMS; set by the owner */
	/* one request alone until the first answer; set by the owner */
	bool probe;

	/* borrowed; set them before a batch */
	const struct secret *token;
	struct fetch_quota *quota;
	struct budget *second;		/* of the API's host: our address is limited too */
	struct budget *own;		/* what this account has sent, and its part of the quota */

	/* since fetch_init() */
	int64_t requests[SNAPSHOT_ENDPOINTS];
	struct snapshot_response_code codes[SNAPSHOT_CODES];
	size_t code_count;
	int64_t failures[SNAPSHOT_FAILURES];
	/* the 429 that closed the budget, if that was the last answer */
	struct err limited;

	/* since fetch_begin() */
	bool refused;			/* a 401 came */
	size_t answers[SNAPSHOT_ENDPOINTS];
	double seconds[SNAPSHOT_ENDPOINTS];	/* sum over the answers */
	bool unreachable;		/* no answer at all, and one request has failed */
	struct count remaining;		/* lowest that a Ratelimit header said */

	int64_t sent_at;		/* during done(): when that request went out */

	/* its own */
	bool running;
	struct fetch_batch batch;
	size_t next, in_flight;
	bool failed;			/* no memory, or an URL that is none */
	struct get *live;
	struct get *later;		/* of these: lost, and to be sent again */
};

struct fetch_config {
	struct http *http;
	const struct http_config *peer;
	const struct clock *clock;
	const char *base_url;
	int64_t timeout_ms;
};

int fetch_init(struct fetch *fetch, const struct fetch_config *config, struct err *err);
/* The http handle has dropped its requests before (http_abort()). */
void fetch_clear(struct fetch *fetch);

void fetch_begin(struct fetch *fetch);	/* a new cycle */
void fetch_start(struct fetch *fetch, const struct fetch_batch *batch);

/* Sends what may be sent; clock ms when to call again, INT64_MAX = when answers come. */
int64_t fetch_pump(struct fetch *fetch);

/*
 * --- what is counted (fetch_count.c) -------------------------------------------
 *
 * Answers by fetch.c itself; a failure also by the reader of an answer, who alone could
 * see it.
 */
void fetch_count(struct fetch *fetch, enum snapshot_endpoint endpoint, int status,
		 double seconds);
void fetch_failed(struct fetch *fetch, const struct err *err);
bool fetch_answered(const struct fetch *fetch);	/* since fetch_begin(), by anything */
/* Requests, times, codes, failures and what the API said is left. */
void fetch_show(const struct fetch *fetch, struct snapshot *snapshot);

#endif
