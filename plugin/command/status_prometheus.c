/* SPDX-License-Identifier: MIT */
/*
 * status_prometheus.c -- the text format 0.0.4, for node_exporter's textfile collector.
 *
 * Families, labels and label values are those that collectd's write_prometheus makes of
 * the plugin's values, so that rules and dashboards serve both; labels for the account
 * and the namespace are added.  One name differs: collectd's type "count" would end in
 * what Prometheus keeps for histograms, so it is called "number" here.
 */
#include <stdio.h>
#include <string.h>

#include "status.h"

struct family {
	const char *type;	/* of the metric table */
	const char *name, *help;
};

static const struct family families[] = {
	{ "objects", "collectd_aisearch_objects", "items by status" },
	{ "percent", "collectd_aisearch_percent", "shares of items, in percent" },
	{ "bool", "collectd_aisearch_bool", "what is true (1) or not (0)" },
	{ "duration", "collectd_aisearch_duration_seconds", "ages and times that are left" },
	{ "records", "collectd_aisearch_records", "vectors in the index" },
	{ "bytes", "collectd_aisearch_bytes", "storage that is used" },
	{ "count", "collectd_aisearch_number", "everything else that is counted" },
};

struct out {
	const struct status *status;
	const struct family *family;
	const char *instance;	/* NULL = the account's values */
	bool begun;
};

/* Backslash, quote and line feed, as the format wants it. */
static void put_label(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", stdout);
			continue;
		}
		if (*text == '\\' || *text == '"')
			putchar('\\');
		putchar(*text);
	}
}

static void emit(void *ctx, const struct metric *m, const char *name, union metric_value v)
{
	struct out *o = ctx;

	/* what is counted since the start says nothing of a program that ends */
	if (m->kind == METRIC_DERIVE || strcmp(m->type, o->family->type) != 0)
		return;
	if (!o->begun)
		printf("# HELP %s AI Search: %s\n# TYPE %s gauge\n", o->family->name,
		       o->family->help, o->family->name);
	o->begun = true;
	printf("%s{aisearch=\"", o->family->name);
	if (!o->instance)
		fputs("account.", stdout);
	put_label(o->instance ? o->instance : o->status->account);
	fputs("\",type=\"", stdout);
	put_label(name);
	fputs("\",account=\"", stdout);
	put_label(o->status->account);
	fputs("\",namespace=\"", stdout);
	put_label(o->status->namespace);
	printf("\"} %.15g\n", v.gauge);
}

int status_print_prometheus(const struct status *s, const struct status_set *set, struct err *err)
{
	const struct metric_view view = status_view(s);

	(void)set, (void)err;
	/* the lines of a family stand together */
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		struct out o = { .status = s, .family = &families[f] };

		metric_each_of_account(&view, emit, &o);
		for (size_t i = 0; i < s->snapshot.count; i++) {
			o.instance = status_row(s, i)->known.id;
			metric_each_of_instance(&view, &status_row(s, i)->known, emit, &o);
		}
	}
	return 0;
}
