/* SPDX-License-Identifier: MIT */
/*
 * metrics.h -- one table: what a snapshot knows -> collectd's values.
 *
 * Types are those of the stock types.db.  Unknown is not dispatched: never 0,
 * never NaN (collectd's threshold plugin takes NaN for "in range").
 */
#ifndef COLLECTD_METRICS_H
#define COLLECTD_METRICS_H

#include "account.h"

#define METRICS_STALE_INTERVALS 5	/* older data than so many intervals is not dispatched */

/* Dispatches everything that is known.  now: monotonic ms; wall: Unix seconds. */
void metrics_dispatch(const struct account *account, const struct snapshot *snapshot,
		      int64_t now, int64_t wall);

#endif
