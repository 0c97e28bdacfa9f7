/* SPDX-License-Identifier: MIT */
/*
 * job.h -- sync jobs of an instance.
 */
#ifndef CLOUDFLARE_JOB_H
#define CLOUDFLARE_JOB_H

#include "cloudflare/client.h"

struct job {			/* job_clear() */
	char *id;
	char *source;		/* "user", "schedule" */
	char *description;	/* or NULL */
	char *end_reason;	/* or NULL */
	struct instant started_at, ended_at;	/* running while ended_at is unknown */
	struct json_object *json;	/* the API's object, owned */
};
void job_clear(struct job *job);
#define scoped_job SCOPED(job_clear)

int job_decode(struct json_object *obj, struct job *out, struct err *err);
int job_list(struct client *client, const char *instance,
	     int (*each)(void *ctx, const struct job *job), void *ctx, struct err *err);
/* 429/7020 when one was started less than 30 s ago. */
int job_create(struct client *client, const char *instance, const char *description,
	       struct job *out, struct err *err);
int job_get(struct client *client, const char *instance, const char *job_id, struct job *out,
	    struct err *err);
/* 400/7039 when it has ended already. */
int job_cancel(struct client *client, const char *instance, const char *job_id, struct job *out,
	       struct err *err);

struct job_log {		/* borrowed during the callback */
	int64_t id;		/* grows */
	int64_t created_at;	/* Unix seconds, 0 = not told */
	int64_t type;		/* 0 = plain */
	const char *message;
	struct json_object *json;
};
/*
 * Its log, the oldest line first, from the line after *seen on; *seen counts those given, so the next
 * call gives what has come since.  each: != 0 stops with that value.
 */
int job_logs(struct client *client, const char *instance, const char *job_id, int64_t *seen,
	     int (*each)(void *ctx, const struct job_log *line), void *ctx, struct err *err);

#endif
