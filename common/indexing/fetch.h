/* SPDX-License-Identifier: MIT */
/*
 * fetch.h -- the poller's way to the API: many GETs over one connection, paced,
 * within the budget, stoppable.
 *
 * A GET whose connection was lost after it went out is repeated once.  A 401 or
 * 429 ends the sending of more; what is under way is waited for.  Belongs to
 * the poller's thread, except fetch_stop().
 */
#ifndef INDEXING_FETCH_H
#define INDEXING_FETCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "cloudflare/envelope.h"
#include "cloudflare/http.h"
#include "indexing/budget.h"
#include "indexing/snapshot.h"

#define FETCH_STREAMS 100	/* requests under way at once */

struct fetch {			/* fetch_init() .. fetch_clear() */
	struct http *http;
	const struct clock *clock;
	const char *base_url;		/* borrowed */
	int64_t timeout_ms;
	const struct secret *token;	/* borrowed; set it before fetch_all() */
	struct budget window, second;

	/* since fetch_init() */
	int64_t requests;
	struct snapshot_response_code codes[SNAPSHOT_CODES];
	size_t code_count;

	/* since fetch_begin() */
	bool refused;			/* a 401 came */
	size_t answers;
	double seconds;			/* sum over the answers */
	struct count remaining;		/* lowest that a Ratelimit header said */

	atomic_bool stopped;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

struct fetch_config {
	const struct http_config *http;
	const struct clock *clock;
	const char *base_url;
	int64_t timeout_ms;
	int budget, rate;		/* per 300 s, per second */
};

int fetch_init(struct fetch *fetch, const struct fetch_config *config, struct err *err);
void fetch_clear(struct fetch *fetch);

void fetch_begin(struct fetch *fetch);	/* a new cycle */

struct fetch_batch {
	size_t count;
	/* Appends the path (below the base URL) of request number i. */
	void (*path)(void *ctx, size_t i, struct buf *path);
	/* Once for each request that was sent; envelope is NULL when it failed (err tells). */
	void (*done)(void *ctx, size_t i, struct envelope *envelope, const struct err *err);
	void *ctx;
};

/*
 * Runs a batch to its end.  -1 when stopped (ERR_CANCELLED) or curl failed; 0
 * also when budget, 401 or 429 kept some from being sent: *sent tells how many.
 */
int fetch_all(struct fetch *fetch, const struct fetch_batch *batch, size_t *sent,
	      struct err *err);

void fetch_stop(struct fetch *fetch);	/* from any thread; for good */
bool fetch_stopped(const struct fetch *fetch);
void fetch_sleep_ms(struct fetch *fetch, int64_t ms);	/* returns early when stopped */

#endif
