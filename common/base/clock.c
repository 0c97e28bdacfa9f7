/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

static int64_t mono_ms(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t wall_s(void *ctx)
{
	(void)ctx;
	return (int64_t)time(NULL);
}

const struct clock clock_system = { .mono_ms = mono_ms, .wall_s = wall_s };
