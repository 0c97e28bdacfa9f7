/* SPDX-License-Identifier: MIT */
/*
 * notify.h -- what changed between two snapshots, as collectd's notifications.
 *
 * They are sent on transitions only, from the worker thread, with no lock held:
 * collectd runs the handlers inside the call.
 */
#ifndef COLLECTD_NOTIFY_H
#define COLLECTD_NOTIFY_H

#include "account.h"

/* before may be NULL. */
void notify_changes(const struct account *account, const struct snapshot *before,
		    const struct snapshot *after);

#endif
