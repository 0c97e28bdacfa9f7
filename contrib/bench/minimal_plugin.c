/* SPDX-License-Identifier: MIT */
/*
 * minimal_plugin.c -- the smallest multiplexed client inside collectd: sweeps in
 * the read callback, then dispatches nine values an instance.  See sweep.h for
 * the environment.
 */
#include "values.h"

#include <curl/curl.h>

#define NAME "minimal_plugin"

static struct sweep *sweep;

static int read_all(void)
{
	sweep_run(sweep);
	for (size_t i = 0; i < sweep_count(sweep); i++)
		if (sweep_stats(sweep, i)->known)
			values_dispatch(NAME, i, sweep_stats(sweep, i));
	return 0;
}

static int init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	sweep = sweep_new();
	return sweep ? plugin_register_read(NAME, read_all) : -1;
}

static int shut_down(void)
{
	sweep_free(sweep);
	curl_global_cleanup();
	return 0;
}

__attribute__((visibility("default"))) void module_register(void)
{
	plugin_register_init(NAME, init);
	plugin_register_shutdown(NAME, shut_down);
}
