/* SPDX-License-Identifier: MIT */
#include "cloudflare/ratelimit.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define LIMIT_MAX 1000000000	/* larger numbers are no advice */

/* Reads ;name=NUMBER parameters of one list member; returns the byte after it. */
static const char *member(const char *s, char first, struct count *a, char second,
			  struct count *b)
{
	bool quoted = false;

	for (; *s && (quoted || *s != ','); s++) {
		if (*s == '"')
			quoted = !quoted;
		if (quoted && *s == '\\' && s[1])
			s++;
		if (quoted || *s != ';')
			continue;
		const char *p = s + 1;
		while (*p == ' ' || *p == '\t')
			p++;
		struct count *target = *p == first ? a : *p == second ? b : NULL;
		if (!target || p[1] != '=' || !isdigit((unsigned char)p[2]))
			continue;
		int64_t v = 0;
		for (p += 2; isdigit((unsigned char)*p) && v <= LIMIT_MAX; p++)
			v = v * 10 + *p - '0';
		if (v <= LIMIT_MAX && (!*p || strchr("; ,\t", *p))) {
			target->known = true;
			target->value = v;
		}
	}
	return *s == ',' ? s + 1 : s;
}

void ratelimit_read(struct ratelimit *limit, const char *s)
{
	while (*s) {
		struct count r = { 0 }, t = { 0 };

		s = member(s, 'r', &r, 't', &t);
		if (!r.known || (limit->remaining.known && limit->remaining.value <= r.value))
			continue;
		limit->remaining = r;
		limit->reset_s = t;
	}
}

void ratelimit_read_policy(struct ratelimit *limit, const char *s)
{
	while (*s) {
		struct count q = { 0 }, w = { 0 };

		s = member(s, 'q', &q, 'w', &w);
		if (!q.known || (limit->quota.known && limit->quota.value <= q.value))
			continue;
		limit->quota = q;
		limit->window_s = w;
	}
}

int retry_after_read(const char *s, int64_t now_unix)
{
	struct tm tm = { 0 };
	int64_t v = 0;

	while (*s == ' ' || *s == '\t')
		s++;
	if (isdigit((unsigned char)*s)) {
		for (; isdigit((unsigned char)*s) && v <= 3600; s++)
			v = v * 10 + *s - '0';
		while (isdigit((unsigned char)*s))
			s++;
		while (*s == ' ' || *s == '\t')
			s++;
		if (*s)
			return 0;
	} else {
		const char *end = strptime(s, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		if (!end || *end)
			return 0;
		v = (int64_t)timegm(&tm) - now_unix;
	}
	return v < 0 ? 0 : v > 3600 ? 3600 : (int)v;
}
