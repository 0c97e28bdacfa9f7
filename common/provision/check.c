/* SPDX-License-Identifier: MIT */
/* check.c -- what can be known to fail, before anything is made. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cloudflare/bucket.h"
#include "cloudflare/call.h"
#include "provision/plan.h"

int check_add(struct plan *plan, enum check_state state, const char *name, const char *hint,
	      const char *fmt, ...)
{
	struct provision_result *out = plan->out;
	struct provision_check *more = realloc(out->checks, (out->check_count + 1) * sizeof(*more));
	va_list ap;

	if (!more)
		return -1;
	out->checks = more;
	struct provision_check *c = &more[out->check_count++];
	memset(c, 0, sizeof(*c));
	c->state = state;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->hint, sizeof(c->hint), "%s", hint ? hint : "");
	va_start(ap, fmt);
	vsnprintf(c->what, sizeof(c->what), fmt, ap);
	va_end(ap);
	out->problems += state == CHECK_PROBLEM;
	return 0;
}

/* What the API said is a line of its own, unless it said nothing: then nothing more can be asked. */
static int add_refusal(struct plan *plan, const char *name, const struct err *why, struct err *err)
{
	switch (why->kind) {
	case ERR_AUTH:
	case ERR_FORBIDDEN:
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_REMOTE:
		if (why->status >= 500)
			break;
		return check_add(plan, CHECK_PROBLEM, name, why->hint, "%s", why->what);
	default:
		break;
	}
	*err = *why;
	return -1;
}

int check_verdict(struct plan *plan, struct err *err)
{
	const struct provision_result *out = plan->out;

	if (out->problems == 0)
		return 0;
	for (size_t i = 0; i < out->check_count; i++) {
		if (out->checks[i].state != CHECK_PROBLEM)
			continue;
		err_set(err, ERR_CONFIG, "%s", out->checks[i].what);
		err_hint(err, "%s", out->checks[i].hint);
		break;
	}
	if (out->problems > 1)
		err_set(err, ERR_CONFIG, "there are %zu problems", out->problems);
	return -1;
}

/* --- the creator --------------------------------------------------------------------------- */

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
	return add_refusal(plan, "permission", &why, err);
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
		return add_refusal(plan, "limit", &why, err);
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
		return add_refusal(plan, "creator", &why, err);
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

	if (plan->service.dead_id[0] || plan->manager.dead_id[0])
		return check_add(plan, CHECK_PROBLEM, "creator", hint, "the %s token in the vault is refused"
				 " by the API, and there is no creator token to make it anew",
				 plan->manager.dead_id[0] ? "manager" : "service");
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
	if (tokens_look_manager(plan, err) < 0 || tokens_look_service(plan, err) < 0)
		return -1;
	bool manager = c->mint_manager && plan->manager.state != ROLE_ALIVE;
	bool service = plan->service.state != ROLE_ALIVE;
	if (!manager && c->mint_manager)
		check_add(plan, CHECK_OK, "manager", NULL, "API token %s is alive", plan->manager.id);
	if (!service)
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

/* --- the account --------------------------------------------------------------------------- */

static int check_instances(struct plan *plan, bool *refused, struct err *err)
{
	const struct provision_config *c = plan->config;

	for (size_t i = 0; i < c->instance_count && !*refused; i++) {
		const struct provision_instance *what = &c->instances[i];
		struct err why = {0};
		int r = instance_look(plan, what, &why);

		if (r == 0) {
			plan->there[i] = true;
			r = check_add(plan, CHECK_OK, "instance", NULL, "'%s' is there, as asked for", what->id);
		} else if (why.kind == ERR_NOT_FOUND && why.code != 7063) {
			r = check_add(plan, CHECK_OK, "instance", NULL, "'%s' is free", what->id);
		} else if (why.code == 7063) {
			*refused = true;
			r = check_add(plan, CHECK_PROBLEM, "instance", "aisearch namespace create NAME",
				      "there is no namespace '%s'", client_namespace(c->manager));
		} else {
			*refused = why.kind == ERR_AUTH || why.kind == ERR_FORBIDDEN;
			r = add_refusal(plan, *refused ? "manager" : "instance", &why, err);
		}
		if (r < 0)
			return -1;
	}
	return 0;
}

struct search_for_buckets {
	const struct plan *plan;
	bool found[PROVISION_INSTANCES_MAX];
	size_t seen;
};

static int on_bucket(void *ctx, const char *name)
{
	struct search_for_buckets *s = ctx;
	const struct provision_config *c = s->plan->config;

	s->seen++;
	for (size_t i = 0; i < c->instance_count; i++)
		if (c->instances[i].source && !strcmp(c->instances[i].source, name))
			s->found[i] = true;
	return 0;
}

