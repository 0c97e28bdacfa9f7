/* SPDX-License-Identifier: MIT */
/*
 * account.h -- one <Account> block: its settings and what runs for it.
 *
 * Filled by config.c, owned by the list in aisearch.c.  The read callback's
 * user_data holds a second reference, because collectd frees that before it
 * calls our shutdown.
 */
#ifndef COLLECTD_ACCOUNT_H
#define COLLECTD_ACCOUNT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "credential.h"
#include "indexing/poller.h"
#include "log.h"

#define ACCOUNT_NAME_MAX 40	/* bytes of the block's name */
#define NAME_MAX_BYTES 63	/* of a plugin instance: collectdctl shows no more */

struct account {
	char *name;		/* of the block */
	char *account_id, *namespace, *url, *host, *prefix, *ca_cert;
	bool flat_paths, verify_peer, verify_host;
	int64_t interval_ms;	/* 0 until init: the plugin's own interval */
	int64_t timeout_ms;	/* 0 until init: the interval */
	struct selection *instances;
	struct credential_config credential;

	atomic_uint owners;
	struct account *next;

	struct poller *poller;
	struct credential_source *source;
	struct complaint complaint;	/* of the worker thread */
	struct snapshot *before;	/* of the worker thread: the previous one */
	bool running;			/* thread is to be joined */
	pthread_t thread;
};

struct account *account_new(void);
struct account *account_ref(struct account *account);
void account_unref(struct account *account);	/* NULL is fine */

/* "", or what stands before an instance's id: "PREFIX.", "NAMESPACE.", "PREFIX.NAMESPACE.". */
void account_front(const struct account *account, char *out, size_t size);

/* The plugin instances: of an AI Search instance, and of the account itself. */
void account_instance_name(const struct account *account, const char *id,
			   char out[NAME_MAX_BYTES + 1]);
void account_own_name(const struct account *account, char out[NAME_MAX_BYTES + 1]);

static inline void cleanup_account(struct account **a)
{
	account_unref(*a);
}
#define scoped_account SCOPED(cleanup_account)

#endif
