/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <inttypes.h>
#include <string.h>

#include "host.h"
#include "indexing/changes.h"

struct text {			/* one row per kind of change */
	int severity;
	const char *type, *type_instance;
	const char *message;	/* after the instance's name */
};

static const struct text texts[] = {
	[CHANGE_API_DOWN]    = { NOTIF_FAILURE, "bool", "up", "cannot be read" },
	[CHANGE_API_UP]      = { NOTIF_OKAY, "bool", "up", "can be read again" },
	[CHANGE_APPEARED]    = { NOTIF_OKAY, "objects", "", "appeared" },
	[CHANGE_DISAPPEARED] = { NOTIF_WARNING, "objects", "", "disappeared" },
	[CHANGE_STARTED]     = { NOTIF_OKAY, "objects", "queued", "indexing started" },
	[CHANGE_FINISHED]    = { NOTIF_OKAY, "objects", "queued", "indexing finished" },
	[CHANGE_ERRORS]      = { NOTIF_WARNING, "objects", "error", "more items in error" },
	[CHANGE_DEGRADED]    = { NOTIF_WARNING, "bool", "degraded", "counts are not available" },
	[CHANGE_RESTORED]    = { NOTIF_OKAY, "bool", "degraded", "counts are available again" },
};

/* Counts go along as meta data, when they are known. */
static void add_counts(notification_t *n, const struct snapshot_instance *i)
{
	if (!i->has_stats || i->stats.degraded)
		return;
	for (size_t k = 0; k < STATS_STATUSES; k++) {
		struct count c = stats_statuses[k].get(&i->stats);

		if (c.known)
			plugin_notification_meta_add_unsigned_int(n, stats_statuses[k].name,
								  (uint64_t)c.value);
	}
}

static void compose(char *out, size_t size, const struct account *a, const struct change *c)
{
	const struct text *t = &texts[c->kind];

	if (c->kind == CHANGE_API_DOWN)
		snprintf(out, size, "account '%s' %s: %s", a->name, t->message,
			 c->after->last_error.what);
	else if (!c->instance)
		snprintf(out, size, "account '%s' %s", a->name, t->message);
	else if (c->kind == CHANGE_ERRORS)
		snprintf(out, size, "instance '%s': %s (%" PRId64 " more, %" PRId64 " in all)",
			 c->instance->id, t->message, c->new_errors, c->instance->errors.value);
	else
		snprintf(out, size, "instance '%s': %s", c->instance->id, t->message);
}

static void notify(void *ctx, const struct change *c)
{
	const struct account *a = ctx;
	const struct text *t = &texts[c->kind];
	char whole[512], message[NOTIF_MAX_MSG_LEN], name[NAME_MAX_BYTES + 1];
	notification_t n;

	compose(whole, sizeof(whole), a, c);
	escape_text(message, sizeof(message), whole, strlen(whole));	/* whole characters only */
	if (c->instance)
		account_instance_name(a, c->instance->id, name);
	else
		account_own_name(a, name);
	notification_init(&n, t->severity, message, a->host ? a->host : hostname_g, PLUGIN_NAME,
			  name, t->type, t->type_instance);
	n.time = cdtime();	/* notification_init() leaves it 0 */
	if (c->instance && c->kind != CHANGE_DISAPPEARED)
		add_counts(&n, c->instance);
	plugin_dispatch_notification(&n);	/* -1 = nobody listens: no error */
	if (n.meta)
		plugin_notification_meta_free(n.meta);
}

void notify_changes(const struct account *a, const struct snapshot *before,
		    const struct snapshot *after)
{
	changes_find(before, after, notify, (void *)(uintptr_t)a);
}
