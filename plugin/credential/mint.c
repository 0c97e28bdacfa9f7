/* SPDX-License-Identifier: MIT */
#include "mint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "minter.h"
#include "vault/life.h"

#define PROFILE_MAX 48
#define ROWS_MAX 64
#define REQUEST_MAX 16384	/* less than a pipe holds: writing it never waits */

int mint_check(const struct door *door, struct err *err)
{
	size_t len = strlen(door->mint);

	if (len >= 1 && len <= PROFILE_MAX && door->mint[0] != '-' && door->mint[0] != '.' &&
	    strspn(door->mint, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len)
		return 0;
	err_set(err, ERR_USAGE, "--mint: that is no name of a profile");
	return err_hint(err, "aisearch token profile list");
}

static bool minted_here(const struct door *door, const struct vault_item *item)
{
	const size_t skip = strlen(LIFE_ORIGIN_MINT);

	return item->origin && !strncmp(item->origin, LIFE_ORIGIN_MINT, skip) &&
	       !strcmp(item->origin + skip, door->mint);
}

static bool minted_elsewhere(const struct door *door, const struct vault_item *item)
{
	return item->origin && !strncmp(item->origin, LIFE_ORIGIN_MINT, strlen(LIFE_ORIGIN_MINT)) &&
	       !minted_here(door, item);
}

/*
 * What login and provision store for aisearch itself can do more than any profile: it is
 * not handed to somebody who named no user, in place of what was to be minted, nor taken
 * away from aisearch, which revokes with it.
 */
static bool is_for_aisearch(const struct vault_item *item)
{
	const char *user = item->username ? item->username : "";

	return item->path && !strncmp(item->path, "accounts/", 9) &&
	       (!strcmp(user, "creator") || !strcmp(user, "manager") ||
		!strncmp(user, "service:", 8));
}

/* Is it none of the profile's business?  So is what another profile minted, whoever asks. */
static bool is_out_of_reach(const struct door *door, const struct vault_id *query,
			    const struct vault_item *item)
{
	return minted_elsewhere(door, item) || (!query->username && is_for_aisearch(item));
}

/* --- get ------------------------------------------------------------------------- */

/* In this order; of several the newest. */
enum rank { NOTHING, EXPIRED, VALID, OWN };

struct best {
	const struct door *door;
	const struct vault_id *query;
	int64_t now, row;
	enum rank rank;
	char *path, *username;
	bool failed;
};

static void cleanup_best(struct best *best)
{
	free(best->path);
	free(best->username);
}

static enum rank rank_of(const struct best *best, const struct vault_item *item)
{
	if (item->state != VAULT_ACTIVE)
		return NOTHING;
	if (minted_here(best->door, item))
		return life_over(item->expires_at, best->now) ? EXPIRED : OWN;
	if (is_out_of_reach(best->door, best->query, item))
		return NOTHING;
	return life_over(item->expires_at, best->now) ? EXPIRED : VALID;
}

static int on_item(void *ctx, const struct vault_item *item)
{
	struct best *best = ctx;
	enum rank rank = rank_of(best, item);

	if (rank == NOTHING || rank < best->rank)
		return 0;
	cleanup_best(best);
	best->rank = rank;
	best->row = item->row;
	best->path = item->path ? strdup(item->path) : NULL;
	best->username = item->username ? strdup(item->username) : NULL;
	best->failed = (item->path && !best->path) || (item->username && !best->username);
	return best->failed;
}

/* *out stays NULL when there is none. */
static int find_in(struct vault *vault, struct best *best, unsigned want,
		   struct vault_item **out, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	const struct vault_id *query = best->query;

	if (vault_list(vault, query, on_item, best, err) < 0)
		return -1;
	if (best->failed)
		return err_nomem(err);
	const struct vault_id id = { query->protocol, query->host,
				     best->path ? best->path : vault_no_path,
				     best->username ? best->username : vault_no_user };
	if (best->rank == NOTHING)
		return 0;
	if (vault_get(vault, &id, want, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	/* what was stored since then is left for the next time */
	if (item->row == best->row)
		*out = STEAL(item);
	return 0;
}

static int find(const struct door *door, const struct vault_id *query, unsigned want,
		struct vault_item **out, struct err *err)
{
	SCOPED(cleanup_best) struct best best = { .door = door, .query = query,
						  .now = clock_wall_s(door->clock) };
	scoped_vault struct vault *vault = NULL;

	if (door_open(door, true, &vault, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	return find_in(vault, &best, want, out, err);
}

static int add_field(struct buf *request, const char *key, const char *value)
{
	return value ? buf_addf(request, "%s=%s\n", key, value) : 0;
}

static int run_mint(const struct door *door, const struct vault_id *query, bool ahead,
		    struct err *err)
{
	scoped_buf struct buf request = BUF(REQUEST_MAX);
	const char *words[8] = { "token", "mint", "--request" };
	size_t n = 3;

	add_field(&request, "protocol", query->protocol);
	add_field(&request, "host", query->host);
	add_field(&request, "path", query->path);
	if (add_field(&request, "username", query->username) < 0 || request.failed)
		return err_set(err, ERR_INPUT, "the request is too long to mint for");
	if (ahead)
		words[n++] = "--ahead";
	words[n++] = door->mint;
	return minter_run(door, words, &request, ahead ? MINT_AHEAD_S : MINT_DEADLINE_S, err);
}

int mint_get(const struct door *door, const struct vault_id *query, unsigned want,
	     struct vault_item **out, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	scoped_vault_item struct vault_item *newer = NULL;
	int64_t now = clock_wall_s(door->clock);
	struct err ignored = { 0 };

	if (mint_check(door, err) < 0 || find(door, query, want, &item, err) < 0)
		return -1;
	bool valid = item && !life_over(item->expires_at, now);
	if (valid && !(minted_here(door, item) &&
		       life_half_over(item->stored_at, item->expires_at, now))) {
		*out = STEAL(item);
		return 0;
	}
	if (strcmp(query->protocol, "https")) {	/* no profile answers another */
		*out = STEAL(item);
		return *out ? 0 : err_set(err, ERR_NOT_FOUND, "nothing was found");
	}
	if (run_mint(door, query, valid, valid ? &ignored : err) < 0 && !valid)
		return -1;
	if (find(door, query, want, &newer, valid ? &ignored : err) < 0 && !valid)
		return -1;
	*out = newer ? STEAL(newer) : STEAL(item);
	return *out ? 0 : err_set(err, ERR_NOT_FOUND, "nothing was found, and nothing minted");
}

/* --- erase ------------------------------------------------------------------------ */

struct rejection {
	const struct door *door;
	const struct vault_id *query;
	const struct vault_value *only;
	struct vault *vault;
	size_t count;
	char id[ROWS_MAX][33];	/* of the profile's tokens that are rejected now */
	bool damaged;		/* one could not be compared; that is told at the end */
	int done, foreign;	/* rejected; left alone, since the profile did not mint it */
	struct err *err;
};

static int on_reject(void *ctx, const struct vault_item *item)
{
	struct rejection *r = ctx;
	int64_t now = clock_wall_s(r->door->clock);
	struct err err = { 0 };
	int done = 0;

	if (item->state != VAULT_ACTIVE || is_out_of_reach(r->door, r->query, item))
		return 0;
	/* whoever has its secret was handed it, and it was refused; else it is not ours to take */
	if (!minted_here(r->door, item) && !(r->only && (r->only->secret || r->only->bearer))) {
		r->foreign += !life_over(item->expires_at, now);
		return 0;
	}
	if (vault_reject_item(r->vault, item, r->only, now, &done, &err) < 0) {
		*r->err = err;
		r->damaged = true;
		return 0;
	}
	r->done += done;
	if (done && minted_here(r->door, item) && item->token_id && r->count < ROWS_MAX)
		snprintf(r->id[r->count++], sizeof(r->id[0]), "%s", item->token_id);
	return 0;
}

static int reject(struct rejection *r, struct err *err)
{
	scoped_vault struct vault *vault = NULL;

	if (door_open(r->door, false, &vault, err) < 0)
		return -1;
	r->vault = vault;
	return vault_list(vault, r->query, on_reject, r, err);
}

int mint_reject(const struct door *door, const struct vault_id *query,
		const struct vault_value *only, struct err *err)
{
	struct err first = { 0 };
	struct rejection rows = { .door = door, .query = query, .only = only, .err = &first };
	int r = 0;

	if (mint_check(door, err) < 0 || reject(&rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const char *words[8] = { "token", "revoke", door->mint, rows.id[i] };

		if (minter_run(door, words, NULL, MINT_DEADLINE_S, err) == 0)
			continue;
		err_context(err, "rejected, but token %s not revoked", rows.id[i]);
		err_hint(err, "aisearch token revoke %s %s", door->mint, rows.id[i]);
		r = -1;
	}
	if (r == 0 && rows.damaged && rows.count == 0) {
		*err = first;
		r = -1;
	}
	if (r == 0 && rows.done == 0 && rows.foreign > 0) {
		err_set(err, ERR_EXISTS,
			"the entry for %s is valid, and was not minted by profile '%s'",
			query->host, door->mint);
		return err_hint(err, "name its password in the request, or: aisearch vault erase");
	}
	return r;
}
