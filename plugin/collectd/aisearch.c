/* SPDX-License-Identifier: MIT */
/*
 * aisearch.c -- collectd's side: register, configure, init, read, shutdown.
 *
 * One worker thread runs the poller of all accounts and dispatches each snapshot
 * as soon as it is there: what a read callback could take over at its own time
 * would be an interval old.  The read callbacks are there for `collectd -T`; they
 * never wait otherwise, and the daemon can stop while the API hangs.
 */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "account.h"
#include "config.h"
#include "host.h"
#include "indexing/metric.h"
#include "notify.h"

#define FIRST_LOOK_MS 30000	/* how long `collectd -T` waits for a first snapshot */

static struct settings *settings;	/* before the accounts and after them */
static struct account *accounts;
static struct poller *poller;
static pthread_t worker;
static bool http_ready, working;

/* --- the worker thread ----------------------------------------------------- */

static bool over(void)
{
	return poller_stopped(poller);
}

static void published(void *ctx, const struct snapshot *s, unsigned what)
{
	struct account *a = ctx;
	const char *name = a->set->name;
	struct notify_account whose = { .host = a->set->host, .front = a->front,
					.own_name = a->own_name, .name = name, .over = over };

	if (what & WATCH_VALUES)
		account_dispatch(a, s, over);
	if (!(what & WATCH_NEWS))
		return;
	if (s->last_error.kind == ERR_NONE)
		log_recovery(&a->complaint, name, s->taken_at);
	else
		log_failure(&a->complaint, name, &s->last_error, s->taken_at);
	notify_observe(&whose, a->events, s);
}

static void *work(void *ctx)
{
	struct err err = { 0 };
	sigset_t all;

	(void)ctx;
	sigfillset(&all);	/* signals are for the daemon's main thread */
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	if (poller_run(poller, &err) < 0)
		P_ERROR("%s: nothing is asked any more", err.what);
	return NULL;
}

/* --- init ------------------------------------------------------------------ */

static void token_ready(void *ctx)
{
	(void)ctx;
	poller_wake(poller);
}

static void token_file(void *ctx, const struct err *err)
{
	const struct account *a = ctx;

	log_token_file(a->set->name, err);
}

static int watch_account(struct account *a, struct err *err)
{
	const struct settings *set = a->set;
	const char *url = set->url ? set->url : CLIENT_URL_DEFAULT;
	char host[300];
	struct credential_query query = { .host = host, .account_id = set->account_id };
	struct credential_listener listener = { .ready = token_ready, .file = token_file,
						.ctx = a };
	struct http_config http = set->http;
	struct watch_config config = {
		.base_url = url,
		.account = set->account_id,
		.namespace = set->namespace,
		.flat = set->flat_paths,
		.http = &http,
		.interval_ms = a->interval_ms,
		.timeout_ms = a->timeout_ms,
		.request_budget = set->request_budget,
		.request_rate = set->request_rate,
		.jobs = set->groups & METRIC_JOBS,
		.token_state = set->groups & METRIC_TOKEN,
		.instances = set->instances,
		.token = credential_source_get,
		.refused_hint = credential_refused_hint(&set->credential),
		.published = published,
		.published_ctx = a,
	};

	http.user_agent = "collectd-aisearch/" AISEARCH_VERSION;
	if (url_host(url, host, sizeof(host), err) < 0 ||
	    credential_source_new(&set->credential, &query, &listener, &a->source, err) < 0)
		return -1;
	config.token_ctx = a->source;
	return poller_add(poller, &config, &a->watch, err);
}

static int read_account(user_data_t *ud);

static void unref(void *a)
{
	account_unref(a);
}

static int start_account(struct account *a, struct err *err)
{
	user_data_t ud = { .data = a, .free_func = unref };
	char name[ACCOUNT_NAME_MAX + 16];

	account_complete(a, (int64_t)CDTIME_T_TO_MS(plugin_get_interval()));
	if (a->timeout_ms > a->interval_ms)
		P_WARNING("account '%s': Timeout %lld ms is longer than the interval of %lld ms: an API"
			  " that hangs holds the account up for so long", a->set->name,
			  (long long)a->timeout_ms, (long long)a->interval_ms);
	if (watch_account(a, err) < 0)
		return -1;
	snprintf(name, sizeof(name), PLUGIN_NAME "/%s", a->set->name);
	account_ref(a);
	/* on failure it has called free_func already, whatever its header says */
	if (plugin_register_complex_read(PLUGIN_NAME, name, read_account,
					 MS_TO_CDTIME_T((cdtime_t)a->interval_ms),
					 &ud) != 0)
		return err_set(err, ERR_CONFIG, "the read callback could not be registered");
	return 0;
}

static int make_accounts(struct err *err)
{
	struct account **tail = &accounts;

	for (const struct settings *set = settings; set; set = set->next) {
		*tail = account_new(set);
		if (!*tail)
			return err_nomem(err);
		tail = &(*tail)->next;
	}
	return 0;
}

static int init(void)
{
	struct err err = { 0 };

	if (!settings) {
		P_WARNING("no <Account> block: nothing to do");
		return 0;
	}
	if (make_accounts(&err) < 0 || http_global_init(&err) < 0) {
		P_ERROR("%s", err.what);
		return -1;
	}
	http_ready = true;
	if (poller_new(NULL, &poller, &err) < 0) {
		P_ERROR("%s", err.what);
		return -1;
	}
	for (struct account *a = accounts; a; a = a->next)
		if (start_account(a, &err) < 0)
			P_ERROR("account '%s': %s", a->set->name, err.what);
	if (plugin_thread_create(&worker, work, NULL, PLUGIN_NAME) != 0) {
		P_ERROR("the worker thread could not be started");
		return -1;
	}
	working = true;
	return 0;
}

/* --- read ------------------------------------------------------------------ */

/*
 * `collectd -T` runs each read callback once, in the main thread, and ends: there
 * the first snapshot is waited for, and an API that cannot be read is an error.
 */
static bool testing(void)
{
	return syscall(SYS_gettid) == getpid();
}

static int read_account(user_data_t *ud)
{
	if (testing())
		return account_await(ud->data, FIRST_LOOK_MS) ? 0 : -1;
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

	if (config_read(item, &settings, &err) == 0)
		return 0;
	P_ERROR("%s%s%s%s", err.what, err.hint[0] ? " (" : "", err.hint, err.hint[0] ? ")" : "");
	return -1;
}

static int shut_down(void)
{
	for (struct account *a = accounts; a; a = a->next)	/* all at once, then wait */
		if (a->source)
			credential_source_stop(a->source);
	if (working) {
		poller_stop(poller);
		pthread_join(worker, NULL);
	}
	working = false;
	while (accounts) {	/* their helpers' threads may still wake the poller */
		struct account *a = accounts;

		accounts = a->next;
		account_unref(a);
	}
	poller_free(poller);
	poller = NULL;
	settings_free(settings);
	settings = NULL;
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
