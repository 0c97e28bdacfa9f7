/* SPDX-License-Identifier: MIT */
/*
 * world.h -- an account as the API would show it, at a clock that only the
 * simulation moves.
 *
 * The poller's real code runs on it: fake_http.c stands in for http.c, and
 * answers what the world says at the moment a request arrives.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cloudflare/ratelimit.h"

enum pattern {
	PATTERN_IDLE,
	PATTERN_IMPORT,		/* one instance for 40 minutes */
	PATTERN_SYNC,		/* everything, each six hours, half a minute to five each */
	PATTERN_CHURN,		/* as many as a cycle's even share start in each minute */
	PATTERN_COMINGS,	/* instances appear and disappear */
	PATTERN_WORKING,	/* all, all the time */
};

struct world_config {
	enum pattern pattern;
	size_t instances;
	bool silent;		/* the list's status says "ready" also while indexing */
	bool others;		/* somebody else spends the token's budget in bursts */
	bool limited;		/* a minute of 429 each hour */
	int latency_ms;
	int64_t end_ms;
};

#define WORLD_QUOTA 1200	/* requests of a token in 300 s, as the API */
#define WORLD_WALL 1767225600	/* Unix seconds at clock 0 */

void world_make(const struct world_config *config);
void world_free(void);

extern int64_t world_now;	/* ms */
extern const struct clock world_clock;

/* Moves the clock, at most to the alarm, which rings once in the loop's thread; 0 = none. */
void world_pass(int64_t until);
extern int64_t world_alarm_at;
extern void (*world_alarm)(void);

extern int world_status;	/* of every answer from now on; 0 = as it should be */

struct world_answer {
	int status, retry_after;
	struct ratelimit ratelimit;
};
/* What a GET of url that arrives now is answered. */
void world_get(const char *url, struct world_answer *answer, struct buf *body);
int world_latency_ms(void);

/* Of one instance, by its number, at a time. */
size_t world_count(void);
bool world_exists(size_t i, int64_t at);
bool world_active(size_t i, int64_t at);
int64_t world_completed(size_t i, int64_t at);	/* changes exactly when something happens */
/* Start of the activity number k of instance i; -1 = no more. */
int64_t world_start(size_t i, size_t k);
int64_t world_stop(size_t i, size_t k);

struct world_log {		/* every request, in order */
	int64_t *at;
	size_t count;
	size_t refused;		/* answers with 429 that were not the hour's */
};
extern struct world_log world_log;

#endif
