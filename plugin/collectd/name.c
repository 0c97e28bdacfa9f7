/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HASH_DIGITS 12
#define FNV1A_START 0xcbf29ce484222325u

static uint64_t fnv1a(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

void name_fit(const char *front, const char *rest, char out[NAME_MAX_BYTES + 1])
{
	size_t n = strlen(front), more = strlen(rest);
	uint64_t hash;

	/* of nearly all, thousands a read */
	if (n <= NAME_MAX_BYTES && more <= NAME_MAX_BYTES - n) {
		memcpy(out, front, n);
		memcpy(out + n, rest, more + 1);
		return;
	}
	hash = fnv1a(fnv1a(FNV1A_START, front), rest) >> (64 - 4 * HASH_DIGITS);
	snprintf(out, NAME_MAX_BYTES - HASH_DIGITS, "%s%s", front, rest);
	snprintf(out + NAME_MAX_BYTES - HASH_DIGITS - 1, HASH_DIGITS + 2, "~%0*llx", HASH_DIGITS,
		 (unsigned long long)hash);
}
