/* SPDX-License-Identifier: MIT */
/*
 * tokens.c -- the manager token and the service token: there already, or minted (role.h).
 */
#include <stdio.h>
#include <string.h>

#include "provision/plan.h"
#include "provision/spread.h"

#define GROUP_WRITE "AI Search Write"	/* the dashboard calls it Edit */
#define GROUP_RUN "AI Search Run"
#define GROUP_R2_READ "Workers R2 Storage Read"

static bool any_bucket(const struct provision_config *c)
{
	for (size_t i = 0; i < c->instance_count; i++)
		if (c->instances[i].type && !strcmp(c->instances[i].type, "r2"))
			return true;
	return false;
}

void tokens_init(struct plan *plan)
{
	const struct provision_config *c = plan->config;
	struct role base = { .vault = c->vault, .host = c->vault_host, .account = c->account,
			     .clock = c->clock };
	const struct role_group r2 = { .name = GROUP_R2_READ, .optional = !c->r2 };

	snprintf(plan->service_user, sizeof(plan->service_user), "service:%s",
		 c->service ? c->service : "");
	plan->manager_role = plan->service_role = base;
	struct role *m = &plan->manager_role, *s = &plan->service_role;
	m->username = m->word = "manager";
	m->groups[m->group_count++] = (struct role_group){ .name = GROUP_WRITE };
	m->groups[m->group_count++] = (struct role_group){ .name = GROUP_RUN };
	s->username = plan->service_user;
	s->word = c->service;
	s->groups[s->group_count++] = (struct role_group){ .name = TOKEN_GROUP_INDEX_ENGINE,
							   .id = TOKEN_GROUP_INDEX_ENGINE_ID };
	/* The manager looks whether the bucket is there; through an instance it could read it anyway. */
	if (any_bucket(c))
		m->groups[m->group_count++] = (struct role_group){ .name = GROUP_R2_READ,
								   .optional = true };
	if (any_bucket(c) || c->r2)
		s->groups[s->group_count++] = r2;
	s->allow_ip = c->allow_ip;
	s->deny_ip = c->deny_ip;
	s->expires_on = c->expires_on;
	s->expires_in_s = c->expires_in_s;
}

static int no_creator(const struct role_token *token, const char *which, struct err *err)
{
	if (token->dead_id[0])
		err_set(err, ERR_CONFIG, "the %s token in the vault is refused by the API, and there is no"
			" creator token to make it anew", which);
	else
		err_set(err, ERR_CONFIG, "there is no creator token");
	return err_hint(err, "aisearch login --role creator");
}

int tokens_look_manager(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;

	if (!c->mint_manager || plan->looked_manager)
		return 0;
	if (role_look(&plan->manager_role, c->manager, &plan->manager, err) < 0)
		return -1;
	plan->looked_manager = true;
	if (plan->manager.state != ROLE_ALIVE)
		return 0;
	client_take_token(c->manager, plan->manager.value);
	memcpy(plan->out->manager_id, plan->manager.id, sizeof(plan->out->manager_id));
	return 0;
}

int tokens_look_service(struct plan *plan, struct err *err)
{
	struct role_token *token = &plan->service;

	if (plan->looked_service)
		return 0;
	if (role_look(&plan->service_role, plan->config->manager, token, err) < 0)
		return -1;
	if (role_owes(&plan->service_role, &plan->owes, token->dead_id, err) < 0)
		return -1;
	plan->looked_service = true;
	plan->out->service_was_there = token->state == ROLE_ALIVE;
	memcpy(plan->out->api_token_id, token->id, sizeof(plan->out->api_token_id));
	return 0;
}

static void describe(struct plan *plan, const struct role *role, const struct role_token *token)
{
	if (token->found)
		plan_detail(plan, "API token %s of an interrupted run was found and got a new value",
			    token->id);
	else
		plan_detail(plan, "API token %s, its value is in the vault as %s", token->id,
			    role->username);
}

static void describe_known(struct plan *plan, const struct role *role,
			   const struct role_token *token)
{
	plan_detail(plan, "API token %s is in the vault as %s", token->id, role->username);
}

static int mint(struct plan *plan, const struct role *role, struct role_token *token,
		const char *which, struct err *err)
{
	if (!plan->config->creator)
		return no_creator(token, which, err);
	if (role_mint(role, plan->config->creator, plan->owner, token, err) < 0)
		return -1;
	describe(plan, role, token);
	return 0;
}

/* --- manager ------------------------------------------------------------------------------- */

static int manager_done(struct plan *plan, bool *done, struct err *err)
{
	if (tokens_look_manager(plan, err) < 0)
		return -1;
	*done = plan->manager.state == ROLE_ALIVE;
	if (*done)
		describe_known(plan, &plan->manager_role, &plan->manager);
	return 0;
}

static void waiting(void *ctx)
{
	plan_event(ctx, PROVISION_STEP_BEGINS, "manager", SPREAD_WORDS);
}

/* Until the API takes it. */
static int settle(struct plan *plan, struct err *err)
{
	struct client *client = plan->config->manager;
	struct spread spread = { .client = client, .waiting = waiting, .ctx = plan };

	for (;;) {
		scoped_token struct token self = {0};
		enum token_owner owner;

		if (token_verify_any(client, &owner, &self, err) == 0)
			return 0;
		if (err->kind != ERR_AUTH || !spread_again(&spread, err))
			return -1;
	}
}

static int manager_act(struct plan *plan, struct err *err)
{
	if (check_creator(plan, err) < 0 || check_verdict(plan, err) < 0 ||
	    mint(plan, &plan->manager_role, &plan->manager, "manager", err) < 0)
		return -1;
	client_take_token(plan->config->manager, plan->manager.value);
	memcpy(plan->out->manager_id, plan->manager.id, sizeof(plan->out->manager_id));
	return settle(plan, err);
}

const struct plan_step step_manager = {
	.name = "manager",
	.begins = "looking for the manager token, or minting one",
	.failing = "cannot mint the manager token",
	.done = manager_done,
	.act = manager_act,
};

/* --- service ------------------------------------------------------------------------------- */

static int mint_done(struct plan *plan, bool *done, struct err *err)
{
	if (tokens_look_service(plan, err) < 0)
		return -1;
	*done = plan->service.state == ROLE_ALIVE;
	if (*done)
		describe_known(plan, &plan->service_role, &plan->service);
	return 0;
}

static int mint_act(struct plan *plan, struct err *err)
{
	struct role_token *token = &plan->service;

	if (token->state == ROLE_DEAD && !plan->owes) {
		if (role_owe(&plan->service_role, token->dead_id, err) < 0)
			return -1;
		plan->owes = true;
	}
	if (mint(plan, &plan->service_role, token, "service", err) < 0)
		return -1;
	memcpy(plan->out->api_token_id, plan->service.id, sizeof(plan->out->api_token_id));
	return 0;
}

const struct plan_step step_mint = {
	.name = "mint",
	.begins = "looking for the service token, or minting one",
	.failing = "cannot mint the service token",
	.done = mint_done,
	.act = mint_act,
};
