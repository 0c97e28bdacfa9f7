/* SPDX-License-Identifier: MIT */
/*
 * limit.h -- request rate limits as the API keeps them.
 *
 * A window begins with a key's first request and lasts `seconds`.  More than
 * `requests` within it blocks that key until the window ends.  Tokens and
 * addresses are both counted; a request goes through when neither is over.
 */
#ifndef EMULATOR_LIMIT_H
#define EMULATOR_LIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"

#define LIMIT_KEYS 4096		/* more than a test has tokens; beyond it the oldest is forgotten */

struct limit_window {
	char key[64];
	int64_t ends_ms;
	int count;
};

struct limits {
	pthread_mutex_t lock;
	struct quota quota[MAX_LIMITS];
	struct limit_window window[MAX_LIMITS][LIMIT_KEYS];
	int used[MAX_LIMITS];
};

struct limit_state {		/* for the headers */
	int requests, seconds;	/* the policy */
	int left, reset_s;
	bool blocked;
};

enum limit_kind { LIMIT_TOKEN, LIMIT_ADDRESS };

void limits_init(struct limits *limits, const struct quota *quota);
void limits_clear(struct limits *limits);
/* Counts one request for key at now_ms (monotonic). */
struct limit_state limits_count(struct limits *limits, enum limit_kind kind,
				const char *key, int64_t now_ms);

#endif
