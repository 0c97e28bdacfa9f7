/* SPDX-License-Identifier: MIT */
/* steps.c -- the registration with AI Search, and the instances. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/call.h"
#include "provision/plan.h"
#include "provision/spread.h"

struct step_at {
	struct plan *plan;
	const char *name;	/* of the step */
};

static void waiting(void *ctx)
{
	const struct step_at *at = ctx;

	plan_event(at->plan, PROVISION_STEP_BEGINS, at->name, SPREAD_WORDS);
}

static int with_pauses(struct plan *plan, const char *name,
		       int (*try)(struct plan *plan, struct err *err), struct err *err)
{
	struct step_at at = { plan, name };
	struct spread spread = { .client = plan->config->manager, .waiting = waiting, .ctx = &at };
	char doubt[128];

	snprintf(doubt, sizeof(doubt), "Revoked?  aisearch token verify service:%s",
		 plan->config->service);
	spread.doubt = doubt;
	while (try(plan, err) < 0)
		if (!spread_refused(err) || !spread_again(&spread, err))
			return -1;
	return 0;
}

/* --- register --------------------------------------------------------------- */

static int match_api_id(void *ctx, const struct credential *credential)
{
	struct plan *plan = ctx;
	const char *dead_id = plan->service.dead_id;

	bool ours = !strcmp(credential->cf_api_id, plan->service.id);
	bool dead = dead_id[0] && !strcmp(credential->cf_api_id, dead_id);

	if (!ours && !dead)
		return 0;
	free(plan->out->credential_id);
	plan->out->credential_id = strdup(credential->id);
	plan->stale = !ours;	/* a dead token's: its instances get the new one through it */
	return ours || !plan->out->credential_id;
}

static int find_credential(struct plan *plan, struct err *err)
{
	plan->stale = false;
	int r = credential_list(plan->config->manager, match_api_id, plan, err);

	if (r < 0)
		return -1;
	return (r > 0 || plan->stale) && !plan->out->credential_id ? err_nomem(err) : 0;
}

static int register_done(struct plan *plan, bool *done, struct err *err)
{
	if (find_credential(plan, err) < 0)
		return -1;
	if (!plan->out->credential_id || plan->service.found || plan->stale || plan->owes)
		return 0;
	plan_detail(plan, "credential %s", plan->out->credential_id);
	*done = true;
	return 0;
}

static const char *credential_name(const struct plan *plan)
{
	return plan->service.name[0] ? plan->service.name : plan->config->service;
}

static int try_register(struct plan *plan, struct err *err)
{
	scoped_credential struct credential made = {0};
	struct err first;

	if (credential_register(plan->config->manager, credential_name(plan), plan->service.id,
				plan->service.value, &made, err) == 0) {
		plan->out->credential_id = STEAL(made.id);
		return 0;
	}
	if (err->kind != ERR_EXISTS && !plan_ambiguous(err))
		return -1;
	first = *err;
	if (find_credential(plan, err) < 0 || !plan->out->credential_id) {
		if (err->kind != ERR_CANCELLED)
			*err = first;
		return -1;
	}
	return 0;
}

static int try_replace(struct plan *plan, struct err *err)
{
	return credential_replace(plan->config->manager, plan->out->credential_id,
				  credential_name(plan), plan->service.id, plan->service.value, err);
}

static int register_act(struct plan *plan, struct err *err)
{
	bool there = plan->out->credential_id != NULL;

	if (with_pauses(plan, "register", there ? try_replace : try_register, err) < 0 ||
	    (plan->owes && role_paid(&plan->service_role, err) < 0))
		return -1;
	plan_detail(plan, "credential %s%s", plan->out->credential_id,
		    there ? ", given the new value" : "");
	return 0;
}

const struct plan_step step_register = {
	.name = "register",
	.begins = "registering the service token with AI Search",
	.failing = "cannot register the service token",
	.done = register_done,
	.act = register_act,
};

/* --- create ----------------------------------------------------------------- */

int instance_look(struct plan *plan, const struct provision_instance *wanted, struct err *err)
{
	const struct provision_config *c = plan->config;
	scoped_json struct json_object *there = NULL;
	scoped_instance struct instance decoded = {0};
	scoped_buf struct buf path = BUF(1024);

	client_add_instance(c->manager, wanted->id, &path);
	if (call_json(c->manager, "GET", &path, NULL, "AI Search Read", &there, err) < 0 ||
	    instance_decode(there, &decoded, err) < 0)
		return err_context(err, "instance '%s'", wanted->id);
	return create_compare(wanted, c->body, there, err);
}

