/* SPDX-License-Identifier: MIT */
/*
 * status.h -- what `aisearch status` has read, and its ways to show it.
 *
 * A format is a function that writes all of it to stdout.  Those for other programs
 * take their values from the table of indexing/metric.h, so a value has the same
 * name here and in the collectd plugin.
 */
#ifndef COMMAND_STATUS_H
#define COMMAND_STATUS_H

#include "command.h"
#include "indexing/metric.h"
#include "indexing/survey.h"
#include "progress.h"

struct status_row {
	struct snapshot_instance known;	/* first: the snapshot's rows are these */
	char type[16];		/* "" = built-in storage */
	const char *source;	/* borrowed from the survey or the instance; NULL = none */
	bool finished;		/* nothing more to wait for */
	bool failed;		/* its stats could not be read; the others are shown */
};

struct status {			/* status_clear() */
	const char *account, *namespace;
	struct snapshot snapshot;
	struct status_row *rows;	/* as many as the snapshot has, in its order */
	int64_t now_ms, wall_s;
	size_t unasked;		/* the budget did not allow to ask them */
	struct err err;		/* why nothing is known; ERR_NONE when the API was read */
};

/* Nagios's */
enum status_level { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN };

/* "errors=1,queued=1000": from which value on; of percent: below which. */
struct status_limits {
	bool given;
	double queued, errors, percent, age, unread;	/* < 0 = no limit */
};
int status_limits_read(const char *text, const char *option, struct status_limits *out,
		       struct err *err);

struct status_set {		/* what the options say */
	bool wait, watch, complete;
	const char *format, *prefix, *host, *output, *warning_text, *critical_text;
	int64_t budget, rate, interval_s;
	struct status_limits warning, critical;
};

struct status_format {
	const char *name;
	/* 0 or an exit code; -1 = err.  Is also called when the API was not read, if told so. */
	int (*print)(const struct status *status, const struct status_set *set, struct err *err);
	bool when_unread;
	bool stream;		/* one after the other makes sense: --watch */
};
extern const struct status_format status_formats[];	/* ends with a NULL name */

int status_print_table(const struct status *, const struct status_set *, struct err *);
int status_print_json(const struct status *, const struct status_set *, struct err *);
int status_print_prometheus(const struct status *, const struct status_set *, struct err *);
int status_print_influx(const struct status *, const struct status_set *, struct err *);
int status_print_graphite(const struct status *, const struct status_set *, struct err *);
int status_print_zabbix(const struct status *, const struct status_set *, struct err *);
int status_print_nagios(const struct status *, const struct status_set *, struct err *);

static inline const struct status_row *status_row(const struct status *s, size_t i)
{
	return &s->rows[i];
}

/* The groups of values that cost no request of their own. */
#define STATUS_GROUPS (METRIC_ENGINE | METRIC_ERRORS | METRIC_SYNC)
struct metric_view status_view(const struct status *status);

/* --- reading (status_read.c) ------------------------------------------------- */

struct status_reader {		/* status_open() .. status_close() */
	struct cli *cli;
	const struct status_set *set;
	const char *id;		/* one instance, or NULL */
	struct client *client;	/* of one; borrowed */
	struct survey *survey;	/* of all */
	struct progress *progress;
	struct instance instance;
	int64_t began;
	int pause_cost;
};
int status_open(struct status_reader *r, const struct secret *token, struct err *err);
void status_close(struct status_reader *r);
/* patience_ms: as survey_look().  status is filled anew; what it had is given up. */
int status_read(struct status_reader *r, int64_t patience_ms, struct status *status,
		struct err *err);
/* Nothing was read, for this reason: what a format shows then.  What is known stays. */
void status_unread(const struct status_reader *r, struct status *status, const struct err *why);
/* Until the next look: interval_ms, or longer when the budget would not last. */
int64_t status_pause_ms(const struct status_reader *r, int64_t interval_ms);
void status_clear(struct status *status);

/* over those with counts; degraded = none has */
struct stats status_sum(const struct status *status);
bool status_finished(const struct status *status);	/* all, or failed */
bool status_failed(const struct status *status);	/* any */

/* --- going on (status_follow.c) ---------------------------------------------- */

/* To the end of the indexing.  An exit code, or -1. */
int status_wait(struct status_reader *r, struct status *status, struct err *err);
/* Until it is interrupted. */
int status_watch(struct status_reader *r, const struct status_format *format,
		 struct status *status, struct err *err);

/* The table in so many columns and lines, 0 = as many as it takes; to stdout. */
int status_draw_table(const struct status *status, size_t columns, size_t lines,
		      struct err *err);

/* "paused", "degraded", the API's word, "?" when it could not be read, "-" */
const char *status_word(const struct status_row *row);

#endif
