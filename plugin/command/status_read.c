/* SPDX-License-Identifier: MIT */
/* status_read.c -- one instance through the client, all of them through a survey. */
#include <stdlib.h>
#include <string.h>

#include "cloudflare/instance.h"
#include "interrupt.h"
#include "provision/wait.h"
#include "status.h"

#define CODE_NO_INSTANCE 7002
#define SETTLE_MS 3000	/* a source that was just added counts nothing for a moment */

/* One that is paused stays as it is: there is no end to wait for. */
static bool at_rest(const struct snapshot_instance *i)
{
	return (i->paused.known && i->paused.value) || (i->enable.known && !i->enable.value);
}

static bool over(const struct status_reader *r, const struct snapshot_instance *i, bool builtin)
{
	struct count total = stats_total(&i->stats);

	if (at_rest(i) || stats_finished(&i->stats))
		return true;
	if (i->stats.degraded || !total.known || total.value > 0)
		return false;
	if (builtin)
		return true;
	return clock_mono_ms(&clock_system) - r->began >= SETTLE_MS && i->jobs.known &&
	       i->jobs.running.known && i->jobs.running.value == 0 && i->jobs.last_end != JOB_END_NONE;
}

/* --- all of them ------------------------------------------------------------- */

static void on_told(void *ctx, size_t done, size_t of)
{
	struct status_reader *r = ctx;

	if (of > 1 && !r->set->watch)
		progress_note(r->progress, "reading %zu of %zu", done, of);
}

static void on_failed(void *ctx, const char *id, const struct err *err)
{
	struct status_reader *r = ctx;

	(void)id;
	if (!r->set->watch)
		progress_line(r->progress, "aisearch: status: %s", err->what);
}

/* While waiting, one that has come to its end is not asked again. */
static bool is_over(void *ctx, const struct snapshot_instance *i)
{
	const struct status_reader *r = ctx;
	const struct survey_origin *o = survey_origin(r->survey, i->id);

	return r->set->wait && over(r, i, o && !o->type[0]);
}

static bool cancelled(void *ctx)
{
	(void)ctx;
	return interrupt_seen(NULL);
}

static int open_survey(struct status_reader *r, const struct secret *token, struct err *err)
{
	const struct http_config http = { .ca_file = r->cli->s.ca_cert };
	const struct survey_config config = {
		.base_url = r->cli->s.url,
		.account = r->cli->account,
		.namespace = r->cli->s.namespace,
		.http = &http,
		.token = token,
		.source = cli_source(r->cli, "manager"),
		.budget = (int)r->set->budget,
		.rate = (int)r->set->rate,
		.deadline = r->cli->s.timeout_s > 0 ? r->cli->began_ms + r->cli->s.timeout_s * 1000 : 0,
		.empty_jobs = r->set->wait,
		.cancelled = cancelled,
		.told = on_told,
		.failed = on_failed,
		.skip = is_over,
		.ctx = r,
	};

	return survey_new(&config, &r->survey, err);
}

static int take_survey(struct status_reader *r, struct status *s, struct err *err)
{
	s->snapshot = *survey_snapshot(r->survey);
	s->unasked = survey_unasked(r->survey);
	s->rows = calloc(s->snapshot.count + 1, sizeof(*s->rows));
	if (!s->rows)
		return err_nomem(err);
	for (size_t i = 0; i < s->snapshot.count; i++) {
		struct status_row *row = &s->rows[i];
		const struct survey_origin *o;

		row->known = *snapshot_instance(&s->snapshot, i);
		o = survey_origin(r->survey, row->known.id);
		if (o)
			memcpy(row->type, o->type, sizeof(row->type));
		row->source = o ? o->source : NULL;
		row->failed = survey_failing(r->survey, i);
		row->finished = row->known.has_stats && !row->failed &&
				over(r, &row->known, o && !o->type[0]);
	}
	return 0;
}

/* --- one --------------------------------------------------------------------- */

/* An instance that is not there is an answer too: by the API's code, not any server's 404. */
static int not_read(struct status *s, const struct err *err)
{
	s->snapshot.up = err->status == 404 && err->code == CODE_NO_INSTANCE;
	return -1;
}

