/* SPDX-License-Identifier: MIT */
/* status_follow.c -- --wait and --watch: one look after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "output.h"
#include "provision/wait.h"
#include "screen.h"
#include "status.h"

#define AGAIN_MS 1000		/* the budget is looked at so often */

/* The row of this id in an earlier look, or NULL; rows are sorted. */
static const struct status_row *find(const struct status_row *rows, size_t count, const char *id)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t at = (low + high) / 2;
		int o = strcmp(rows[at].known.id, id);

		if (o == 0)
			return &rows[at];
		if (o < 0)
			low = at + 1;
		else
			high = at;
	}
	return NULL;
}

/* --- to the end -------------------------------------------------------------- */

/* The one with the most to do names the bar. */
static void draw_bar(const struct status_reader *r, const struct status *s)
{
	const struct status_row *most = NULL;
	int64_t left_of_most = -1;
	size_t done = 0;
	struct stats all = status_sum(s);
	char label[160];

	for (size_t i = 0; i < s->snapshot.count; i++) {
		const struct status_row *row = status_row(s, i);
		int64_t left = row->known.stats.queued.value + row->known.stats.running.value;

		done += row->finished || row->failed;
		if (!row->finished && !row->failed && left > left_of_most) {
			most = row;
			left_of_most = left;
		}
	}
	if (r->id)
		snprintf(label, sizeof(label), "%s", r->id);
	else if (most)
		snprintf(label, sizeof(label), "%zu of %zu instances, now %s", done,
			 s->snapshot.count, most->known.id);
	else
		snprintf(label, sizeof(label), "%zu instance%s", s->snapshot.count,
			 s->snapshot.count == 1 ? "" : "s");
	progress_stats(r->progress, label, &all);
}

static void tell_finished(const struct status_reader *r, const struct status *s,
			  const struct status_row *before, size_t count)
{
	for (size_t i = 0; i < s->snapshot.count && !r->id; i++) {
		const struct status_row *row = status_row(s, i);
		const struct status_row *was = find(before, count, row->known.id);
		const struct stats *st = &row->known.stats;

		if (!row->finished || !was || was->finished)
			continue;
		progress_line(r->progress, "%s: done, %lld indexed, %lld skipped, %lld with errors",
			      row->known.id, (long long)st->completed.value,
			      (long long)st->skipped.value, (long long)st->error.value);
	}
}

/* In so many milliseconds, but no later than the end of --timeout. */
static int64_t pause_end(const struct status_reader *r, int64_t ms)
{
	int64_t end = clock_mono_ms(&clock_system) + ms;
	int64_t last = r->cli->began_ms + r->cli->s.timeout_s * 1000;

	return r->cli->s.timeout_s > 0 && last < end ? last : end;
}

/* 1 when the time of --timeout is over, -1 on an interrupt. */
static int pause_ms(const struct status_reader *r, int64_t ms, struct err *err)
{
	screen_wait(pause_end(r, ms));
	if (interrupt_seen(NULL))
		return err_set(err, ERR_CANCELLED, "stopped on request");
	return cli_timed_out(r->cli);
}

/* What was known before is still to be shown; before is taken over. */
static void keep_known(const struct status_reader *r, struct status *s, struct status_row *before,
		       size_t count)
{
	status_clear(s);
	s->account = r->cli->account;
	s->namespace = r->cli->s.namespace;
	s->rows = before;
	s->snapshot.instances = before ? &before->known : NULL;
	s->snapshot.stride = sizeof(*before);
	s->snapshot.count = count;
	s->now_ms = clock_mono_ms(&clock_system);
	s->wall_s = clock_wall_s(&clock_system);
}

int status_wait(struct status_reader *r, struct status *s, struct err *err)
{
	struct stats all;
	struct wait_outage outage = { 0 };
	bool waited = false;
	int64_t pause = 0;

	while (!status_finished(s)) {
		struct status_row *before;
		size_t count = s->snapshot.count;
		int over, read;

		waited = true;
		draw_bar(r, s);
		pause = wait_pause_ms(pause);
		over = pause_ms(r, status_pause_ms(r, pause), err);
		if (over != 0)
			return over < 0 ? -1 : EXIT_TIMED_OUT;
		before = STEAL(s->rows);
		read = status_read(r, 0, s, err);
		if (read == 0)
			tell_finished(r, s, before, count);
		if (read < 0 && cli_timed_out(r->cli)) {
			keep_known(r, s, before, count);
			return EXIT_TIMED_OUT;
		}
		if (read < 0 && progress_waits_on(r->progress, &outage, err)) {
			keep_known(r, s, before, count);
			continue;
		}
		free(before);
		if (read < 0)
			return -1;
		wait_answered(&outage);
	}
	all = status_sum(s);
	if (waited)
		draw_bar(r, s);
	return all.error.value > 0 ? EXIT_WITH_ERRORS : EXIT_DONE;
}

