/* SPDX-License-Identifier: MIT */
#include "unit.h"
#include "snapshots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "events_play.h"

/* --- the account ------------------------------------------------------------- */

static void down_and_up_are_confirmed(void)
{
	PLAY({ "@ down unlisted", "" },		/* one lost packet wakes nobody */
	     { "@ down unlisted", "down" },	/* two in a row do, from the very first on */
	     { "@ down unlisted", "" },
	     { "@", "" },
	     { "@ down", "" },			/* not back yet: told once */
	     { "@ down", "" },
	     { "@ down", "" },
	     { "@", "" },
	     { "@", "up" },
	     { "@", "" });
	PLAY({ "@", "" }, { "@ down", "" }, { "@", "" }, { "@ down", "" }, { "@", "" },
	     { "@ down", "" }, { "@", "" });
}

static void a_refused_token_is_one_cause(void)
{
	PLAY({ "@ refused unlisted", "refused" },	/* at once */
	     { "@ refused unlisted", "" },
	     { "@ down unlisted", "" },			/* not down as well */
	     { "@ down unlisted", "" },
	     { "@", "" },
	     { "@ refused", "" },			/* it flaps: told once */
	     { "@", "" },
	     { "@", "accepted" },
	     { "@ down", "" },
	     { "@ down", "down" },
	     { "@ refused", "refused" },		/* it answers again, and says no */
	     { "@", "" },
	     { "@", "accepted" },			/* ends both */
	     { "@", "" });
}

static void expiry_is_told_once_a_date(void)
{
	PLAY({ "@ token=1020", "" },
	     { "@ +259200 token=1020", "" },		/* day 1003 */
	     { "@ +259200 token=1020", "expires 14" },	/* 1006: 14 have begun */
	     { "@ token=1020", "" },
	     { "@", "" },				/* not asked: unknown */
	     { "@ token=1020", "" },
	     { "@ +950400 token=1020", "expires 3" },	/* 1017 */
	     { "@ +86400 token=1020", "" },
	     { "@ +86400 token=1020", "expires 1" },	/* 1019 */
	     { "@ +86400 token=1020", "expires 0" },
	     { "@ +86400 token=1020", "" },
	     { "@ token=1030", "expires 9" },		/* a new one, but not for long */
	     { "@ token=1200", "renewed" },
	     { "@ token=1200", "" },
	     { "@ +86400000 token=1200", "expires 0" },	/* all levels passed at once: the worst */
	     { "@ token=never", "renewed" });
	PLAY({ "@ token=never inactive", "expires 0" },
	     { "@ token=never inactive", "" },
	     { "@ token=never", "renewed" },
	     { "@ token=1002 inactive", "expires 0" },
	     { "@ token=1002", "expires 2" });		/* enabled again, and near its end */
}

/* --- coming and going -------------------------------------------------------- */

static void the_first_list_is_no_news(void)
{
	PLAY({ "@ unlisted", "" },
	     { "a q3 c5 e2; b degraded paused; c job=failed@7; d", "" },
	     { "a q3 c5 e2; b degraded paused; c job=failed@7; d", "" },
	     { "a q3 c5 e2; b degraded paused; c job=failed@7; d", "" },
	     { "a q3 c5 e2; c job=failed@7; d; e", "b disappeared, e appeared" },
	     { "@ down; a q3 c5 e2; c job=failed@7; d; e", "" },
	     { "c job=failed@7; d; e", "a disappeared" },
	     { "b; d; f", "b appeared, c disappeared, e disappeared, f appeared" },
	     { "", "b disappeared, d disappeared, f disappeared" },
	     { "", "" });
}

static void many_at_once_are_one_event(void)
{
	PLAY({ "z", "" },
	     { "a; b; c; d; e; f; g; h; i; j; k; l; m; n; o; p; q; r; s; t; z",	/* twenty */
	       "a appeared, b appeared, c appeared, d appeared, e appeared, f appeared, g appeared, "
	       "h appeared, i appeared, j appeared, k appeared, l appeared, m appeared, n appeared, "
	       "o appeared, p appeared, q appeared, r appeared, s appeared, t appeared" },
	     { "y", "disappeared 21 (a, b, c, d, e), y appeared" },
	     { "a; b; c; d; e; f; g; h; i; j q1; k; l; m; n; o; p; q; r; s; t; u e1",
	       "appeared 21 (a, b, c, d, e), j started, u errors +1, y disappeared" },
	     { "a; b; c; d; e; f; g; h; i; j q1; k; l; m; n; o; p; q; r; s; t; u e1", "" },
	     { "", "disappeared 21 (a, b, c, d, e)" });
	/* the first list is no news, however long */
	PLAY({ "a; b; c; d; e; f; g; h; i; j; k; l; m; n; o; p; q; r; s; t; u; v", "" });
}

