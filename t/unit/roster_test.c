/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "indexing/changes.h"
#include "indexing/roster.h"

#define KNOWN(n) ((struct count){ true, (n) })

/* Ids separated by blanks; "id@N" was active at N. */
static struct roster_list list_of(const char *text)
{
	struct roster_list l = { 0 };
	struct err err = { 0 };
	char copy[256], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word; (word = strsep(&rest, " "));) {
		struct instance i = { 0 };
		char *at = strchr(word, '@');

		if (!*word)
			continue;
		if (at) {
			*at = '\0';
			i.last_activity = (struct instant){ true, atoll(at + 1) };
		}
		snprintf(i.id, sizeof(i.id), "%s", word);
		roster_list_add(&l, &i, "default", &err);
	}
	return l;
}

static const char *names(const struct roster *r)
{
	static char out[256];

	out[0] = '\0';
	for (size_t i = 0; i < r->count; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i ? " " : "",
			 r->rows[i].known.id);
	return out;
}

static void merge(struct roster *r, const char *list, bool atomic, int64_t now)
{
	struct roster_list l = list_of(list);
	struct err err = { 0 };

	CU_ASSERT_EQUAL(roster_merge(r, &l, atomic, now, &err), 0);
	CU_ASSERT_EQUAL(l.count, 0);
}

static void lists_come_and_instances_go(void)
{
	static const struct {
		bool atomic;
		const char *list, *after;
	} steps[] = {
		{ true, "b a c", "a b c" },
		{ true, "", "" },
		{ true, "b b a b", "a b" },	/* doubles count once */
		{ true, "a c", "a c" },		/* one answer: b is gone */
		{ false, "c", "a c" },		/* several pages: a may have slipped between two */
		{ false, "c a", "a c" },
		{ false, "c", "a c" },
		{ false, "c", "c" },		/* twice missed: gone */
		{ false, "d c", "c d" },
	};
	struct roster r = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		merge(&r, steps[i].list, steps[i].atomic, 0);
		UNIT_STR(names(&r), steps[i].after);
	}
	roster_clear(&r);
}

static void unchanged_is_proved_by_the_list(void)
{
	struct stats idle = { .queued = KNOWN(0), .running = KNOWN(0), .completed = KNOWN(5),
			      .error = KNOWN(0), .skipped = KNOWN(0), .outdated = KNOWN(0) };
	struct roster r = { 0 };
	struct roster_row *row;

	merge(&r, "a@100 z", true, 1000);
	row = &r.rows[0];
	CU_ASSERT_EQUAL(roster_class(row), SCHEDULE_NEW);
	roster_put_stats(row, &idle, 1500);
	roster_put_stats(&r.rows[1], &idle, 1500);
	CU_ASSERT_EQUAL(roster_class(row), SCHEDULE_IDLE);
	CU_ASSERT_EQUAL(row->known.fresh_at, 1500);

	merge(&r, "a@100 z", true, 2000);
	row = &r.rows[0];
	CU_ASSERT_EQUAL(row->known.fresh_at, 2000);
	CU_ASSERT_EQUAL(row->known.stats_at, 1500);
	CU_ASSERT_EQUAL(r.rows[1].known.fresh_at, 1500);	/* no last_activity: no proof */

	merge(&r, "a@200 z", true, 3000);
	row = &r.rows[0];
	CU_ASSERT_EQUAL(roster_class(row), SCHEDULE_CHANGED);
	CU_ASSERT_EQUAL(row->known.fresh_at, 2000);
	CU_ASSERT_EQUAL(row->known.last_activity.unix_s, 200);

	idle.running = KNOWN(1);
	roster_put_stats(row, &idle, 3500);
	CU_ASSERT_EQUAL(roster_class(row), SCHEDULE_BUSY);
	merge(&r, "a@200 z", true, 4000);
	CU_ASSERT_EQUAL(r.rows[0].known.fresh_at, 3500);	/* at work: no proof either */
	roster_clear(&r);
}

/* --- changes --------------------------------------------------------------- */

struct state {			/* one instance in a snapshot */
	const char *id;
	int64_t queued, error;	/* -1 = unknown */
	bool degraded;
};

static struct snapshot *snapshot_of(bool up, const struct state *states)
{
	struct snapshot *s = snapshot_new();
	struct roster r = { 0 };
	struct roster_list l = { 0 };
	struct err err = { 0 };

	s->up = up;
	s->listed = true;
	for (const struct state *i = states; i->id; i++) {
		struct instance row = { 0 };

		snprintf(row.id, sizeof(row.id), "%s", i->id);
		roster_list_add(&l, &row, "default", &err);
	}
	roster_merge(&r, &l, true, 0, &err);
	for (const struct state *i = states; i->id; i++) {
		struct stats stats = { .degraded = i->degraded };

		if (i->queued >= 0)
			stats.queued = stats.running = KNOWN(i->queued);
		if (i->error >= 0)
			stats.error = KNOWN(i->error);
		roster_put_stats(&r.rows[i - states], &stats, 0);
	}
	roster_publish(&r, s, &err);
	roster_clear(&r);
	return s;
}

