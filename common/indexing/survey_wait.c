/* SPDX-License-Identifier: MIT */
/* survey_wait.c -- how a look passes its time: answers, pauses, and no longer than it may. */
#include "indexing/survey_room.h"

#define SLICE_MS 100		/* how soon a cancellation is noticed */
#define BATCH_MS 30000		/* for the answers of one batch, beside what the rate takes */
#define GRACE_MS 500		/* what is under way ends by its own deadline first */

bool survey_expired(const struct survey *s)
{
	return s->config.deadline > 0 && survey_now(s) >= s->config.deadline;
}

int survey_late(const struct survey *s, struct err *err)
{
	return err_set(err, ERR_TIMEOUT, "no complete answer within %lld s",
		       (long long)(s->config.deadline - s->began + 999) / 1000);
}

static int stop_or_go(struct survey *s, struct err *err)
{
	if (s->config.cancelled && s->config.cancelled(s->config.ctx))
		return err_set(err, ERR_CANCELLED, "stopped on request");
	if (s->config.deadline > 0 && survey_now(s) >= s->config.deadline + GRACE_MS)
		return survey_late(s, err);
	return 0;
}

int survey_run(struct survey *s, struct err *err)
{
	while (!s->over) {
		int64_t next = fetch_pump(&s->fetch), wait = SLICE_MS, now = survey_now(s);

		if (s->over)
			break;
		if (stop_or_go(s, err) < 0)
			return -1;
		if (next < now + wait)
			wait = next > now ? next - now : 0;
		if ((http_pending(s->http) > 0 ? http_run(s->http, wait, err)
					       : http_idle(s->http, wait, err)) < 0)
			return -1;
	}
	return 0;
}

int survey_sleep(struct survey *s, int64_t ms, struct err *err)
{
	int64_t end = survey_now(s) + ms, left;

	while ((left = end - survey_now(s)) > 0) {
		if (stop_or_go(s, err) < 0 ||
		    http_idle(s->http, left < SLICE_MS ? left : SLICE_MS, err) < 0)
			return -1;
	}
	return 0;
}

bool survey_in_time(const struct survey *s, int64_t ms)
{
	return s->config.deadline <= 0 || survey_now(s) + ms < s->config.deadline;
}

bool survey_may_wait(const struct survey *s, int64_t ms)
{
	return survey_in_time(s, ms) &&
	       (s->patience == INT64_MAX || survey_now(s) + ms <= s->began + s->patience);
}

void survey_batch(struct survey *s)
{
	int64_t deadline = s->config.deadline;
	int64_t left = deadline > 0 ? deadline - survey_now(s) : HTTP_TIMEOUT_MS;

	s->over = false;
	/* no request is to outlive the deadline, nor to be given up a moment before it */
	s->fetch.timeout_ms = left < 0 ? 1 : left < HTTP_TIMEOUT_MS ? left + 1 : HTTP_TIMEOUT_MS;
}

int64_t survey_batch_until(const struct survey *s, size_t count)
{
	int64_t deadline = s->config.deadline;
	int64_t until = survey_now(s) + BATCH_MS +
			((int64_t)count / s->second.limit + 1) * BUDGET_SECOND_MS;

	return deadline > 0 && until > deadline ? deadline : until;
}