static void the_beginning_of_a_new_one_is_known(void)
{
	PLAY({ "", "" },
	     { "a q3 c1 e1", "a appeared, a started, a errors +1" },
	     { "a c4 e1", "" },
	     { "a c4 e1", "a finished 4 60s +1" });
	PLAY({ "", "" },
	     { "a nostats", "a appeared" },
	     { "a nostats", "" },
	     { "a q3", "a started" },
	     { "a degraded; b paused job=none", "b appeared" },
	     { "a degraded; b paused job=failed@7", "a degraded, b job-failed" });
}

/* --- indexing ---------------------------------------------------------------- */

static void indexing_starts_at_once_and_ends_at_rest(void)
{
	PLAY({ "a c10", "" },
	     { "a q5 r1 c10", "a started" },
	     { "a q2 r1 c13", "" },
	     { "a c16", "" },
	     { "a q8 c16", "" },			/* between two batches */
	     { "a c24", "" },
	     { "a c24 old", "" },			/* no news: confirms nothing */
	     { "a c24 old", "" },
	     { "a c24", "a finished 14 240s" },		/* as of the first look at rest */
	     { "a c24", "" },
	     { "a r1 c24", "a started" });
}

static void what_was_under_way_did_not_start(void)
{
	PLAY({ "a q5 c10", "" },
	     { "a q2 c13 e2", "a errors +2" },
	     { "a c13 e2", "" },
	     { "a c13 e2", "a finished +2" });		/* items, duration unknown */
	PLAY({ "a nostats", "" },
	     { "a q5", "" },				/* unknown before: no start */
	     { "a c5", "" },
	     { "a c5", "a finished" });
}

static void what_waited_for_stats_starts_when_it_has_stirred(void)
{
	PLAY({ "a nostats; b nostats; c nostats; d q2 stirred; e nostats listed-busy", "" },
	     { "a nostats; b nostats; c nostats stirred; d q2 stirred; e nostats listed-busy", "" },
	     { "a q3 c7 stirred; b q3; c nostats stirred listed-busy; d q2; e nostats stirred listed-busy",
	       "a started, c started" },		/* b may have been at it before */
	     { "a c9 stirred; b c9; c q3 c8; d q2; e q9 stirred", "" },	/* once */
	     /* items: from where? */
	     { "a c9; b c9; c c9; d q1; e q1", "a finished 60s, b finished" },
	     { "a q1 c9; b q1 c9; c c9; d q1; e q1", "a started, b started, c finished 120s" });
	PLAY({ "a degraded stirred", "" },		/* at the first look there is no before */
	     { "a degraded", "" },
	     { "a q5", "" });
}

static void unknown_counts_are_no_finish(void)
{
	PLAY({ "a c1", "" },
	     { "a q5 c1", "a started" },
	     { "a degraded", "" },
	     { "a degraded", "a degraded" },
	     { "a degraded", "" },
	     { "a nostats", "" },
	     { "a c6", "" },
	     { "a c6", "a restored, a finished 5 300s" });
	PLAY({ "a", "" },
	     { "a only q5", "" },			/* running is unknown: no word on work */
	     { "a only q5 r0 c1", "a started" },	/* the rest may be missing */
	     { "a only q5 r0", "" },
	     { "a only c5", "" },
	     { "a only q0 r0", "" },
	     { "a only q0 r0", "a finished 5 180s" });
}

static void items_are_all_that_were_completed(void)
{
	PLAY({ "a c100", "" },
	     { "a q40 c60", "a started" },		/* outdated ones are queued again */
	     { "a q10 c90", "" },
	     { "a q30 c70", "" },			/* and more of them */
	     { "a c100", "" },
	     { "a c100", "a finished 60 180s" },
	     { "a r1 c100", "a started" },		/* the next run counts for itself */
	     { "a c101", "" },
	     { "a c101", "a finished 1 60s" });
	PLAY({ "a e5", "" },
	     { "a q5", "a started" },			/* tried again, */
	     { "a e5", "" },				/* in vain */
	     { "a e5", "a finished 0 60s +5" });
	PLAY({ "a e5", "" },
	     { "a q1 e5", "a started" },
	     { "a only q1 r0", "" },			/* unknown is not 0 */
	     { "a e5", "" },
	     { "a e5", "a finished 0 120s" });
	PLAY({ "a", "" },				/* sums stay in range */
	     { "a q1", "a started" },
	     { "a q1 c4611686018427387903 e4611686018427387903", "a errors +4611686018427387903" },
	     { "a q1 c0 e4611686018427387903", "" },
	     { "a q0 c4611686018427387903 e4611686018427387903", "" },
	     { "a q0 c4611686018427387903 e4611686018427387903",
	       "a finished 4611686018427387903 180s +4611686018427387903" });
}