/* --- for ever ---------------------------------------------------------------- */

static void draw(const struct status_reader *r, const struct status *s, const struct err *trouble,
		 struct err *err)
{
	struct screen_size size = screen_size();
	/* a line for the foot, and none for the line feed that would scroll */
	size_t lines = size.lines > 3 ? size.lines - 2 : 1;
	char line[512], time[RFC3339_SIZE];

	rfc3339_format(s->wall_s, time);
	if (trouble->kind != ERR_NONE)
		snprintf(line, sizeof(line), "%s  %s", time, trouble->what);
	else if (s->unasked > 0)
		snprintf(line, sizeof(line),
			 "%s  %zu of %zu wait for the budget of %d requests", time,
			 s->unasked, s->snapshot.count, s->snapshot.budget_limit);
	else
		snprintf(line, sizeof(line), "%s  every %lld s; Ctrl-C ends", time,
			 (long long)r->set->interval_s);
	screen_begin();
	status_draw_table(s, size.columns, lines, err);
	while (text_width(line) >= size.columns && *line)
		line[strlen(line) - 1] = '\0';
	fputs(line, stdout);
	screen_end();
}

static bool changed(const struct status_row *row, const struct status_row *was)
{
	if (!was || row->finished != was->finished || row->failed != was->failed ||
	    row->known.has_stats != was->known.has_stats || strcmp(status_word(row), status_word(was)))
		return true;
	for (size_t i = 0; i < STATS_STATUSES; i++)
		if (stats_statuses[i].get(&row->known.stats).value !=
		    stats_statuses[i].get(&was->known.stats).value)
			return true;
	return false;
}

/* In a log: a line for each that is not as it was. */
static void append(const struct status *s, const struct status_row *before, size_t count)
{
	char time[RFC3339_SIZE];

	rfc3339_format(s->wall_s, time);
	for (size_t i = 0; i < s->snapshot.count; i++) {
		const struct status_row *row = status_row(s, i);
		char text[256] = "";
		double percent;

		if (!changed(row, find(before, count, row->known.id)))
			continue;
		for (size_t k = 0; k < STATS_STATUSES && row->known.has_stats; k++) {
			struct count n = stats_statuses[k].get(&row->known.stats);
			size_t used = strlen(text);

			if (n.known)
				snprintf(text + used, sizeof(text) - used, " %s %lld",
					 stats_statuses[k].name, (long long)n.value);
		}
		if (row->known.has_stats && stats_percent_processed(&row->known.stats, &percent))
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 " done %d%%", (int)percent);
		output_line("%s %s %s%s", time, row->known.id, status_word(row), text);
	}
}

static int show(const struct status_reader *r, const struct status_format *format,
		const struct status *s, const struct status_row *before, size_t count, struct err *err)
{
	if (strcmp(format->name, "table") != 0) {
		if ((s->err.kind == ERR_NONE || format->when_unread) &&
		    format->print(s, r->set, err) < 0)
			return -1;
	} else {
		append(s, before, count);
	}
	return output_flush(err);
}

int status_watch(struct status_reader *r, const struct status_format *format, struct status *s,
		 struct err *err)
{
	bool drawn = output_drawn() && !strcmp(format->name, "table");
	struct status_row *before = NULL;
	size_t count = 0;
	struct err trouble = { 0 };
	int code = EXIT_DONE;

	if (drawn)
		screen_enter();
	while (code == EXIT_DONE) {
		int64_t next = pause_end(r, status_pause_ms(r, r->set->interval_s * 1000));

		if (drawn)
			draw(r, s, &trouble, err);
		else if (show(r, format, s, before, count, err) < 0)
			code = -1;
		while (code == EXIT_DONE && screen_wait(next))
			if (drawn)
				draw(r, s, &trouble, err);
		if (code != EXIT_DONE || interrupt_seen(NULL))
			break;
		if (cli_timed_out(r->cli))
			break;
		free(before);
		before = STEAL(s->rows);
		count = s->snapshot.count;
		memset(&trouble, 0, sizeof(trouble));
		if (status_read(r, 0, s, &trouble) == 0)
			continue;
		if (trouble.kind == ERR_CANCELLED || trouble.kind == ERR_AUTH || trouble.kind == ERR_TIMEOUT) {
			code = trouble.kind == ERR_CANCELLED || cli_timed_out(r->cli) ? EXIT_DONE : -1;
			*err = trouble;
			break;
		}
		/* a moment's trouble: what was known stays in the picture */
		if (!drawn)
			progress_line(r->progress, "aisearch: status: %s", trouble.what);
		if (r->id) {
			free(s->rows);
			s->rows = STEAL(before);
			s->snapshot.instances = s->rows ? &s->rows[0].known : NULL;
			s->snapshot.count = count;
			count = 0;
		}
	}
	free(before);
	screen_leave();
	return code;
}
