/* SPDX-License-Identifier: MIT */
/* status_test.c -- the formats of `aisearch status`, whatever the names hold; Nagios's limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugin/command/status.h"
#include "unit.h"

#define COUNT(n) { .known = true, .value = (n) }

/* An id of the API has none of this; a format must not break on it all the same. */
#define ODD "a\"b\\c\nd,e=f g.h\t"

static struct status_row rows[2];
static struct status two(void)
{
	struct status s = { .account = "acc", .namespace = "default", .rows = rows, .now_ms = 5000,
			    .wall_s = 1700000000 };

	memset(rows, 0, sizeof(rows));
	strcpy(rows[0].known.id, ODD);
	rows[0].known.has_stats = true;
	rows[0].known.fresh_at = 3000;
	rows[0].known.stats = (struct stats){ .queued = COUNT(1), .running = COUNT(2),
					      .completed = COUNT(5),
					      .error = COUNT(1), .skipped = COUNT(1), .outdated = COUNT(0) };
	strcpy(rows[1].known.id, "docs");	/* not asked */
	s.snapshot = (struct snapshot){ .up = true, .instances = &rows[0].known, .count = 2,
					.stride = sizeof(rows[0]) };
	return s;
}

static char *printed(int (*print)(const struct status *, const struct status_set *, struct err *),
		     const struct status *s, const struct status_set *set, int *code)
{
	char *text = NULL;
	size_t size;
	struct err err = { 0 };
	FILE *was = stdout, *out = open_memstream(&text, &size);

	fflush(was);
	stdout = out;
	*code = print(s, set, &err);
	fclose(out);
	stdout = was;
	return text;
}