static void a_stall_is_told_once(void)
{
	PLAY({ "a c1", "" },
	     /* from the start on, not from the last look */
	     { "@ +3600; a q5 c1", "a started" },
	     { "@ +1740; a q5 c1", "" },
	     { "@ +3600; a q5 c1 old", "" },		/* old data proves nothing */
	     { "a q9 c1", "a stalled 5400s" },		/* more in the queue is no progress */
	     { "a q9 c1", "" },
	     { "@ +36000; a q9 c1", "" },
	     { "a q8 c1 s1", "a resumed" },
	     { "@ +1740; a q8 c1 s1", "" },
	     { "@ +1800; a q8 c1 s1 paused", "a paused" },	/* a paused one does not stall */
	     { "@ +1800; a q8 c1 s1 paused", "" },
	     { "@ +1740; a q8 c1 s1", "a unpaused" },	/* the clock starts anew */
	     { "@ +1740; a q8 c1 s1", "" },
	     { "a q8 c1 s1", "a stalled 1800s" },
	     { "a c1 s1", "" },				/* given up */
	     { "a c1 s1", "a finished 0 50460s" },
	     { "@ +7200; a c1 s1", "" },		/* at rest is no stall */
	     { "a r1 c1 s1", "a started" },
	     { "@ +1800; a degraded", "" },
	     { "@ +1800; a r1 c1 s1", "a stalled 3600s" });
	play_with(&(struct events_config){ .stall_after_s = 60 }, (const struct step[]){
		/* under way already: it can stall all the same */
		{ "a q5", "" },
		{ "a q5", "a stalled 60s" },
		{ "a q4 e1", "a resumed, a errors +1" },
		{ NULL, NULL } });
}

/* --- errors ------------------------------------------------------------------ */

static void growing_errors_are_not_told_each_time(void)
{
	PLAY({ "a e3", "" },
	     { "a e4", "a errors +1" },			/* the first time at once */
	     { "a e9", "" },				/* not ten minutes yet */
	     { "@ +480; a e10", "" },
	     { "a e10 old", "" },
	     { "a e10", "a errors +6" },
	     { "@ +6000; a e10", "" },
	     { "a e11", "a errors +1" });		/* a tenth */
	PLAY({ "a", "" },
	     { "a q50 e100", "a started, a errors +100" },
	     { "@ +6000; a q40 e109", "" },		/* less than a tenth */
	     { "a q30 e110", "a errors +10" },
	     { "a q10 e200", "" },
	     { "a e201", "" },
	     { "a e201", "a finished 0 6180s +201, a errors +91" },
	     { "@ +6000; a e221", "" },
	     { "a e222", "a errors +21" });
}

static void errors_are_gone_when_it_lasts(void)
{
	PLAY({ "a e3", "" },
	     { "a q3", "a started" },			/* a sync tries them again */
	     { "a q3", "" },
	     { "a e3", "" },
	     { "a e3", "a finished 0 120s +3" },	/* the same three: no news */
	     { "a", "" },
	     { "a e3", "" },				/* it flaps */
	     { "a", "" },
	     { "a old", "" },
	     { "a degraded", "" },
	     { "a only q0 r0", "" },
	     { "a", "a errors-gone" },
	     { "a", "" });
	PLAY({ "a e9", "" },
	     { "a e5", "" },
	     { "a e5", "" },				/* fewer: what is compared with, not told */
	     { "a e6", "a errors +1" },
	     { "a", "" },
	     { "a", "a errors-gone" },
	     { "a e1", "" },				/* within ten minutes: it flaps */
	     { "a", "" },
	     { "a", "" },
	     { "a e1", "" },
	     { "@ +600; a e1", "a errors +1" });
}

/* --- degraded, paused, jobs -------------------------------------------------- */

static void degraded_is_confirmed(void)
{
	PLAY({ "a", "" },
	     { "a degraded", "" },
	     { "a", "" },
	     { "a degraded", "" },
	     { "a degraded old", "" },
	     { "a degraded", "a degraded" },
	     { "a", "" },
	     { "a degraded", "" },
	     { "a", "" },
	     { "a", "a restored" });
	PLAY({ "a degraded", "" }, { "a degraded", "" }, { "a", "" }, { "a", "a restored" });
}

