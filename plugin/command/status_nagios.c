/* SPDX-License-Identifier: MIT */
/*
 * status_nagios.c -- one line and performance data for Nagios, Icinga and their kin.
 *
 * Its exit status is theirs: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "status.h"

enum measure { QUEUED, ERRORS, PERCENT, AGE, UNREAD, MEASURES };
static const struct {
	const char *name;
	size_t limit;		/* in struct status_limits */
	bool below;		/* an alarm below it, not from it on */
	bool time;		/* takes s, m, h, d, w */
	const char *unit;	/* in the performance data */
} measures[MEASURES] = {
	[QUEUED] = { "queued", offsetof(struct status_limits, queued), false, false, "" },
	[ERRORS] = { "errors", offsetof(struct status_limits, errors), false, false, "" },
	[PERCENT] = { "percent", offsetof(struct status_limits, percent), true, false, "%" },
	[AGE] = { "age", offsetof(struct status_limits, age), false, true, "s" },
	[UNREAD] = { "unread", offsetof(struct status_limits, unread), false, false, "" },
};

static double *limit_of(struct status_limits *l, enum measure m)
{
	return (double *)(void *)((char *)l + measures[m].limit);
}

static int bad(const char *option, const char *word, size_t len, struct err *err)
{
	err_set(err, ERR_USAGE, "--%s: '%.*s' is no threshold", option,
		len > 40 ? 40 : (int)len, word);
	return err_hint(err, "queued=N errors=N percent=N age=TIME unread=N, with commas: errors=1,age=2d");
}

static bool read_value(const char *text, size_t len, enum measure m, double *out)
{
	static const struct { char unit; int seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
	};
	char number[24], *end;
	int factor = 1;

	if (len == 0 || len >= sizeof(number) || !isdigit((unsigned char)text[0]))
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	for (size_t i = 0; measures[m].time && i < sizeof(units) / sizeof(units[0]); i++)
		if (number[len - 1] == units[i].unit) {
			factor = units[i].seconds;
			number[len - 1] = '\0';
		}
	if (strspn(number, "0123456789.") != strlen(number))
		return false;
	*out = strtod(number, &end) * factor;
	return !*end && *out <= 1e15 && (m != PERCENT || *out <= 100);
}

int status_limits_read(const char *text, const char *option, struct status_limits *out,
		       struct err *err)
{
	*out = (struct status_limits){ text != NULL, -1, -1, -1, -1, -1 };
	while (text && *text) {
		size_t len = strcspn(text, ","), name = strcspn(text, "=,");
		int m = 0;

		while (m < MEASURES && (strlen(measures[m].name) != name ||
					memcmp(measures[m].name, text, name) != 0))
			m++;
		double value, *limit = m < MEASURES ? limit_of(out, (enum measure)m) : NULL;

		if (!limit || text[name] != '=' ||
		    !read_value(text + name + 1, len - name - 1, (enum measure)m, &value))
			return bad(option, text, len, err);
		if (*limit >= 0 && (*limit < value || *limit > value))
			return err_set(err, ERR_USAGE, "--%s: '%s' is given twice", option, measures[m].name);
		*limit = value;
		text += len;
		if (*text == ',' && !*++text)
			return bad(option, ",", 1, err);
	}
	return 0;
}

/* Unknown is NAN.  unread counts the instances whose counts are not known. */
static void take(const struct status *s, double value[MEASURES])
{
	struct stats all = status_sum(s);
	double oldest = -1, items = 0;

	value[UNREAD] = 0;
	for (size_t i = 0; i < s->snapshot.count; i++) {
		const struct status_row *row = status_row(s, i);
		struct instant last = row->known.last_activity;
		bool paused = row->known.paused.known && row->known.paused.value;
		bool off = row->known.enable.known && !row->known.enable.value;

		value[UNREAD] += !row->known.has_stats || row->failed || row->known.stats.degraded;
		if (last.known && !paused && !off && (double)(s->wall_s - last.unix_s) > oldest)
			oldest = (double)(s->wall_s > last.unix_s ? s->wall_s - last.unix_s : 0);
	}
	/* the sums of those that were read: a limit that they break is broken */
	bool none = s->snapshot.count > 0 && value[UNREAD] >= (double)s->snapshot.count;
	value[QUEUED] = none ? NAN : (double)(all.queued.value + all.running.value);
	value[ERRORS] = none ? NAN : (double)all.error.value;
	for (size_t i = 0; i < STATS_STATUSES; i++)
		items += (double)stats_statuses[i].get(&all).value;
	value[PERCENT] = items > 0 ? 100.0 * (items - value[QUEUED]) / items : NAN;
	value[AGE] = oldest >= 0 ? oldest : NAN;
}

