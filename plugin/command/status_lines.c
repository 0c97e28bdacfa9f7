/* SPDX-License-Identifier: MIT */
/*
 * status_lines.c -- the line formats: InfluxDB's line protocol, Graphite's plain text,
 * and what `zabbix_sender -i -` reads.
 *
 * A value is called TYPE_NAME or TYPE-NAME, as in the collectd plugin: objects-queued.
 */
#include <stdio.h>
#include <string.h>

#include "status.h"

struct out {
	const struct status *status;
	const struct status_set *set;
	const char *instance;	/* NULL = the account's values */
	size_t fields;		/* of this line */
};

static bool usable(const struct metric *m)
{
	/* the others count since the start of a program that stays */
	return m->kind == METRIC_GAUGE;
}

static void each(const struct status *s, struct out *o, metric_emit *emit,
		 void (*end)(struct out *o))
{
	const struct metric_view view = status_view(s);

	o->status = s;
	o->instance = NULL;
	o->fields = 0;
	metric_each_of_account(&view, emit, o);
	if (end)
		end(o);
	for (size_t i = 0; i < s->snapshot.count; i++) {
		o->instance = status_row(s, i)->known.id;
		o->fields = 0;
		metric_each_of_instance(&view, &status_row(s, i)->known, emit, o);
		if (end)
			end(o);
	}
}

/* --- InfluxDB ------------------------------------------------------------------ */

/*
 * Of tags and field keys; a line feed cannot be escaped, and a backslash at the end would
 * escape ours.
 */
static void put_influx(const char *text)
{
	for (; *text; text++) {
		if (*text == ',' || *text == '=' || *text == ' ')
			putchar('\\');
		putchar((unsigned char)*text < ' ' || *text == '\\' ? '_' : *text);
	}
}

static void influx_value(void *ctx, const struct metric *m, const char *name, union metric_value v)
{
	struct out *o = ctx;

	if (!usable(m))
		return;
	if (o->fields == 0) {
		printf("aisearch%s,account=", o->instance ? "" : "_account");
		put_influx(o->status->account);
		if (o->instance) {
			fputs(",instance=", stdout);
			put_influx(o->instance);
		}
		fputs(",namespace=", stdout);
		put_influx(o->status->namespace);
	}
	putchar(o->fields++ ? ',' : ' ');
	put_influx(m->type);
	putchar('_');
	put_influx(name);
	printf("=%.15g", v.gauge);	/* always a float: a field keeps its type for ever */
}

static void influx_end(struct out *o)
{
	if (o->fields)
		printf(" %lld000000000\n", (long long)o->status->wall_s);
}

int status_print_influx(const struct status *s, const struct status_set *set, struct err *err)
{
	struct out o = { .set = set };

	(void)err;
	each(s, &o, influx_value, influx_end);
	return 0;
}

/* --- Graphite ------------------------------------------------------------------ */

/* A point would be one more level. */
static void put_node(const char *text)
{
	for (; *text; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			     (*text >= '0' && *text <= '9') || *text == '-' || *text == '_';

		putchar(plain ? *text : '_');
	}
}

static void graphite_value(void *ctx, const struct metric *m, const char *name,
			   union metric_value v)
{
	const struct out *o = ctx;

	if (!usable(m))
		return;
	if (o->set->prefix) {
		fputs(o->set->prefix, stdout);	/* checked */
	} else {
		fputs("aisearch.", stdout);
		put_node(o->status->account);
		putchar('.');
		put_node(o->status->namespace);
	}
	fputs(o->instance ? ".instances." : ".account", stdout);
	if (o->instance)
		put_node(o->instance);
	putchar('.');
	put_node(m->type);
	putchar('-');
	put_node(name);
	printf(" %.15g %lld\n", v.gauge, (long long)o->status->wall_s);
}

int status_print_graphite(const struct status *s, const struct status_set *set, struct err *err)
{
	struct out o = { .set = set };

	(void)err;
	each(s, &o, graphite_value, NULL);
	return 0;
}

/* --- Zabbix -------------------------------------------------------------------- */

static void zabbix_value(void *ctx, const struct metric *m, const char *name, union metric_value v)
{
	const struct out *o = ctx;

	if (!usable(m))
		return;
	printf("\"%s\" aisearch.", o->set->host ? o->set->host : "-");
	if (!o->instance)
		fputs("account.", stdout);
	put_node(m->type);
	putchar('[');
	if (o->instance) {
		put_node(o->instance);
		putchar(',');
	}
	put_node(name);
	printf("] %.15g\n", v.gauge);
}

/* The instances, for a low-level discovery rule: JSON in a quoted value. */
static void zabbix_discovery(const struct status *s, const struct status_set *set)
{
	printf("\"%s\" aisearch.discovery \"[", set->host ? set->host : "-");
	for (size_t i = 0; i < s->snapshot.count; i++) {
		fputs(i ? ",{\\\"{#INSTANCE}\\\":\\\"" : "{\\\"{#INSTANCE}\\\":\\\"", stdout);
		put_node(status_row(s, i)->known.id);
		fputs("\\\"}", stdout);
	}
	puts("]\"");
}

int status_print_zabbix(const struct status *s, const struct status_set *set, struct err *err)
{
	struct out o = { .set = set };

	(void)err;
	if (s->snapshot.listed && s->err.kind == ERR_NONE)
		zabbix_discovery(s, set);
	each(s, &o, zabbix_value, NULL);
	return 0;
}
