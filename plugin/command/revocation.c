/* SPDX-License-Identifier: MIT */
#include "revocation.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "output.h"
#include "provision/mint.h"

#define CODE_IN_USE 7076
#define LOCK_WAIT_MS 10000

void revocation_clear(struct revocation *r)
{
	for (size_t i = 0; i < r->count; i++)
		token_users_clear(&r->one[i].users);
	json_object_put(r->roles);
	json_object_put(r->left);
	if (r->lock >= 0)
		close(r->lock);
}

static struct doomed *find(struct revocation *r, const char *id)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->one[i].id, id))
			return &r->one[i];
	return NULL;
}

static int add(struct revocation *r, const char *id, struct err *err)
{
	if (find(r, id))
		return 0;
	if (r->count == REVOCATION_MAX)
		return err_set(err, ERR_EXISTS, "more than %d tokens are meant", REVOCATION_MAX),
		       err_hint(err, "name one by its id: aisearch token list");
	snprintf(r->one[r->count++].id, sizeof(r->one[0].id), "%s", id);
	return 0;
}

/* --- of a role ----------------------------------------------------------------------------- */

static int add_named(struct revocation *r, const char *name, size_t digits, size_t *count,
		     struct err *err)
{
	struct namesakes found = { .count = 0 };

	*count = 0;
	if (r->with.refused) {
		r->hidden = true;
		return 0;
	}
	if (ending_find(r->with.creator, name, digits, &found, err) < 0)
		return -1;
	r->hidden = r->hidden || found.hidden;
	*count = found.count;
	for (size_t i = 0; i < found.count && digits == 0; i++)
		if (add(r, found.id[i], err) < 0)
			return -1;
	return 0;
}

static bool is_of(const struct revocation *r, const struct token_role *role)
{
	return !strcmp(role->name, r->role);
}

/* Another run may be about to mint, or to store. */
static int take_lock(struct revocation *r, struct err *err)
{
	int64_t wait_ms = r->cli->s.timeout_s > 0 && r->cli->s.timeout_s * 1000 < LOCK_WAIT_MS
				  ? r->cli->s.timeout_s * 1000 : LOCK_WAIT_MS;

	if (lock_beside_vault(r->cli, ".provision", wait_ms, NULL, NULL, &r->lock, err) == 0)
		return 0;
	if (err->kind == ERR_TIMEOUT)
		err_hint(err, "end that run first, or revoke a token by its id: aisearch token list");
	return -1;
}

static int add_of_role(struct revocation *r, const struct token_roles *roles, struct err *err)
{
	bool kept = false;
	size_t ignored;

	for (size_t i = 0; i < roles->count; i++)
		kept = kept || (is_of(r, &roles->one[i]) && roles->one[i].kept.state != VAULT_REJECTED);
	for (size_t i = 0; i < roles->count; i++) {
		const struct token_role *role = &roles->one[i];

		/* what was rejected is meant when there is nothing else */
		if (!is_of(r, role) || (kept && role->kept.state == VAULT_REJECTED))
			continue;
		if ((role->id[0] && add(r, role->id, err) < 0) ||
		    (role->first[0] && add(r, role->first, err) < 0))
			return -1;
		if (role->id[0] || !role->label)
			continue;
		r->intents = r->intents || role->kept.state == VAULT_PENDING;
		if (add_named(r, role->label, 0, &ignored, err) < 0)
			return -1;
	}
	return 0;
}