static bool breaks(const struct status_limits *l, enum measure m, double value)
{
	double limit = *limit_of((struct status_limits *)(uintptr_t)l, m);

	if (limit < 0 || isnan(value))
		return false;
	return measures[m].below ? value < limit : value >= limit;
}

/* What breaks a limit, the worst first: "3 errors" */
static void name_it(struct buf *why, enum measure m, double value)
{
	buf_addf(why, "%s%s %.15g%s", why->len ? ", " : "", measures[m].name,
		 m == PERCENT ? floor(value * 10) / 10 : value, measures[m].unit);
}

static enum status_level judge(const struct status_set *set, const double value[MEASURES],
			       struct buf *why)
{
	enum status_level level = STATUS_OK;

	for (int m = 0; m < MEASURES; m++)
		if (breaks(&set->critical, (enum measure)m, value[m])) {
			level = STATUS_CRITICAL;
			name_it(why, (enum measure)m, value[m]);
		}
	for (int m = 0; m < MEASURES; m++)
		if (!breaks(&set->critical, (enum measure)m, value[m]) &&
		    breaks(&set->warning, (enum measure)m, value[m])) {
			level = level == STATUS_OK ? STATUS_WARNING : level;
			name_it(why, (enum measure)m, value[m]);
		}
	/* "OK" is not said of what nobody knows */
	if (level == STATUS_OK && value[UNREAD] > 0 && set->warning.unread < 0 && set->critical.unread < 0) {
		level = STATUS_UNKNOWN;
		name_it(why, UNREAD, value[UNREAD]);
	}
	return level;
}

/* A threshold of the performance data: "5:" is an alarm below 5, "4" one above 4. */
static void put_limit(const struct status_limits *l, enum measure m)
{
	double limit = *limit_of((struct status_limits *)(uintptr_t)l, m);

	putchar(';');
	if (limit < 0)
		return;
	if (measures[m].below)
		printf("%.15g:", limit);
	else
		printf("%.15g", limit > 0 ? limit - 1 : 0);
}

int status_print_nagios(const struct status *s, const struct status_set *set, struct err *err)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	scoped_buf struct buf why = BUF(1024);
	double value[MEASURES];
	enum status_level level;

	(void)err;
	if (s->err.kind != ERR_NONE) {
		/* a bar would begin the performance data */
		fputs("AISEARCH UNKNOWN - ", stdout);
		for (const char *c = s->err.what; *c; c++)
			putchar(*c == '|' ? '/' : *c);
		putchar('\n');
		return STATUS_UNKNOWN;
	}
	take(s, value);
	level = judge(set, value, &why);
	printf("AISEARCH %s - %s%s%zu instance%s, ", words[level], why.data, why.len ? "; " : "",
	       s->snapshot.count, s->snapshot.count == 1 ? "" : "s");
	if (isnan(value[QUEUED]))
		fputs("no counts known |", stdout);
	else if (isnan(value[PERCENT]))
		fputs("nothing to index |", stdout);
	else
		printf("%d%% processed |", (int)value[PERCENT]);
	for (int m = 0; m < MEASURES; m++) {
		if (isnan(value[m]))
			continue;
		printf(" %s=%.15g%s", measures[m].name, value[m], measures[m].unit);
		put_limit(&set->warning, (enum measure)m);
		put_limit(&set->critical, (enum measure)m);
		printf(m == PERCENT ? ";0;100" : ";0");
	}
	putchar('\n');
	return (int)level;
}
