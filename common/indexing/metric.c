/* SPDX-License-Identifier: MIT */
#include "indexing/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct sample {
	const struct metric_view *view;
	const struct snapshot_instance *instance;	/* NULL: the account's values */
	metric_emit *emit;
	void *ctx;
};

/* What there must be of an instance; each includes those before it. */
enum need {
	LISTED,
	FETCHED,		/* stats, of whatever age */
	FRESH,			/* not older than max_age_ms */
	COUNTED,		/* and not degraded: the API has counted */
};

struct row {
	struct metric metric;	/* first: a struct metric * points to both */
	enum need need;
	/* false = unknown; NULL for a family */
	bool (*get)(const struct sample *s, double *out);
	void (*each)(const struct sample *s, const struct metric *m);
};

static void put_gauge(const struct sample *s, const struct metric *m, const char *name, double g)
{
	if (isfinite(g) && g >= 0)	/* all types have a minimum of 0 */
		s->emit(s->ctx, m, name, (union metric_value){ .gauge = g });
}

static void put_derive(const struct sample *s, const struct metric *m, const char *name, int64_t d)
{
	if (d >= 0)
		s->emit(s->ctx, m, name, (union metric_value){ .derive = d });
}

/* --- of an instance -------------------------------------------------------- */

static bool known(struct count c, double *out)
{
	*out = (double)c.value;
	return c.known;
}

static bool told(struct flag f, double *out)
{
	*out = f.value;
	return f.known;
}

/* Seconds from one moment to another: clocks may disagree, and foreign times be absurd. */
static double seconds(double from, double to)
{
	return to > from ? to - from : 0;
}

#define VALUE(name, expression) \
	static bool get_##name(const struct sample *s, double *out) \
	{ \
		return expression; \
	}

VALUE(queued, known(s->instance->stats.queued, out))
VALUE(running, known(s->instance->stats.running, out))
VALUE(completed, known(s->instance->stats.completed, out))
VALUE(error, known(s->instance->stats.error, out))
VALUE(skipped, known(s->instance->stats.skipped, out))
VALUE(outdated, known(s->instance->stats.outdated, out))
VALUE(processed, stats_percent_processed(&s->instance->stats, out))
VALUE(indexed, stats_percent_indexed(&s->instance->stats, out))
VALUE(degraded, told((struct flag){ true, s->instance->stats.degraded }, out))
VALUE(vectors, known(s->instance->stats.vectors, out))
VALUE(dimensions, known(s->instance->stats.dimensions, out))
VALUE(r2_objects, known(s->instance->stats.object_count, out))
VALUE(payload, known(s->instance->stats.payload_bytes, out))
VALUE(metadata, known(s->instance->stats.metadata_bytes, out))
VALUE(embed_errors, known(s->instance->stats.file_embed_errors, out))
VALUE(source_errors, known(s->instance->stats.index_source_errors, out))
VALUE(paused, told(s->instance->paused, out))
VALUE(enabled, told(s->instance->enable, out))
VALUE(jobs_running, s->instance->jobs.known && known(s->instance->jobs.running, out))
VALUE(last_job, s->instance->jobs.known && known(s->instance->jobs.last_duration_s, out))

static bool get_data_age(const struct sample *s, double *out)
{
	*out = seconds((double)s->instance->fresh_at, (double)s->view->now_ms) / 1000;
	return true;
}

static bool last_ended(const struct sample *s, enum job_end how, double *out)
{
	const struct snapshot_jobs *j = &s->instance->jobs;

	*out = j->last_end == how;
	return j->known && j->last_end != JOB_END_NONE;
}
VALUE(job_done, last_ended(s, JOB_END_DONE, out))
VALUE(job_cancelled, last_ended(s, JOB_END_CANCELLED, out))
VALUE(job_failed, last_ended(s, JOB_END_FAILED, out))

static bool get_activity_age(const struct sample *s, double *out)
{
	struct instant at = s->instance->last_activity;

	*out = seconds((double)at.unix_s, (double)s->view->wall_s);
	return at.known;
}

static bool get_next_sync(const struct sample *s, double *out)
{
	const struct snapshot_instance *i = s->instance;
	struct count interval = i->sync_interval_s;
	struct instant last = i->jobs.known && i->jobs.started_at.known ? i->jobs.started_at
									 : i->last_activity;

	if (!last.known || !interval.known || interval.value == 0 ||
	    (i->paused.known && i->paused.value))
		return false;
	*out = seconds((double)s->view->wall_s, (double)last.unix_s + (double)interval.value);
	return true;
}