static void describe(struct plan *plan)
{
	const struct provision_config *c = plan->config;
	const struct provision_instance *one = &c->instances[0];
	scoped_buf struct buf text = BUF(sizeof(plan->detail));

	if (c->instance_count == 1 && one->type)
		plan_detail(plan, "instance %s, %s from %s", one->id, one->type, one->source);
	else if (c->instance_count == 1)
		plan_detail(plan, "instance %s, built-in storage", one->id);
	if (c->instance_count == 1)
		return;
	buf_addf(&text, "%zu instances:", c->instance_count);
	for (size_t i = 0; i < c->instance_count; i++)
		if (buf_addf(&text, " %s", c->instances[i].id) < 0)
			break;
	plan_detail(plan, "%s%s", text.data, text.failed ? "..." : "");
}

/* step_check has looked. */
static int create_done(struct plan *plan, bool *done, struct err *err)
{
	if (plan->buckets_unknown && !plan->out->service_was_there &&
	    (check_buckets(plan, err) < 0 || check_verdict(plan, err) < 0))
		return -1;
	*done = true;
	for (size_t i = 0; i < plan->config->instance_count; i++)
		*done = *done && plan->there[i] == PLAN_THERE;
	if (*done)
		describe(plan);
	return 0;
}

static struct json_object *create_body(const struct plan *plan,
				       const struct provision_instance *what)
{
	struct json_object *body = json_object_new_object();

	if (plan->config->body) {
		json_object_object_foreach(plan->config->body, key, value)
			json_object_object_add(body, key, json_object_get(value));
	}
	json_object_object_add(body, "id", json_object_new_string(what->id));
	if (what->type) {
		json_object_object_add(body, "type", json_object_new_string(what->type));
		json_object_object_add(body, "source", json_object_new_string(what->source));
	}
	json_object_object_add(body, "token_id", json_object_new_string(plan->out->credential_id));
	return body;
}

static int post(struct plan *plan, const struct provision_instance *what, struct err *err)
{
	struct client *manager = plan->config->manager;
	scoped_json struct json_object *body = create_body(plan, what), *made = NULL;
	scoped_instance struct instance decoded = {0};
	scoped_buf struct buf path = BUF(1024);

	client_add_instances(manager, &path);
	if (call_json(manager, "POST", &path, body, "AI Search Edit", &made, err) < 0 ||
	    instance_decode(made, &decoded, err) < 0)
		return err_context(err, "creating instance '%s'", what->id);
	return 0;
}

static int try_create(struct plan *plan, struct err *err)
{
	const struct provision_instance *what = &plan->config->instances[plan->at];
	struct err first;

	if (post(plan, what, err) == 0)
		return 0;
	if (err->kind != ERR_EXISTS && !plan_ambiguous(err))
		return -1;
	/* It was not there a moment ago: a lost answer, or somebody else.  Reading decides. */
	first = *err;
	if (instance_look(plan, what, err) == 0)
		return 0;
	if (err->kind != ERR_EXISTS && err->kind != ERR_CANCELLED)
		*err = first;
	return -1;
}

/* What only the creation could tell. */
static int explain(const struct provision_instance *what, struct err *err)
{
	switch (err->code) {
	case 7023:
	case 7024:
		return err_hint(err, "the website's domain has to be active in this account: add '%.63s' in the"
				" dashboard", what->source ? what->source : "it");
	case 7013:
		return err_hint(err, "the account has as many instances as it may: delete some");
	default:
		return -1;
	}
}

static int create_act(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;

	for (plan->at = 0; plan->at < c->instance_count; plan->at++) {
		if (plan->there[plan->at] == PLAN_THERE)
			continue;
		if (c->instance_count > 1)
			plan_event(plan, PROVISION_STEP_BEGINS, "create", c->instances[plan->at].id);
		if (with_pauses(plan, "create", try_create, err) < 0)
			return explain(&c->instances[plan->at], err);
		plan->there[plan->at] = PLAN_THERE;
		plan->out->outcome[plan->at].made = true;
	}
	describe(plan);
	return 0;
}

const struct plan_step step_create = {
	.name = "create",
	.begins = "creating what instances are missing",
	.failing = "cannot create the instance",
	.done = create_done,
	.act = create_act,
};
