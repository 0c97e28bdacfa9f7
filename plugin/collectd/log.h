/* SPDX-License-Identifier: MIT */
/*
 * log.h -- complaints, thinned out: a line when something begins to fail, one
 * in ten minutes while it goes on, one when it is over.
 *
 * A failure of another kind than the last one is told too, but not more often
 * than once a minute.  A complaint belongs to one thread.
 */
#ifndef COLLECTD_LOG_H
#define COLLECTD_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct complaint {		/* {0}: nothing has failed */
	bool failing;
	int64_t since, told_at;		/* monotonic ms */
	unsigned untold;		/* failures since the last line */
	enum err_kind kind;		/* of the last line */
	int status;
};

enum complaint_line {		/* what log_failure() decides; for the unit test */
	COMPLAINT_SILENT,
	COMPLAINT_FIRST,
	COMPLAINT_OTHER,
	COMPLAINT_STILL,
};

/* Pure: which line is due. */
enum complaint_line complaint_failed(struct complaint *complaint, const struct err *err,
				     int64_t now);
bool complaint_over(struct complaint *complaint);	/* true when a line is due */

/* The same with the line written: "account 'NAME': ...". */
void log_failure(struct complaint *complaint, const char *account, const struct err *err,
		 int64_t now);
void log_recovery(struct complaint *complaint, const char *account, int64_t now);

#endif
