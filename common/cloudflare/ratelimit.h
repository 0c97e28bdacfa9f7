/* SPDX-License-Identifier: MIT */
/*
 * ratelimit.h -- pure: the three headers that say how much one may still ask.
 *
 *	Ratelimit: "default";r=1180;t=204
 *	Ratelimit-Policy: "default";q=1200;w=300
 *	Retry-After: 30
 *
 * Structured-field lists: more members may come; the tightest one counts.
 */
#ifndef CLOUDFLARE_RATELIMIT_H
#define CLOUDFLARE_RATELIMIT_H

#include "cloudflare/json.h"

struct ratelimit {
	struct count remaining;	/* r: requests left in this window */
	struct count reset_s;	/* t: seconds until it starts anew */
	struct count quota;	/* q: requests per window */
	struct count window_s;	/* w: its length */
};

/* Adds what a header line says; malformed ones are ignored (they are advice). */
void ratelimit_read(struct ratelimit *limit, const char *value);
void ratelimit_read_policy(struct ratelimit *limit, const char *value);

/* Seconds, or an HTTP date read against now; 0 when malformed or past.  At most 3600. */
int retry_after_read(const char *value, int64_t now_unix);

#endif
