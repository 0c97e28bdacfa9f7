/* SPDX-License-Identifier: MIT */
#include "cloudflare/stats.h"

#include <string.h>

#define STATUS(name) \
	static struct count get_##name(const struct stats *s) { return s->name; }
STATUS(queued)
STATUS(running)
STATUS(completed)
STATUS(error)
STATUS(skipped)
STATUS(outdated)

const struct stats_field stats_statuses[STATS_STATUSES] = {
	{ "queued", get_queued },	{ "running", get_running },
	{ "completed", get_completed }, { "error", get_error },
	{ "skipped", get_skipped },	{ "outdated", get_outdated },
};

/*
 * {"reason": how many, ...}: a value that is no count (the contract leaves it open)
 * counts as one.
 */
static int get_sum(struct json_object *o, const char *key, struct count *out, struct err *err)
{
	struct json_object *reasons;

	*out = (struct count){ 0 };
	if (json_get_object(o, key, &reasons, err) < 0)
		return -1;
	if (!reasons)
		return 0;
	out->known = true;
	json_object_object_foreach(reasons, reason, value) {
		int64_t n = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 1;

		(void)reason;
		if (n < 0 || n > COUNT_MAX - out->value)
			return err_set(err, ERR_PROTOCOL,
				       "'%s' has a number that is no count", key);
		out->value += n;
	}
	return 0;
}

int stats_decode(struct json_object *o, struct stats *s, struct err *err)
{
	struct json_object *engine, *r2, *vectorize;
	struct flag degraded;

	memset(s, 0, sizeof(*s));
	if (!json_object_is_type(o, json_type_object))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected an object",
			       json_type_to_name(json_object_get_type(o)));
	if (json_get_count(o, "queued", &s->queued, err) < 0 ||
	    json_get_count(o, "running", &s->running, err) < 0 ||
	    json_get_count(o, "completed", &s->completed, err) < 0 ||
	    json_get_count(o, "error", &s->error, err) < 0 ||
	    json_get_count(o, "skipped", &s->skipped, err) < 0 ||
	    json_get_count(o, "outdated", &s->outdated, err) < 0 ||
	    json_get_instant(o, "last_activity", &s->last_activity, err) < 0 ||
	    json_get_flag(o, "degraded", &degraded, err) < 0 ||
	    get_sum(o, "file_embed_errors", &s->file_embed_errors, err) < 0 ||
	    get_sum(o, "index_source_errors", &s->index_source_errors, err) < 0 ||
	    json_get_object(o, "engine", &engine, err) < 0)
		return -1;
	s->degraded = degraded.known && degraded.value;
	if (!engine)
		return 0;
	if (json_get_object(engine, "r2", &r2, err) < 0 ||
	    json_get_object(engine, "vectorize", &vectorize, err) < 0)
		return -1;
	if (r2 && (json_get_count(r2, "payloadSizeBytes", &s->payload_bytes, err) < 0 ||
		   json_get_count(r2, "metadataSizeBytes", &s->metadata_bytes, err) < 0 ||
		   json_get_count(r2, "objectCount", &s->object_count, err) < 0))
		return -1;
	if (vectorize && (json_get_count(vectorize, "vectorsCount", &s->vectors, err) < 0 ||
			  json_get_count(vectorize, "dimensions", &s->dimensions, err) < 0))
		return -1;
	return 0;
}

struct count stats_total(const struct stats *s)
{
	struct count sum = { .known = true };

	for (size_t i = 0; i < STATS_STATUSES; i++) {
		struct count c = stats_statuses[i].get(s);

		if (!c.known || c.value > COUNT_MAX - sum.value)
			return (struct count){ 0 };
		sum.value += c.value;
	}
	return sum;
}

static bool percent_of(double part, struct count total, double *percent)
{
	if (!total.known || total.value == 0)
		return false;
	*percent = 100.0 * part / (double)total.value;
	return true;
}

bool stats_percent_processed(const struct stats *s, double *percent)
{
	struct count total = stats_total(s);

	return percent_of(total.known ? (double)(total.value - s->queued.value - s->running.value)
				      : 0.0, total, percent);
}

bool stats_percent_indexed(const struct stats *s, double *percent)
{
	return percent_of((double)s->completed.value, stats_total(s), percent);
}

bool stats_finished(const struct stats *s)
{
	struct count total = stats_total(s);

	return !s->degraded && total.known && total.value > 0 && s->queued.value == 0 &&
	       s->running.value == 0;
}

int stats_get(struct client *client, const char *instance, struct stats *out, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024);

	client_add_instance(client, instance, &path);
	buf_adds(&path, "/stats");
	struct client_call call = { .method = "GET", .path = path.data,
				    .permission = "AI Search Read" };
	if (client_call(client, &call, &e, err) < 0 || stats_decode(e.result, out, err) < 0)
		return err_context(err, "stats of '%s'", instance);
	return 0;
}
