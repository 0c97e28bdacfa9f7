/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h -- what is known of an account at one moment, each value with its age.
 *
 * A view: the instances are the rows of whoever publishes it (the roster
 * has thousands of them), valid as long as the publisher says.
 *
 * Times are clock milliseconds (monotonic) unless said otherwise.
 */
#ifndef INDEXING_SNAPSHOT_H
#define INDEXING_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "cloudflare/instance.h"
#include "cloudflare/stats.h"

/* How a job ended; the API's end_reason is an open set of words, see job_end_class(). */
enum job_end {
	JOB_END_NONE,		/* it runs, or there was none */
	JOB_END_DONE,
	JOB_END_CANCELLED,	/* by a person, or superseded by a later one */
	JOB_END_FAILED,
};

struct snapshot_jobs {		/* of one instance; CollectJobs */
	bool known;
	enum job_end last_end;	/* of the newest job that has ended */
	struct count running;
	struct instant started_at;	/* of the newest job, running or ended */
	struct count last_duration_s;	/* of the newest job that has ended */
	struct instant last_ended_at;

};

struct snapshot_instance {
	char id[65];
	char namespace[33];
	char status[32];	/* an open set; "" when not told */
	struct flag enable, paused;
	struct flag indexing;	/* at work, by the last word of list or stats */
	bool has_stats;
	/*
	 * between its first list and its first stats: it was active, or its status
	 * changed
	 */
	bool stirred;
	struct count sync_interval_s;	/* of an instance with a source */
	struct instant last_activity;	/* the younger of list and stats */
	struct stats stats;
	int64_t stats_at;	/* when the stats were fetched; meaningless unless has_stats */
	int64_t fresh_at;	/* when they were fetched, or a list last proved them unchanged */
	struct count errors;	/* items in error, when that was last known */
	struct snapshot_jobs jobs;
};

struct snapshot_response_code {
	int status;		/* HTTP status */
	int64_t count;		/* answers since start */
};
#define SNAPSHOT_CODES 32

enum snapshot_endpoint {
	ENDPOINT_LIST,
	ENDPOINT_STATS,
	ENDPOINT_JOBS,
	ENDPOINT_TOKEN,
};
#define SNAPSHOT_ENDPOINTS 4
extern const char *const snapshot_endpoint_names[SNAPSHOT_ENDPOINTS];

struct snapshot_traffic {	/* with one endpoint */
	int64_t requests;	/* sent since start */
	bool timed;		/* the last cycle had an answer */
	double response_time_s;	/* mean over the last cycle's answers */
};

/* Why requests failed, counted since start. */
enum snapshot_failure {
	FAILURE_NETWORK,	/* not reached, cut off */
	FAILURE_TIMEOUT,
	FAILURE_TLS,
	FAILURE_AUTH,		/* 401, 403 */
	FAILURE_LIMIT,		/* 429 */
	FAILURE_API,		/* any other refusal: 4xx, 5xx, "success":false */
	FAILURE_PROTOCOL,	/* an answer that breaks the contract */
};
#define SNAPSHOT_FAILURES 7
extern const char *const snapshot_failure_names[SNAPSHOT_FAILURES];
enum snapshot_failure snapshot_failure_of(const struct err *err);

struct snapshot_token {		/* the token the API is asked with; CollectToken */
	bool known;		/* the API has been asked */
	bool active;
	struct instant expires_on;	/* unknown = never */
};

struct snapshot {
	int64_t taken_at;	/* monotonic ms */
	bool up;		/* the last cycle reached the API and it answered with success */
	bool listed;		/* the list of instances has been read at least once */
	bool refused;		/* the API does not accept the token (401) */
	struct snapshot_traffic traffic[SNAPSHOT_ENDPOINTS];
	struct snapshot_response_code codes[SNAPSHOT_CODES];
	size_t code_count;
	int64_t failures[SNAPSHOT_FAILURES];
	int budget_used;	/* requests in the budget's window that ends now */
	int budget_limit;
	double cycle_s;		/* from the cycle's start to its last answer */
	struct count ratelimit_remaining;	/* as the last cycle's answers said */
	struct snapshot_token token;
	struct err last_error;	/* kind ERR_NONE when the last cycle had none */
	size_t count;
	/* Sorted by namespace, id; in rows of `stride` bytes, see snapshot_instance(). */
	struct snapshot_instance *instances;
	size_t stride;
};

static inline const struct snapshot_instance *snapshot_instance(const struct snapshot *s, size_t i)
{
	return (const struct snapshot_instance *)(const void *)
		((const char *)s->instances + i * s->stride);
}

#endif
