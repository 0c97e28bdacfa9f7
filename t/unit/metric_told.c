/* SPDX-License-Identifier: MIT */
#include "metric_told.h"

#include <inttypes.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

bool matches(const char *pattern, const char *text)
{
	regex_t re;
	int r;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	r = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return r == 0;
}

struct heard {
	const struct metric_view *view;
	enum metric_scope scope;
	struct buf text;	/* "type-instance=value " ... */
};

/* Whatever the snapshot says, this holds for all that is emitted. */
static void hear(void *ctx, const struct metric *m, const char *name, union metric_value v)
{
	struct heard *h = ctx;
	char one[160];
	size_t at = 0;

	while (metrics[at] && metrics[at] != m)
		at++;
	UNIT_ROW(at, metrics[at] && m->scope == h->scope);
	UNIT_ROW(at, m->group == METRIC_BASIC || (m->group & h->view->groups));
	UNIT_ROW(at, name && matches("^[a-z0-9_]{1,62}$", name));
	UNIT_ROW(at, !m->type_instance || !strcmp(name, m->type_instance));
	if (m->kind == METRIC_DERIVE) {
		UNIT_ROW(at, v.derive >= 0);
	} else {
		UNIT_ROW(at, isfinite(v.gauge) && v.gauge >= 0);
		UNIT_ROW(at, strcmp(m->type, "bool") || v.gauge == 0 || v.gauge == 1);
		UNIT_ROW(at, strcmp(m->type, "percent") || v.gauge <= 100);
	}
	snprintf(one, sizeof(one), " %s-%s=", m->type, name);
	UNIT_ROW(at, !strstr(h->text.data, one));	/* once */
	buf_adds(&h->text, one);
	if (m->kind == METRIC_DERIVE)
		snprintf(one, sizeof(one), "%" PRId64, v.derive);
	else
		snprintf(one, sizeof(one), "%.10g", v.gauge);
	buf_adds(&h->text, one);
}

/* " type-instance=value type-instance=value"; lives until the next call. */
const char *told_of(const struct metric_view *view, const struct snapshot_instance *i)
{
	static char out[16384];
	struct heard h = { view, i ? METRIC_OF_INSTANCE : METRIC_OF_ACCOUNT, BUF(sizeof(out)) };

	if (i)
		metric_each_of_instance(view, i, hear, &h);
	else
		metric_each_of_account(view, hear, &h);
	snprintf(out, sizeof(out), "%s", h.text.data);
	buf_clear(&h.text);
	return out;
}

/* All there is to know. */
struct snapshot_instance whole_instance(void)
{
	return (struct snapshot_instance){
		.id = "docs", .namespace = "default", .status = "ready",
		.enable = YES, .paused = NO, .sync_interval_s = KNOWN(3600),
		.last_activity = AT(9000),
		.has_stats = true,
		.stats = { .queued = KNOWN(1), .running = KNOWN(2), .completed = KNOWN(10),
			   .error = KNOWN(3), .skipped = KNOWN(4), .outdated = KNOWN(5),
			   .vectors = KNOWN(70), .dimensions = KNOWN(768),
			   .payload_bytes = KNOWN(1000), .metadata_bytes = KNOWN(200),
			   .object_count = KNOWN(11), .file_embed_errors = KNOWN(6),
			   .index_source_errors = KNOWN(7) },
		.stats_at = 400000, .fresh_at = 498500,
		.jobs = { .known = true, .running = KNOWN(1), .started_at = AT(8000),
			  .last_duration_s = KNOWN(42), .last_ended_at = AT(7000),
			  .last_end = JOB_END_DONE },
	};
}

struct metric_view view_of(const struct snapshot *s, unsigned groups)
{
	return (struct metric_view){ .snapshot = s, .now_ms = 500000, .wall_s = 10000,
				     .max_age_ms = 60000, .groups = groups };
}
