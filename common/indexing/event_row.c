/* SPDX-License-Identifier: MIT */
#include "indexing/event_row.h"

#include <stdlib.h>
#include <string.h>

#define ERRORS_QUIET_MS (10 * 60 * 1000)	/* between two tellings of a growth */

struct seen {			/* one look at one instance */
	struct event_row *row;
	const struct snapshot_instance *is;
	const struct event_look *look;
	bool news;
	bool counted;		/* news, and with counts */
	bool finished;		/* told in this look */
};

void event_tell(const struct event_look *look, struct event event)
{
	event.after = look->snapshot;
	look->each(look->ctx, &event);
}

bool event_confirmed(uint8_t *streak, bool so)
{
	*streak = so ? *streak + 1 : 0;
	if (*streak < EVENTS_SETTLE)
		return false;
	*streak = 0;
	return true;
}

static void tell(const struct seen *s, enum event_kind kind)
{
	event_tell(s->look, (struct event){ .kind = kind, .instance = s->is });
}

/* The counts are the API's: their sums must not overflow.  Both are counts. */
static int64_t sum(int64_t a, int64_t b)
{
	return a > COUNT_MAX - b ? COUNT_MAX : a + b;
}

static int64_t now(const struct seen *s)
{
	return s->look->snapshot->taken_at;
}

/* --- counts, as they move --------------------------------------------------- */

/* What came on top since the last known count; 0 when that is unknown. */
static int64_t grown(struct count is, int64_t was, bool known)
{
	return is.known && known && is.value > was ? is.value - was : 0;
}

static void add_to_run(const struct seen *s)
{
	const struct stats *st = &s->is->stats;
	struct event_row *r = s->row;

	r->items = sum(r->items, grown(st->completed, r->completed, r->has_completed));
	r->run_errors = sum(r->run_errors, grown(st->error, r->errors, r->has_errors));
}

static void remember_counts(const struct seen *s)
{
	const struct stats *st = &s->is->stats;
	struct event_row *r = s->row;

	if (st->completed.known) {
		r->completed = st->completed.value;
		r->has_completed = true;
	}
	if (st->error.known) {
		r->errors = st->error.value;
		r->has_errors = true;
	}
}

/* --- started, finished ------------------------------------------------------ */

static void begin(const struct seen *s)
{
	struct event_row *r = s->row;

	r->start_seen = r->indexing == EVENT_NO ||
			(r->indexing == EVENT_UNKNOWN && r->seen && s->is->stirred);
	r->items_known = r->has_completed;
	r->indexing = EVENT_YES;
	r->started_at = now(s);
	r->items = r->run_errors = 0;
	if (r->start_seen)
		tell(s, EVENT_STARTED);
}

static void finish(struct seen *s)
{
	struct event_row *r = s->row;
	struct event e = { .kind = EVENT_FINISHED, .instance = s->is, .new_errors = r->run_errors };

	if (r->start_seen) {
		e.items = (struct count){ r->items_known, r->items };
		e.duration_s = (struct count){ true, (r->rest_at - r->started_at) / 1000 };
	}
	r->indexing = EVENT_NO;
	r->stalled = false;	/* a stall that ended so needs no word of its own */
	s->finished = true;
	event_tell(s->look, e);
}

static bool at_rest(const struct seen *s)
{
	const struct stats *st = &s->is->stats;

	return s->counted && st->queued.known && st->queued.value == 0 && st->running.known &&
	       st->running.value == 0;
}

static void watch_indexing(struct seen *s)
{
	struct event_row *r = s->row;
	struct flag busy = s->is->indexing;

	if (busy.known && busy.value && r->indexing != EVENT_YES)
		begin(s);
	if (busy.known && !busy.value && r->indexing == EVENT_UNKNOWN)
		r->indexing = EVENT_NO;
	if (s->counted && r->indexing == EVENT_YES)
		add_to_run(s);
	if (s->counted)
		remember_counts(s);
	if (r->indexing != EVENT_YES)
		return;
	if (busy.known && busy.value)
		r->rest = 0;
	else if (at_rest(s)) {
		if (r->rest == 0)
			r->rest_at = now(s);
		if (event_confirmed(&r->rest, true))
			finish(s);
	}
}

/* --- stalled, resumed ------------------------------------------------------- */

static bool above_zero(struct count c)
{
	return c.known && c.value > 0;
}

static void watch_progress(const struct seen *s)
{
	const struct stats *st = &s->is->stats;
	const struct count parts[] = { st->completed, st->error, st->skipped };
	struct event_row *r = s->row;
	bool waits = (above_zero(st->queued) || above_zero(st->running)) &&
		     r->paused != EVENT_YES;
	int64_t progress = 0, quiet_s;

	if (!s->counted)
		return;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].known)
			progress = sum(progress, parts[i].value);
	bool moved = !r->has_progress || progress != r->progress;
	if (moved || !r->waited)
		r->progress_at = now(s);
	r->waited = waits;
	r->progress = progress;
	r->has_progress = true;
	quiet_s = (now(s) - r->progress_at) / 1000;
	if (moved && r->stalled) {
		r->stalled = false;
		tell(s, EVENT_RESUMED);
	} else if (waits && !r->stalled && quiet_s >= s->look->stall_after_s) {
		r->stalled = true;
		event_tell(s->look, (struct event){ .kind = EVENT_STALLED, .instance = s->is,
						    .duration_s = { true, quiet_s } });
	}
}

