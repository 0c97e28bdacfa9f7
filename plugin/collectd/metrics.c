/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <string.h>
#include <time.h>

#include "host.h"
#include "name.h"

struct target {			/* one value list for all values of a read */
	value_list_t vl;
	const char *type;	/* that stands in vl.type: rows of a kind follow each other */
	size_t count;
};

/* sstrncpy() fills all 128 bytes, for each of up to 50,000 values a read. */
static void put_field(char out[DATA_MAX_NAME_LEN], const char *text)
{
	size_t n = strnlen(text, DATA_MAX_NAME_LEN - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

static void dispatch(void *ctx, const struct metric *m, const char *type_instance,
		     union metric_value v)
{
	struct target *to = ctx;
	value_t value = { 0 };

	if (m->kind == METRIC_DERIVE)
		value.derive = v.derive;
	else
		value.gauge = v.gauge;
	if (to->type != m->type) {
		put_field(to->vl.type, m->type);
		to->type = m->type;
	}
	put_field(to->vl.type_instance, type_instance);
	to->vl.values = &value;
	plugin_dispatch_values(&to->vl);	/* copies it */
	to->vl.values = NULL;
	to->count++;
}

static bool rest(struct target *to, const struct metrics_dispatch *how)
{
	static const struct timespec moment = { .tv_nsec = METRICS_MOMENT_US * 1000 };

	if (to->count < METRICS_SLICE)
		return true;
	to->count = 0;
	if (how->over())
		return false;
	nanosleep(&moment, NULL);
	return true;
}

void metrics_dispatch(const struct metrics_dispatch *how, const struct snapshot *s, int64_t now,
		      int64_t wall)
{
	struct metric_view view = { .snapshot = s, .now_ms = now, .wall_s = wall,
				    .max_age_ms = how->max_age_ms, .groups = how->groups };
	struct target to = { .vl = VALUE_LIST_INIT };

	put_field(to.vl.host, how->host ? how->host : hostname_g);
	put_field(to.vl.plugin, PLUGIN_NAME);
	to.vl.time = cdtime();
	to.vl.interval = MS_TO_CDTIME_T((cdtime_t)how->interval_ms);
	to.vl.values_len = 1;

	put_field(to.vl.plugin_instance, how->own_name);
	metric_each_of_account(&view, dispatch, &to);
	for (size_t i = 0; i < s->count && rest(&to, how); i++) {
		const struct snapshot_instance *is = snapshot_instance(s, i);

		name_fit(how->front, is->id, to.vl.plugin_instance);
		metric_each_of_instance(&view, is, dispatch, &to);
	}
}
