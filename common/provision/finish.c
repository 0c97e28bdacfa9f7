/* SPDX-License-Identifier: MIT */
/* finish.c -- a folder into the instances before the wait, and a test question after it. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/search.h"
#include "provision/plan.h"

static void on_upload(void *ctx, const struct upload_progress *now)
{
	struct plan *plan = ctx;
	const struct provision_event event = { .kind = PROVISION_UPLOAD, .name = "upload", .detail = "",
					       .instance = plan->config->instances[plan->at].id,
					       .upload = now };

	plan_tell(plan, &event);
}

static void on_left_out(void *ctx, const char *file, const struct err *why)
{
	struct plan *plan = ctx;
	char text[512];

	snprintf(text, sizeof(text), "%.200s: %s", file, why->what);
	plan_event(plan, PROVISION_LEFT_OUT, "upload", text);
}

static void on_wait(void *ctx, int64_t ms)
{
	struct plan *plan = ctx;
	const struct provision_event event = { .kind = PROVISION_UPLOAD_WAITS, .name = "upload",
					       .detail = "", .pause_ms = ms,
					       .instance = plan->config->instances[plan->at].id };

	plan_tell(plan, &event);
}

static int upload_act(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	struct upload_progress sum = {0};

	for (plan->at = 0; plan->at < c->instance_count; plan->at++) {
		struct upload_progress *up = &plan->out->outcome[plan->at].upload;
		const struct upload_config config = {
			.client = c->manager, .instance = c->instances[plan->at].id, .folder = c->upload,
			.progress = on_upload, .told = on_left_out, .waits = on_wait,
			.ctx = plan,
		};
		if (upload_folder(&config, up, err) < 0)
			return -1;
		sum.files += up->files;
		sum.done += up->done;
		sum.skipped += up->skipped;
		sum.failed += up->failed;
	}
	plan_detail(plan, "%zu file%s: %zu uploaded, %zu there already, %zu failed", sum.files,
		    sum.files == 1 ? "" : "s", sum.done, sum.skipped, sum.failed);
	return 0;
}

const struct plan_step step_upload = {
	.name = "upload",
	.begins = "uploading what is not there yet",
	.failing = "cannot upload the folder",
	.done = plan_not_done,
	.act = upload_act,
};

/* --- the question --------------------------------------------------------------------------- */

static int on_hit(void *ctx, const struct chunk *chunk)
{
	struct provision_outcome *out = ctx;

	if (out->hits++ > 0)
		return 0;
	out->hit_key = strdup(*chunk->key ? chunk->key : chunk->id);
	out->hit_text = strdup(chunk->text);
	out->hit_score = chunk->score;
	return 0;
}

static int query_act(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	size_t answered = 0;

	for (size_t i = 0; i < c->instance_count; i++) {
		struct provision_outcome *out = &plan->out->outcome[i];

		if (search(c->manager, c->instances[i].id, c->query, NULL, on_hit, out, err) < 0)
			return -1;
		answered += out->hits > 0;
	}
	if (c->instance_count > 1)
		plan_detail(plan, "%zu of %zu instances answered", answered, c->instance_count);
	else if (answered)
		plan_detail(plan, "the first hit is in %s", plan->out->outcome[0].hit_key);
	else
		plan_detail(plan, "nothing was found");
	return 0;
}

const struct plan_step step_query = {
	.name = "query",
	.begins = "asking a test question",
	.failing = "cannot ask the test question",
	.done = plan_not_done,
	.act = query_act,
};
