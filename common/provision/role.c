/* SPDX-License-Identifier: MIT */
#include "provision/role.h"

#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

void role_token_clear(struct role_token *token)
{
	secret_free(token->value);
	memset(token, 0, sizeof(*token));
}

struct vault_id role_identity(const struct role *role, char path[64])
{
	snprintf(path, 64, "accounts/%s", role->account);
	return (struct vault_id){ .protocol = "https", .host = role->host, .path = path,
				  .username = role->username };
}

/* FNV-1a, the text's end included: it only has to differ when the grant does. */
static uint64_t mix(uint64_t sum, const char *text)
{
	do
		sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	while (*text++);
	return sum;
}

static uint64_t mix_list(uint64_t sum, const char *what, const struct token_list *list)
{
	sum = mix(sum, what);
	for (size_t i = 0; i < list->count; i++)
		sum = mix(sum, list->item[i]);
	return sum;
}

static bool bound_to_addresses(const struct role *role)
{
	return role->allow_ip.count > 0 || role->deny_ip.count > 0;
}

void role_origin(const struct role *role, char out[ROLE_ORIGIN_SIZE])
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	char expires[48];

	for (size_t i = 0; i < role->group_count; i++)
		sum = mix(sum, role->groups[i].name);
	sum = mix_list(sum, "+", &role->allow_ip);
	sum = mix_list(sum, "-", &role->deny_ip);
	snprintf(expires, sizeof(expires), "%lld %lld", (long long)role->expires_on,
		 (long long)role->expires_in_s);
	sum = mix(sum, expires);
	snprintf(out, ROLE_ORIGIN_SIZE, ROLE_ORIGIN "/%016llx%s", (unsigned long long)sum,
		 bound_to_addresses(role) ? "/ip" : "");
}

/* --- looking -------------------------------------------------------------------------- */

/* Asked with its own value: it may have been rolled, revoked or disabled elsewhere. */
static int is_alive(struct client *client, const struct secret *value, bool *alive,
		    struct err *err)
{
	const struct secret *before = client_token(client);
	scoped_token struct token token = {0};
	enum token_owner owner;

	client_set_token(client, value);
	int r = token_verify_any(client, &owner, &token, err);
	client_set_token(client, before);
	if (r < 0 && err->kind != ERR_AUTH)
		return -1;
	*alive = r == 0 && token_is_active(&token);
	return 0;
}

static bool ends_with_ip(const char *origin)
{
	size_t n = origin ? strlen(origin) : 0;

	return n > 3 && !strcmp(origin + n - 3, "/ip");
}

