/* SPDX-License-Identifier: MIT */
/*
 * complaint.h -- pure: when is a failure worth a line in the log?
 *
 * A line when something begins to fail, one in ten minutes while it goes on,
 * one when it is over.  A failure of another kind than the last one told is a
 * line too, but not more often than once a minute.
 */
#ifndef COLLECTD_COMPLAINT_H
#define COLLECTD_COMPLAINT_H

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

enum complaint_line {
	COMPLAINT_SILENT,
	COMPLAINT_FIRST,
	COMPLAINT_OTHER,
	COMPLAINT_STILL,
};

/* Which line is due; the caller writes it and sets untold to 0. */
enum complaint_line complaint_failed(struct complaint *complaint, const struct err *err,
				     int64_t now);
bool complaint_over(struct complaint *complaint);	/* true when a line is due */

#endif
