/* SPDX-License-Identifier: MIT */
/*
 * progress.h -- how it goes, on stderr.
 *
 * On a terminal one line is redrawn: a bar, counts, rate and time left, as wide
 * as the window.  Elsewhere (a pipe, a log) there are whole lines only, thinned
 * out: one per PROGRESS_STEP percent or PROGRESS_QUIET_MS, whichever is first.
 */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "cloudflare/stats.h"
#include "provision/upload.h"
#include "provision/wait.h"

#define PROGRESS_STEP 10	/* percent */
#define PROGRESS_QUIET_MS 30000

struct progress {
	const struct clock *clock;
	bool terminal;
	bool drawn;		/* the current line of the terminal is ours */
	int64_t first_ms, last_ms;	/* of the first sight, and of the last printed line */
	int64_t first_done;	/* items processed at the first sight */
	int last_percent;	/* -1 = nothing printed yet */
	bool started;
};

void progress_init(struct progress *progress, const struct clock *clock);

/* A line of its own; a drawn one is cleared first. */
void progress_line(struct progress *progress, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What is being done: shown on a terminal until the next line, nowhere else. */
void progress_note(struct progress *progress, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* label: what is indexed.  Unknown counts are shown as such, never as 0. */
void progress_stats(struct progress *progress, const char *label, const struct stats *stats);

/*
 * How far a folder has been uploaded: a bar, elsewhere a line for each PROGRESS_STEP percent.
 * folder: { 0 } once; another label begins another one.
 */
struct progress_folder {
	const char *label;
	int64_t began_ms;
	int last_percent;
};
void progress_upload(struct progress *progress, struct progress_folder *folder, const char *label,
		     const struct upload_progress *now);
/* The rate limit makes it pause for so long. */
void progress_upload_waits(struct progress *progress, int64_t ms);

/*
 * After a look that failed while waiting: wait_goes_on(), told at the first of an outage.  When it
 * does, err is as if nothing had happened.
 */
bool progress_waits_on(struct progress *progress, struct wait_outage *outage, struct err *err);

/* Clears what was drawn. */
void progress_end(struct progress *progress);

/* Pure: cuts text, on a character, to at most so many columns. */
void progress_cut(char *text, int width);

/*
 * Pure: the line for these numbers.  With a bar it takes less than width columns: first the bar shrinks,
 * then the time left, rate, counts, errors and the end of the label go, the percentage last.
 */
struct progress_view {
	const char *label;
	int64_t done, total;	/* items processed, of how many; total < 0 = unknown */
	int64_t errors;
	double per_second;	/* <= 0 = not known */
	bool bar;
	int width;
};
void progress_format(const struct progress_view *view, char *out, size_t size);

#endif
