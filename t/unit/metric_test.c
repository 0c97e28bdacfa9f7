/* SPDX-License-Identifier: MIT */
/*
 * The table of metrics, what it is held to (types.db, Prometheus, the manual),
 * and what comes out of it.  Runs at the top of the tree.
 */
#include "unit.h"
#include "snapshots.h"

#include <inttypes.h>
#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "indexing/metric.h"

#define TYPES_DB "/usr/share/collectd/types.db"
#define MANUAL "plugin/collectd/collectd-aisearch.5"
#define ALL_GROUPS (~0u)
#define KNOWN(n) ((struct count){ true, (n) })
#define AT(n) ((struct instant){ true, (n) })
#define YES ((struct flag){ true, true })
#define NO ((struct flag){ true, false })

static const struct {
	enum metric_group group;
	const char *option;
} options[] = {
	{ METRIC_ENGINE, "CollectEngine" }, { METRIC_ERRORS, "CollectErrors" },
	{ METRIC_JOBS, "CollectJobs" },	    { METRIC_SYNC, "CollectSync" },
	{ METRIC_TOKEN, "CollectToken" },   { METRIC_TIME, "MeasureResponseTime" },
	{ METRIC_CODE, "MeasureResponseCode" },
};

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	int r;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	r = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return r == 0;
}

static size_t count_metrics(void)
{
	size_t n = 0;

	while (metrics[n])
		n++;
	return n;
}

/* --- the table itself ------------------------------------------------------ */

static void rows_are_complete(void)
{
	for (size_t i = 0; metrics[i]; i++) {
		const struct metric *m = metrics[i];

		UNIT_ROW(i, m->type && m->unit && *m->unit);
		UNIT_ROW(i, matches("^[a-z].*[^.]$", m->help) && !strchr(m->help, '\n'));
		UNIT_ROW(i, (m->group & (m->group - 1)) == 0);	/* one bit or none */
	}
	CU_ASSERT(count_metrics() > 30);
}

static void an_instance_has_nine_basic_values(void)
{
	size_t basic = 0;

	for (size_t i = 0; metrics[i]; i++) {
		if (metrics[i]->scope != METRIC_OF_INSTANCE)
			continue;
		basic += metrics[i]->group == METRIC_BASIC;
		UNIT_ROW(i, metrics[i]->type_instance != NULL);	/* a family has no ceiling */
	}
	CU_ASSERT_EQUAL(basic, METRIC_BASIC_MAX);
}

static bool same_word(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void no_two_rows_share_an_identifier(void)
{
	for (size_t i = 0; metrics[i]; i++)
		for (size_t k = 0; k < i; k++)
			UNIT_ROW(i, !(same_word(metrics[i]->type, metrics[k]->type) &&
				      same_word(metrics[i]->type_instance,
						metrics[k]->type_instance)));
}

/* objects can be summed over its type instances; nothing else is in it */
static void objects_are_the_six_statuses(void)
{
	size_t n = 0;

	for (size_t i = 0; metrics[i]; i++) {
		if (strcmp(metrics[i]->type, "objects"))
			continue;
		UNIT_ROW(i, n < STATS_STATUSES &&
			    same_word(metrics[i]->type_instance, stats_statuses[n].name));
		n++;
	}
	CU_ASSERT_EQUAL(n, STATS_STATUSES);
}

/* "TYPE SOURCE:KIND:MIN:MAX"; false when there is no such type, or it has more sources. */
static bool types_db(const char *type, char source[64], char kind[16])
{
	scoped_file FILE *f = fopen(TYPES_DB, "r");
	char line[1024], name[64], min[32], max[32], rest[8];

	while (f && fgets(line, sizeof(line), f)) {
		int n = sscanf(line, "%63s %63[^:]:%15[^:]:%31[^:]:%31[^ ,\t\n]%7s", name, source, kind,
			       min, max, rest);

		if (n >= 1 && !strcmp(name, type))
			return n == 5 && !strcmp(min, "0");
	}
	return false;
}

static void types_are_those_of_types_db(void)
{
	char source[64], kind[16];

	for (size_t i = 0; metrics[i]; i++) {
		UNIT_ROW(i, types_db(metrics[i]->type, source, kind));
		UNIT_ROW(i, !strcmp(kind, metrics[i]->kind == METRIC_DERIVE ? "DERIVE" : "GAUGE"));
	}
	CU_ASSERT_FALSE(types_db("no_such_type", source, kind));
	CU_ASSERT_FALSE(types_db("if_octets", source, kind));	/* two sources */
}

/* collectd's manual of write_prometheus: collectd_PLUGIN_TYPE[_SOURCE][_total] */
static void names_suit_collectd_and_prometheus(void)
{
	for (size_t i = 0; metrics[i]; i++) {
		const struct metric *m = metrics[i];
		char source[64] = "", kind[16], name[256];

		types_db(m->type, source, kind);
		snprintf(name, sizeof(name), "collectd_aisearch_%s%s%s%s", m->type,
			 strcmp(source, "value") ? "_" : "", strcmp(source, "value") ? source : "",
			 m->kind == METRIC_DERIVE ? "_total" : "");
		UNIT_ROW(i, matches("^[a-zA-Z_:][a-zA-Z0-9_:]*$", name));
		UNIT_ROW(i, !strchr(m->type, '-'));
		UNIT_ROW(i, !m->type_instance || matches("^[a-z0-9_]{1,62}$", m->type_instance));
	}
}

/* --- the manual ------------------------------------------------------------ */

struct lines {
	char text[128][160];
	size_t count;
};

__attribute__((format(printf, 2, 3)))
static void add_line(struct lines *l, const char *fmt, ...)
{
	va_list ap;

	if (l->count == 128)
		return;
	va_start(ap, fmt);
	vsnprintf(l->text[l->count++], sizeof(l->text[0]), fmt, ap);
	va_end(ap);
}

/* ".It Sy a-b , c-d Pq unit" or ".It Sy a- Ns Ar family Pq unit", in a heading's list. */
static void read_item(struct lines *l, const char *heading, char *item)
{
	char *unit = strstr(item, " Pq "), *family = strstr(item, " Ns Ar "), *rest = item;

	if (!unit) {
		add_line(l, "%s: no unit: %s", heading, item);
		return;
	}
	*unit = '\0';
	unit += strlen(" Pq ");
	if (family) {
		item[strcspn(item, "-")] = '\0';
		add_line(l, "%s: %s-* (%s)", heading, item, unit);
		return;
	}
	for (char *word; (word = strsep(&rest, " "));)
		if (*word && strcmp(word, ","))
			add_line(l, "%s: %s (%s)", heading, word, unit);
}

/* What the section VALUES lists; all of its text besides. */
static void read_manual(struct lines *l, struct buf *text)
{
	scoped_file FILE *f = fopen(MANUAL, "r");
	char line[1024], heading[128] = "";
	bool inside = false;

	CU_ASSERT_PTR_NOT_NULL(f);
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, ".Sh ", 4))
			inside = !strcmp(line + 4, "VALUES");
		if (!inside)
			continue;
		buf_adds(text, line);
		buf_adds(text, "\n");
		if (!strncmp(line, ".Ss ", 4))
			snprintf(heading, sizeof(heading), "%.*s", 100, line + 4);
		if (!strncmp(line, ".It Sy ", 7))
			read_item(l, heading, line + 7);
	}
}

