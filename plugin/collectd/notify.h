/* SPDX-License-Identifier: MIT */
/*
 * notify.h -- what happened (indexing/events.h), as collectd's notifications.
 *
 * Severities as Nagios users know them: FAILURE wakes somebody, WARNING waits
 * for the morning, OKAY is the end of one of them or good news.  A notification
 * has the identifier of the value it is about, so that the last one of an
 * identifier is its state.
 *
 * They are sent from the worker thread, with no lock held: collectd runs the
 * handlers inside the call.
 */
#ifndef COLLECTD_NOTIFY_H
#define COLLECTD_NOTIFY_H

#include "indexing/events.h"

struct notify_account {		/* borrowed during the call */
	const char *host;	/* NULL = collectd's own */
	const char *front;	/* what stands before an instance's id */
	const char *own_name;	/* plugin instance of the account's values, <= NAME_MAX_BYTES */
	const char *name;	/* of the <Account> block */
	bool (*over)(void);	/* the daemon ends: what is left is not told; NULL = never */
};

/* Call once for each snapshot, in order. */
void notify_observe(const struct notify_account *account, struct events *events,
		    const struct snapshot *snapshot);

#endif