static int read_one(struct status_reader *r, struct status *s, struct err *err)
{
	struct status_row *row;
	struct snapshot_instance *k;
	int64_t elapsed = clock_mono_ms(&clock_system) - r->began;
	bool finished;

	s->rows = row = calloc(1, sizeof(*row));
	if (!row)
		return err_nomem(err);
	if (!r->instance.id[0] && instance_get(r->client, r->id, &r->instance, err) < 0)
		return not_read(s, err);
	const struct instance *i = &r->instance;
	k = &row->known;
	memcpy(k->id, i->id, sizeof(k->id));
	snprintf(k->namespace, sizeof(k->namespace), "%s",
		 i->namespace[0] ? i->namespace : r->cli->s.namespace);
	memcpy(k->status, i->status, sizeof(k->status));
	memcpy(row->type, i->type, sizeof(row->type));
	row->source = i->source;
	k->enable = i->enable;
	k->paused = i->paused;
	k->sync_interval_s = i->sync_interval_s;
	k->last_activity = i->last_activity;
	if (wait_look(r->client, r->id, !i->type[0], elapsed, &k->stats, &finished, err) < 0)
		return not_read(s, err);
	k->has_stats = true;
	k->stats_at = k->fresh_at = clock_mono_ms(&clock_system);
	if (k->stats.last_activity.known)
		k->last_activity = k->stats.last_activity;
	row->finished = finished || at_rest(k);
	s->snapshot.up = true;
	s->snapshot.instances = k;
	s->snapshot.count = 1;
	return 0;
}

/* --- both -------------------------------------------------------------------- */

int status_open(struct status_reader *r, const struct secret *token, struct err *err)
{
	r->began = clock_mono_ms(&clock_system);
	return r->id ? 0 : open_survey(r, token, err);
}

void status_close(struct status_reader *r)
{
	survey_free(r->survey);
	r->survey = NULL;
	instance_clear(&r->instance);
}

static void begin(const struct status_reader *r, struct status *s)
{
	status_clear(s);
	s->account = r->cli->account[0] ? r->cli->account : "unknown";
	s->namespace = r->cli->s.namespace;
}

static void end(struct status *s, const struct err *why)
{
	s->snapshot.instances = s->rows ? &s->rows[0].known : NULL;
	s->snapshot.stride = sizeof(s->rows[0]);
	s->now_ms = clock_mono_ms(&clock_system);
	s->wall_s = clock_wall_s(&clock_system);
	if (why)
		s->err = *why;
}

int status_read(struct status_reader *r, int64_t patience_ms, struct status *s, struct err *err)
{
	int read;

	begin(r, s);
	read = r->id ? read_one(r, s, err) : survey_look(r->survey, patience_ms, err);
	if (!r->id && take_survey(r, s, read < 0 ? &(struct err){ 0 } : err) < 0)
		read = -1;
	if (r->id && read < 0)
		s->snapshot.count = 0;
	end(s, read < 0 ? err : NULL);
	return read;
}

void status_unread(const struct status_reader *r, struct status *s, const struct err *why)
{
	if (!s->account)
		begin(r, s);
	end(s, why);
}

int64_t status_pause_ms(const struct status_reader *r, int64_t interval_ms)
{
	const struct snapshot *v;

	if (r->id)
		return interval_ms;
	v = survey_snapshot(r->survey);
	return survey_pause_ms(survey_cost(r->survey), v->budget_used, v->budget_limit, interval_ms);
}

void status_clear(struct status *s)
{
	free(s->rows);
	memset(s, 0, sizeof(*s));
}

static void add(struct count *sum, struct count more)
{
	sum->known = sum->known && more.known;
	sum->value += more.value;
}

struct stats status_sum(const struct status *s)
{
	struct count none = { .known = true };
	struct stats all = { .queued = none, .running = none, .completed = none, .error = none,
			     .skipped = none, .outdated = none };
	size_t counted = 0, degraded = 0;

	for (size_t i = 0; i < s->snapshot.count; i++) {
		const struct snapshot_instance *k = &s->rows[i].known;

		if (!k->has_stats || s->rows[i].failed)
			continue;
		if (k->stats.degraded) {
			degraded++;
			continue;
		}
		counted++;
		add(&all.queued, k->stats.queued);
		add(&all.running, k->stats.running);
		add(&all.completed, k->stats.completed);
		add(&all.error, k->stats.error);
		add(&all.skipped, k->stats.skipped);
		add(&all.outdated, k->stats.outdated);
	}
	all.degraded = degraded > 0 && counted == 0;
	return all;
}

bool status_finished(const struct status *s)
{
	for (size_t i = 0; i < s->snapshot.count; i++)
		if (!s->rows[i].finished && !s->rows[i].failed)
			return false;
	return true;
}

bool status_failed(const struct status *s)
{
	for (size_t i = 0; i < s->snapshot.count; i++)
		if (s->rows[i].failed)
			return true;
	return false;
}

struct metric_view status_view(const struct status *s)
{
	return (struct metric_view){ .snapshot = &s->snapshot, .now_ms = s->now_ms,
				     .wall_s = s->wall_s, .max_age_ms = INT64_MAX,
				     .groups = STATUS_GROUPS };
}
