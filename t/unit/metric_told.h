/* SPDX-License-Identifier: MIT */
/*
 * metric_told.h -- what the metrics of a snapshot come out as; whatever it says,
 * what holds for every value is asserted.
 */
#ifndef T_METRIC_TOLD_H
#define T_METRIC_TOLD_H

#include "indexing/metric.h"

#define ALL_GROUPS (~0u)
#define KNOWN(n) ((struct count){ true, (n) })
#define AT(n) ((struct instant){ true, (n) })
#define YES ((struct flag){ true, true })
#define NO ((struct flag){ true, false })

bool matches(const char *pattern, const char *text);	/* POSIX extended */

/* " type-instance=value type-instance=value"; lives until the next call.  NULL = the account's. */
const char *told_of(const struct metric_view *view, const struct snapshot_instance *instance);

struct snapshot_instance whole_instance(void);	/* all there is to know */
struct metric_view view_of(const struct snapshot *snapshot, unsigned groups);

#endif
