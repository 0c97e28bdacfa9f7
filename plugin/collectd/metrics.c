/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include "host.h"

struct sample {			/* one instance at one moment */
	const struct snapshot_instance *instance;
	int64_t wall;		/* Unix seconds */
};

/* false = unknown */
typedef bool metric_get(const struct sample *s, gauge_t *out);

static bool known(struct count c, gauge_t *out)
{
	*out = (gauge_t)c.value;
	return c.known;
}

/* With degraded:true the API counts nothing; a number there would be no count. */
#define ITEM_COUNT(field) \
	static bool get_##field(const struct sample *s, gauge_t *out) \
	{ \
		return !s->instance->stats.degraded && known(s->instance->stats.field, out); \
	}
#define ENGINE_COUNT(field) \
	static bool get_##field(const struct sample *s, gauge_t *out) \
	{ \
		return known(s->instance->stats.field, out); \
	}

ITEM_COUNT(queued)
ITEM_COUNT(running)
ITEM_COUNT(completed)
ITEM_COUNT(error)
ITEM_COUNT(skipped)
ITEM_COUNT(outdated)
ENGINE_COUNT(vectors)
ENGINE_COUNT(payload_bytes)
ENGINE_COUNT(metadata_bytes)

static bool get_processed(const struct sample *s, gauge_t *out)
{
	return !s->instance->stats.degraded && stats_percent_processed(&s->instance->stats, out);
}

static bool get_indexed(const struct sample *s, gauge_t *out)
{
	return !s->instance->stats.degraded && stats_percent_indexed(&s->instance->stats, out);
}

static bool get_activity_age(const struct sample *s, gauge_t *out)
{
	int64_t age = s->wall - s->instance->last_activity.unix_s;

	*out = age > 0 ? (gauge_t)age : 0;	/* the two clocks may disagree */
	return s->instance->last_activity.known;
}

static bool get_degraded(const struct sample *s, gauge_t *out)
{
	*out = s->instance->stats.degraded;
	return true;
}

static const struct metric {
	const char *type, *type_instance;
	metric_get *get;
} instance_metrics[] = {
	{ "objects", "queued", get_queued },
	{ "objects", "running", get_running },
	{ "objects", "completed", get_completed },
	{ "objects", "error", get_error },
	{ "objects", "skipped", get_skipped },
	{ "objects", "outdated", get_outdated },
	{ "percent", "processed", get_processed },
	{ "percent", "indexed", get_indexed },
	{ "records", "vectors", get_vectors },
	{ "bytes", "payload", get_payload_bytes },
	{ "bytes", "metadata", get_metadata_bytes },
	{ "duration", "last_activity_age", get_activity_age },
	{ "bool", "degraded", get_degraded },
};

static void start(value_list_t *vl, const struct account *a)
{
	sstrncpy(vl->host, a->host ? a->host : hostname_g, sizeof(vl->host));
	sstrncpy(vl->plugin, PLUGIN_NAME, sizeof(vl->plugin));
	vl->time = cdtime();
	vl->interval = MS_TO_CDTIME_T((cdtime_t)a->interval_ms);
	vl->values_len = 1;
}

static void send_value(value_list_t *vl, const char *type, const char *type_instance, value_t value)
{
	vl->values = &value;
	sstrncpy(vl->type, type, sizeof(vl->type));
	sstrncpy(vl->type_instance, type_instance, sizeof(vl->type_instance));
	plugin_dispatch_values(vl);
	vl->values = NULL;
}

static void send_gauge(value_list_t *vl, const char *type, const char *type_instance, gauge_t g)
{
	send_value(vl, type, type_instance, (value_t){ .gauge = g });
}

static void send_derive(value_list_t *vl, const char *type, const char *type_instance, int64_t d)
{
	send_value(vl, type, type_instance, (value_t){ .derive = d });
}

static void dispatch_instance(value_list_t *vl, const struct account *a,
			      const struct snapshot_instance *i, int64_t wall)
{
	struct sample s = { i, wall };
	char name[NAME_MAX_BYTES + 1];

	account_instance_name(a, i->id, name);
	sstrncpy(vl->plugin_instance, name, sizeof(vl->plugin_instance));
	for (size_t k = 0; k < STATIC_ARRAY_SIZE(instance_metrics); k++) {
		const struct metric *m = &instance_metrics[k];
		gauge_t value;

		if (m->get(&s, &value))
			send_gauge(vl, m->type, m->type_instance, value);
	}
}

static void dispatch_account(value_list_t *vl, const struct account *a, const struct snapshot *s)
{
	char name[NAME_MAX_BYTES + 1], status[16];

	account_own_name(a, name);
	sstrncpy(vl->plugin_instance, name, sizeof(vl->plugin_instance));
	send_gauge(vl, "bool", "up", s->up);
	send_derive(vl, "http_requests", "", s->requests);
	for (size_t i = 0; i < s->code_count; i++) {
		snprintf(status, sizeof(status), "%d", s->codes[i].status);
		send_derive(vl, "http_response_codes", status, s->codes[i].count);
	}
	if (s->has_response_time)
		send_gauge(vl, "response_time", "api", s->response_time_s);
	if (s->ratelimit_remaining.known)
		send_gauge(vl, "count", "ratelimit_remaining",
			   (gauge_t)s->ratelimit_remaining.value);
	if (s->listed)
		send_gauge(vl, "count", "instances", (gauge_t)s->count);
}

void metrics_dispatch(const struct account *a, const struct snapshot *s, int64_t now, int64_t wall)
{
	int64_t oldest = now - METRICS_STALE_INTERVALS * a->interval_ms;
	value_list_t vl = VALUE_LIST_INIT;

	start(&vl, a);
	dispatch_account(&vl, a, s);
	for (size_t i = 0; i < s->count; i++)
		if (s->instances[i].has_stats && s->instances[i].fresh_at >= oldest)
			dispatch_instance(&vl, a, &s->instances[i], wall);
}
