/* SPDX-License-Identifier: MIT */
#include "base/rfc3339.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static bool digits(const char **s, int n, int lo, int hi, int *out)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)**s))
			return false;
		v = v * 10 + *(*s)++ - '0';
	}
	*out = v;
	return v >= lo && v <= hi;
}

static bool one(const char **s, char a, char b)
{
	if (**s != a && **s != b)
		return false;
	(*s)++;
	return true;
}

int rfc3339_parse(const char *s, int64_t *unix_s)
{
	static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct tm tm = { 0 };
	int64_t offset = 0;
	int h, m;

	if (!digits(&s, 4, 1970, 9999, &tm.tm_year) || !one(&s, '-', '-') ||
	    !digits(&s, 2, 1, 12, &tm.tm_mon) || !one(&s, '-', '-') ||
	    !digits(&s, 2, 1, 31, &tm.tm_mday))
		return -1;
	bool leap = (tm.tm_year % 4 == 0 && tm.tm_year % 100 != 0) || tm.tm_year % 400 == 0;
	if (tm.tm_mday > month_days[tm.tm_mon - 1] + (leap && tm.tm_mon == 2))
		return -1;
	if ((*s != ' ' && *s != 'T' && *s != 't') || !s++ ||
	    !digits(&s, 2, 0, 23, &tm.tm_hour) || !one(&s, ':', ':') ||
	    !digits(&s, 2, 0, 59, &tm.tm_min) || !one(&s, ':', ':') ||
	    !digits(&s, 2, 0, 60, &tm.tm_sec))	/* 60: a leap second */
		return -1;
	if (one(&s, '.', '.')) {
		if (!isdigit((unsigned char)*s))
			return -1;
		while (isdigit((unsigned char)*s))
			s++;
	}
	if (*s == '+' || *s == '-') {
		int sign = *s++ == '-' ? 1 : -1;

		if (!digits(&s, 2, 0, 23, &h))
			return -1;
		one(&s, ':', ':');
		if (!digits(&s, 2, 0, 59, &m))
			return -1;
		offset = sign * (h * 3600 + m * 60);
	} else {
		one(&s, 'Z', 'z');
	}
	if (*s)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*unix_s = (int64_t)timegm(&tm) + offset;
	return 0;
}

void rfc3339_format(int64_t unix_s, char out[RFC3339_SIZE])
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (unix_s < 0 || unix_s > 253402300799 || !gmtime_r(&t, &tm)) {
		t = 0;
		gmtime_r(&t, &tm);
	}
	strftime(out, RFC3339_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
