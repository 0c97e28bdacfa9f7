/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "host.h"
#include "name.h"

struct text {			/* one row per kind of event */
	int severity;
	const char *type, *type_instance;
	const char *message;	/* after the instance's or the account's name */
};

static const struct text texts[] = {
	[EVENT_API_DOWN]       = { NOTIF_FAILURE, "bool", "up", "cannot be read" },
	[EVENT_API_UP]         = { NOTIF_OKAY, "bool", "up", "can be read again" },
	[EVENT_TOKEN_REFUSED]  = { NOTIF_FAILURE, "bool", "up", "the token is refused" },
	[EVENT_TOKEN_ACCEPTED] = { NOTIF_OKAY, "bool", "up", "the token is accepted again" },
	[EVENT_TOKEN_EXPIRES]  = { NOTIF_WARNING, "duration", "token_expires_in", "the token" },
	[EVENT_TOKEN_RENEWED]  = { NOTIF_OKAY, "duration", "token_expires_in",
				   "the token has been renewed" },
	[EVENT_APPEARED]       = { NOTIF_OKAY, "duration", "data_age", "appeared" },
	[EVENT_DISAPPEARED]    = { NOTIF_WARNING, "duration", "data_age", "disappeared" },
	[EVENT_STARTED]        = { NOTIF_OKAY, "objects", "queued", "indexing started" },
	[EVENT_FINISHED]       = { NOTIF_OKAY, "objects", "queued", "indexing finished" },
	[EVENT_STALLED]        = { NOTIF_WARNING, "objects", "queued", "indexing has stalled" },
	[EVENT_RESUMED]        = { NOTIF_OKAY, "objects", "queued", "indexing goes on" },
	[EVENT_ERRORS]         = { NOTIF_WARNING, "objects", "error", "more items in error" },
	[EVENT_ERRORS_GONE]    = { NOTIF_OKAY, "objects", "error", "no items in error any more" },
	[EVENT_DEGRADED]       = { NOTIF_WARNING, "bool", "degraded", "counts are not available" },
	[EVENT_RESTORED]       = { NOTIF_OKAY, "bool", "degraded", "counts are available again" },
	[EVENT_PAUSED]         = { NOTIF_WARNING, "bool", "paused", "paused" },
	[EVENT_UNPAUSED]       = { NOTIF_OKAY, "bool", "paused", "no longer paused" },
	[EVENT_JOB_FAILED]     = { NOTIF_WARNING, "bool", "last_job_failed", "a sync job failed" },
	[EVENT_JOB_DONE]       = { NOTIF_OKAY, "bool", "last_job_failed",
				   "a sync job ended well again" },
};

/* Of many instances at once: the account's own name, and its count of them. */
static struct text text_of(const struct event *e)
{
	struct text t = texts[e->kind];

	if (e->many) {
		t.type = "count";
		t.type_instance = "instances";
	}
	return t;
}

static int severity(const struct event *e)
{
	if (e->kind == EVENT_FINISHED && e->new_errors > 0)
		return NOTIF_WARNING;
	if (e->kind == EVENT_TOKEN_EXPIRES && e->days_left <= 1)
		return NOTIF_FAILURE;
	return texts[e->kind].severity;
}

/* --- the message ------------------------------------------------------------ */

static int64_t or_zero(struct count c)
{
	return c.known ? c.value : 0;
}

/* What some kinds add to the message of their row. */
static void details(char *out, size_t size, const struct event *e)
{
	const struct snapshot_instance *i = e->instance;
	int n = 0;

	out[0] = '\0';
	switch (e->kind) {
	case EVENT_API_DOWN:
	case EVENT_TOKEN_REFUSED:
		if (e->after->last_error.kind != ERR_NONE)
			snprintf(out, size, ": %s", e->after->last_error.what);
		break;
	case EVENT_TOKEN_EXPIRES:
		if (e->days_left > 0)
			snprintf(out, size, " expires in %d day%s", e->days_left,
				 e->days_left == 1 ? "" : "s");
		else
			snprintf(out, size, " %s", e->after->token.active ? "has expired"
									 : "is not active");
		break;
	case EVENT_FINISHED:
		if (e->items.known)
			n = snprintf(out, size, ": %" PRId64 " item%s in %" PRId64 " s",
				     (int64_t)e->items.value, e->items.value == 1 ? "" : "s",
				     or_zero(e->duration_s));
		if (e->new_errors > 0)
			snprintf(out + n, size - (size_t)n, "%s %" PRId64 " in error",
				 n ? "," : ":", e->new_errors);
		break;
	case EVENT_STALLED:
		snprintf(out, size, ": nothing completed for %" PRId64 " s, %" PRId64
			 " queued, %" PRId64 " running", or_zero(e->duration_s),
			 or_zero(i->stats.queued), or_zero(i->stats.running));
		break;
	case EVENT_ERRORS:
		snprintf(out, size, " (%" PRId64 " more, %" PRId64 " in all)", e->new_errors,
			 (int64_t)i->errors.value);
		break;
	default:
		break;
	}
}

