/* SPDX-License-Identifier: MIT */
/*
 * indexer.h -- the background thread that really indexes.
 *
 * One step at a time: a job's folder is scanned and its files are queued, or a
 * few queued items of one instance are read, cut and written, instance after
 * instance in turn.  Files are read and cut without the database's lock, and
 * written in transactions of a few milliseconds.
 */
#ifndef EMULATOR_INDEXER_H
#define EMULATOR_INDEXER_H

#include "emulator.h"

struct indexer;

int indexer_start(struct emulator *em, struct indexer **out, struct err *err);
void indexer_stop(struct indexer *indexer);	/* after emulator_stop() */

#endif
