/* SPDX-License-Identifier: MIT */
#include "provision/spread.h"

#define CODE_INVALID_TOKEN 7012

bool spread_refused(const struct err *err)
{
	return err->code == CODE_INVALID_TOKEN;
}

int spread_try(struct client *client, int (*try)(void *ctx, struct err *err),
	       void (*waiting)(void *ctx), void *ctx, struct err *err)
{
	static const int64_t pauses_ms[] = { 500, 1000, 2000, 4000, 8000 };

	for (size_t i = 0;; i++) {
		if (try(ctx, err) == 0)
			return 0;
		if (!spread_refused(err) || i == sizeof(pauses_ms) / sizeof(pauses_ms[0]))
			return -1;
		if (waiting)
			waiting(ctx);
		if (client_sleep_ms(client, pauses_ms[i], err) < 0)
			return -1;
	}
}
