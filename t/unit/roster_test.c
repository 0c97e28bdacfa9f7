/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

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

/* The list's status of one row. */
static void merge_status(struct roster *r, int64_t active, const char *status, int64_t now)
{
	struct roster_list l = { 0 };
	struct instance i = { .id = "a", .last_activity = { true, active } };
	struct err err = { 0 };

	snprintf(i.status, sizeof(i.status), "%s", status);
	roster_list_add(&l, &i, "default", &err);
	CU_ASSERT_EQUAL(roster_merge(r, &l, true, now, &err), 0);
}

static void the_list_s_word_is_enough_to_know_a_start(void)
{
	struct stats idle = { .queued = KNOWN(0), .running = KNOWN(0), .completed = KNOWN(5) };
	struct roster r = { 0 };

	merge_status(&r, 90, "ready", 900);
	CU_ASSERT_EQUAL(roster_class(&r.rows[0]), SCHEDULE_NEW);
	merge_status(&r, 100, "ready", 1000);	/* without data, but something has happened */
	CU_ASSERT_EQUAL(roster_class(&r.rows[0]), SCHEDULE_FIRST);
	CU_ASSERT(!r.rows[0].known.indexing.known);
	roster_put_stats(&r.rows[0], &idle, 1500);
	CU_ASSERT(r.rows[0].known.indexing.known && !r.rows[0].known.indexing.value);
	merge_status(&r, 200, "indexing", 2000);
	CU_ASSERT(r.rows[0].known.indexing.value);
	CU_ASSERT_EQUAL(roster_class(&r.rows[0]), SCHEDULE_OPEN);
	CU_ASSERT_EQUAL(r.rows[0].known.fresh_at, 1500);	/* its counts are not proved */
	roster_put_stats(&r.rows[0], &idle, 2500);	/* counts know better than the word */
	CU_ASSERT(!r.rows[0].known.indexing.value);
	merge_status(&r, 200, "indexing", 3000);	/* the same word is no news */
	CU_ASSERT(!r.rows[0].known.indexing.value);
	CU_ASSERT_EQUAL(roster_class(&r.rows[0]), SCHEDULE_IDLE);
	merge_status(&r, 300, "ready", 4000);		/* changed, and does not tell */
	CU_ASSERT_EQUAL(roster_class(&r.rows[0]), SCHEDULE_FIRST);
	roster_clear(&r);
}

static void what_stirs_before_its_first_stats_is_marked(void)
{
	struct stats busy = { .queued = KNOWN(3), .running = KNOWN(0),
			      .last_activity = { true, 100 } };
	struct roster r = { 0 }, s = { 0 };

	merge_status(&r, 100, "ready", 1000);
	merge_status(&r, 100, "ready", 2000);
	CU_ASSERT(!r.rows[0].known.stirred);
	roster_put_failure(&r.rows[0], 2500);
	roster_put_stats(&r.rows[0], &busy, 3000);
	CU_ASSERT(!r.rows[0].known.stirred);		/* it may have been at it all the time */
	merge_status(&r, 300, "ready", 4000);
	CU_ASSERT(!r.rows[0].known.stirred);		/* its stats tell from here on */
	roster_clear(&r);

	merge_status(&r, 100, "ready", 1000);
	merge_status(&r, 101, "ready", 2000);
	CU_ASSERT(r.rows[0].known.stirred);
	merge_status(&s, 100, "ready", 1000);
	merge_status(&s, 100, "indexing", 2000);
	CU_ASSERT(s.rows[0].known.stirred && s.rows[0].known.indexing.value);
	roster_clear(&r);
	roster_clear(&s);

	merge_status(&r, 100, "ready", 1000);
	busy.last_activity.unix_s = 101;
	roster_put_stats(&r.rows[0], &busy, 2000);
	CU_ASSERT(r.rows[0].known.stirred);
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
	CU_ASSERT_EQUAL(roster_class(row), SCHEDULE_FIRST);
	CU_ASSERT_EQUAL(row->known.fresh_at, 2000);
	CU_ASSERT_EQUAL(row->known.last_activity.unix_s, 200);

	idle.running = KNOWN(1);
	roster_put_stats(row, &idle, 3500);
	CU_ASSERT_EQUAL(roster_class(row), SCHEDULE_OPEN);
	merge(&r, "a@200 z", true, 4000);
	CU_ASSERT_EQUAL(r.rows[0].known.fresh_at, 3500);	/* at work: no proof either */
	roster_clear(&r);
}

static void what_was_known_outlives_a_gap(void)
{
	struct stats busy = { .queued = KNOWN(3), .running = KNOWN(0), .error = KNOWN(1) };
	struct stats gap = { .degraded = true };
	struct roster r = { 0 };

	merge(&r, "a", true, 0);
	roster_put_stats(&r.rows[0], &busy, 1);
	roster_put_stats(&r.rows[0], &gap, 2);
	CU_ASSERT(r.rows[0].known.indexing.known && r.rows[0].known.indexing.value);
	CU_ASSERT(r.rows[0].known.errors.known && r.rows[0].known.errors.value == 1);
	roster_clear(&r);
}

UNIT_SUITE(roster,
	{ "a list is merged, and instances leave when it misses them",
	  lists_come_and_instances_go },
	{ "what stirs between its first list and its first stats is marked",
	  what_stirs_before_its_first_stats_is_marked },
	{ "an instance that the list calls indexing has started",
	  the_list_s_word_is_enough_to_know_a_start },
	{ "stats are fresh as long as the list proves them unchanged",
	  unchanged_is_proved_by_the_list },
	{ "work and errors stay known across a time without counts",
	  what_was_known_outlives_a_gap });