/* --- of the account -------------------------------------------------------- */

static bool is_fresh(const struct metric_view *v, const struct snapshot_instance *i)
{
	return i->has_stats && v->now_ms - i->fresh_at <= v->max_age_ms;
}

VALUE(up, told((struct flag){ true, s->view->snapshot->up }, out))
VALUE(remaining, known(s->view->snapshot->ratelimit_remaining, out))
VALUE(active, told((struct flag){ s->view->snapshot->token.known,
				  s->view->snapshot->token.active }, out))

static bool get_instances(const struct sample *s, double *out)
{
	*out = (double)s->view->snapshot->count;
	return s->view->snapshot->listed;
}

static bool get_stale(const struct sample *s, double *out)
{
	const struct snapshot *from = s->view->snapshot;
	size_t n = 0;

	for (size_t i = 0; i < from->count; i++)
		n += !is_fresh(s->view, snapshot_instance(from, i));
	*out = (double)n;
	return from->listed;
}

/* No limit, no budget: it has not been counted yet. */
static bool get_budget_used(const struct sample *s, double *out)
{
	*out = s->view->snapshot->budget_used;
	return s->view->snapshot->budget_limit > 0;
}

static bool get_budget_limit(const struct sample *s, double *out)
{
	*out = s->view->snapshot->budget_limit;
	return s->view->snapshot->budget_limit > 0;
}

static bool get_cycle(const struct sample *s, double *out)
{
	*out = s->view->snapshot->cycle_s;
	return *out > 0;	/* 0 = it had no answer */
}

static bool get_expiry(const struct sample *s, double *out)
{
	const struct snapshot_token *t = &s->view->snapshot->token;

	*out = seconds((double)s->view->wall_s, (double)t->expires_on.unix_s);
	return t->known && t->expires_on.known;
}

static void each_request(const struct sample *s, const struct metric *m)
{
	for (int i = 0; i < SNAPSHOT_ENDPOINTS; i++)
		put_derive(s, m, snapshot_endpoint_names[i],
			   s->view->snapshot->traffic[i].requests);
}

static void each_failure(const struct sample *s, const struct metric *m)
{
	for (int i = 0; i < SNAPSHOT_FAILURES; i++)
		put_derive(s, m, snapshot_failure_names[i], s->view->snapshot->failures[i]);
}

static void each_time(const struct sample *s, const struct metric *m)
{
	for (int i = 0; i < SNAPSHOT_ENDPOINTS; i++)
		if (s->view->snapshot->traffic[i].timed)
			put_gauge(s, m, snapshot_endpoint_names[i],
				  s->view->snapshot->traffic[i].response_time_s);
}

static void each_code(const struct sample *s, const struct metric *m)
{
	const struct snapshot *from = s->view->snapshot;
	char name[16];

	for (size_t i = 0; i < from->code_count; i++) {
		snprintf(name, sizeof(name), "%d", from->codes[i].status);
		put_derive(s, m, name, from->codes[i].count);
	}
}

/* --- instances by status: an open set of foreign words ----------------------- */

#define STATUS_NAMES 12		/* distinct ones; the rest is "other" */
#define STATUS_PREFIX "instances_"

struct tally {			/* the first names in the alphabet, whatever order they come in */
	struct {
		char name[32];	/* as long as the status */
		size_t count;
	} rows[STATUS_NAMES];
	size_t names, other, unknown;
};

/* "In Progress!" -> "inprogress" */
static void plain_word(const char *text, char out[32])
{
	size_t n = 0;

	for (; *text && n < 31; text++) {
		char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')
			out[n++] = c;
	}
	out[n] = '\0';
}

/* A status of the name of another value would be published under the same identifier. */
static bool is_taken(const char *word)
{
	char name[64];

	snprintf(name, sizeof(name), STATUS_PREFIX "%s", word);
	for (const struct metric *const *m = metrics; *m; m++)
		if ((*m)->type_instance && !strcmp((*m)->type_instance, name))
			return true;
	return false;
}

