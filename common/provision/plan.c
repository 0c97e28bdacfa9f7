/* SPDX-License-Identifier: MIT */
#include "provision/plan.h"
#include "provision/rotate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void plan_detail(struct plan *plan, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(plan->detail, sizeof(plan->detail), fmt, ap);
	va_end(ap);
}

void plan_event(struct plan *plan, enum provision_event_kind kind, const char *name,
		const char *detail, const struct stats *stats, int64_t elapsed_ms)
{
	const struct provision_event event = {
		.kind = kind,
		.step = plan->step,
		.steps = plan->steps,
		.name = name,
		.detail = detail,
		.stats = stats,
		.elapsed_ms = elapsed_ms,
	};

	if (plan->config->event)
		plan->config->event(plan->config->event_ctx, &event);
}

bool plan_ambiguous(const struct err *err)
{
	switch (err->kind) {
	case ERR_NETWORK:
	case ERR_TIMEOUT:
	case ERR_PROTOCOL:
		return true;
	default:
		return err->status >= 500;
	}
}

int plan_run(struct plan *plan, const struct plan_step *steps, size_t count, struct err *err)
{
	plan->steps = (int)count;
	for (size_t i = 0; i < count; i++) {
		const struct plan_step *step = &steps[i];
		bool done = false;

		plan->step = (int)i + 1;
		plan->detail[0] = '\0';
		plan_event(plan, PROVISION_STEP_BEGINS, step->name, step->begins, NULL, 0);
		if (step->done(plan, &done, err) < 0)
			return err_context(err, "%s", step->failing);
		if (!done && step->act(plan, err) < 0)
			return err_context(err, "%s", step->failing);
		plan_event(plan, done ? PROVISION_STEP_SKIPPED : PROVISION_STEP_DONE, step->name,
			   plan->detail, NULL, 0);
	}
	return 0;
}

int provision_check_service(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len >= 1 && len <= 48 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len)
		return 0;
	err_set(err, ERR_USAGE, "'%s' is not a name for a service token", name);
	return err_hint(err, "use 1 to 48 of a-z 0-9 - _ .");
}

static int check(const struct provision_config *config, struct err *err)
{
	const struct instance_create *what = &config->instance;

	if (client_check_account(config->account, err) < 0 ||
	    provision_check_service(config->service, err) < 0 ||
	    client_check_instance(what->id, err) < 0)
		return -1;
	if (!what->type && what->source) {
		err_set(err, ERR_USAGE, "built-in storage has no source");
		return err_hint(err, "leave the source out, or choose the type r2 or web-crawler");
	}
	if (what->type && (!what->source || !*what->source)) {
		err_set(err, ERR_USAGE, "an instance of type %s needs a source", what->type);
		return err_hint(err, "name the bucket or the domain to index");
	}
	return 0;
}

/* The vault's entry and the registration may be of two tokens just now. */
static int check_rotation(const struct provision_config *config, struct err *err)
{
	char role[64];
	bool unfinished;

	snprintf(role, sizeof(role), "service:%s", config->service);
	if (rotate_unfinished(config->vault, config->vault_host, config->account, role, &unfinished,
			      err) < 0)
		return -1;
	if (!unfinished)
		return 0;
	err_set(err, ERR_EXISTS, "the rotation of %s is unfinished", role);
	return err_hint(err, "aisearch token rotate %s", role);
}

int provision(const struct provision_config *config, struct provision_result *out,
	      struct err *err)
{
	const struct plan_step steps[] = { step_mint, step_register, step_create, step_wait };
	struct plan plan = { .config = config, .out = out };

	memset(out, 0, sizeof(*out));
	if (check(config, err) < 0 || check_rotation(config, err) < 0)
		return -1;
	int r = plan_run(&plan, steps, config->wait ? 4 : 3, err);
	secret_free(plan.value);
	return r;
}

void provision_result_clear(struct provision_result *result)
{
	free(result->api_token_id);
	free(result->credential_id);
	memset(result, 0, sizeof(*result));
}
