/* SPDX-License-Identifier: MIT */
#include "provision/wait.h"

#include <stdio.h>

#include "cloudflare/job.h"
#include "provision/plan.h"

#define SETTLE_MS 3000		/* until all counts 0 may mean "nothing to index" */

int64_t wait_pause_ms(int64_t previous_ms)
{
	int64_t next = previous_ms * 3 / 2;

	return next < WAIT_FIRST_MS ? WAIT_FIRST_MS : next > WAIT_LONGEST_MS ? WAIT_LONGEST_MS : next;
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

static void describe(struct plan *plan)
{
	const struct stats *s = &plan->out->stats;
	struct count total = stats_total(s);

	if (total.known && total.value == 0)
		plan_detail(plan, "there is nothing to index");
	else if (s->completed.known && s->error.known && s->skipped.known)
		plan_detail(plan, "%lld indexed, %lld skipped, %lld with errors",
			    (long long)s->completed.value, (long long)s->skipped.value,
			    (long long)s->error.value);
}

static int look(struct plan *plan, int64_t elapsed_ms, struct err *err)
{
	const struct provision_config *c = plan->config;
	struct provision_result *out = plan->out;

	if (wait_look(c->manager, c->instance.id, !c->instance.type, elapsed_ms, &out->stats,
		      &out->finished, err) < 0)
		return -1;
	/* What was finished before needs no bar, only the step's line. */
	if (!out->finished || plan->waited)
		plan_event(plan, PROVISION_PROGRESS, "wait", "", &out->stats, elapsed_ms);
	if (out->finished)
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
						c->instance.id);
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
