/* SPDX-License-Identifier: MIT */
/*
 * watch.h -- one account's cycle: token -> list -> schedule -> fetch -> publish.
 * The only file that knows the order.
 *
 * A state machine that never waits: the poller's loop calls watch_step() when its
 * time has come, answers move it on.  Belongs to the loop's thread.
 */
#ifndef INDEXING_WATCH_H
#define INDEXING_WATCH_H

#include "base/clock.h"
#include "cloudflare/client.h"
#include "indexing/fetch.h"
#include "indexing/select.h"
#include "indexing/snapshot.h"
#include "indexing/watch_token.h"

struct watch;

#define WATCH_NEWS 1
#define WATCH_VALUES 2
#define WATCH_VALUES_MS 1000

struct watch_config {		/* strings are copied; the rest is borrowed for the watch's life */
	const char *base_url;
	const char *account;
	const char *namespace;
	bool flat;
	const struct http_config *http;
	/* between starts of cycles, >= 1; the configuration allows a second */
	int64_t interval_ms;
	int64_t timeout_ms;	/* of one request; 0 = HTTP_TIMEOUT_MS */
	int request_budget;	/* requests in any 300 s, 0 = BUDGET_REQUESTS */
	int request_rate;	/* requests in any second, 0 = BUDGET_RATE */
	bool jobs, token_state;	/* ask for these too */
	const struct selection *instances;	/* NULL = all */
	/*
	 * Asked at the start of each cycle, in the loop's thread; must not wait.
	 * needed: there is none, or the API refuses it; said again after a growing
	 * pause only (WATCH_REFUSED_MAX_MS).
	 */
	enum watch_token (*token)(void *ctx, bool needed, struct secret **out, struct err *err);
	void *token_ctx;
	/* what to do when the API refuses it; NULL = the API's own hint */
	const char *refused_hint;
	/*
	 * In the loop's thread; may be NULL; the snapshot is valid during the call.
	 * what: bits of WATCH_NEWS, after each cycle, and WATCH_VALUES, when its values
	 * are to be published.  The latter come again alone when a cycle is late (after a
	 * quarter of an interval, then each interval): what is known goes on being known
	 * while an API or a helper hangs; single instances may be newer then than the
	 * account's part.  They are never two within WATCH_VALUES_MS: some stores
	 * (RRD) take one value a second.
	 */
	void (*published)(void *ctx, const struct snapshot *snapshot, unsigned what);
	void *published_ctx;
};

/* --- for the poller only --------------------------------------------------- */

struct watch_quota {		/* what the users of one token share; the poller's list */
	struct fetch_quota fetch;
	struct secret *token;	/* a copy, to know it by */
	char host[300];
	size_t users;
	struct watch_quota *next;
};

struct watch_pace {		/* what the accounts of one API host share */
	struct budget second;
	char host[300];
	size_t users;
	struct watch_pace *next;
};

struct watch_owner {		/* the poller, as a watch sees it */
	struct http *http;
	const struct clock *clock;
	void *ctx;
	/* The quota of this token, made when there is none; NULL = no memory. */
	struct watch_quota *(*quota)(void *ctx, const char *host, const struct secret *token,
				     int limit, struct err *err);
	struct watch_pace *(*pace)(void *ctx, const char *host, int limit, struct err *err);
	/* Of the quota's limit, what this one of its users may send in a window. */
	int (*part)(void *ctx, const struct watch *watch);
};

int watch_new(const struct watch_config *config, const struct watch_owner *owner,
	      struct watch **out, struct err *err);
int64_t watch_need(const struct watch *watch);	/* requests of a window */
const struct watch_quota *watch_quota_of(const struct watch *watch);	/* NULL = none yet */
void watch_free(struct watch *watch);	/* NULL is fine; after http_abort() */

/* Does what is due; clock ms when to call again at the latest, INT64_MAX = when answers come. */
int64_t watch_step(struct watch *watch);

/* The token may be there now: look at once. */
void watch_wake(struct watch *watch);

#endif