static void tell_table(struct lines *l)
{
	for (size_t i = 0; metrics[i]; i++) {
		const struct metric *m = metrics[i];
		char heading[128];

		snprintf(heading, sizeof(heading), "%s",
			 m->scope == METRIC_OF_INSTANCE ? "Of an instance" : "Of an account");
		for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++)
			if (m->group == options[k].group)
				snprintf(heading + strlen(heading),
					 sizeof(heading) - strlen(heading), ", with %s",
					 options[k].option);
		add_line(l, "%s: %s-%s (%s)", heading, m->type,
			 m->type_instance ? m->type_instance : "*", m->unit);
	}
}

static void manual_and_table_are_one(void)
{
	static struct lines manual, table;
	scoped_buf struct buf text = BUF(65536);

	manual.count = table.count = 0;
	read_manual(&manual, &text);
	tell_table(&table);
	CU_ASSERT_EQUAL(manual.count, table.count);
	for (size_t i = 0; i < manual.count || i < table.count; i++)
		UNIT_STR(i < manual.count ? manual.text[i] : "(nothing in the manual)",
			 i < table.count ? table.text[i] : "(nothing in the table)");
	for (size_t i = 0; i < SNAPSHOT_ENDPOINTS + SNAPSHOT_FAILURES; i++) {
		char word[64];

		snprintf(word, sizeof(word), "\n.Sq %s",
			 i < SNAPSHOT_ENDPOINTS ? snapshot_endpoint_names[i]
						: snapshot_failure_names[i - SNAPSHOT_ENDPOINTS]);
		const char *found = strstr(text.data, word);
		UNIT_ROW(i, found && strchr(" \n", found[strlen(word)]));
	}
}

/* --- what comes out -------------------------------------------------------- */

struct heard {
	const struct metric_view *view;
	enum metric_scope scope;
	struct buf text;	/* "type-instance=value " ... */
};

