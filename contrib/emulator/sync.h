/* SPDX-License-Identifier: MIT */
/*
 * sync.h -- the first half of a job: compares the source's folder with the
 * items that are known, queues what is new, marks what changed or went away as
 * outdated.
 */
#ifndef EMULATOR_SYNC_H
#define EMULATOR_SYNC_H

#include "emulator.h"

/* true when there was a job to scan */
bool sync_step(struct emulator *em);
/* Starts jobs whose sync_interval has passed. */
void sync_schedule(struct emulator *em);
/* Ends jobs that have nothing left to do. */
void sync_finish(struct emulator *em);

#endif
