/* SPDX-License-Identifier: MIT */
/*
 * log.h -- an account's failures and recoveries in collectd's log, thinned out
 * (complaint.h).  A complaint belongs to one thread.
 */
#ifndef COLLECTD_LOG_H
#define COLLECTD_LOG_H

#include "complaint.h"

/* now: monotonic ms.  The line is "account 'NAME': ...". */
void log_failure(struct complaint *complaint, const char *account, const struct err *err,
		 int64_t now);
void log_recovery(struct complaint *complaint, const char *account, int64_t now);

/* Its file cannot be read any more while the token from it is in use; err NULL = it can again. */
void log_token_file(const char *account, const struct err *err);

#endif
