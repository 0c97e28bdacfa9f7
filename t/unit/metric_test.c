/* SPDX-License-Identifier: MIT */
/* What comes out of the table of metrics. */
#include "unit.h"
#include "snapshots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric_told.h"

#define BASIC_VALUES " objects-queued=1 objects-running=2 objects-completed=10 objects-error=3" \
	" objects-skipped=4 objects-outdated=5 percent-processed=88 bool-degraded=0" \
	" duration-data_age=1.5"
#define SYNC_VALUES " duration-last_activity_age=1000 duration-next_sync_due=1600" \
	" bool-paused=0 bool-enabled=1"

static void an_instance_is_told_group_by_group(void)
{
	static const struct {
		unsigned groups;
		const char *beyond_basic;
	} cases[] = {
		{ 0, "" },
		{ METRIC_ENGINE, " records-vectors=70 count-dimensions=768 count-r2_objects=11"
				 " bytes-payload=1000 bytes-metadata=200" },
		{ METRIC_ERRORS, " count-file_embed_errors=6 count-index_source_errors=7"
				 " percent-indexed=40" },
		{ METRIC_JOBS, " count-jobs_running=1 duration-last_job=42 bool-last_job_done=1"
			       " bool-last_job_cancelled=0 bool-last_job_failed=0" },
		{ METRIC_SYNC, SYNC_VALUES },
		{ METRIC_TOKEN | METRIC_TIME | METRIC_CODE, "" },
	};
	struct snapshot_instance i = whole_instance();

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct metric_view v = view_of(NULL, cases[k].groups);
		char want[1024];

		snprintf(want, sizeof(want), BASIC_VALUES "%s", cases[k].beyond_basic);
		UNIT_STR(told_of(&v, &i), want);
	}
}

#define PART(member) &(member), sizeof(member)

static void missing_is_absent_alone(void)
{
	struct snapshot_instance whole = whole_instance();
	const struct {
		void *part;	/* of whole: unknown in turn */
		size_t size;
		const char *gone;
		int values;	/* that go with it */
	} cases[] = {
		/* the percentages need all six */
		{ PART(whole.stats.queued), " objects-queued=", 3 },
		{ PART(whole.stats.running), " objects-running=", 3 },
		{ PART(whole.stats.completed), " objects-completed=", 3 },
		{ PART(whole.stats.error), " objects-error=", 3 },
		{ PART(whole.stats.skipped), " objects-skipped=", 3 },
		{ PART(whole.stats.outdated), " objects-outdated=", 3 },
		{ PART(whole.stats.vectors), " records-vectors=", 1 },
		{ PART(whole.stats.dimensions), " count-dimensions=", 1 },
		{ PART(whole.stats.object_count), " count-r2_objects=", 1 },
		{ PART(whole.stats.payload_bytes), " bytes-payload=", 1 },
		{ PART(whole.stats.metadata_bytes), " bytes-metadata=", 1 },
		{ PART(whole.stats.file_embed_errors), " count-file_embed_errors=", 1 },
		{ PART(whole.stats.index_source_errors), " count-index_source_errors=", 1 },
		{ PART(whole.jobs.running), " count-jobs_running=", 1 },
		{ PART(whole.jobs.last_duration_s), " duration-last_job=", 1 },
		{ PART(whole.jobs), " bool-last_job_done=", 5 },
		{ PART(whole.last_activity), " duration-last_activity_age=", 1 },
		{ PART(whole.sync_interval_s), " duration-next_sync_due=", 1 },
		{ PART(whole.enable), " bool-enabled=", 1 },
		{ PART(whole.paused), " bool-paused=", 1 },
	};
	struct metric_view v = view_of(NULL, ALL_GROUPS);
	int all = 0;

	for (const char *p = told_of(&v, &whole); (p = strchr(p, '=')); p++)
		all++;
	CU_ASSERT_EQUAL(all, 26);
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		char kept[sizeof(whole)];
		int n = 0;

		memcpy(kept, cases[k].part, cases[k].size);
		memset(cases[k].part, 0, cases[k].size);
		UNIT_ROW(k, !strstr(told_of(&v, &whole), cases[k].gone));
		for (const char *p = told_of(&v, &whole); (p = strchr(p, '=')); p++)
			n++;
		UNIT_ROW(k, n == all - cases[k].values);
		memcpy(cases[k].part, kept, cases[k].size);
	}
}