static void tally_add(struct tally *t, const char *status)
{
	char word[32];
	size_t at = 0;
	int order = 1;

	plain_word(status, word);
	if (!*status || !strcmp(word, "unknown")) {
		t->unknown++;
		return;
	}
	while (at < t->names && (order = strcmp(t->rows[at].name, word)) < 0)
		at++;
	if (at < t->names && order == 0) {
		t->rows[at].count++;
		return;
	}
	if (at == STATUS_NAMES || !*word || !strcmp(word, "other") || is_taken(word)) {
		t->other++;
		return;
	}
	if (t->names == STATUS_NAMES)	/* the last one makes room, and never comes back */
		t->other += t->rows[--t->names].count;
	memmove(&t->rows[at + 1], &t->rows[at], (t->names - at) * sizeof(t->rows[0]));
	memcpy(t->rows[at].name, word, sizeof(word));
	t->rows[at].count = 1;
	t->names++;
}

static void each_status(const struct sample *s, const struct metric *m)
{
	const struct snapshot *from = s->view->snapshot;
	struct tally t = { 0 };
	char name[64];

	for (size_t i = 0; from->listed && i < from->count; i++)
		tally_add(&t, snapshot_instance(from, i)->status);
	for (size_t i = 0; i < t.names; i++) {
		snprintf(name, sizeof(name), STATUS_PREFIX "%s", t.rows[i].name);
		put_gauge(s, m, name, (double)t.rows[i].count);
	}
	if (t.other > 0)
		put_gauge(s, m, STATUS_PREFIX "other", (double)t.other);
	if (t.unknown > 0)
		put_gauge(s, m, STATUS_PREFIX "unknown", (double)t.unknown);
}

/* --- the table ------------------------------------------------------------- */