static void lines_of_prometheus(void)
{
	static const char *const lines[] = {
		("# HELP collectd_aisearch_objects AI Search: items by status\n"
		 "# TYPE collectd_aisearch_objects gauge\n"
		 "collectd_aisearch_objects{aisearch=\"a\\\"b\\\\c\\nd,e=f g.h\t\",type=\"queued\","
		 "account=\"acc\",namespace=\"default\"} 1\n"),
		("collectd_aisearch_bool{aisearch=\"account.acc\",type=\"up\",account=\"acc\","
		 "namespace=\"default\"} 1\n"),
		"type=\"data_age\",account=\"acc\",namespace=\"default\"} 2\n",
		"type=\"processed\",account=\"acc\",namespace=\"default\"} 70\n",
	};
	const struct status s = two();
	const struct status_set set = { 0 };
	int code;
	char *text = printed(status_print_prometheus, &s, &set, &code);

	CU_ASSERT_EQUAL(code, 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		UNIT_ROW(i, strstr(text, lines[i]) != NULL);
	CU_ASSERT_PTR_NULL(strstr(text, "docs"));	/* nothing is known of it */
	free(text);
}

/* A type of the table without a family would never be printed. */
static void every_type_has_a_family(void)
{
	struct status s = two();
	const struct status_set set = { 0 };
	int code;

	rows[0].known.stats.vectors = rows[0].known.stats.dimensions = (struct count)COUNT(1);
	rows[0].known.stats.payload_bytes = (struct count)COUNT(1);
	rows[0].known.last_activity = (struct instant){ true, 1699999000 };
	char *text = printed(status_print_prometheus, &s, &set, &code);
	char *lines = printed(status_print_graphite, &s, &set, &code);
	size_t values = 0, paths = 0;

	for (const char *c = text; (c = strstr(c, "\ncollectd_")); c++)
		values++;
	for (const char *c = lines; (c = strchr(c, '\n')); c++)
		paths++;
	CU_ASSERT(paths > 12);
	CU_ASSERT_EQUAL(values, paths);
	free(text);
	free(lines);
}

static void lines_of_the_others(void)
{
	static const struct {
		int (*print)(const struct status *, const struct status_set *, struct err *);
		const char *prefix, *host, *text;
	} cases[] = {
		{ status_print_influx, NULL, NULL,
		  "aisearch_account,account=acc,namespace=default bool_up=1 1700000000000000000\n"
		  "aisearch,account=acc,instance=a\"b_c_d\\,e\\=f\\ g.h_,namespace=default objects_queued=1,"
		  "objects_running=2,objects_completed=5,objects_error=1,objects_skipped=1,"
		  "objects_outdated=0,percent_processed=70,bool_degraded=0,duration_data_age=2,"
		  "percent_indexed=50 1700000000000000000\n" },
		{ status_print_graphite, NULL, NULL,
		  "aisearch.acc.default.account.bool-up 1 1700000000\n"
		  "aisearch.acc.default.instances.a_b_c_d_e_f_g_h_.objects-queued 1 1700000000\n" },
		{ status_print_graphite, "one.two", NULL,
		  "one.two.account.bool-up 1 1700000000\n" },
		{ status_print_zabbix, NULL, NULL,
		  "\"-\" aisearch.account.bool[up] 1\n"
		  "\"-\" aisearch.objects[a_b_c_d_e_f_g_h_,queued] 1\n" },
		{ status_print_zabbix, NULL, "srch", "\"srch\" aisearch.account.bool[up] 1\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct status s = two();
		const struct status_set set = { .prefix = cases[i].prefix, .host = cases[i].host };
		int code;
		char *text = printed(cases[i].print, &s, &set, &code);

		CU_ASSERT_EQUAL(code, 0);
		if (strncmp(text, cases[i].text, strlen(cases[i].text)) != 0)
			UNIT_STR(text, cases[i].text);
		free(text);
	}
}

static void limits_are_read_or_refused(void)
{
	static const struct {
		const char *text;
		bool good;
		double queued, errors, percent, age, unread;
	} cases[] = {
		{ "errors=1", true, -1, 1, -1, -1, -1 },
		{ "queued=1000,errors=0,percent=99.5,age=2d,unread=1", true, 1000, 0, 99.5,
		  172800, 1 },
		{ "age=15m", true, -1, -1, -1, 900, -1 },
		{ "age=90", true, -1, -1, -1, 90, -1 },
		{ "errors", false, 0, 0, 0, 0, 0 }, { "errors=", false, 0, 0, 0, 0, 0 },
		{ "errors=-1", false, 0, 0, 0, 0, 0 },
		{ "errors=1,", false, 0, 0, 0, 0, 0 },
		{ ",errors=1", false, 0, 0, 0, 0, 0 }, { "errors=1 ,age=2", false, 0, 0, 0, 0, 0 },
		{ "error=1", false, 0, 0, 0, 0, 0 },
		{ "percent=101", false, 0, 0, 0, 0, 0 }, { "errors=2d", false, 0, 0, 0, 0, 0 },
		{ "errors=1.2.3", false, 0, 0, 0, 0, 0 },
		{ "errors=nan", false, 0, 0, 0, 0, 0 }, { "errors=1e9", false, 0, 0, 0, 0, 0 },
		{ "age=d", false, 0, 0, 0, 0, 0 },
		{ "queued=99999999999999999999999", false, 0, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct status_limits l;
		struct err err = { 0 };
		int r = status_limits_read(cases[i].text, "warning", &l, &err);

		UNIT_ROW(i, r == (cases[i].good ? 0 : -1));
		UNIT_ROW(i, r == 0 || err.kind == ERR_USAGE);
		if (r < 0)
			continue;
		UNIT_ROW(i, l.queued == cases[i].queued && l.errors == cases[i].errors &&
			 l.percent == cases[i].percent && l.age == cases[i].age &&
			 l.unread == cases[i].unread);
	}
}

static void nagios_judges(void)
{
	static const struct { const char *warning, *critical; bool all; int code; const char *text; } cases[] = {
		{ NULL, NULL, true, 0,
		  "AISEARCH OK - 1 instance, 70% processed | queued=3;;;0 errors=1;;;0 "
		  "percent=70%;;;0;100 age=1000s;;;0 unread=0;;;0\n" },
		{ "errors=1", NULL, true, 1,
		  "AISEARCH WARNING - errors 1; 1 instance, 70% processed | "
		  "queued=3;;;0 errors=1;0;;0 percent=70%;;;0;100 age=1000s;;;0 unread=0;;;0\n" },
		{ "errors=2", NULL, true, 0, NULL },
		{ "errors=1", "queued=3", true, 2,
		  "AISEARCH CRITICAL - queued 3, errors 1; 1 instance, 70% "
		  "processed | queued=3;;2;0 errors=1;0;;0 percent=70%;;;0;100 age=1000s;;;0 unread=0;;;0\n" },
		{ "queued=1", "queued=4", true, 1, NULL },
		{ "percent=70", NULL, true, 0, NULL },
		{ "percent=70.1", NULL, true, 1, NULL },
		{ NULL, "age=1001", true, 0, NULL },
		{ NULL, "age=1000", true, 2, NULL },
		{ NULL, NULL, false, 3,
		  "AISEARCH UNKNOWN - unread 1; 2 instances, 70% processed | queued=3;;;0 "
		  "errors=1;;;0 percent=70%;;;0;100 age=1000s;;;0 unread=1;;;0\n" },
		{ "unread=1", NULL, false, 1, NULL },
		{ "unread=2", NULL, false, 0, NULL },
		{ NULL, "errors=1", false, 2, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct status s = two();
		struct status_set set = { 0 };
		struct err err = { 0 };
		int code;

		s.snapshot.count = cases[i].all ? 1 : 2;
		rows[0].known.last_activity = (struct instant){ true, 1700000000 - 1000 };
		UNIT_ROW(i,
			 status_limits_read(cases[i].warning, "warning", &set.warning, &err) == 0);
		UNIT_ROW(i, status_limits_read(cases[i].critical, "critical", &set.critical, &err) == 0);
		char *text = printed(status_print_nagios, &s, &set, &code);
		UNIT_ROW(i, code == cases[i].code);
		if (cases[i].text)
			UNIT_STR(text, cases[i].text);
		free(text);
	}
}

static void what_prevents_knowing_is_unknown(void)
{
	struct status s = { 0 };
	const struct status_set set = { 0 };
	int code;

	err_set(&s.err, ERR_NETWORK, "not | reached");
	char *text = printed(status_print_nagios, &s, &set, &code);
	CU_ASSERT_EQUAL(code, 3);
	UNIT_STR(text, "AISEARCH UNKNOWN - not / reached\n");
	free(text);
}

UNIT_SUITE(status,
	{ "Prometheus: names as the plugin's, labels escaped, nothing of what is not known",
	  lines_of_prometheus },
	{ "Prometheus has a family for every type of the table", every_type_has_a_family },
	{ "InfluxDB, Graphite, Zabbix: lines that no name can break", lines_of_the_others },
	{ "limits are read, or refused with their grammar", limits_are_read_or_refused },
	{ "Nagios: the worst that is broken decides; OK is not said of what is not known",
	  nagios_judges },
	{ "Nagios: what prevents knowing is UNKNOWN", what_prevents_knowing_is_unknown });
