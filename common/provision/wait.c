/* SPDX-License-Identifier: MIT */
#include "provision/wait.h"

#include <stdio.h>

#include "base/clock.h"
#include "cloudflare/job.h"
#include "provision/plan.h"

#define SLICE_MS 500		/* how soon the end of the time limit is seen */
#define SETTLE_MS 3000		/* until all counts 0 may mean "nothing to index" */

int64_t wait_pause_ms(int64_t previous_ms)
{
	int64_t next = previous_ms * 3 / 2;

	return next < WAIT_FIRST_MS ? WAIT_FIRST_MS : next > WAIT_LONGEST_MS ? WAIT_LONGEST_MS : next;
}

static bool passes(const struct err *why)
{
	switch (why->kind) {
	case ERR_NETWORK:
	case ERR_TIMEOUT:
	case ERR_LIMIT:
	case ERR_PROTOCOL:
		return true;
	case ERR_REMOTE:
		return why->status >= 500;
	default:
		return false;
	}
}

bool wait_goes_on(struct wait_outage *outage, int64_t now_ms, const struct err *why)
{
	if (!passes(why))
		return false;
	if (!outage->lasts)
		*outage = (struct wait_outage){ .since_ms = now_ms, .lasts = true };
	return now_ms - outage->since_ms <= WAIT_OUTAGE_MS;
}

void wait_answered(struct wait_outage *outage)
{
	outage->lasts = false;
}

int wait_sleep_ms(struct client *client, int64_t ms, struct err *err)
{
	int64_t end = clock_mono_ms(&clock_system) + ms, left;

	while ((left = end - clock_mono_ms(&clock_system)) > 0) {
		if (client_sleep_ms(client, left < SLICE_MS ? left : SLICE_MS, err) < 0)
			return -1;
		if (client_expired(client))
			return err_set(err, ERR_TIMEOUT, "the time limit has passed");
	}
	return 0;
}

struct jobs_seen {
	int ended, running;
};

static int count_job(void *ctx, const struct job *job)
{
	struct jobs_seen *seen = ctx;

	if (job->ended_at.known)
		seen->ended++;
	else
		seen->running++;
	return 0;
}

int wait_look(struct client *client, const char *instance, bool builtin, int64_t elapsed_ms,
	      struct stats *stats, bool *finished, struct err *err)
{
	struct jobs_seen seen = {0};
	struct count total;

	*finished = false;
	if (stats_get(client, instance, stats, err) < 0)
		return -1;
	if (stats->degraded)
		return 0;
	*finished = stats_finished(stats);
	total = stats_total(stats);
	if (*finished || !total.known || total.value > 0)
		return 0;
	if (builtin) {
		*finished = true;
		return 0;
	}
	if (elapsed_ms < SETTLE_MS)
		return 0;
	if (job_list(client, instance, count_job, &seen, err) < 0)
		return -1;
	*finished = seen.ended > 0 && seen.running == 0;
	return 0;
}

static int64_t sum(const struct plan *plan, struct count (*get)(const struct stats *stats))
{
	int64_t all = 0;

	for (size_t i = 0; i < plan->config->instance_count; i++) {
		struct count c = get(&plan->out->outcome[i].stats);
		all += c.known ? c.value : 0;
	}
	return all;
}

static struct count completed(const struct stats *s)
{
	return s->completed;
}

static struct count skipped(const struct stats *s)
{
	return s->skipped;
}

static struct count failed(const struct stats *s)
{
	return s->error;
}

static void describe(struct plan *plan)
{
	if (sum(plan, stats_total) == 0)
		plan_detail(plan, "there is nothing to index");
	else
		plan_detail(plan, "%lld indexed, %lld skipped, %lld with errors",
			    (long long)sum(plan, completed), (long long)sum(plan, skipped),
			    (long long)sum(plan, failed));
}

/* 0: the wait goes on, and it was told why, once. */
static int look_failed(struct plan *plan, struct err *err)
{
	bool told = plan->outage.lasts;
	char text[320];

	if (!wait_goes_on(&plan->outage, clock_mono_ms(plan->config->clock), err))
		return -1;
	snprintf(text, sizeof(text), "%s; it waits on", err->what);
	if (!told)
		plan_event(plan, PROVISION_STEP_WAITS, "wait", text);
	*err = (struct err){ 0 };
	return 0;
}

/* All that have not come to their end. */
static int look(struct plan *plan, int64_t elapsed_ms, struct err *err)
{
	const struct provision_config *c = plan->config;
	bool all = true;

	for (size_t i = 0; i < c->instance_count; i++) {
		struct provision_outcome *out = &plan->out->outcome[i];
		const struct provision_instance *one = &c->instances[i];

		if (out->finished)
			continue;
		if (wait_look(c->manager, one->id, !one->type, elapsed_ms, &out->stats, &out->finished,
			      err) < 0)
			return look_failed(plan, err);
		wait_answered(&plan->outage);
		const struct provision_event event = { .kind = PROVISION_PROGRESS, .name = "wait", .detail = "",
						       .instance = one->id, .stats = &out->stats,
						       .elapsed_ms = elapsed_ms };
		/* What was finished before needs no bar, only the step's line. */
		if (!out->finished || plan->waited)
			plan_tell(plan, &event);
		all = all && out->finished;
	}
	plan->out->finished = all;
	if (all)
		describe(plan);
	return 0;
}

static int wait_done(struct plan *plan, bool *done, struct err *err)
{
	plan->began_ms = clock_mono_ms(plan->config->clock);
	if (look(plan, 0, err) < 0)
		return -1;
	*done = plan->out->finished;
	return 0;
}

static const char *first_unfinished(const struct plan *plan)
{
	size_t i = 0;

	while (i + 1 < plan->config->instance_count && plan->out->outcome[i].finished)
		i++;
	return plan->config->instances[i].id;
}

static int wait_act(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	int64_t pause = 0;

	while (!plan->out->finished) {
		int64_t elapsed = clock_mono_ms(c->clock) - plan->began_ms;

		pause = wait_pause_ms(pause);
		if (c->wait_timeout_ms > 0) {
			int64_t left = c->wait_timeout_ms - elapsed;
			if (left <= 0) {
				plan->out->timed_out = true;
				err_set(err, ERR_TIMEOUT, "it has not come to its end after %lld s",
					(long long)(c->wait_timeout_ms / 1000));
				return err_hint(err, "it goes on without us: aisearch status --wait %s",
						first_unfinished(plan));
			}
			if (pause > left)
				pause = left;
		}
		plan->waited = true;
		if (client_sleep_ms(c->manager, pause, err) < 0)
			return -1;
		if (look(plan, clock_mono_ms(c->clock) - plan->began_ms, err) < 0)
			return -1;
	}
	return 0;
}

const struct plan_step step_wait = {
	.name = "wait",
	.begins = "waiting for the indexing to come to its end",
	.failing = "cannot wait for the indexing",
	.done = wait_done,
	.act = wait_act,
};
