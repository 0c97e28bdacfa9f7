/* SPDX-License-Identifier: MIT */
/*
 * poller.h -- one loop: list -> schedule -> fetch -> publish.  The only file
 * that knows the order.
 *
 * poller_run() blocks in the caller's thread until poller_stop(), which may be
 * called from any thread and takes effect in milliseconds, whatever the network
 * does.  Snapshots are fetched with poller_snapshot() from any thread.
 */
#ifndef INDEXING_POLLER_H
#define INDEXING_POLLER_H

#include "base/clock.h"
#include "cloudflare/client.h"
#include "indexing/select.h"
#include "indexing/snapshot.h"

struct poller;

struct poller_config {		/* strings are copied; the rest is borrowed for the poller's life */
	const char *base_url;
	const char *account;
	const char *namespace;
	bool flat;
	struct http_config http;
	int64_t interval_ms;	/* between starts of cycles, >= 1000 */
	int64_t timeout_ms;	/* of one request */
	int request_budget;	/* requests in any 300 s, 0 = BUDGET_REQUESTS (budget.h) */
	int request_rate;	/* requests in any second, 0 = BUDGET_RATE */
	const struct selection *instances;	/* NULL = all */
	const struct clock *clock;	/* NULL = clock_system */
	/*
	 * Gives the token at the start of a cycle (called in the poller's thread):
	 * when there is none yet, and again after a 401, so that a rotated one is
	 * picked up.  *out passes to the poller.
	 */
	int (*token)(void *ctx, struct secret **out, struct err *err);
	void *token_ctx;
	/* Told after each cycle, in the poller's thread; may be NULL. */
	void (*published)(void *ctx, const struct snapshot *snapshot);
	void *published_ctx;
};

int poller_new(const struct poller_config *config, struct poller **out, struct err *err);
void poller_free(struct poller *poller);	/* not while poller_run() is running */

void poller_run(struct poller *poller);
void poller_stop(struct poller *poller);

/*
 * One cycle, now: for `aisearch status` and tests.  -1 when the API could not be
 * read.  A cycle may use interval_ms / 300 s of the budget (schedule.h): with an
 * interval of 300 s the first one asks up to 600 requests at once.
 */
int poller_cycle(struct poller *poller, struct err *err);

/* The latest, yours: snapshot_unref().  NULL before the first cycle ended. */
struct snapshot *poller_snapshot(struct poller *poller);

#endif