#define INSTANCE(group, type, name, unit, need, get, help) \
	&(const struct row){ { METRIC_OF_INSTANCE, METRIC_##group, METRIC_GAUGE, type, name, \
			       unit, help }, need, get_##get, NULL }.metric
#define ACCOUNT(group, type, name, unit, get, help) \
	&(const struct row){ { METRIC_OF_ACCOUNT, METRIC_##group, METRIC_GAUGE, type, name, \
			       unit, help }, LISTED, get_##get, NULL }.metric
#define FAMILY(group, kind, type, unit, each, help) \
	&(const struct row){ { METRIC_OF_ACCOUNT, METRIC_##group, METRIC_##kind, type, NULL, \
			       unit, help }, LISTED, NULL, each_##each }.metric

const struct metric *const metrics[] = {
	INSTANCE(BASIC, "objects", "queued", "items", COUNTED, queued,
		 "items that wait to be indexed"),
	INSTANCE(BASIC, "objects", "running", "items", COUNTED, running,
		 "items that are being indexed"),
	INSTANCE(BASIC, "objects", "completed", "items", COUNTED, completed,
		 "items that can be found"),
	INSTANCE(BASIC, "objects", "error", "items", COUNTED, error,
		 "items that could not be indexed"),
	INSTANCE(BASIC, "objects", "skipped", "items", COUNTED, skipped,
		 "items that are not to be indexed"),
	INSTANCE(BASIC, "objects", "outdated", "items", COUNTED, outdated,
		 "items whose source has changed since"),
	INSTANCE(BASIC, "percent", "processed", "%", COUNTED, processed,
		 "share of items that need no more work"),
	INSTANCE(BASIC, "bool", "degraded", "0 or 1", FRESH, degraded,
		 "the API answered without counts"),
	INSTANCE(BASIC, "duration", "data_age", "seconds", FETCHED, data_age,
		 "since the data was fetched or last proved unchanged"),

	INSTANCE(ENGINE, "records", "vectors", "vectors", FRESH, vectors,
		 "vectors in the index"),
	INSTANCE(ENGINE, "count", "dimensions", "dimensions", FRESH, dimensions,
		 "dimensions of a vector"),
	INSTANCE(ENGINE, "count", "r2_objects", "objects", FRESH, r2_objects,
		 "objects in the instance's storage"),
	INSTANCE(ENGINE, "bytes", "payload", "bytes", FRESH, payload,
		 "storage that contents take"),
	INSTANCE(ENGINE, "bytes", "metadata", "bytes", FRESH, metadata,
		 "storage that metadata takes"),

	INSTANCE(ERRORS, "count", "file_embed_errors", "errors", FRESH, embed_errors,
		 "errors in embedding files, over all reasons"),
	INSTANCE(ERRORS, "count", "index_source_errors", "errors", FRESH, source_errors,
		 "errors in reading the source, over all reasons"),
	INSTANCE(ERRORS, "percent", "indexed", "%", COUNTED, indexed,
		 "share of items that can be found"),

	INSTANCE(JOBS, "count", "jobs_running", "jobs", FRESH, jobs_running,
		 "jobs that have not ended"),
	INSTANCE(JOBS, "duration", "last_job", "seconds", FRESH, last_job,
		 "how long the last job took that has ended"),
	INSTANCE(JOBS, "bool", "last_job_done", "0 or 1", FRESH, job_done,
		 "the last job ended well"),
	INSTANCE(JOBS, "bool", "last_job_cancelled", "0 or 1", FRESH, job_cancelled,
		 "the last job was cancelled, or superseded by another"),
	INSTANCE(JOBS, "bool", "last_job_failed", "0 or 1", FRESH, job_failed,
		 "the last job failed"),

	INSTANCE(SYNC, "duration", "last_activity_age", "seconds", LISTED, activity_age,
		 "since the instance was last active"),
	INSTANCE(SYNC, "duration", "next_sync_due", "seconds", LISTED, next_sync,
		 "until the next scheduled sync, 0 when it is late"),
	INSTANCE(SYNC, "bool", "paused", "0 or 1", LISTED, paused,
		 "scheduled syncs are paused"),
	INSTANCE(SYNC, "bool", "enabled", "0 or 1", LISTED, enabled,
		 "the instance is enabled"),

	ACCOUNT(BASIC, "bool", "up", "0 or 1", up,
		"the last cycle could read the API"),
	ACCOUNT(BASIC, "count", "instances", "instances", instances,
		"instances that are watched"),
	ACCOUNT(BASIC, "count", "instances_stale", "instances", stale,
		"instances with data that is too old, or none yet"),
	FAMILY(BASIC, GAUGE, "count", "instances", status,
	       "instances by the status that the list tells"),
	FAMILY(BASIC, DERIVE, "http_requests", "requests", request,
	       "requests sent, by endpoint"),
	FAMILY(BASIC, DERIVE, "errors", "requests", failure,
	       "requests that failed, by class"),
	ACCOUNT(BASIC, "count", "budget_used", "requests", budget_used,
		"requests in the budget's window that ends now"),
	ACCOUNT(BASIC, "count", "budget_limit", "requests", budget_limit,
		"requests that the budget allows in a window"),
	ACCOUNT(BASIC, "count", "ratelimit_remaining", "requests", remaining,
		"requests left to all users of the token"),
	ACCOUNT(BASIC, "duration", "cycle", "seconds", cycle,
		"from the last cycle's start to its last answer"),

	FAMILY(TIME, GAUGE, "response_time", "seconds", time,
	       "mean time to an answer in the last cycle, by endpoint"),
	FAMILY(CODE, DERIVE, "http_response_codes", "answers", code,
	       "answers, by HTTP status"),

	ACCOUNT(TOKEN, "duration", "token_expires_in", "seconds", expiry,
		"until the token expires; absent when it never does"),
	ACCOUNT(TOKEN, "bool", "token_active", "0 or 1", active,
		"the token is active"),
	NULL,
};

static enum need have(const struct metric_view *v, const struct snapshot_instance *i)
{
	if (!i || !i->has_stats)
		return LISTED;
	if (!is_fresh(v, i))
		return FETCHED;
	return i->stats.degraded ? FRESH : COUNTED;
}

static void each(const struct sample *s, enum metric_scope scope)
{
	enum need there = have(s->view, s->instance);
	double value;

	for (const struct metric *const *at = metrics; *at; at++) {
		const struct metric *m = *at;
		const struct row *row = (const struct row *)m;

		if (m->scope != scope || row->need > there ||
		    (m->group != METRIC_BASIC && !(s->view->groups & m->group)))
			continue;
		if (row->each)
			row->each(s, m);
		else if (row->get(s, &value))
			put_gauge(s, m, m->type_instance, value);
	}
}

void metric_each_of_account(const struct metric_view *view, metric_emit *emit, void *ctx)
{
	struct sample s = { .view = view, .emit = emit, .ctx = ctx };

	each(&s, METRIC_OF_ACCOUNT);
}

void metric_each_of_instance(const struct metric_view *view,
			     const struct snapshot_instance *instance, metric_emit *emit, void *ctx)
{
	struct sample s = { view, instance, emit, ctx };

	each(&s, METRIC_OF_INSTANCE);
}
