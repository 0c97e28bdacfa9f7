/* SPDX-License-Identifier: MIT */
/*
 * dispatch_plugin.c -- what collectd alone costs: dispatches nine values for each
 * of BENCH_N instances in every interval, and asks nobody.  With BENCH_MOMENTS it gives
 * collectd's writers a millisecond after each 500 values, as the plugin does.
 */
#include "values.h"

#include <stdlib.h>
#include <time.h>

#define NAME "dispatch_plugin"

static size_t count;
static bool moments;
static const char *log_file;	/* BENCH_DISPATCH_LOG: a line with the ms of each read, or NULL */

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int read_all(void)
{
	struct sweep_stats s = { .known = true, .count = { 0, 0, 137, 0, 1, 0 } };
	double start = now_ms();
	FILE *f;

	for (size_t i = 0; i < count; i++) {
		if (moments && i % (500 / VALUES_PER_INSTANCE) == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		values_dispatch(NAME, i, &s);
	}
	f = log_file ? fopen(log_file, "ae") : NULL;
	if (f) {
		fprintf(f, "%.3f\n", now_ms() - start);
		fclose(f);
	}
	return 0;
}

const char *const sweep_names[SWEEP_COUNTS] = { "queued",  "running", "completed",
						"error",   "skipped", "outdated" };

static int init(void)
{
	const char *n = getenv("BENCH_N");

	moments = getenv("BENCH_MOMENTS") != NULL;
	log_file = getenv("BENCH_DISPATCH_LOG");
	count = n ? strtoul(n, NULL, 10) : 0;
	return count ? plugin_register_read(NAME, read_all) : -1;
}

__attribute__((visibility("default"))) void module_register(void)
{
	plugin_register_init(NAME, init);
}
