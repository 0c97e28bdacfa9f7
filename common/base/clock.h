/* SPDX-License-Identifier: MIT */
/*
 * clock.h -- the two clocks behind function pointers, so that a test can run
 * days in seconds.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
	/* milliseconds, never goes back, no meaning beyond differences */
	int64_t (*mono_ms)(void *ctx);
	int64_t (*wall_s)(void *ctx);	/* Unix seconds, UTC */
	void *ctx;
};

extern const struct clock clock_system;

static inline int64_t clock_mono_ms(const struct clock *c)
{
	return c->mono_ms(c->ctx);
}

static inline int64_t clock_wall_s(const struct clock *c)
{
	return c->wall_s(c->ctx);
}

#endif
