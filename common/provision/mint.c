/* SPDX-License-Identifier: MIT */
/*
 * mint.c -- the service token: minted once, whatever happens in between.
 *
 *	vault:  nothing -> intent (unique name) -> value
 *	API:              nothing -> token of that name
 *
 * Each arrow is on disk before the next one begins, so at every moment either
 * the vault has the value, or it has the name under which the token is found.
 */
#include "provision/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void mint_name(char out[PLAN_NAME_MAX + 1], const char *service, const char *account,
	       uint32_t random)
{
	snprintf(out, PLAN_NAME_MAX + 1, "aisearch %s %.8s %08x", service, account,
		 (unsigned)random);
}

struct vault_id mint_identity(const struct provision_config *config, char path[64],
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
	const struct vault_id id = mint_identity(plan->config, path, username);

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

/* The first token of our name; later ones of the same name are leftovers. */
struct search_by_name {
	const char *name;
	char id[65];
	char others[4][65];	/* twins: a mint repeated before the first one showed in the list */
	size_t other_count;
};

static int match_name(void *ctx, const struct token *token)
{
	struct search_by_name *search = ctx;

	if (!token->id || !token->name || strcmp(token->name, search->name))
		return 0;
	if (token->status && strcmp(token->status, "active"))
		return 0;
	if (!search->id[0])
		snprintf(search->id, sizeof(search->id), "%s", token->id);
	else if (search->other_count < sizeof(search->others) / sizeof(search->others[0]))
		snprintf(search->others[search->other_count++], sizeof(search->others[0]), "%s",
			 token->id);
	return 0;
}

/* The value reaches the disk before anything else happens to it. */
static int keep(struct plan *plan, const char *token_id, int64_t expires_at, struct secret *value,
		struct err *err)
{
	const struct provision_config *c = plan->config;
	char path[64], username[64];
	const struct vault_id id = mint_identity(c, path, username);
	const struct vault_meta meta = { .token_id = token_id, .label = plan->token_name,
					 .expires_at = expires_at };
	const struct vault_value stored = { .secret = value };

	if (vault_put(c->vault, &id, &stored, &meta, clock_wall_s(c->clock), err) < 0) {
		err_context(err, "the token was minted, but not stored");
		return err->hint[0] ? -1 : err_hint(err, "mend that and run the same command again: "
						    "the token will be found by its name");
	}
	return set_text(&plan->out->api_token_id, token_id, err);
}

/* Finds the token that an earlier mint left behind and gives it a new value.  ERR_NOT_FOUND. */
static int heal_as(struct plan *plan, enum token_owner owner, struct err *err)
{
	const struct provision_config *c = plan->config;
	struct search_by_name search = { .name = plan->token_name };
	scoped_secret struct secret *value = NULL;

	if (token_list(c->creator, owner, match_name, &search, err) < 0)
		return -1;
	if (!search.id[0])
		return err_set(err, ERR_NOT_FOUND, "there is no token named '%s'", plan->token_name);
	if (token_roll(c->creator, owner, search.id, &value, err) < 0 ||
	    keep(plan, search.id, 0, value, err) < 0)
		return -1;
	plan->value = STEAL(value);
	plan->rolled = true;
	for (size_t i = 0; i < search.other_count; i++) {
		struct err ignored = {0};
		token_delete(c->creator, owner, search.others[i], &ignored);
	}
	plan_detail(plan, "API token %s of an interrupted run was found and got a new value",
		    search.id);
	return 0;
}

static int heal(struct plan *plan, struct err *err)
{
	enum token_owner owner = plan->owner;
	struct err other = {0};

	if (heal_as(plan, owner, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	/* The interrupted run may have been told another owner. */
	if (heal_as(plan, owner == TOKEN_OF_USER ? TOKEN_OF_ACCOUNT : TOKEN_OF_USER, &other) == 0)
		return 0;
	switch (other.kind) {
	case ERR_AUTH:
	case ERR_FORBIDDEN:
	case ERR_NOT_FOUND:
		return -1;
	default:
		*err = other;
		return -1;
	}
}

static int record_intent(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	char path[64], username[64];
	const struct vault_id id = mint_identity(c, path, username);
	const struct vault_meta meta = { .label = plan->token_name };
	uint32_t random;

	if (getentropy(&random, sizeof(random)) < 0)
		return err_errno(err, ERR_STORAGE, errno, "no random number for the token's name");
	mint_name(plan->token_name, c->service, c->account, random);
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

static int mint_act(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	scoped_token struct token token = {0};
	struct err first;
	char group[33] = TOKEN_GROUP_INDEX_ENGINE_ID;
	const char *groups[] = { group };

	if (!c->creator) {
		err_set(err, ERR_CONFIG, plan->dead_id[0] ?
			"the service token in the vault is refused by the API, and there is no creator"
			" token to make it anew" : "there is no creator token");
		return err_hint(err, "aisearch login --role creator");
	}
	if (choose_owner(plan, err) < 0)
		return -1;
	if (plan->token_name[0]) {
		if (heal(plan, err) == 0)
			return 0;
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
	if (token_mint(c->creator, plan->owner, plan->token_name, groups, 1, &token, err) < 0) {
		/* No answer is not "no": look once whether it was done. */
		if (!plan_ambiguous(err))
			return -1;
		first = *err;
		if (heal(plan, err) == 0)
			return 0;
		if (err->kind == ERR_CANCELLED)
			return -1;
		*err = first;
		return err_hint(err, "run the same command again: it finds out whether '%s' was minted",
				plan->token_name);
	}
	if (keep(plan, token.id, token.expires_on.known ? token.expires_on.unix_s : 0, token.value,
		 err) < 0)
		return -1;
	plan->value = STEAL(token.value);
	plan_detail(plan, "API token %s, its value is in the vault as service:%s", token.id,
		    c->service);
	return 0;
}

const struct plan_step step_mint = {
	.name = "mint",
	.begins = "looking for the service token, or minting one",
	.failing = "cannot mint the service token",
	.done = mint_done,
	.act = mint_act,
};
