/* SPDX-License-Identifier: MIT */
/*
 * service.c -- the service token: there already, or minted (mint.h).
 */
#include "provision/plan.h"

#include <stdio.h>
#include <string.h>

struct vault_id service_identity(const struct provision_config *config, char path[64],
				 char username[64])
{
	snprintf(path, 64, "accounts/%s", config->account);
	snprintf(username, 64, "service:%s", config->service);
	return (struct vault_id){ .protocol = "https", .host = config->vault_host, .path = path,
				  .username = username };
}

static int set_text(char **to, const char *from, struct err *err)
{
	char *copy = strdup(from);

	if (!copy)
		return err_nomem(err);
	free(*to);
	*to = copy;
	return 0;
}

/* Asked with its own value: it may have been rolled, revoked or disabled elsewhere. */
static int is_alive(struct plan *plan, const struct secret *value, bool *alive, struct err *err)
{
	struct client *client = plan->config->manager;
	const struct secret *manager = client_token(client);
	scoped_token struct token token = {0};
	enum token_owner owner;

	client_set_token(client, value);
	int r = token_verify_any(client, &owner, &token, err);
	client_set_token(client, manager);
	if (r < 0 && err->kind != ERR_AUTH)
		return err_context(err, "the service token");
	*alive = r == 0 && (!token.status || !strcmp(token.status, "active"));
	return 0;
}

static int mint_done(struct plan *plan, bool *done, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	char path[64], username[64];
	const struct vault_id id = service_identity(plan->config, path, username);

	if (vault_get(plan->config->vault, &id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (item->label)
		snprintf(plan->token_name, sizeof(plan->token_name), "%s", item->label);
	if (item->state == VAULT_PENDING)
		return 0;
	if (!item->token_id) {
		err_set(err, ERR_CONFIG, "the vault's '%s' does not tell the token's id", username);
		return err_hint(err, "choose another service name, or remove it: git credential reject");
	}
	if (set_text(&plan->out->api_token_id, item->token_id, err) < 0)
		return -1;
	if (is_alive(plan, item->secret, done, err) < 0)
		return -1;
	if (!*done) {
		snprintf(plan->dead_id, sizeof(plan->dead_id), "%s", item->token_id);
		return 0;
	}
	plan->value = STEAL(item->secret);
	plan_detail(plan, "API token %s is in the vault as %s", item->token_id, username);
	return 0;
}

static int keep(void *ctx, const struct minted *token, struct err *err)
{
	struct plan *plan = ctx;
	const struct provision_config *c = plan->config;
	char path[64], username[64];
	const struct vault_id id = service_identity(c, path, username);
	const struct vault_meta meta = { .token_id = token->id, .label = plan->token_name,
					 .expires_at = token->expires_at };
	const struct vault_value stored = { .secret = token->value };

	if (vault_put(c->vault, &id, &stored, &meta, clock_wall_s(c->clock), err) < 0)
		return -1;
	return set_text(&plan->out->api_token_id, token->id, err);
}

static int record_intent(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	char path[64], username[64];
	const struct vault_id id = service_identity(c, path, username);
	const struct vault_meta meta = { .label = plan->token_name };

	if (mint_new_name(plan->token_name, c->service, c->account, err) < 0)
		return -1;
	if (vault_put_intent(c->vault, &id, &meta, clock_wall_s(c->clock), err) == 0)
		return 0;
	/* the entry of a dead token stays until the new value replaces it */
	if (err->kind == ERR_EXISTS && plan->dead_id[0])
		return 0;
	if (err->kind == ERR_EXISTS)
		err_hint(err, "another run stored it a moment ago: run the same command again");
	return -1;
}

static int choose_owner(struct plan *plan, struct err *err)
{
	scoped_token struct token token = {0};

	plan->owner = plan->config->owner;
	if (!plan->config->owner_of_creator)
		return 0;
	if (token_verify_any(plan->config->creator, &plan->owner, &token, err) < 0)
		return err_context(err, "the creator token");
	return 0;
}

static void take(struct plan *plan, struct minted *token)
{
	plan->value = STEAL(token->value);
	plan->rolled = token->found;
	if (token->found)
		plan_detail(plan, "API token %s of an interrupted run was found and got a new value",
			    token->id);
	else
		plan_detail(plan, "API token %s, its value is in the vault as service:%s", token->id,
			    plan->config->service);
}

static int mint_act(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	scoped_minted struct minted token = {0};
	char group[33] = TOKEN_GROUP_INDEX_ENGINE_ID;
	const char *groups[] = { group };
	const struct token_grant grant = { .groups = { groups, 1 } };
	struct mint mint = { .creator = c->creator, .name = plan->token_name, .keep = keep,
			     .ctx = plan };

	if (!c->creator) {
		err_set(err, ERR_CONFIG, plan->dead_id[0] ?
			"the service token in the vault is refused by the API, and there is no creator"
			" token to make it anew" : "there is no creator token");
		return err_hint(err, "aisearch login --role creator");
	}
	if (choose_owner(plan, err) < 0)
		return -1;
	mint.owner = plan->owner;
	if (plan->token_name[0]) {
		if (mint_heal(&mint, &token, err) == 0)
			return take(plan, &token), 0;
		if (err->kind != ERR_NOT_FOUND)
			return -1;
	}
	if (token_group_id(c->creator, plan->owner, TOKEN_GROUP_INDEX_ENGINE, group, err) < 0) {
		if (err->kind != ERR_NOT_FOUND && err->kind != ERR_FORBIDDEN)
			return -1;
		memcpy(group, TOKEN_GROUP_INDEX_ENGINE_ID, sizeof(group));
	}
	if (!plan->token_name[0] && record_intent(plan, err) < 0)
		return -1;
	if (mint_new(&mint, &grant, &token, err) < 0)
		return -1;
	take(plan, &token);
	return 0;
}

const struct plan_step step_mint = {
	.name = "mint",
	.begins = "looking for the service token, or minting one",
	.failing = "cannot mint the service token",
	.done = mint_done,
	.act = mint_act,
};
