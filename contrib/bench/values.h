/* SPDX-License-Identifier: MIT */
/*
 * values.h -- the nine values of an instance, as the two measuring plugins
 * dispatch them: what the plugin's basic set dispatches too.
 */
#ifndef BENCH_VALUES_H
#define BENCH_VALUES_H

/* daemon first, and by its full path: see plugin/collectd/host.h */
#include <collectd/core/daemon/collectd.h>
#include <collectd/core/daemon/plugin.h>
#include <collectd/core/utils/common/common.h>

#include "sweep.h"

#define VALUES_PER_INSTANCE 9

static inline void values_one(value_list_t *vl, const char *type, const char *name, gauge_t g)
{
	value_t value = { .gauge = g };

	vl->values = &value;
	sstrncpy(vl->type, type, sizeof(vl->type));
	sstrncpy(vl->type_instance, name, sizeof(vl->type_instance));
	plugin_dispatch_values(vl);
	vl->values = NULL;
}

static inline void values_dispatch(const char *plugin, size_t i, const struct sweep_stats *s)
{
	value_list_t vl = VALUE_LIST_INIT;
	double all = 0;

	vl.values_len = 1;
	sstrncpy(vl.host, hostname_g, sizeof(vl.host));
	sstrncpy(vl.plugin, plugin, sizeof(vl.plugin));
	snprintf(vl.plugin_instance, sizeof(vl.plugin_instance), "idle-%05zu", i + 1);
	for (size_t k = 0; k < SWEEP_COUNTS; k++) {
		values_one(&vl, "objects", sweep_names[k], s->count[k]);
		all += s->count[k];
	}
	values_one(&vl, "percent", "processed",
		   all > 0 ? 100 * (all - s->count[0] - s->count[1]) / all : 100);
	values_one(&vl, "bool", "degraded", s->degraded);
	values_one(&vl, "duration", "data_age", 0);
}

#endif
