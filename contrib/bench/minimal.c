/* SPDX-License-Identifier: MIT */
/*
 * minimal.c -- the smallest multiplexed client as a program: `minimal CYCLES`
 * sweeps once cold and CYCLES times warm, and prints a line for each warm sweep:
 * wall ms, CPU ms, failed requests; then "rss KB".  See sweep.h.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sweep.h"

static double ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void print_rss(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmRSS:", 6))
			printf("rss %ld\n", atol(line + 6));
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	int cycles = argc > 1 ? atoi(argv[1]) : 3;
	struct sweep *w;
	size_t lost;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	w = sweep_new();
	if (!w) {
		fprintf(stderr,
			"minimal: BENCH_URL, BENCH_CA, BENCH_TOKEN_FILE, BENCH_N say what to do\n");
		return 2;
	}
	lost = sweep_run(w);
	printf("cold %zu\n", lost);
	for (int i = 0; i < cycles; i++) {
		double wall = ms(CLOCK_MONOTONIC), cpu = ms(CLOCK_PROCESS_CPUTIME_ID);

		lost = sweep_run(w);
		printf("%.3f %.3f %zu\n", ms(CLOCK_MONOTONIC) - wall,
		       ms(CLOCK_PROCESS_CPUTIME_ID) - cpu, lost);
	}
	print_rss();
	sweep_free(w);
	curl_global_cleanup();
	return 0;
}
