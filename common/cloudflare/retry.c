/* SPDX-License-Identifier: MIT */
#include "cloudflare/retry.h"

#include <string.h>

#define CODE_RATE 971		/* the plain rate limit, api.md section 7 */
#define BACKOFF_MS 500
#define BACKOFF_MAX_MS 8000

static bool repeatable(const char *method)
{
	return !strcmp(method, "GET") || !strcmp(method, "PUT") || !strcmp(method, "DELETE");
}

int64_t retry_delay_ms(const struct retry_case *c, const struct err *err)
{
	int64_t wait;

	if (c->attempt >= RETRY_MAX)
		return -1;
	if (err->status == 0) {		/* no answer */
		if (err->kind != ERR_NETWORK && err->kind != ERR_TIMEOUT)
			return -1;
		if (c->sent && !repeatable(c->method))
			return -1;
	} else if (err->status == 429) {
		if (err->code != CODE_RATE && err->code != 0)
			return -1;
		if (err->code == 0 && !repeatable(c->method))
			return -1;
	} else if (err->status >= 500) {
		if (!repeatable(c->method))
			return -1;
	} else {
		return -1;
	}
	wait = (int64_t)BACKOFF_MS << c->attempt;
	if (wait > BACKOFF_MAX_MS)
		wait = BACKOFF_MAX_MS;
	wait = wait * 3 / 4 + (int64_t)(c->jitter % 1000) * wait / 4000;
	if (err->retry_after > 0 && wait < (int64_t)err->retry_after * 1000)
		wait = (int64_t)err->retry_after * 1000;
	return wait > RETRY_CEILING_MS ? -1 : wait;
}
