/* SPDX-License-Identifier: MIT */
/*
 * sink_plugin.c -- where values end: a write plugin that drops them.  With
 * BENCH_SINK=FILE it keeps a line for each that the benchmark counts:
 *
 *	unix-seconds plugin-instance type type-instance value
 */
#include <collectd/core/daemon/collectd.h>
#include <collectd/core/daemon/plugin.h>
#include <collectd/core/utils/common/common.h>

#include <pthread.h>
#include <stdlib.h>

#define NAME "sink_plugin"

static FILE *out;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool counted(const value_list_t *vl)
{
	const char *i = vl->type_instance;

	return (!strcmp(vl->type, "objects") &&
		(!strcmp(i, "completed") || !strcmp(i, "queued") || !strcmp(i, "running"))) ||
	       (!strcmp(vl->type, "duration") && (!strcmp(i, "data_age") || !strcmp(i, "cycle")));
}

static int write_value(const data_set_t *ds, const value_list_t *vl, user_data_t *ud)
{
	(void)ds;
	(void)ud;
	if (!out || !counted(vl))
		return 0;
	pthread_mutex_lock(&lock);
	fprintf(out, "%.3f %s %s %s %.10g\n", CDTIME_T_TO_DOUBLE(vl->time), vl->plugin_instance,
		vl->type, vl->type_instance, vl->values[0].gauge);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int shut_down(void)
{
	if (out)
		fclose(out);
	out = NULL;
	return 0;
}

__attribute__((visibility("default"))) void module_register(void)
{
	const char *file = getenv("BENCH_SINK");

	out = file ? fopen(file, "ae") : NULL;
	plugin_register_write(NAME, write_value, NULL);
	plugin_register_shutdown(NAME, shut_down);
}