static void a_pause_is_a_persons_word(void)
{
	PLAY({ "a; b paused", "" },
	     { "a paused old; b old", "a paused, b unpaused" },	/* the list says it: at once */
	     { "a paused; b", "" },
	     { "a; b", "a unpaused" });
}

static void a_failed_job_is_told_once(void)
{
	PLAY({ "a job=failed@7", "" },
	     { "a job=failed@7", "" },
	     { "a", "" },				/* not asked */
	     { "a job=failed@8", "a job-failed" },
	     { "a job=failed@8", "" },
	     { "a job=none", "" },			/* the next one runs */
	     { "a job=cancelled@9", "" },
	     { "a job=done@10", "a job-done" },
	     { "a job=done@11", "" },
	     { "a job=failed@12", "a job-failed" });
	PLAY({ "a job=failed@7", "" }, { "a job=done@8", "a job-done" });
	/* known by its start */
	PLAY({ "a job=none@8", "" }, { "a job=failed@8", "a job-failed" });
}

/* --- size -------------------------------------------------------------------- */

static void count_event(void *ctx, const struct event *e)
{
	(void)e;
	++*(int *)ctx;
}

static void five_thousand_cost_little(void)
{
	enum { N = 5000, LOOKS = 50 };
	scoped_snapshot struct snapshot *s = snapshot_new();
	struct events *events = events_new(NULL);
	struct timespec t0, t1;
	struct err err = { 0 };
	int told = 0;

	s->up = s->listed = true;
	s->instances = calloc(N, sizeof(*s->instances));
	for (int i = 0; i < N; i++) {
		struct snapshot_instance *is = &s->instances[s->count++];

		snprintf(is->id, sizeof(is->id), "customer-knowledge-base-%05d", i);
		snprintf(is->namespace, sizeof(is->namespace), "default");
		is->has_stats = is->indexing.known = is->paused.known = true;
		set_all(&is->stats, true);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
	for (int look = 0; look < LOOKS; look++) {
		s->taken_at += 60000;
		for (int i = 0; i < N; i++)
			s->instances[i].fresh_at = s->taken_at;
		CU_ASSERT_EQUAL(events_observe(events, s, 0, count_event, &told, &err), 0);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
	double ms = ((double)(t1.tv_sec - t0.tv_sec) * 1e3 +
		     (double)(t1.tv_nsec - t0.tv_nsec) / 1e6) / LOOKS;
	unit_note("%d instances: %.2f ms a snapshot", N, ms);
	CU_ASSERT_EQUAL(told, 0);
	CU_ASSERT(ms < 20);	/* the sanitizers are slow; without them it is well below 1 */
	events_free(events);
	events_free(NULL);
}

UNIT_SUITE(events,
	{ "the API is down and up again when two looks in a row say so",
	  down_and_up_are_confirmed },
	{ "a refused token is told at once, and down not as well", a_refused_token_is_one_cause },
	{ "a token's end is told 14, 3, 1 and 0 days before, once a date",
	  expiry_is_told_once_a_date },
	{ "the first list is no news; who comes and goes after it is", the_first_list_is_no_news },
	{ "more than twenty that come or go at once are one event", many_at_once_are_one_event },
	{ "of a new instance the beginning is known", the_beginning_of_a_new_one_is_known },
	{ "indexing starts at once and ends when it stays at rest",
	  indexing_starts_at_once_and_ends_at_rest },
	{ "what was under way did not start, but its end is told",
	  what_was_under_way_did_not_start },
	{ "what waited for its first stats starts when it has stirred meanwhile",
	  what_waited_for_stats_starts_when_it_has_stirred },
	{ "unknown counts are no finish", unknown_counts_are_no_finish },
	{ "items and errors of a run are all that came on top", items_are_all_that_were_completed },
	{ "a stall is told once, from fresh data, never of a paused instance",
	  a_stall_is_told_once },
	{ "growing errors are told by tenths and ten minutes",
	  growing_errors_are_not_told_each_time },
	{ "errors are gone when it lasts and nothing is under way", errors_are_gone_when_it_lasts },
	{ "degraded is confirmed both ways", degraded_is_confirmed },
	{ "a pause is told at once, both ways", a_pause_is_a_persons_word },
	{ "a failed job is told once, and the first good one after it", a_failed_job_is_told_once },
	{ "5,000 instances cost well below a millisecond", five_thousand_cost_little });