/* Whoever may: the manager, the service token, the creator. */
static int list_buckets(struct plan *plan, struct search_for_buckets *search, struct err *err)
{
	struct client *manager = plan->config->manager;
	const struct secret *own = client_token(manager);
	int r = -1;

	if (bucket_list(manager, on_bucket, search, err) == 0)
		return 0;
	if (err->kind == ERR_FORBIDDEN && err->code != BUCKET_CODE_NOT_ENABLED &&
	    plan->service.state == ROLE_ALIVE) {
		client_set_token(manager, plan->service.value);
		r = bucket_list(manager, on_bucket, search, err);
		client_set_token(manager, own);
	}
	if (r < 0 && (err->kind == ERR_FORBIDDEN || err->kind == ERR_AUTH) &&
	    err->code != BUCKET_CODE_NOT_ENABLED && plan->config->creator)
		r = bucket_list(plan->config->creator, on_bucket, search, err);
	return r;
}

/* Of another jurisdiction: it does not show in this list. */
static bool elsewhere(const struct provision_config *c)
{
	struct json_object *params = NULL;
	const char *where = NULL;
	struct err ignored = {0};

	if (!c->body || json_get_object(c->body, "source_params", &params, &ignored) < 0 || !params)
		return false;
	return json_get_text(params, "r2_jurisdiction", &where, &ignored) == 0 && where &&
	       strcmp(where, "default") != 0;
}

static bool needs_source(const struct plan *plan, size_t i, const char *type)
{
	const struct provision_instance *what = &plan->config->instances[i];

	return !plan->there[i] && what->type && !strcmp(what->type, type);
}

static int check_bucket(struct plan *plan, size_t i, bool found, size_t seen)
{
	const char *name = plan->config->instances[i].source;
	char hint[160];

	if (found)
		return check_add(plan, CHECK_OK, "bucket", NULL, "R2 bucket '%s' is there", name);
	snprintf(hint, sizeof(hint), "make it: npx wrangler r2 bucket create %.63s", name);
	return check_add(plan, CHECK_PROBLEM, "bucket", hint, "there is no R2 bucket '%s' among the %zu of"
			 " the account", name, seen);
}

static int check_buckets(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	struct search_for_buckets search = { .plan = plan };
	struct err why = {0};
	bool needed = false;

	for (size_t i = 0; i < c->instance_count; i++)
		needed = needed || needs_source(plan, i, "r2");
	if (!needed)
		return 0;
	if (elsewhere(c))
		return check_add(plan, CHECK_UNKNOWN, "bucket", NULL, "buckets of another jurisdiction are"
				 " not looked for");
	if (list_buckets(plan, &search, &why) < 0) {
		if (why.code == BUCKET_CODE_NOT_ENABLED)
			return check_add(plan, CHECK_PROBLEM, "bucket", "enable it in the dashboard: R2 Object"
					 " Storage", "R2 is not enabled for this account");
		if (why.kind != ERR_FORBIDDEN && why.kind != ERR_AUTH)
			return add_refusal(plan, "bucket", &why, err);
		return check_add(plan, CHECK_UNKNOWN, "bucket", "give the manager token Workers R2 Storage Read",
				 "no token may look whether the bucket is there");
	}
	for (size_t i = 0; i < c->instance_count; i++)
		if (needs_source(plan, i, "r2") && check_bucket(plan, i, search.found[i], search.seen) < 0)
			return -1;
	return 0;
}

static int check_domains(struct plan *plan)
{
	for (size_t i = 0; i < plan->config->instance_count; i++)
		if (needs_source(plan, i, "web-crawler") &&
		    check_add(plan, CHECK_UNKNOWN, "domain", NULL, "only the creation tells whether '%s' is of"
			      " this account", plan->config->instances[i].source) < 0)
			return -1;
	return 0;
}

static int check_folder(struct plan *plan)
{
	const char *folder = plan->config->upload;
	struct stat st;

	if (!folder)
		return 0;
	if (stat(folder, &st) < 0)
		return check_add(plan, CHECK_PROBLEM, "upload", NULL, "'%.180s' cannot be looked at: %s", folder,
				 strerror(errno));
	return S_ISDIR(st.st_mode) ? 0 : check_add(plan, CHECK_PROBLEM, "upload", NULL,
						   "'%.200s' is not a folder", folder);
}

int check_account(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	bool refused = false;

	if (check_folder(plan) < 0)
		return err_nomem(err);
	if (c->mint_manager && plan->manager.state != ROLE_ALIVE)
		return check_add(plan, CHECK_UNKNOWN, "instance", NULL, "instances and buckets are looked for"
				 " when the manager token is there");
	if (check_instances(plan, &refused, err) < 0)
		return -1;
	return check_buckets(plan, err) < 0 || check_domains(plan) < 0 ? -1 : 0;
}

static int check_act(struct plan *plan, struct err *err)
{
	size_t unknown = 0;

	if (check_creator(plan, err) < 0 || check_account(plan, err) < 0 ||
	    check_verdict(plan, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->out->check_count; i++)
		unknown += plan->out->checks[i].state == CHECK_UNKNOWN;
	plan_detail(plan, "%zu fine", plan->out->check_count - unknown);
	if (unknown > 0)
		plan_detail(plan, "%zu fine, %zu could not be looked at",
			    plan->out->check_count - unknown, unknown);
	return 0;
}

const struct plan_step step_check = {
	.name = "check",
	.begins = "looking for what could fail",
	.failing = "nothing was made",
	.done = plan_not_done,
	.act = check_act,
};
