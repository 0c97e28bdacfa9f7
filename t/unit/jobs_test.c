/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "indexing/jobs.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void words_tell_how_a_job_ended(void)
{
	static const struct {
		const char *word;
		enum job_end end;
	} cases[] = {
		{ NULL, JOB_END_DONE },		 { "", JOB_END_DONE },
		{ "completed", JOB_END_DONE },	 { "success", JOB_END_DONE },
		{ "cancelled", JOB_END_CANCELLED }, { "canceled by user", JOB_END_CANCELLED },
		{ "superseded", JOB_END_CANCELLED }, { "Failed", JOB_END_FAILED },
		{ "source_not_found", JOB_END_FAILED }, { "internal_error", JOB_END_FAILED },
		{ "timeout", JOB_END_FAILED },	 { "something new", JOB_END_DONE },
	};

	for (size_t i = 0; i < ROWS(cases); i++)
		UNIT_ROW(i, jobs_end_of(cases[i].word) == cases[i].end);
}

#define JOB(id, start, end, reason) \
	"{\"id\":\"" id "\",\"source\":\"user\",\"started_at\":\"2026-01-01T00:" start "Z\"," \
	"\"ended_at\":" end ",\"end_reason\":" reason "}"

static void the_newest_job_counts(void)
{
	static const struct {
		const char *json;
		int running;
		enum job_end end;
		int64_t duration;	/* -1 = unknown */
		const char *fails_with;
	} cases[] = {
		{ "[]", 0, JOB_END_NONE, -1, NULL },
		{ "[" JOB("a", "01:00", "null", "null") "]", 1, JOB_END_NONE, -1, NULL },
		{ "[" JOB("a", "01:00", "\"2026-01-01T00:01:30Z\"", "\"completed\"") "]", 0,
		  JOB_END_DONE, 30, NULL },
		/* in whatever order they come */
		{ "[" JOB("a", "01:00", "\"2026-01-01T00:01:30Z\"", "\"failed\"") ","
		  JOB("b", "05:00", "\"2026-01-01T00:05:10Z\"", "\"completed\"") ","
		  JOB("c", "06:00", "null", "null") "]", 1, JOB_END_DONE, 10, NULL },
		{ "[" JOB("b", "05:00", "\"2026-01-01T00:05:10Z\"", "\"failed\"") ","
		  JOB("a", "01:00", "\"2026-01-01T00:01:30Z\"", "\"completed\"") "]", 0, JOB_END_FAILED, 10, NULL },
		/* a clock that went back is no duration */
		{ "[" JOB("a", "02:00", "\"2026-01-01T00:01:30Z\"", "\"completed\"") "]", 0,
		  JOB_END_DONE, -1, NULL },
		{ "{}", 0, JOB_END_NONE, -1, "expected a list" },
		{ "[5]", 0, JOB_END_NONE, -1, "" },
		{ "[{\"id\":5}]", 0, JOB_END_NONE, -1, "'id'" },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		scoped_json struct json_object *o = json_tokener_parse(cases[i].json);
		struct snapshot_jobs jobs;
		struct err err = { 0 };
		int r = jobs_read(o, &jobs, &err);

		UNIT_ROW(i, r == (cases[i].fails_with ? -1 : 0));
		if (r < 0) {
			UNIT_ROW(i, strstr(err.what, cases[i].fails_with) != NULL);
			continue;
		}
		UNIT_ROW(i, jobs.known && jobs.running.value == cases[i].running);
		UNIT_ROW(i, jobs.last_end == cases[i].end);
		UNIT_ROW(i, jobs.last_duration_s.known == (cases[i].duration >= 0));
		UNIT_ROW(i, !jobs.last_duration_s.known ||
			 jobs.last_duration_s.value == cases[i].duration);
	}
}

UNIT_SUITE(jobs,
	{ "a job's end is told by the words the API is known to use", words_tell_how_a_job_ended },
	{ "running jobs are counted, and the newest end is told", the_newest_job_counts });
