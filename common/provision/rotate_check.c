/* SPDX-License-Identifier: MIT */
/* rotate_check.c -- the second token is taken, and indexing goes on with it. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/call.h"
#include "cloudflare/stats.h"
#include "cloudflare/usage.h"
#include "provision/rotation.h"

#define CHECKED_MAX 8		/* instances whose stats are read */

struct users {			/* instances with one of the registrations */
	struct rotation *r;
	int count;
	size_t kept;
	struct instance some[CHECKED_MAX];
};

static int on_instance(void *ctx, struct instance *i)
{
	struct users *u = ctx;

	for (size_t k = 0; i->token_id && k < u->r->registration_count; k++) {
		if (strcmp(i->token_id, u->r->registrations[k].id))
			continue;
		u->count++;
		if (u->kept < CHECKED_MAX) {
			u->some[u->kept++] = *i;
			memset(i, 0, sizeof(*i));
		}
		break;
	}
	return 0;
}

static int read_stats(struct rotation *r, const struct instance *i, struct err *err)
{
	scoped_json struct json_object *result = NULL;
	scoped_buf struct buf path = BUF(512);
	struct stats stats;

	client_add_account(r->config->manager, &path);
	buf_adds(&path, "/ai-search/namespaces/");
	call_add_escaped(&path, i->namespace[0] ? i->namespace : client_namespace(r->config->manager));
	buf_adds(&path, "/instances/");
	call_add_escaped(&path, i->id);
	buf_adds(&path, "/stats");
	if (call_json(r->config->manager, "GET", &path, NULL, "AI Search Read", &result, err) < 0 ||
	    stats_decode(result, &stats, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : err_context(err, "instance %s", i->id);
	return 0;
}

static int check_instances(struct rotation *r, int *count, struct err *err)
{
	struct users u = { .r = r };
	int result = usage_walk(r->config->manager, on_instance, &u, err);

	for (size_t i = 0; i < u.kept; i++) {
		if (result == 0)
			result = read_stats(r, &u.some[i], err);
		instance_clear(&u.some[i]);
	}
	*count = u.count;
	return result < 0 ? -1 : 0;
}

static int check_done(struct rotation *r, bool *done, struct err *err)
{
	(void)err;
	*done = r->stored;
	rotation_detail(r, "it was checked before it was stored");
	return 0;
}

/*
 * Until it has spread the API refuses it: whoever is handed it out then would fail.  One that
 * is bound to addresses cannot be asked about from here.
 */
static int await_spread(struct rotation *r, struct err *err)
{
	struct spread spread = rotation_spread(r);

	if (rotation_look_at_old(r, err) < 0)
		return -1;
	while (r->copy.condition.len == 0) {
		scoped_token struct token token = { 0 };
		enum token_owner owner;

		if (rotation_verify(r, r->value, &token, &owner, err) == 0)
			return 0;
		if (err->kind != ERR_AUTH || !spread_again(&spread, err))
			return -1;
	}
	return 0;
}

static int check_act(struct rotation *r, struct err *err)
{
	size_t before = r->registration_count;

	if (await_spread(r, err) < 0 || rotation_find_registrations(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->registration_count; i++) {
		const struct credential *c = &r->registrations[i];

		if (strcmp(c->cf_api_id, r->new_id)) {
			err_set(err, ERR_REMOTE, "registration %.64s still has token %.32s", c->id, c->cf_api_id);
			return err_hint(err, "nothing was revoked: run the same command again");
		}
		if (c->enabled.known && !c->enabled.value) {
			err_set(err, ERR_REMOTE, "AI Search has disabled registration %.64s", c->id);
			return err_hint(err, "nothing was revoked: run the same command again");
		}
	}
	if (r->registration_count < before)
		return err_set(err, ERR_REMOTE, "a registration has gone meanwhile");
	if (check_instances(r, &r->out->instances, err) < 0)
		return -1;
	if (r->registration_count == 0) {
		rotation_detail(r, "the API takes it; nothing uses it");
		return 0;
	}
	rotation_detail(r, "the registration is enabled; %d instance%s use%s it", r->out->instances,
			r->out->instances == 1 ? "" : "s", r->out->instances == 1 ? "s" : "");
	return 0;
}

const struct rotate_step rotate_step_check = {
	.name = "check",
	.begins = "looking whether indexing goes on",
	.failing = "indexing does not go on with the second token",
	.done = check_done,
	.act = check_act,
};