static void what_is_not_known_is_not_told(void)
{
	struct snapshot_instance i = whole_instance();
	struct metric_view v = view_of(NULL, ALL_GROUPS);

	i.fresh_at = v.now_ms - v.max_age_ms;
	CU_ASSERT_PTR_NOT_NULL(strstr(told_of(&v, &i), " objects-queued=1"));
	i.fresh_at--;		/* too old by a millisecond */
	UNIT_STR(told_of(&v, &i), " duration-data_age=60.001" SYNC_VALUES);
	i.has_stats = false;
	UNIT_STR(told_of(&v, &i), SYNC_VALUES);
	v.groups = 0;
	UNIT_STR(told_of(&v, &i), "");

	i = whole_instance();
	i.stats.degraded = true;	/* numbers beside it are no counts */
	v.groups = METRIC_ERRORS;
	UNIT_STR(told_of(&v, &i), " bool-degraded=1 duration-data_age=1.5"
				  " count-file_embed_errors=6 count-index_source_errors=7");
	i = (struct snapshot_instance){ .has_stats = true, .fresh_at = v.now_ms };
	v.groups = ALL_GROUPS;
	UNIT_STR(told_of(&v, &i), " bool-degraded=0 duration-data_age=0");
	/* nothing to divide by */
	i.stats.queued = i.stats.running = i.stats.completed = KNOWN(0);
	i.stats.error = i.stats.skipped = i.stats.outdated = KNOWN(0);
	CU_ASSERT_PTR_NULL(strstr(told_of(&v, &i), "percent"));
	i = (struct snapshot_instance){ 0 };
	UNIT_STR(told_of(&v, &i), "");
}

static void ages_are_never_below_zero(void)
{
	struct snapshot_instance i = whole_instance();
	struct metric_view v = view_of(NULL, METRIC_SYNC);

	i.fresh_at = v.now_ms + 1;	/* the poller was quicker than the reader */
	i.last_activity = AT(v.wall_s + 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(told_of(&v, &i), " duration-data_age=0"));
	CU_ASSERT_PTR_NOT_NULL(strstr(told_of(&v, &i), " duration-last_activity_age=0"));
}

static void the_next_sync_is_due(void)
{
	static const struct {
		int64_t interval, activity, started;	/* -1 = unknown */
		int paused;
		bool jobs;
		const char *due;	/* NULL = not told */
	} cases[] = {
		{ 3600, 9000, -1, 0, false, "2600" },
		{ 3600, 9000, -1, -1, false, "2600" },
		{ 3600, 9000, 8000, 0, true, "1600" },
		{ 3600, 9000, 8000, 0, false, "2600" },		/* not asked for jobs */
		{ 3600, 9000, -1, 0, true, "2600" },		/* there was no job yet */
		{ 3600, -1, 8000, 0, true, "1600" },
		{ 3600, 6400, -1, 0, false, "0" },
		{ 3600, 1000, -1, 0, false, "0" },		/* late */
		{ 3600, 9000, 8000, 1, true, NULL },
		{ -1, 9000, 8000, 0, true, NULL },
		{ 0, 9000, 8000, 0, true, NULL },
		{ 3600, -1, -1, 0, true, NULL },
		{ COUNT_MAX, 9000, -1, 0, false, "4.611686018e+18" },
		{ COUNT_MAX, COUNT_MAX, -1, 0, false, "9.223372037e+18" },
	};
	struct metric_view v = view_of(NULL, METRIC_SYNC);

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct snapshot_instance i = { 0 };
		char want[64];
		const char *found;

		i.sync_interval_s = (struct count){ cases[k].interval >= 0, cases[k].interval };
		i.last_activity = (struct instant){ cases[k].activity >= 0, cases[k].activity };
		i.paused = (struct flag){ cases[k].paused >= 0, cases[k].paused > 0 };
		i.jobs.known = cases[k].jobs;
		i.jobs.started_at = (struct instant){ cases[k].started >= 0, cases[k].started };
		snprintf(want, sizeof(want), " duration-next_sync_due=%s%s",
			 cases[k].due ? cases[k].due : "",
			 cases[k].due && cases[k].paused >= 0 ? " " : "");
		found = strstr(told_of(&v, &i), want);
		UNIT_ROW(k, cases[k].due ? found != NULL : found == NULL);
	}
}

static void the_last_job_ended_in_one_way(void)
{
	static const struct {
		enum job_end end;
		const char *want;
	} cases[] = {
		{ JOB_END_NONE, "" },
		{ JOB_END_DONE,
		  " bool-last_job_done=1 bool-last_job_cancelled=0 bool-last_job_failed=0" },
		{ JOB_END_CANCELLED,
		  " bool-last_job_done=0 bool-last_job_cancelled=1 bool-last_job_failed=0" },
		{ JOB_END_FAILED,
		  " bool-last_job_done=0 bool-last_job_cancelled=0 bool-last_job_failed=1" },
	};
	struct metric_view v = view_of(NULL, METRIC_JOBS);

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct snapshot_instance i = { .has_stats = true, .fresh_at = v.now_ms,
					       .jobs = { .known = true,
							 .last_end = cases[k].end } };
		char want[256];

		snprintf(want, sizeof(want), " bool-degraded=0 duration-data_age=0%s",
			 cases[k].want);
		UNIT_STR(told_of(&v, &i), want);
	}
}

