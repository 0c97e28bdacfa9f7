/* SPDX-License-Identifier: MIT */
/*
 * The table of metrics, and what it is held to: types.db, Prometheus, the manual.
 * Runs at the top of the tree.
 */
#include "unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "metric_told.h"

#define TYPES_DB "/usr/share/collectd/types.db"
#define MANUAL "plugin/collectd/collectd-aisearch.5"

static const struct {
	enum metric_group group;
	const char *option;
} options[] = {
	{ METRIC_ENGINE, "CollectEngine" }, { METRIC_ERRORS, "CollectErrors" },
	{ METRIC_JOBS, "CollectJobs" },	    { METRIC_SYNC, "CollectSync" },
	{ METRIC_TOKEN, "CollectToken" },   { METRIC_TIME, "MeasureResponseTime" },
	{ METRIC_CODE, "MeasureResponseCode" },
};

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
		int n = sscanf(line, "%63s %63[^:]:%15[^:]:%31[^:]:%31[^ ,\t\n]%7s", name,
			       source, kind, min, max, rest);

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

UNIT_SUITE(metric_table,
	{ "every row is complete", rows_are_complete },
	{ "an instance has nine basic values", an_instance_has_nine_basic_values },
	{ "no two rows share an identifier", no_two_rows_share_an_identifier },
	{ "objects are the six statuses and nothing else", objects_are_the_six_statuses },
	{ "types are those of the stock types.db", types_are_those_of_types_db },
	{ "names suit collectd and Prometheus", names_suit_collectd_and_prometheus },
	{ "manual and table say the same, in the same order", manual_and_table_are_one });
