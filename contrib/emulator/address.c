/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct range {
	unsigned char bytes[16];
	int family, bits;
};

static bool parse(const char *text, struct range *out)
{
	char copy[64], *slash, *end;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	out->family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	out->bits = out->family == AF_INET6 ? 128 : 32;
	if (inet_pton(out->family, copy, out->bytes) != 1)
		return false;
	if (slash) {
		long bits = strtol(slash, &end, 10);

		if (!*slash || *end || bits < 0 || bits > out->bits)
			return false;
		out->bits = (int)bits;
	}
	return true;
}

bool address_range_valid(const char *range)
{
	struct range r;

	return parse(range, &r);
}

static bool within(const struct range *one, const struct range *range)
{
	int whole = range->bits / 8, rest = range->bits % 8;

	if (one->family != range->family || memcmp(one->bytes, range->bytes, (size_t)whole))
		return false;
	return !rest || !((one->bytes[whole] ^ range->bytes[whole]) >> (8 - rest));
}

bool address_in_list(const char *address, struct json_object *ranges)
{
	struct range one, range;

	if (!parse(address, &one))
		return false;
	for (size_t i = 0; i < json_object_array_length(ranges); i++) {
		struct json_object *text = json_object_array_get_idx(ranges, i);

		if (parse(json_object_get_string(text), &range) && within(&one, &range))
			return true;
	}
	return false;
}
