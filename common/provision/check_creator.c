/* SPDX-License-Identifier: MIT */
/* check_creator.c -- can what is missing be minted? */
#include <stdio.h>
#include <string.h>

#include "cloudflare/call.h"
#include "provision/plan.h"

static const char *owner_word(enum token_owner owner)
{
	return owner == TOKEN_OF_USER ? "user" : "account";
}

/* The creator's own policies, when it may read them: can it mint at all? */
static bool may_mint(struct json_object *policies, const char *group)
{
	for (size_t i = 0; i < json_object_array_length(policies); i++) {
		struct json_object *policy = json_object_array_get_idx(policies, i), *groups = NULL;
		const char *effect = NULL, *name;
		struct err ignored = {0};

		if (json_get_text(policy, "effect", &effect, &ignored) < 0 || !effect ||
		    strcmp(effect, "allow") != 0 ||
		    json_get_array(policy, "permission_groups", &groups, &ignored) < 0)
			continue;
		for (size_t j = 0; groups && j < json_object_array_length(groups); j++)
			if (json_get_text(json_object_array_get_idx(groups, j), "name", &name,
					  &ignored) == 0 && name && !strcmp(name, group))
				return true;
	}
	return false;
}

static int check_may_mint(struct plan *plan, enum token_owner own, struct err *err)
{
	const char *group = plan->owner == TOKEN_OF_USER ? "API Tokens Write"
							 : "Account API Tokens Write";
	struct client *creator = plan->config->creator;
	scoped_json struct json_object *self = NULL;
	scoped_buf struct buf path = BUF(512);
	struct json_object *policies = NULL;
	struct err ignored = {0};

	if (own == TOKEN_OF_ACCOUNT)
		client_add_account(creator, &path);
	else
		buf_adds(&path, "/user");
	buf_addf(&path, "/tokens/%.32s", plan->creator_id);
	if (call_json(creator, "GET", &path, NULL, NULL, &self, &ignored) < 0) {
		if (ignored.kind != ERR_CANCELLED)
			return 0;
		*err = ignored;
		return -1;
	}
	if (json_get_array(self, "policies", &policies, &ignored) < 0 || !policies ||
	    may_mint(policies, group))
		return 0;
	return check_add(plan, CHECK_PROBLEM, "permission", plan->owner == TOKEN_OF_USER ?
			 "give it User > API Tokens > Edit, or choose another --owner" :
			 "give it Account > Account API Tokens > Edit, or choose another --owner",
			 "the creator token may not mint %s-owned tokens: it lacks '%s'",
			 owner_word(plan->owner), group);
}

static int check_groups(struct plan *plan, const struct role *role, bool *refused, struct err *err)
{
	char ids[ROLE_GROUPS][33];
	struct err why = {0};
	size_t count;

	if (*refused || role_find_groups(role, plan->config->creator, plan->owner, ids, &count,
					 &why) == 0)
		return 0;
	*refused = why.kind == ERR_FORBIDDEN || why.kind == ERR_AUTH;
	return check_refusal(plan, "permission", &why, err);
}

struct census {
	const char *names[2];	/* of intents: what is found needs no place any more */
	size_t count, found;
};

static int on_token(void *ctx, const struct token *token)
{
	struct census *c = ctx;

	c->count++;
	for (size_t i = 0; token->name && i < 2; i++)
		c->found += c->names[i] && c->names[i][0] && !strcmp(c->names[i], token->name);
	return 0;
}

static int check_limit(struct plan *plan, size_t needed, struct err *err)
{
	size_t limit = plan->owner == TOKEN_OF_USER ? PROVISION_USER_TOKENS
						    : PROVISION_ACCOUNT_TOKENS;
	struct census c = {0};
	struct err why = {0};

	if (plan->manager.state != ROLE_ALIVE)
		c.names[0] = plan->manager.name;
	if (plan->service.state != ROLE_ALIVE)
		c.names[1] = plan->service.name;
	if (token_list(plan->config->creator, plan->owner, on_token, &c, &why) < 0)
		return check_refusal(plan, "limit", &why, err);
	needed -= c.found < needed ? c.found : needed;
	if (c.count + needed <= limit)
		return check_add(plan, CHECK_OK, "limit", NULL, "%zu of %zu %s-owned API tokens are used, %zu"
				 " more needed", c.count, limit, owner_word(plan->owner), needed);
	return check_add(plan, CHECK_PROBLEM, "limit",
			 "revoke some in the dashboard, or choose another --owner",
			 "there is no room for %zu more %s-owned API token%s: %zu of %zu are used", needed,
			 owner_word(plan->owner), needed == 1 ? "" : "s", c.count, limit);
}

static int check_owner(struct plan *plan, enum token_owner *own, bool *refused, struct err *err)
{
	scoped_token struct token self = {0};
	struct err why = {0};

	plan->owner = plan->config->owner;
	if (token_verify_any(plan->config->creator, own, &self, &why) < 0) {
		*refused = true;
		err_context(&why, "the creator token");
		return check_refusal(plan, "creator", &why, err);
	}
	snprintf(plan->creator_id, sizeof(plan->creator_id), "%s", self.id);
	if (plan->config->owner_of_creator)
		plan->owner = *own;
	return check_add(plan, CHECK_OK, "creator", NULL, "API token %s is alive (%s-owned)", self.id,
			 owner_word(*own));
}

static int no_creator(struct plan *plan)
{
	static const char hint[] = "aisearch login --role creator";

	if (plan->service.state == ROLE_DEAD || plan->manager.state == ROLE_DEAD)
		return check_add(plan, CHECK_PROBLEM, "creator", hint, "the %s token in the vault is refused"
				 " by the API, and there is no creator token to make it anew",
				 plan->manager.state == ROLE_DEAD ? "manager" : "service");
	return check_add(plan, CHECK_PROBLEM, "creator", hint, "there is no creator token");
}

int check_creator(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	enum token_owner own = TOKEN_OF_USER;
	bool refused = false;

	if (plan->creator_checked)
		return 0;
	plan->creator_checked = true;
	if (tokens_look_manager(plan, err) < 0 || (c->service && tokens_look_service(plan, err) < 0))
		return -1;
	bool manager = c->mint_manager && plan->manager.state != ROLE_ALIVE;
	bool service = c->service && plan->service.state != ROLE_ALIVE;
	if (!manager && c->mint_manager)
		check_add(plan, CHECK_OK, "manager", NULL, "API token %s is alive", plan->manager.id);
	if (c->service && !service)
		check_add(plan, CHECK_OK, "service", NULL, "API token %s is alive", plan->service.id);
	if (!manager && !service)
		return 0;
	if (!c->creator)
		return no_creator(plan);
	if (check_owner(plan, &own, &refused, err) < 0)
		return -1;
	size_t before = plan->out->problems;
	if ((manager && check_groups(plan, &plan->manager_role, &refused, err) < 0) ||
	    (service && check_groups(plan, &plan->service_role, &refused, err) < 0))
		return -1;
	if (refused)
		return 0;
	if (before == plan->out->problems)
		check_add(plan, CHECK_OK, "permission", NULL, "the permission groups to be granted are there");
	if (check_may_mint(plan, own, err) < 0)
		return -1;
	return check_limit(plan, (size_t)manager + (size_t)service, err);
}
