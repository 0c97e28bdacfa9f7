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
};
void job_clear(struct job *job);
#define scoped_job SCOPED(job_clear)

int job_decode(struct json_object *obj, struct job *out, struct err *err);
int job_list(struct client *client, const char *instance,
	     int (*each)(void *ctx, const struct job *job), void *ctx, struct err *err);
/* 429/7020 when one was started less than 30 s ago. */
int job_create(struct client *client, const char *instance, const char *description,
	       struct job *out, struct err *err);

#endif
