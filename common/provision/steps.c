/* SPDX-License-Identifier: MIT */
/* steps.c -- the registration with AI Search, and the instance. */
#include "provision/plan.h"

#include <stdio.h>
#include <string.h>

#define CODE_INVALID_TOKEN 7012

/* A token minted a moment ago is refused until it has spread. */
static const int64_t spread_pauses_ms[] = { 500, 1000, 2000, 4000, 8000 };

static int with_pauses(struct plan *plan, const char *name,
		       int (*try)(struct plan *plan, struct err *err), struct err *err)
{
	for (size_t i = 0; i <= sizeof(spread_pauses_ms) / sizeof(spread_pauses_ms[0]); i++) {
		if (i > 0) {
			plan_event(plan, PROVISION_STEP_BEGINS, name,
				   "the new token has not spread yet, trying again", NULL, 0);
			if (client_sleep_ms(plan->config->manager, spread_pauses_ms[i - 1], err) < 0)
				return -1;
		}
		if (try(plan, err) == 0)
			return 0;
		if (err->code != CODE_INVALID_TOKEN)
			return -1;
	}
	return err_hint(err, "is it revoked?  aisearch token verify service:%s; then git "
			"credential reject it and run again", plan->config->service);
}

/* --- register --------------------------------------------------------------- */

static int match_api_id(void *ctx, const struct credential *credential)
{
	struct plan *plan = ctx;

	bool ours = !strcmp(credential->cf_api_id, plan->out->api_token_id);
	bool dead = plan->dead_id[0] && !strcmp(credential->cf_api_id, plan->dead_id);

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
	if (!plan->out->credential_id || plan->rolled || plan->stale)
		return 0;
	plan_detail(plan, "credential %s", plan->out->credential_id);
	*done = true;
	return 0;
}

static const char *credential_name(const struct plan *plan)
{
	return plan->token_name[0] ? plan->token_name : plan->config->service;
}

static int try_register(struct plan *plan, struct err *err)
{
	scoped_credential struct credential made = {0};
	struct err first;

	if (credential_register(plan->config->manager, credential_name(plan),
				plan->out->api_token_id, plan->value, &made, err) == 0) {
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
				  credential_name(plan), plan->out->api_token_id, plan->value, err);
}

static int register_act(struct plan *plan, struct err *err)
{
	bool there = plan->out->credential_id != NULL;

	if (with_pauses(plan, "register", there ? try_replace : try_register, err) < 0)
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

/* "https://example.com/" and "example.com" are the same website. */
static bool same_site(const char *a, const char *b)
{
	size_t m, n;

	for (const char **p = (const char *[]){ "https://", "http://", NULL }; *p; p++) {
		size_t len = strlen(*p);
		if (!strncmp(a, *p, len))
			a += len;
		if (!strncmp(b, *p, len))
			b += len;
	}
	for (m = strlen(a); m > 0 && a[m - 1] == '/'; m--)
		;
	for (n = strlen(b); n > 0 && b[n - 1] == '/'; n--)
		;
	return m == n && !strncmp(a, b, m);
}

int create_compare(const struct instance_create *wanted, const struct instance *there,
		   struct err *err)
{
	const char *type = wanted->type ? wanted->type : "";
	const char *source = wanted->source ? wanted->source : "";
	const char *has = there->source ? there->source : "";
	bool same = !strcmp(type, "web-crawler") ? same_site(source, has) : !strcmp(source, has);

	/* Built-in storage tells no type; its source, if any, is of the API's making. */
	if (!strcmp(type, there->type) && (same || !*type))
		return 0;
	err_set(err, ERR_EXISTS, "instance '%s' exists with other settings: %s%s%s", wanted->id,
		there->type[0] ? there->type : "built-in storage", *has ? " from " : "", has);
	return err_hint(err, "choose another id, or remove it: aisearch instance delete %s",
			wanted->id);
}

static void describe(struct plan *plan, const struct instance_create *what)
{
	if (what->type)
		plan_detail(plan, "instance %s, %s from %s", what->id, what->type, what->source);
	else
		plan_detail(plan, "instance %s, built-in storage", what->id);
}

static int look_and_compare(struct plan *plan, struct err *err)
{
	const struct instance_create *what = &plan->config->instance;
	scoped_instance struct instance there = {0};

	if (instance_get(plan->config->manager, what->id, &there, err) < 0 ||
	    create_compare(what, &there, err) < 0)
		return -1;
	describe(plan, what);
	return 0;
}

static int create_done(struct plan *plan, bool *done, struct err *err)
{
	if (look_and_compare(plan, err) < 0)
		return err->kind == ERR_NOT_FOUND && err->code != 7063 ? 0 : -1;
	*done = true;
	return 0;
}

static int try_create(struct plan *plan, struct err *err)
{
	struct instance_create what = plan->config->instance;
	scoped_instance struct instance made = {0};
	struct err first;

	what.token_id = plan->out->credential_id;
	if (instance_create(plan->config->manager, &what, &made, err) == 0)
		return 0;
	if (err->kind != ERR_EXISTS && !plan_ambiguous(err))
		return -1;
	/* It was not there a moment ago: a lost answer, or somebody else.  Reading decides. */
	first = *err;
	if (look_and_compare(plan, err) == 0)
		return 0;
	if (err->kind != ERR_EXISTS && err->kind != ERR_CANCELLED)
		*err = first;
	return -1;
}

static int create_act(struct plan *plan, struct err *err)
{
	if (with_pauses(plan, "create", try_create, err) < 0)
		return -1;
	describe(plan, &plan->config->instance);
	return 0;
}

const struct plan_step step_create = {
	.name = "create",
	.begins = "looking for the instance, or creating it",
	.failing = "cannot create the instance",
	.done = create_done,
	.act = create_act,
};
