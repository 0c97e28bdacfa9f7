/* SPDX-License-Identifier: MIT */
/*
 * retry.h -- pure: may this request be repeated, and after how long?
 *
 * A GET, PUT or DELETE may be repeated after a connection failure, 5xx or 429;
 * a POST or PATCH only when the server certainly did nothing: 429 with code 971,
 * or a connection that was never made.  7020 (cooldown) and 7069 (quota) are
 * 429s that waiting seconds does not cure.
 */
#ifndef CLOUDFLARE_RETRY_H
#define CLOUDFLARE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RETRY_MAX 3		/* repetitions of one request */
#define RETRY_CEILING_MS 60000	/* a longer Retry-After is reported, not slept */

struct retry_case {
	const char *method;
	bool sent;		/* bytes of the request may have reached the server */
	int attempt;		/* 0 = the first try has just failed */
	unsigned jitter;	/* any number; spreads callers */
};

/* Milliseconds to wait before the next try, or -1 when there must be none. */
int64_t retry_delay_ms(const struct retry_case *c, const struct err *err);

#endif