/* Whatever the snapshot says, this holds for all that is emitted. */
static void hear(void *ctx, const struct metric *m, const char *name, union metric_value v)
{
	struct heard *h = ctx;
	char one[160];
	size_t at = 0;

	while (metrics[at] && metrics[at] != m)
		at++;
	UNIT_ROW(at, metrics[at] && m->scope == h->scope);
	UNIT_ROW(at, m->group == METRIC_BASIC || (m->group & h->view->groups));
	UNIT_ROW(at, name && matches("^[a-z0-9_]{1,62}$", name));
	UNIT_ROW(at, !m->type_instance || !strcmp(name, m->type_instance));
	if (m->kind == METRIC_DERIVE) {
		UNIT_ROW(at, v.derive >= 0);
	} else {
		UNIT_ROW(at, isfinite(v.gauge) && v.gauge >= 0);
		UNIT_ROW(at, strcmp(m->type, "bool") || v.gauge == 0 || v.gauge == 1);
		UNIT_ROW(at, strcmp(m->type, "percent") || v.gauge <= 100);
	}
	snprintf(one, sizeof(one), " %s-%s=", m->type, name);
	UNIT_ROW(at, !strstr(h->text.data, one));	/* once */
	buf_adds(&h->text, one);
	if (m->kind == METRIC_DERIVE)
		snprintf(one, sizeof(one), "%" PRId64, v.derive);
	else
		snprintf(one, sizeof(one), "%.10g", v.gauge);
	buf_adds(&h->text, one);
}

/* " type-instance=value type-instance=value"; lives until the next call. */
static const char *told_of(const struct metric_view *view, const struct snapshot_instance *i)
{
	static char out[16384];
	struct heard h = { view, i ? METRIC_OF_INSTANCE : METRIC_OF_ACCOUNT, BUF(sizeof(out)) };

	if (i)
		metric_each_of_instance(view, i, hear, &h);
	else
		metric_each_of_account(view, hear, &h);
	snprintf(out, sizeof(out), "%s", h.text.data);
	buf_clear(&h.text);
	return out;
}

/* All there is to know. */
static struct snapshot_instance whole_instance(void)
{
	return (struct snapshot_instance){
		.id = "docs", .namespace = "default", .status = "ready",
		.enable = YES, .paused = NO, .sync_interval_s = KNOWN(3600),
		.last_activity = AT(9000),
		.has_stats = true,
		.stats = { .queued = KNOWN(1), .running = KNOWN(2), .completed = KNOWN(10),
			   .error = KNOWN(3), .skipped = KNOWN(4), .outdated = KNOWN(5),
			   .vectors = KNOWN(70), .dimensions = KNOWN(768),
			   .payload_bytes = KNOWN(1000), .metadata_bytes = KNOWN(200),
			   .object_count = KNOWN(11), .file_embed_errors = KNOWN(6),
			   .index_source_errors = KNOWN(7) },
		.stats_at = 400000, .fresh_at = 498500,
		.jobs = { .known = true, .running = KNOWN(1), .started_at = AT(8000),
			  .last_duration_s = KNOWN(42), .last_ended_at = AT(7000),
			  .last_end = JOB_END_DONE },
	};
}

static struct metric_view view_of(const struct snapshot *s, unsigned groups)
{
	return (struct metric_view){ .snapshot = s, .now_ms = 500000, .wall_s = 10000,
				     .max_age_ms = 60000, .groups = groups };
}

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
		{ JOB_END_DONE, " bool-last_job_done=1 bool-last_job_cancelled=0 bool-last_job_failed=0" },
		{ JOB_END_CANCELLED, " bool-last_job_done=0 bool-last_job_cancelled=1 bool-last_job_failed=0" },
		{ JOB_END_FAILED, " bool-last_job_done=0 bool-last_job_cancelled=0 bool-last_job_failed=1" },
	};
	struct metric_view v = view_of(NULL, METRIC_JOBS);

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct snapshot_instance i = { .has_stats = true, .fresh_at = v.now_ms,
					       .jobs = { .known = true, .last_end = cases[k].end } };
		char want[256];

		snprintf(want, sizeof(want), " bool-degraded=0 duration-data_age=0%s", cases[k].want);
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
	UNIT_STR(told_of(&v, NULL), " bool-up=1 count-instances=0 count-instances_stale=0" NO_TRAFFIC
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
	{ "every row is complete", rows_are_complete },
	{ "an instance has nine basic values", an_instance_has_nine_basic_values },
	{ "no two rows share an identifier", no_two_rows_share_an_identifier },
	{ "objects are the six statuses and nothing else", objects_are_the_six_statuses },
	{ "types are those of the stock types.db", types_are_those_of_types_db },
	{ "names suit collectd and Prometheus", names_suit_collectd_and_prometheus },
	{ "manual and table say the same, in the same order", manual_and_table_are_one },
	{ "an instance is told group by group", an_instance_is_told_group_by_group },
	{ "what is missing is absent, and nothing else is", missing_is_absent_alone },
	{ "old, degraded and unfetched data is not told", what_is_not_known_is_not_told },
	{ "ages are never below zero", ages_are_never_below_zero },
	{ "the next sync is due after the last one", the_next_sync_is_due },
	{ "the last job ended in one way", the_last_job_ended_in_one_way },
	{ "an account is told, counters from the start", an_account_is_told },
	{ "statuses are foreign words: plain, few, and of no other's name", statuses_are_foreign_words },
	{ "no number breaks a value", no_number_breaks_a_value });