/* --- of an account --------------------------------------------------------- */

#define NO_TRAFFIC " http_requests-list=0 http_requests-stats=0 http_requests-jobs=0" \
	" http_requests-token=0"
#define NO_ERRORS " errors-network=0 errors-timeout=0 errors-tls=0 errors-auth=0 errors-limit=0" \
	" errors-api=0 errors-protocol=0"

static void an_account_is_told(void)
{
	scoped_snapshot struct snapshot *s = snapshot_new();
	struct metric_view v = view_of(s, ALL_GROUPS);

	/* counters are there from the start, or the first increase would be lost */
	UNIT_STR(told_of(&v, NULL), " bool-up=0" NO_TRAFFIC NO_ERRORS);
	s->up = s->listed = true;
	s->budget_limit = 600;
	s->token.known = true;
	UNIT_STR(told_of(&v, NULL),
		 " bool-up=1 count-instances=0 count-instances_stale=0" NO_TRAFFIC
		 NO_ERRORS " count-budget_used=0 count-budget_limit=600 bool-token_active=0");

	s->count = 3;
	s->instances = calloc(3, sizeof(*s->instances));
	s->instances[0] = whole_instance();
	s->instances[1] = whole_instance();
	s->instances[1].fresh_at = v.now_ms - v.max_age_ms - 1;
	strcpy(s->instances[2].status, "indexing");
	s->traffic[ENDPOINT_LIST] = (struct snapshot_traffic){ 5, true, 0.25 };
	s->traffic[ENDPOINT_STATS] = (struct snapshot_traffic){ INT64_MAX, true, 0.5 };
	s->failures[FAILURE_TLS] = 4;
	s->codes[0] = (struct snapshot_response_code){ 200, 9 };
	s->codes[1] = (struct snapshot_response_code){ 429, 1 };
	s->code_count = 2;
	s->budget_used = 77;
	s->cycle_s = 1.75;
	s->ratelimit_remaining = KNOWN(1100);
	s->token = (struct snapshot_token){ true, true, AT(v.wall_s + 100) };
	UNIT_STR(told_of(&v, NULL),
		 " bool-up=1 count-instances=3 count-instances_stale=2 count-instances_indexing=1"
		 " count-instances_ready=2 http_requests-list=5"
		 " http_requests-stats=9223372036854775807 http_requests-jobs=0 http_requests-token=0"
		 " errors-network=0 errors-timeout=0 errors-tls=4 errors-auth=0 errors-limit=0"
		 " errors-api=0 errors-protocol=0 count-budget_used=77 count-budget_limit=600"
		 " count-ratelimit_remaining=1100 duration-cycle=1.75 response_time-list=0.25"
		 " response_time-stats=0.5 http_response_codes-200=9 http_response_codes-429=1"
		 " duration-token_expires_in=100 bool-token_active=1");

	s->token.expires_on = AT(v.wall_s - 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(told_of(&v, NULL), " duration-token_expires_in=0 "));
	s->token.known = false;
	CU_ASSERT_PTR_NULL(strstr(told_of(&v, NULL), "token_"));
	s->listed = false;
	CU_ASSERT_PTR_NULL(strstr(told_of(&v, NULL), "instances"));
	s->cycle_s = NAN;
	s->traffic[ENDPOINT_LIST].response_time_s = INFINITY;
	s->traffic[ENDPOINT_STATS].response_time_s = -1;
	CU_ASSERT_PTR_NULL(strstr(told_of(&v, NULL), "duration-cycle"));
	CU_ASSERT_PTR_NULL(strstr(told_of(&v, NULL), "response_time"));
	v.groups = 0;
	CU_ASSERT_PTR_NULL(strstr(told_of(&v, NULL), "http_response_codes"));
}

/* Words separated by '|', one instance each; only the family's values. */
static void statuses(const char *words, char *out, size_t size)
{
	scoped_snapshot struct snapshot *s = snapshot_new();
	struct metric_view v = view_of(s, 0);
	char copy[1024], *rest = copy;
	const char *from, *to;

	s->listed = true;
	s->instances = calloc(64, sizeof(*s->instances));
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word; (word = strsep(&rest, "|")) && s->count < 64;)
		snprintf(s->instances[s->count++].status, 32, "%s", word);
	from = strstr(told_of(&v, NULL), "_stale=");
	from = strchr(from, ' ');
	to = strstr(from, " http_requests");
	snprintf(out, size, "%.*s", (int)(to - from), from);
}

