/* SPDX-License-Identifier: MIT */
/*
 * jobs.h -- pure: a page of an instance's jobs -> what is told of them.
 *
 * The order of the API's list is not published: the newest is found by its start.
 */
#ifndef INDEXING_JOBS_H
#define INDEXING_JOBS_H

#include "cloudflare/job.h"
#include "indexing/snapshot.h"

#define JOBS_PAGE 20		/* rows asked for; one runs at a time */

int jobs_read(struct json_object *result, struct snapshot_jobs *out, struct err *err);

/*
 * The API's end_reason is an open set of words; the ones seen are known by a part
 * of them.  A word that says neither is JOB_END_DONE: a job that failed says so.
 */
enum job_end jobs_end_of(const char *end_reason);

#endif
