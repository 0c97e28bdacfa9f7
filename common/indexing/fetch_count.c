/* SPDX-License-Identifier: MIT */
/* fetch_count.c -- what a fetch has counted, and how a snapshot shows it. */
#include "indexing/fetch.h"

#include <string.h>

static void count_code(struct fetch *f, int status)
{
	size_t i = 0;

	while (i < f->code_count && f->codes[i].status != status)
		i++;
	if (i == SNAPSHOT_CODES)
		return;
	f->code_count += i == f->code_count;
	f->codes[i].status = status;
	f->codes[i].count++;
}

void fetch_count(struct fetch *f, enum snapshot_endpoint endpoint, int status, double seconds)
{
	f->answers[endpoint]++;
	f->seconds[endpoint] += seconds;
	count_code(f, status);
}

void fetch_failed(struct fetch *f, const struct err *err)
{
	f->failures[snapshot_failure_of(err)]++;
}

bool fetch_answered(const struct fetch *f)
{
	for (int i = 0; i < SNAPSHOT_ENDPOINTS; i++)
		if (f->answers[i] > 0)
			return true;
	return false;
}

void fetch_show(const struct fetch *f, struct snapshot *s)
{
	for (int i = 0; i < SNAPSHOT_ENDPOINTS; i++) {
		s->traffic[i].requests = f->requests[i];
		s->traffic[i].timed = f->answers[i] > 0;
		if (f->answers[i] > 0)
			s->traffic[i].response_time_s = f->seconds[i] / (double)f->answers[i];
	}
	memcpy(s->codes, f->codes, sizeof(s->codes));
	s->code_count = f->code_count;
	memcpy(s->failures, f->failures, sizeof(s->failures));
	s->ratelimit_remaining = f->remaining;
}
