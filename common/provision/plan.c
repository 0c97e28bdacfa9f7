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

void plan_tell(struct plan *plan, const struct provision_event *event)
{
	struct provision_event e = *event;

	e.step = plan->step;
	e.steps = plan->steps;
	if (plan->config->event)
		plan->config->event(plan->config->event_ctx, &e);
}

void plan_event(struct plan *plan, enum provision_event_kind kind, const char *name,
		const char *detail)
{
	const struct provision_event event = { .kind = kind, .name = name, .detail = detail };

	plan_tell(plan, &event);
}

int plan_not_done(struct plan *plan, bool *done, struct err *err)
{
	(void)plan, (void)done, (void)err;
	return 0;
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

int plan_run(struct plan *plan, const struct plan_step *const *steps, size_t count,
	     struct err *err)
{
	plan->steps = (int)count;
	for (size_t i = 0; i < count; i++) {
		const struct plan_step *step = steps[i];
		bool done = false;

		plan->step = (int)i + 1;
		plan->detail[0] = '\0';
		plan_event(plan, PROVISION_STEP_BEGINS, step->name, step->begins);
		if (step->done(plan, &done, err) < 0)
			return err_context(err, "%s", step->failing);
		if (!done && step->act(plan, err) < 0)
			return err_context(err, "%s", step->failing);
		plan_event(plan, done ? PROVISION_STEP_SKIPPED : PROVISION_STEP_DONE, step->name,
			   plan->detail);
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

static int check_instance(const struct provision_config *c, const struct provision_instance *what,
			  struct err *err)
{
	if (client_check_instance(what->id, err) < 0)
		return -1;
	if (!what->type && what->source) {
		err_set(err, ERR_USAGE, "built-in storage has no source");
		return err_hint(err, "leave the source out, or choose the type r2 or web-crawler");
	}
	if (what->type && (!what->source || !*what->source)) {
		err_set(err, ERR_USAGE, "an instance of type %s needs a source", what->type);
		return err_hint(err, "name the bucket or the domain to index");
	}
	if (what->type && c->upload) {
		err_set(err, ERR_USAGE, "files are uploaded into built-in storage only, and '%s' is of type %s",
			what->id, what->type);
		return err_hint(err, "leave the source out; or put them where the source is");
	}
	return 0;
}

/* The vault's entry and the registration may be of two tokens just now. */
static int check_rotation(const struct provision_config *config, struct err *err)
{
	char role[64];
	bool unfinished;

	if (!config->vault || !config->service)
		return 0;
	snprintf(role, sizeof(role), "service:%s", config->service);
	if (rotate_unfinished(config->vault, config->vault_host, config->account, role, &unfinished,
			      err) < 0)
		return -1;
	if (!unfinished)
		return 0;
	err_set(err, ERR_EXISTS, "the rotation of %s is unfinished", role);
	return err_hint(err, "aisearch token rotate %s", role);
}

static int check(const struct provision_config *c, size_t least, struct err *err)
{
	if (client_check_account(c->account, err) < 0 ||
	    (c->service && provision_check_service(c->service, err) < 0))
		return -1;
	if (c->instance_count < least || c->instance_count > PROVISION_INSTANCES_MAX)
		return err_set(err, ERR_USAGE, "1 to %d instances at once, not %zu",
			       PROVISION_INSTANCES_MAX, c->instance_count);
	for (size_t i = 0; i < c->instance_count; i++) {
		if (check_instance(c, &c->instances[i], err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (!strcmp(c->instances[i].id, c->instances[j].id))
				return err_set(err, ERR_USAGE, "instance '%s' is named twice",
					       c->instances[i].id);
	}
	return 0;
}

static int begin(struct plan *plan, const struct provision_config *config, size_t least,
		 struct provision_result *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	memset(plan, 0, sizeof(*plan));
	plan->config = config;
	plan->out = out;
	if (check(config, least, err) < 0 || check_rotation(config, err) < 0)
		return -1;
	out->outcome_count = config->instance_count;
	out->outcome = calloc(out->outcome_count, sizeof(*out->outcome));
	plan->there = calloc(out->outcome_count, sizeof(*plan->there));
	if (!out->outcome || !plan->there)
		return err_nomem(err);
	tokens_init(plan);
	return 0;
}

static void end(struct plan *plan)
{
	/* the client outlives the value */
	if (plan->config->mint_manager)
		client_take_token(plan->config->manager, NULL);
	role_token_clear(&plan->manager);
	role_token_clear(&plan->service);
	free(plan->there);
}

int provision(const struct provision_config *config, struct provision_result *out,
	      struct err *err)
{
	const struct plan_step *steps[8];
	struct plan plan;
	size_t n = 0;

	int r = begin(&plan, config, 1, out, err);
	if (r == 0) {
		if (config->mint_manager)
			steps[n++] = &step_manager;
		steps[n++] = &step_check;
		steps[n++] = &step_mint;
		steps[n++] = &step_register;
		steps[n++] = &step_create;
		if (config->upload)
			steps[n++] = &step_upload;
		if (config->wait)
			steps[n++] = &step_wait;
		if (config->query)
			steps[n++] = &step_query;
		r = plan_run(&plan, steps, n, err);
	}
	end(&plan);
	return r;
}

int provision_token(const struct provision_config *config, struct provision_result *out,
		    struct err *err)
{
	const struct plan_step *const steps[] = { &step_mint, &step_register };
	struct plan plan;
	int r = begin(&plan, config, 0, out, err);

	if (r == 0)
		r = plan_run(&plan, steps, 2, err);
	end(&plan);
	return r;
}

int provision_manager(const struct provision_config *config, bool (*may)(void *ctx, struct err *err),
		      void *ctx, struct err *err)
{
	static const struct plan_step *const steps[] = { &step_manager };
	struct provision_result out;
	struct plan plan;
	int r = begin(&plan, config, 0, &out, err);

	if (r == 0)
		r = tokens_look_manager(&plan, err);
	if (r == 0 && plan.manager.state != ROLE_ALIVE)
		r = may(ctx, err) ? plan_run(&plan, steps, 1, err) : -1;
	end(&plan);
	provision_result_clear(&out);
	return r;
}

int provision_check(const struct provision_config *config, struct provision_result *out,
		    struct err *err)
{
	struct plan plan;
	int r = begin(&plan, config, 1, out, err);

	if (r == 0)
		r = tokens_look_manager(&plan, err);
	if (r == 0)
		r = check_creator(&plan, err);
	if (r == 0)
		r = check_account(&plan, err);
	end(&plan);
	return r;
}

void provision_result_clear(struct provision_result *result)
{
	for (size_t i = 0; result->outcome && i < result->outcome_count; i++) {
		free(result->outcome[i].hit_key);
		free(result->outcome[i].hit_text);
	}
	free(result->outcome);
	free(result->checks);
	free(result->credential_id);
	memset(result, 0, sizeof(*result));
}
