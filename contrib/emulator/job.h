/* SPDX-License-Identifier: MIT */
/* job.h -- a job is one pass over an instance's source. */
#ifndef EMULATOR_JOB_H
#define EMULATOR_JOB_H

#include "emulator.h"

/* Under the database's lock; id (UUID_SIZE) may be NULL. */
void job_start(struct emulator *em, int64_t instance, const char *source,
	       const char *description, char *id);
void job_log_add(struct db *db, int64_t job, int type, const char *message);
/* Ends every open job of the instance. */
void job_end_all(struct db *db, int64_t instance, const char *reason);

#endif
