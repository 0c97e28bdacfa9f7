/* SPDX-License-Identifier: MIT */
/*
 * account.h -- what runs for one <Account> block.
 *
 * Owned by the list in aisearch.c, which also owns the settings and the poller.
 * The read callback's user_data holds a second reference, because collectd frees
 * that before it calls our shutdown.
 */
#ifndef COLLECTD_ACCOUNT_H
#define COLLECTD_ACCOUNT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "credential.h"
#include "indexing/events.h"
#include "indexing/poller.h"
#include "indexing/settings.h"
#include "log.h"
#include "name.h"

#define ACCOUNT_FRONT_SIZE 128

struct account {
	const struct settings *set;	/* borrowed */
	int64_t interval_ms;	/* what set leaves open is filled in by account_complete() */
	int64_t timeout_ms, max_age_ms;
	char front[ACCOUNT_FRONT_SIZE];		/* what stands before an instance's id */
	char own_name[NAME_MAX_BYTES + 1];	/* plugin instance of the account's values */

	atomic_uint owners;
	struct account *next;

	struct watch *watch;	/* the poller's; NULL until it was started */
	struct credential_source *source;
	/* of the worker thread */
	struct complaint complaint;
	struct events *events;

	pthread_mutex_t lock;	/* of these */
	pthread_cond_t published;
	bool dispatched;	/* at least once */
	bool up;		/* as the snapshot said */
};

struct account *account_new(const struct settings *set);	/* NULL: out of memory */
struct account *account_ref(struct account *account);
void account_unref(struct account *account);	/* NULL is fine */

/* Fills in what the settings leave open; the plugin's interval is known in init only. */
void account_complete(struct account *account, int64_t interval_ms);

/* Values of the snapshot go to collectd.  From the worker's thread. */
void account_dispatch(struct account *account, const struct snapshot *snapshot,
		      bool (*over)(void));

/* Until something was dispatched, that long at most; whether the API was up. */
bool account_await(struct account *account, int64_t ms);

static inline void cleanup_account(struct account **a)
{
	account_unref(*a);
}
#define scoped_account SCOPED(cleanup_account)

#endif