/* "1,234" */
static void print_grouped(char *out, size_t size, size_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%zu", n);
	size_t o = 0;

	for (int i = 0; i < len && o + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[o++] = ',';
		out[o++] = digits[i];
	}
	out[o] = '\0';
}

static void compose(char *out, size_t size, const struct notify_account *a, const struct event *e)
{
	char more[320], number[32];

	if (e->many) {
		print_grouped(number, sizeof(number), e->many);
		snprintf(out, size, "account '%s': %s instances %s", a->name, number,
			 texts[e->kind].message);
		return;
	}
	details(more, sizeof(more), e);
	if (e->instance)
		snprintf(out, size, "instance '%s%s': %s%s", a->front, e->instance->id,
			 texts[e->kind].message, more);
	else
		snprintf(out, size, "account '%s'%s %s%s", a->name,
			 e->kind == EVENT_API_DOWN || e->kind == EVENT_API_UP ? "" : ":",
			 texts[e->kind].message, more);
}

/* --- meta data -------------------------------------------------------------- */

static void add_number(notification_t *n, const char *name, int64_t value)
{
	plugin_notification_meta_add_signed_int(n, name, value);
}

/* "ItemsQueued" and so on, as far as they are known. */
static void add_counts(notification_t *n, const struct snapshot_instance *i)
{
	if (!i->has_stats || i->stats.degraded)
		return;
	for (size_t k = 0; k < STATS_STATUSES; k++) {
		struct count c = stats_statuses[k].get(&i->stats);
		char name[32];

		snprintf(name, sizeof(name), "Items%s", stats_statuses[k].name);
		name[5] = (char)toupper((unsigned char)name[5]);
		if (c.known)
			add_number(n, name, c.value);
	}
}

static void add_meta(notification_t *n, const struct notify_account *a, const struct event *e)
{
	const struct err *why = &e->after->last_error;

	plugin_notification_meta_add_string(n, "Account", a->name);
	if (e->instance) {
		plugin_notification_meta_add_string(n, "Namespace", e->instance->namespace);
		plugin_notification_meta_add_string(n, "InstanceId", e->instance->id);
		add_counts(n, e->instance);
	}
	if (e->many) {
		add_number(n, "Instances", (int64_t)e->many);
		plugin_notification_meta_add_string(n, "FirstInstances", e->first);
	}
	if (e->items.known)
		add_number(n, "Items", e->items.value);
	if (e->duration_s.known)
		add_number(n, "Duration", e->duration_s.value);
	if (e->kind == EVENT_ERRORS || e->kind == EVENT_FINISHED)
		add_number(n, "NewErrors", e->new_errors);
	if (e->kind == EVENT_TOKEN_EXPIRES)
		add_number(n, "DaysLeft", e->days_left);
	if (e->kind != EVENT_API_DOWN && e->kind != EVENT_TOKEN_REFUSED)
		return;
	if (why->kind != ERR_NONE)
		plugin_notification_meta_add_string(n, "Error", why->what);
	if (why->hint[0])
		plugin_notification_meta_add_string(n, "Hint", why->hint);
	if (why->status > 0)
		add_number(n, "Status", why->status);
}

/* --- sending ---------------------------------------------------------------- */

static void notify(void *ctx, const struct event *e)
{
	const struct notify_account *a = ctx;
	struct text t = text_of(e);
	char whole[512], message[NOTIF_MAX_MSG_LEN], name[NAME_MAX_BYTES + 1];
	const char *instance = a->own_name;
	notification_t n;

	if (a->over && a->over())	/* a handler may take its time for each of thousands */
		return;
	compose(whole, sizeof(whole), a, e);
	escape_text(message, sizeof(message), whole, strlen(whole));	/* whole characters only */
	if (e->instance) {
		name_fit(a->front, e->instance->id, name);
		instance = name;
	}
	notification_init(&n, severity(e), message, a->host ? a->host : hostname_g, PLUGIN_NAME,
			  instance, t.type, t.type_instance);
	n.time = cdtime();	/* notification_init() leaves it 0 */
	add_meta(&n, a, e);
	plugin_dispatch_notification(&n);	/* -1 = nobody listens: no error */
	if (n.meta)
		plugin_notification_meta_free(n.meta);
}

void notify_observe(const struct notify_account *a, struct events *events,
		    const struct snapshot *snapshot)
{
	struct err err = { 0 };

	if (events_observe(events, snapshot, (int64_t)CDTIME_T_TO_TIME_T(cdtime()), notify,
			   (void *)(uintptr_t)a, &err) < 0)
		P_ERROR("account '%s': notifications: %s", a->name, err.what);
}