static void statuses_are_foreign_words(void)
{
	static const struct {
		const char *words, *told;
	} cases[] = {
		{ "ready|ready|indexing", " count-instances_indexing=1 count-instances_ready=2" },
		{ "Ready|READY|ready!", " count-instances_ready=3" },
		{ "In Progress|in-progress", " count-instances_inprogress=2" },
		{ "in_progress|v2", " count-instances_in_progress=1 count-instances_v2=1" },
		{ "|", " count-instances_unknown=2" },
		{ "|unknown", " count-instances_unknown=2" },
		{ "---|\xc3\xa9|other", " count-instances_other=3" },
		{ "stale|STALE", " count-instances_other=2" },	/* that identifier is another's */
		{ "../../etc/passwd", " count-instances_etcpasswd=1" },
		{ "1234567890123456789012345678901234567890",
		  " count-instances_1234567890123456789012345678901=1" },
		/* twelve, and then the later ones in the alphabet, in whatever order */
		{ "l|k|j|i|h|g|f|e|d|c|b|a",
		  " count-instances_a=1 count-instances_b=1 count-instances_c=1"
		  " count-instances_d=1 count-instances_e=1 count-instances_f=1"
		  " count-instances_g=1 count-instances_h=1 count-instances_i=1"
		  " count-instances_j=1 count-instances_k=1 count-instances_l=1" },
		{ "n|n|m|l|k|j|i|h|g|f|e|d|c|b|b|a|m|n||",
		  " count-instances_a=1 count-instances_b=2 count-instances_c=1"
		  " count-instances_d=1 count-instances_e=1 count-instances_f=1"
		  " count-instances_g=1 count-instances_h=1 count-instances_i=1"
		  " count-instances_j=1 count-instances_k=1 count-instances_l=1"
		  " count-instances_other=5 count-instances_unknown=2" },
		{ "a|b|b|c|d|e|f|g|h|i|j|k|l|m|m|n|n|n",
		  " count-instances_a=1 count-instances_b=2 count-instances_c=1"
		  " count-instances_d=1 count-instances_e=1 count-instances_f=1"
		  " count-instances_g=1 count-instances_h=1 count-instances_i=1"
		  " count-instances_j=1 count-instances_k=1 count-instances_l=1"
		  " count-instances_other=5" },
	};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		char got[1024];

		statuses(cases[k].words, got, sizeof(got));
		UNIT_STR(got, cases[k].told);
	}
}

/* Any number the API can send, in every place: hear() checks what comes out. */
static void no_number_breaks_a_value(void)
{
	static const int64_t numbers[] = { INT64_MIN, -1, 0, 1, INT64_MAX / 2, INT64_MAX };

	for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		int64_t n = numbers[k];
		struct count c = KNOWN(n);
		struct snapshot_instance i = {
			.has_stats = true, .sync_interval_s = c, .last_activity = AT(n),
			.stats = { .queued = c, .completed = c, .vectors = c, .running = KNOWN(0),
				   .error = KNOWN(0), .skipped = KNOWN(0), .outdated = KNOWN(0) },
			.jobs = { .known = true, .running = c, .started_at = AT(n),
				  .last_duration_s = c },
		};
		scoped_snapshot struct snapshot *s = snapshot_new();
		struct metric_view v = view_of(s, ALL_GROUPS);

		if (n < 0)	/* a count is never below 0: json.h */
			i.stats = (struct stats){ 0 };
		v.wall_s = k % 2 ? INT64_MAX : 0;
		CU_ASSERT(strlen(told_of(&v, &i)) > 0);
		s->budget_limit = s->budget_used = (int)n;
		s->failures[0] = s->traffic[0].requests = n;
		s->token = (struct snapshot_token){ true, true, AT(n) };
		s->ratelimit_remaining = c;
		CU_ASSERT(strlen(told_of(&v, NULL)) > 0);
	}
}

UNIT_SUITE(metric,
	{ "an instance is told group by group", an_instance_is_told_group_by_group },
	{ "what is missing is absent, and nothing else is", missing_is_absent_alone },
	{ "old, degraded and unfetched data is not told", what_is_not_known_is_not_told },
	{ "ages are never below zero", ages_are_never_below_zero },
	{ "the next sync is due after the last one", the_next_sync_is_due },
	{ "the last job ended in one way", the_last_job_ended_in_one_way },
	{ "an account is told, counters from the start", an_account_is_told },
	{ "statuses are foreign words: plain, few, and of no other's name",
	  statuses_are_foreign_words },
	{ "no number breaks a value", no_number_breaks_a_value });