int role_look(const struct role *role, struct client *client, struct role_token *out,
	      struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	char path[64], origin[ROLE_ORIGIN_SIZE];
	const struct vault_id id = role_identity(role, path);
	bool alive = true;

	memset(out, 0, sizeof(*out));
	if (!role->vault)
		return 0;
	if (vault_get(role->vault, &id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	copy(out->name, sizeof(out->name), item->label);
	copy(out->id, sizeof(out->id), item->token_id);
	out->ours = item->origin && !strncmp(item->origin, ROLE_ORIGIN, strlen(ROLE_ORIGIN));
	if (item->state == VAULT_PENDING) {
		role_origin(role, origin);
		out->state = ROLE_PENDING;
		out->outdated = item->origin && strcmp(item->origin, origin) != 0;
		return 0;
	}
	if (!item->token_id) {
		err_set(err, ERR_CONFIG, "the vault's '%s' does not tell the token's id", role->username);
		return err_hint(err, "choose another service name, or remove it: git credential reject");
	}
	out->expired = item->expires_at > 0 && item->expires_at <= clock_wall_s(role->clock);
	if (out->expired)
		alive = false;
	else if (!ends_with_ip(item->origin) && is_alive(client, item->secret, &alive, err) < 0)
		return err_context(err, "the token of '%s'", role->username);
	out->state = alive ? ROLE_ALIVE : ROLE_DEAD;
	if (alive)
		out->value = STEAL(item->secret);
	else
		copy(out->dead_id, sizeof(out->dead_id), out->id);
	return 0;
}

/* --- minting -------------------------------------------------------------------------- */

struct keeping {
	const struct role *role;
	struct role_token *token;
};

static int keep(void *ctx, const struct minted *minted, struct err *err)
{
	struct keeping *k = ctx;
	const struct role *role = k->role;
	char path[64], origin[ROLE_ORIGIN_SIZE];
	const struct vault_id id = role_identity(role, path);
	const struct vault_meta meta = { .token_id = minted->id, .label = k->token->name,
					 .origin = origin, .expires_at = minted->expires_at };
	const struct vault_value stored = { .secret = minted->value };

	role_origin(role, origin);
	if (vault_put(role->vault, &id, &stored, &meta, clock_wall_s(role->clock), err) < 0)
		return -1;
	copy(k->token->id, sizeof(k->token->id), minted->id);
	return 0;
}

static int record_intent(const struct role *role, struct role_token *token, struct err *err)
{
	char path[64], origin[ROLE_ORIGIN_SIZE];
	const struct vault_id id = role_identity(role, path);
	const struct vault_meta meta = { .label = token->name, .origin = origin };

	role_origin(role, origin);
	if (mint_new_name(token->name, role->word, role->account, err) < 0)
		return -1;
	if (vault_put_intent(role->vault, &id, &meta, clock_wall_s(role->clock), err) == 0)
		return 0;
	/* the entry of a dead token stays until the new value replaces it */
	if (err->kind == ERR_EXISTS && token->dead_id[0])
		return 0;
	if (err->kind == ERR_EXISTS)
		err_hint(err, "another run stored it a moment ago: run the same command again");
	return -1;
}

/* Its token is gone from the API by now. */
static int drop_intent(const struct role *role, struct role_token *token, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	char path[64];
	const struct vault_id id = role_identity(role, path);

	token->name[0] = '\0';
	if (vault_get(role->vault, &id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	return item->state == VAULT_PENDING ? vault_erase_item(role->vault, item, err) : 0;
}

int role_find_groups(const struct role *role, struct client *creator, enum token_owner owner,
		     char ids[ROLE_GROUPS][33], size_t *count, struct err *err)
{
	*count = 0;
	for (size_t i = 0; i < role->group_count; i++) {
		const struct role_group *g = &role->groups[i];

		if (token_group_id(creator, owner, g->name, ids[*count], err) == 0) {
			++*count;
		} else if (g->id && (err->kind == ERR_NOT_FOUND || err->kind == ERR_FORBIDDEN)) {
			memcpy(ids[(*count)++], g->id, 33);
		} else if (!g->optional || err->kind != ERR_NOT_FOUND) {
			return -1;
		}
	}
	return 0;
}

static void take(struct role_token *token, struct minted *minted)
{
	token->value = STEAL(minted->value);
	token->found = minted->found;
	token->state = ROLE_ALIVE;
	token->ours = true;
}

/* What has expired is of no use to anybody, but counts against the owner's limit. */
static void sweep(const struct role_token *token, struct client *creator, enum token_owner owner)
{
	struct err ignored = {0};

	if (token->expired && token->dead_id[0] && strcmp(token->dead_id, token->id) != 0)
		token_delete(creator, owner, token->dead_id, &ignored);
}

int role_mint(const struct role *role, struct client *creator, enum token_owner owner,
	      struct role_token *token, struct err *err)
{
	scoped_minted struct minted minted = {0};
	struct keeping keeping = { role, token };
	struct mint mint = { .creator = creator, .owner = owner, .name = token->name,
			     .outdated = token->outdated, .keep = keep, .ctx = &keeping };
	char ids[ROLE_GROUPS][33];
	const char *groups[ROLE_GROUPS];
	struct token_grant grant = { .allow_ip = role->allow_ip, .deny_ip = role->deny_ip,
				     .expires_on = role->expires_on };

	if (token->name[0]) {
		if (mint_heal(&mint, &minted, err) == 0)
			return take(token, &minted), 0;
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		if (token->outdated && drop_intent(role, token, err) < 0)
			return -1;
	}
	if (role_find_groups(role, creator, owner, ids, &grant.groups.count, err) < 0)
		return -1;
	for (size_t i = 0; i < grant.groups.count; i++)
		groups[i] = ids[i];
	grant.groups.item = groups;
	if (role->expires_in_s > 0)
		grant.expires_on = clock_wall_s(role->clock) + role->expires_in_s;
	if (!token->name[0] && record_intent(role, token, err) < 0)
		return -1;
	mint.outdated = false;
	if (mint_new(&mint, &grant, &minted, err) < 0)
		return -1;
	take(token, &minted);
	sweep(token, creator, owner);
	return 0;
}

/* --- what is owed --------------------------------------------------------------------------- */

static struct vault_id debt_identity(const struct role *role, char path[64])
{
	struct vault_id id = role_identity(role, path);

	id.protocol = ROLE_DEBT_PROTOCOL;
	return id;
}

int role_owe(const struct role *role, const char *dead_id, struct err *err)
{
	char path[64];
	const struct vault_id id = debt_identity(role, path);
	const struct vault_meta meta = { .token_id = dead_id, .origin = ROLE_ORIGIN };

	if (vault_put_intent(role->vault, &id, &meta, clock_wall_s(role->clock), err) == 0)
		return 0;
	return err->kind == ERR_EXISTS ? 0 : -1;	/* the first one is still registered */
}

int role_owes(const struct role *role, bool *owes, char dead_id[33], struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	char path[64];
	const struct vault_id id = debt_identity(role, path);

	*owes = false;
	if (!role->vault)
		return 0;
	if (vault_get(role->vault, &id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*owes = true;
	if (item->token_id)
		copy(dead_id, 33, item->token_id);
	return 0;
}

int role_paid(const struct role *role, struct err *err)
{
	char path[64];
	const struct vault_id id = debt_identity(role, path);

	return vault_erase(role->vault, &id, err) < 0 && err->kind != ERR_NOT_FOUND ? -1 : 0;
}