/* --- items in error --------------------------------------------------------- */

static bool worth_telling(const struct seen *s, int64_t more)
{
	const struct event_row *r = s->row;
	int64_t tenth = r->told_errors / 10 + (r->told_errors % 10 != 0);

	if (!r->errors_told)
		return true;
	return more >= tenth && (s->finished || now(s) - r->told_errors_at >= ERRORS_QUIET_MS);
}

static void watch_errors(const struct seen *s, bool is_known)
{
	struct event_row *r = s->row;
	int64_t more;

	if (!s->counted || !s->is->stats.error.known)
		return;
	if (!is_known)
		r->told_errors = r->errors;
	more = r->errors - r->told_errors;
	if (more > 0 && worth_telling(s, more)) {
		r->told_errors = r->errors;
		r->told_errors_at = now(s);
		r->errors_told = true;
		event_tell(s->look, (struct event){ .kind = EVENT_ERRORS, .instance = s->is,
						    .new_errors = more });
	}
	/* an import that tries them again has not mended them yet */
	if (event_confirmed(&r->fewer, more < 0 && r->indexing == EVENT_NO)) {
		r->told_errors = r->errors;
		if (r->errors == 0)
			tell(s, EVENT_ERRORS_GONE);
	}
}

/* --- degraded, paused, jobs ------------------------------------------------- */

static void watch_degraded(const struct seen *s)
{
	uint8_t is = s->is->stats.degraded ? EVENT_YES : EVENT_NO;
	struct event_row *r = s->row;

	if (!s->news)
		return;
	if (r->degraded == EVENT_UNKNOWN)
		r->degraded = is;
	if (event_confirmed(&r->flipped, is != r->degraded)) {
		r->degraded = is;
		tell(s, is == EVENT_YES ? EVENT_DEGRADED : EVENT_RESTORED);
	}
}

static void watch_paused(const struct seen *s)
{
	uint8_t was = s->row->paused, is = s->is->paused.value ? EVENT_YES : EVENT_NO;

	if (!s->is->paused.known || is == was)
		return;
	s->row->paused = is;
	if (was != EVENT_UNKNOWN)
		tell(s, is == EVENT_YES ? EVENT_PAUSED : EVENT_UNPAUSED);
}

/* A job is told from the one before by when it ended, or else by when it started. */
static int64_t job_time(const struct snapshot_jobs *j)
{
	struct instant t = j->last_ended_at.known ? j->last_ended_at : j->started_at;

	return t.known ? t.unix_s : 0;
}

static void watch_jobs(const struct seen *s)
{
	const struct snapshot_jobs *j = &s->is->jobs;
	struct event_row *r = s->row;
	bool failed = j->last_end == JOB_END_FAILED, done = j->last_end == JOB_END_DONE;
	bool is_first = r->job_failed == EVENT_UNKNOWN;

	if (!j->known)
		return;
	if (is_first)
		r->job_failed = failed ? EVENT_YES : EVENT_NO;
	if (j->last_end == JOB_END_NONE || job_time(j) == r->job)
		return;
	r->job = job_time(j);
	if (is_first)
		return;
	if (failed)
		tell(s, EVENT_JOB_FAILED);
	if (done && r->job_failed == EVENT_YES)
		tell(s, EVENT_JOB_DONE);
	if (failed || done)	/* a cancelled one says nothing of the next */
		r->job_failed = failed ? EVENT_YES : EVENT_NO;
}

/* --- a row ------------------------------------------------------------------ */

int event_row_init(struct event_row *r, const struct snapshot_instance *i, bool is_new)
{
	size_t namespace = strlen(i->namespace) + 1, id = strlen(i->id) + 1;

	memset(r, 0, sizeof(*r));
	r->name = malloc(namespace + id);
	if (!r->name)
		return -1;
	memcpy(r->name, i->namespace, namespace);
	memcpy(r->name + namespace, i->id, id);
	if (is_new) {
		r->indexing = r->degraded = r->job_failed = EVENT_NO;
		r->has_completed = r->has_errors = true;
	}
	return 0;
}

void event_row_clear(struct event_row *r)
{
	free(r->name);
	memset(r, 0, sizeof(*r));
}

int event_row_order(const struct event_row *r, const struct snapshot_instance *i)
{
	int order = strcmp(r->name, i->namespace);

	return order ? order : strcmp(r->name + strlen(r->name) + 1, i->id);
}

void event_row_look(struct event_row *r, const struct snapshot_instance *i,
		    const struct event_look *look)
{
	struct seen s = { .row = r, .is = i, .look = look };
	bool errors_known = r->has_errors;

	s.news = i->has_stats && (!r->has_news || i->fresh_at != r->fresh_at);
	s.counted = s.news && !i->stats.degraded;
	if (s.news) {
		r->has_news = true;
		r->fresh_at = i->fresh_at;
	}
	watch_degraded(&s);
	watch_paused(&s);
	watch_indexing(&s);
	watch_progress(&s);
	watch_errors(&s, errors_known);
	watch_jobs(&s);
	r->seen = true;
}