static void write_change(void *ctx, const struct change *c)
{
	static const char *const words[] = {
		[CHANGE_API_DOWN] = "down", [CHANGE_API_UP] = "up",
		[CHANGE_APPEARED] = "appeared", [CHANGE_DISAPPEARED] = "disappeared",
		[CHANGE_STARTED] = "started", [CHANGE_FINISHED] = "finished",
		[CHANGE_ERRORS] = "errors", [CHANGE_DEGRADED] = "degraded",
		[CHANGE_RESTORED] = "restored",
	};
	char *out = ctx;
	size_t n = strlen(out);

	snprintf(out + n, 256 - n, "%s%s%s%s", n ? ", " : "", c->instance ? c->instance->id : "",
		 c->instance ? " " : "", words[c->kind]);
	if (c->kind == CHANGE_ERRORS)
		snprintf(out + strlen(out), 256 - strlen(out), "+%lld", (long long)c->new_errors);
}

static void transitions_become_events(void)
{
	static const struct {
		bool was_up, is_up;
		struct state was[3], is[3];
		const char *events;
	} cases[] = {
		{ true, true, { { "a", 0, 0, false } }, { { "a", 0, 0, false } }, "" },
		{ true, true, { { "a", 0, 0, false } }, { { "a", 9, 0, false } }, "a started" },
		{ true, true, { { "a", 9, 0, false } }, { { "a", 3, 0, false } }, "" },
		{ true, true, { { "a", 9, 0, false } }, { { "a", 0, 0, false } }, "a finished" },
		{ true, true, { { "a", 9, 2, false } }, { { "a", 0, 7, false } }, "a finished, a errors+5" },
		{ true, true, { { "a", 9, 2, false } }, { { "a", 9, 1, false } }, "" },
		/* unknown is neither started nor finished */
		{ true, true, { { "a", 9, 2, false } }, { { "a", -1, -1, true } }, "a degraded" },
		{ true, true, { { "a", -1, -1, true } }, { { "a", 0, 2, false } }, "a restored" },
		{ true, true, { { "a", -1, -1, false } }, { { "a", 5, 2, false } }, "" },
		{ true, false, { { "a", 9, 0, false } }, { { "a", 9, 0, false } }, "down" },
		{ false, true, { { "a", 9, 0, false } }, { { "a", 9, 0, false } }, "up" },
		{ false, false, { { "a", 9, 0, false } }, { { "a", 9, 0, false } }, "" },
		{ true, true, { { "a", 0, 0, false } }, { { "a", 0, 0, false }, { "b", 0, 0, false } }, "b appeared" },
		{ true, true, { { "b", 0, 0, false } }, { { "a", 4, 1, false }, { "b", 0, 0, false } },
		  "a appeared, a started, a errors+1" },
		{ true, true, { { "a", 9, 0, false }, { "b", 9, 0, false } }, { { "b", 9, 0, false } },
		  "a disappeared" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_snapshot struct snapshot *was = snapshot_of(cases[i].was_up, cases[i].was);
		scoped_snapshot struct snapshot *is = snapshot_of(cases[i].is_up, cases[i].is);
		char events[256] = "";

		changes_find(was, is, write_change, events);
		UNIT_STR(events, cases[i].events);
	}
}

static void the_beginning_is_quiet(void)
{
	static const struct state busy[] = { { "a", 9, 3, false }, { NULL, 0, 0, false } };
	scoped_snapshot struct snapshot *up = snapshot_of(true, busy);
	scoped_snapshot struct snapshot *down = snapshot_of(false, busy);
	char events[256] = "";

	changes_find(NULL, up, write_change, events);
	UNIT_STR(events, "");
	changes_find(NULL, down, write_change, events);
	UNIT_STR(events, "down");
}

static void what_was_known_outlives_a_gap(void)
{
	struct stats busy = { .queued = KNOWN(3), .running = KNOWN(0), .error = KNOWN(1) };
	struct stats gap = { .degraded = true }, idle = { .queued = KNOWN(0), .running = KNOWN(0) };
	struct roster r = { 0 };
	struct err err = { 0 };
	char events[256] = "";

	merge(&r, "a", true, 0);
	roster_put_stats(&r.rows[0], &busy, 1);
	roster_put_stats(&r.rows[0], &gap, 2);
	scoped_snapshot struct snapshot *was = snapshot_new();
	was->up = was->listed = true;
	roster_publish(&r, was, &err);
	roster_put_stats(&r.rows[0], &idle, 3);
	scoped_snapshot struct snapshot *is = snapshot_new();
	is->up = is->listed = true;
	roster_publish(&r, is, &err);
	changes_find(was, is, write_change, events);
	UNIT_STR(events, "a finished, a restored");
	roster_clear(&r);
}

UNIT_SUITE(roster,
	{ "a list is merged, and instances leave when it misses them", lists_come_and_instances_go },
	{ "stats are fresh as long as the list proves them unchanged", unchanged_is_proved_by_the_list });

UNIT_SUITE(changes,
	{ "transitions between known states become events", transitions_become_events },
	{ "the first snapshot tells only of an API that is down", the_beginning_is_quiet },
	{ "a finish is seen across a time without counts", what_was_known_outlives_a_gap });
