/* SPDX-License-Identifier: MIT */
/*
 * aisearch.c -- collectd's side: register, configure, init, read, shutdown.
 *
 * Each account has a worker thread that runs its poller; the read callbacks only
 * dispatch the latest snapshot, so they never wait for the network and the
 * daemon can stop while the API hangs.
 */
#include <signal.h>
#include <string.h>

#include "config.h"
#include "host.h"
#include "metrics.h"
#include "notify.h"

#define TIMEOUT_DEFAULT_MAX_MS 60000

static struct account *accounts;
static bool http_ready;

/* --- the worker thread ----------------------------------------------------- */

static void published(void *ctx, const struct snapshot *s)
{
	struct account *a = ctx;

	if (s->last_error.kind == ERR_NONE)
		log_recovery(&a->complaint, a->name, s->taken_at);
	else
		log_failure(&a->complaint, a->name, &s->last_error, s->taken_at);
	notify_changes(a, a->before, s);
	snapshot_unref(a->before);
	a->before = poller_snapshot(a->poller);	/* the same one, with a reference */
}

static void *work(void *ctx)
{
	struct account *a = ctx;
	sigset_t all;

	sigfillset(&all);	/* signals are for the daemon's main thread */
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	poller_run(a->poller);
	return NULL;
}

/* --- init ------------------------------------------------------------------ */

static int start_poller(struct account *a, struct err *err)
{
	const char *url = a->url ? a->url : CLIENT_URL_DEFAULT;
	char host[300];
	struct credential_query query = { .host = host, .account_id = a->account_id };
	struct poller_config config = {
		.base_url = url,
		.account = a->account_id,
		.namespace = a->namespace,
		.flat = a->flat_paths,
		.http = { .user_agent = "collectd-aisearch/" AISEARCH_VERSION,
			  .ca_file = a->ca_cert,
			  .no_verify_peer = !a->verify_peer,
			  .no_verify_host = !a->verify_host },
		.interval_ms = a->interval_ms,
		.timeout_ms = a->timeout_ms,
		.instances = a->instances,
		.token = credential_source_get,
		.published = published,
		.published_ctx = a,
	};

	if (url_host(url, host, sizeof(host), err) < 0 ||
	    credential_source_new(&a->credential, &query, &a->source, err) < 0)
		return -1;
	config.token_ctx = a->source;
	return poller_new(&config, &a->poller, err);
}

static int read_account(user_data_t *ud);

static void unref(void *a)
{
	account_unref(a);
}

static int start_account(struct account *a, struct err *err)
{
	user_data_t ud = { .data = a, .free_func = unref };
	char name[ACCOUNT_NAME_MAX + 16], thread[16];

	if (a->interval_ms == 0) {
		a->interval_ms = (int64_t)CDTIME_T_TO_MS(plugin_get_interval());
		if (a->interval_ms < 1000)
			a->interval_ms = 1000;
	}
	if (a->timeout_ms == 0)
		a->timeout_ms = a->interval_ms < TIMEOUT_DEFAULT_MAX_MS ? a->interval_ms
									: TIMEOUT_DEFAULT_MAX_MS;
	if (start_poller(a, err) < 0)
		return -1;
	snprintf(name, sizeof(name), PLUGIN_NAME "/%s", a->name);
	snprintf(thread, sizeof(thread), "ais#%.10s", a->name);
	account_ref(a);
	/* on failure it has called free_func already, whatever its header says */
	if (plugin_register_complex_read(PLUGIN_NAME, name, read_account,
					 MS_TO_CDTIME_T((cdtime_t)a->interval_ms), &ud) != 0)
		return err_set(err, ERR_CONFIG, "the read callback could not be registered");
	if (plugin_thread_create(&a->thread, work, a, thread) != 0)
		return err_set(err, ERR_NOMEM, "the worker thread could not be started");
	a->running = true;
	return 0;
}

static int init(void)
{
	struct err err = { 0 };

	if (!accounts) {
		P_WARNING("no <Account> block: nothing to do");
		return 0;
	}
	if (http_global_init(&err) < 0) {
		P_ERROR("%s", err.what);
		return -1;
	}
	http_ready = true;
	for (struct account *a = accounts; a; a = a->next)
		if (start_account(a, &err) < 0)
			P_ERROR("account '%s': %s", a->name, err.what);
	return 0;
}

/* --- read ------------------------------------------------------------------ */

static int read_account(user_data_t *ud)
{
	const struct account *a = ud->data;
	scoped_snapshot struct snapshot *s = poller_snapshot(a->poller);

	if (s)
		metrics_dispatch(a, s, clock_mono_ms(&clock_system),
				 (int64_t)CDTIME_T_TO_TIME_T(cdtime()));
	/*
	 * 0 even when the API failed: any other value makes collectd double our
	 * interval, up to MaxReadInterval (a day), so one bad hour would silence
	 * the next.  bool-up says it instead.
	 */
	return 0;
}

/* --- configuration and shutdown -------------------------------------------- */

static int configure(oconfig_item_t *item)
{
	struct err err = { 0 };

	if (config_read(item, &accounts, &err) == 0)
		return 0;
	P_ERROR("%s%s%s%s", err.what, err.hint[0] ? " (" : "", err.hint, err.hint[0] ? ")" : "");
	return -1;
}

static int shut_down(void)
{
	for (struct account *a = accounts; a; a = a->next) {	/* all at once, then wait */
		if (a->running) {
			credential_source_stop(a->source);
			poller_stop(a->poller);
		}
	}
	while (accounts) {
		struct account *a = accounts;

		accounts = a->next;
		if (a->running)
			pthread_join(a->thread, NULL);
		account_unref(a);
	}
	if (http_ready)
		http_global_cleanup();
	http_ready = false;
	return 0;
}

__attribute__((visibility("default"))) void module_register(void)
{
	plugin_register_complex_config(PLUGIN_NAME, configure);
	plugin_register_init(PLUGIN_NAME, init);
	plugin_register_shutdown(PLUGIN_NAME, shut_down);
}