/* The vault knows nothing of the role: perhaps it was lost. */
static int look_at_api(struct revocation *r, struct err *err)
{
	const char *what = strncmp(r->role, "service:", 8) ? r->role : r->role + 8;
	char prefix[TOKEN_NAME_MAX + 1];
	size_t count;

	mint_name(prefix, what, r->cli->account, 0);
	prefix[strlen(prefix) - 8] = '\0';
	if (add_named(r, prefix, 8, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	err_set(err, ERR_EXISTS, "the vault has no %s, but the API has %zu token%s named '%s...'", r->role,
		count, count == 1 ? "" : "s", prefix);
	return err_hint(err, "revoke by id what is yours: aisearch token list");
}

static int find_role(struct revocation *r, struct err *err)
{
	scoped_roles struct token_roles roles = {0};
	bool unfinished = false;

	if (token_roles(r->cli, true, &roles, err) < 0)
		return -1;
	for (size_t i = 0; i < roles.count; i++)
		unfinished = unfinished || (is_of(r, &roles.one[i]) && (roles.one[i].kept.rotating ||
									 roles.one[i].kept.state == VAULT_PENDING));
	if (unfinished) {
		token_roles_clear(&roles);
		if (take_lock(r, err) < 0 || token_roles(r->cli, true, &roles, err) < 0)
			return -1;
	}
	if (add_of_role(r, &roles, err) < 0)
		return -1;
	return r->count == 0 && !r->intents ? look_at_api(r, err) : 0;
}

/* --- finding ------------------------------------------------------------------------------- */

/* That nobody can tell of registrations, as a manager that is dead itself, is no reason to let one live. */
static int find_users(struct revocation *r, struct err *err)
{
	for (size_t i = 0; i < r->count && r->manager; i++) {
		if (token_users(r->manager, r->one[i].id, &r->one[i].users, err) == 0)
			continue;
		if (err->kind == ERR_CANCELLED || err->kind == ERR_TIMEOUT)
			return -1;
		token_users_clear(&r->one[i].users);
		output_note("its registrations are left alone: %s", err->kind == ERR_AUTH
			    ? "the manager token is refused" : err->what);
		r->manager = NULL;
	}
	return 0;
}

/* The entry of the rotation alone knows the first token: it is not to be forgotten with the second. */
static int check_second(struct revocation *r, const char *id, struct err *err)
{
	scoped_roles struct token_roles roles = {0};

	if (token_roles(r->cli, false, &roles, err) < 0)
		return -1;
	for (size_t i = 0; i < roles.count; i++) {
		const struct token_role *role = &roles.one[i];

		if (!role->kept.rotating || strcmp(role->id, id) || !role->first[0])
			continue;
		err_set(err, ERR_EXISTS, "it is the second token of an unfinished rotation of %.64s", role->name);
		return err_hint(err, "both: aisearch token revoke %s; or end it: aisearch token rotate %s",
				role->name, role->name);
	}
	return add(r, id, err);
}

int revocation_find(struct revocation *r, const char *word, struct err *err)
{
	scoped_token struct token self = {0};
	char id[33];

	if (token_verify_any(r->with.creator, &r->with.owner, &self, err) < 0) {
		if (err->kind != ERR_AUTH)
			return err_context(err, "the creator token");
		r->with.refused = true;
	}
	r->role = token_is_role(word) ? word : NULL;
	if (r->role ? find_role(r, err) < 0 :
	    token_resolve(r->cli, r->with.refused ? NULL : r->with.creator, r->manager, word, id, err) < 0 ||
	    check_second(r, id, err) < 0)
		return -1;
	return find_users(r, err);
}

/* --- doing --------------------------------------------------------------------------------- */

static int end_token(struct revocation *r, struct doomed *one, struct err *err)
{
	scoped_secret struct secret *value = NULL;

	return ending_value(r->vault, one->id, &value, err) < 0 ||
	       ending_revoke(&r->with, one->id, value, &one->how, err) < 0 ? -1 : 0;
}

static int end_registrations(struct revocation *r, struct doomed *one, struct err *err)
{
	struct json_object *list = one->how == ENDED_REFUSED ? NULL : one->users.registrations;

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *id =
			json_object_object_get(json_object_array_get_idx(list, i), "id");

		if (credential_delete(r->manager, json_object_get_string(id), err) == 0 ||
		    err->kind == ERR_NOT_FOUND)
			continue;
		if (err->code != CODE_IN_USE)
			return err_context(err, "the token is revoked, but not its registration");
		json_object_array_add(r->left, json_object_get(id));
	}
	return 0;
}

struct forgetting {
	struct revocation *r;
	struct err *err;
};

/* An intent of the role whose token was looked for everywhere, and revoked where there was one. */
static bool is_done_intent(const struct revocation *r, const struct vault_item *item)
{
	char path[64];
	const struct vault_id id = cli_identity(r->cli, r->role, path);

	return r->intents && !r->hidden && item->state == VAULT_PENDING && item->username &&
	       !strcmp(item->username, r->role) && !strcmp(item->host, id.host) && item->path &&
	       !strcmp(item->path, id.path);
}

static int on_entry(void *ctx, const struct vault_item *item)
{
	struct forgetting *f = ctx;
	struct revocation *r = f->r;
	struct doomed *one = item->token_id ? find(r, item->token_id) : NULL;
	size_t known = json_object_array_length(r->roles);

	if (!one && !is_done_intent(r, item))
		return 0;
	if (ending_forget(&r->with, r->vault, item, one ? one->how : ENDED_BEFORE, f->err) < 0)
		return -1;
	for (size_t i = 0; i < known && item->username; i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(r->roles, i)), item->username))
			return 0;
	if (item->username)
		json_object_array_add(r->roles, json_object_new_string(item->username));
	return 0;
}

int revocation_carry_out(struct revocation *r, struct err *err)
{
	struct forgetting forgetting = { r, err };

	r->roles = json_object_new_array();
	r->left = json_object_new_array();
	for (size_t i = 0; i < r->count; i++)
		if (end_token(r, &r->one[i], err) < 0 || end_registrations(r, &r->one[i], err) < 0)
			return -1;
	return vault_list(r->vault, NULL, on_entry, &forgetting, err) < 0 ? -1 : 0;
}
