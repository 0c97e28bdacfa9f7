/* SPDX-License-Identifier: MIT */
/*
 * poller.h -- one loop for any number of accounts: one thread, one curl multi
 * handle, one connection to each API host.
 *
 * poller_run() blocks in the caller's thread until poller_stop(), which may be
 * called from any thread and takes effect in milliseconds, whatever the network
 * does.  An account whose API hangs does not hold up the others.  Accounts that
 * use the same token share its budget, each by what it needs; accounts of one
 * API host share the rate, because that is limited by address.
 */
#ifndef INDEXING_POLLER_H
#define INDEXING_POLLER_H

#include "indexing/watch.h"

struct poller;

/* NULL = clock_system */
int poller_new(const struct clock *clock, struct poller **out, struct err *err);
/* with its watches; not while poller_run() is running */
void poller_free(struct poller *poller);

/* Before poller_run().  *out belongs to the poller. */
int poller_add(struct poller *poller, const struct watch_config *config, struct watch **out,
	       struct err *err);

/* -1 only when curl itself failed. */
int poller_run(struct poller *poller, struct err *err);
void poller_stop(struct poller *poller);	/* from any thread; for good */
bool poller_stopped(const struct poller *poller);	/* for those who take long in a callback */
void poller_wake(struct poller *poller);	/* from any thread: a token may be there */

static inline void cleanup_poller(struct poller **p)
{
	poller_free(*p);
}
#define scoped_poller SCOPED(cleanup_poller)

#endif
