/* SPDX-License-Identifier: MIT */
/*
 * emulator.h -- what the emulator's rooms share: the settings, the database,
 * and the one way to say "stop".
 */
#ifndef EMULATOR_EMULATOR_H
#define EMULATOR_EMULATOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/rfc3339.h"
#include "db.h"
#include "json.h"
#include "limit.h"
#include "options.h"

#define MAX_FILE (4 * 1024 * 1024)	/* the API's ceiling for one file */
#define USER_ID "7c5dae5552338874e5053f2534d2767a"

struct emulator {
	struct settings *set;
	struct db db;
	struct limits limits;
	int log_fd;			/* -1: no request log */

	/* Sleepers wait on `wake` (monotonic); stop and work for the indexer both broadcast. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	atomic_bool stopping;
	unsigned long work;		/* changes whenever there may be something to index */
};

int emulator_init(struct emulator *em, struct settings *set, struct err *err);
void emulator_clear(struct emulator *em);

void emulator_stop(struct emulator *em);	/* from any thread */
void emulator_work(struct emulator *em);	/* wakes the indexer */
/*
 * Sleeps at most ms (-1: for ever), less when stopping, and less when `work`
 * is given and is no longer the current value.  Returns false when stopping.
 */
bool emulator_sleep(struct emulator *em, int64_t ms, const unsigned long *work);

static inline int64_t now_s(void)
{
	return clock_wall_s(&clock_system);
}

static inline int64_t now_ms(void)
{
	return clock_mono_ms(&clock_system);
}

/* Random ids: 32 hexadecimal digits, and a UUID. */
#define HEX_SIZE 33
#define UUID_SIZE 37
void random_hex(char out[HEX_SIZE]);
void random_uuid(char out[UUID_SIZE]);

#endif
