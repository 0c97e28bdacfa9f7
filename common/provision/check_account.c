/* SPDX-License-Identifier: MIT */
/* check_account.c -- are instances and sources as they are wanted? */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cloudflare/bucket.h"
#include "cloudflare/call.h"
#include "provision/plan.h"

/* Without its namespace an instance is just not found. */
static int check_namespace(struct plan *plan, bool *refused, struct err *err)
{
	struct client *client = plan->config->manager;
	const char *name = client_namespace(client);
	scoped_buf struct buf path = BUF(512);
	struct err why = {0};

	if (!strcmp(name, CLIENT_NAMESPACE_DEFAULT))
		return 0;
	client_add_account(client, &path);
	buf_adds(&path, "/ai-search/namespaces/");
	call_add_escaped(&path, name);
	if (call_json(client, "GET", &path, NULL, "AI Search Read", NULL, &why) == 0)
		return check_add(plan, CHECK_OK, "namespace", NULL, "'%s' is there", name);
	*refused = true;
	if (why.kind != ERR_NOT_FOUND)
		return check_refusal(plan, "manager", &why, err);
	return check_add(plan, CHECK_PROBLEM, "namespace", "aisearch namespace create NAME",
			 "there is no namespace '%s'", name);
}

static int check_instances(struct plan *plan, bool *refused, struct err *err)
{
	const struct provision_config *c = plan->config;

	for (size_t i = 0; i < c->instance_count && !*refused; i++) {
		const struct provision_instance *what = &c->instances[i];
		struct err why = {0};
		int r = instance_look(plan, what, &why);

		if (r == 0) {
			plan->there[i] = PLAN_THERE;
			r = check_add(plan, CHECK_OK, "instance", NULL, "'%s' is there, as asked for", what->id);
		} else if (why.kind == ERR_NOT_FOUND) {
			r = check_add(plan, CHECK_OK, "instance", NULL, "'%s' is free", what->id);
		} else {
			plan->there[i] = PLAN_OTHER;
			*refused = why.kind == ERR_AUTH || why.kind == ERR_FORBIDDEN;
			r = check_refusal(plan, *refused ? "manager" : "instance", &why, err);
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

	return plan->there[i] == PLAN_FREE && what->type && !strcmp(what->type, type);
}

static int check_bucket(struct plan *plan, size_t i, bool found, size_t seen)
{
	const char *name = plan->config->instances[i].source;

	if (found)
		return check_add(plan, CHECK_OK, "bucket", NULL, "R2 bucket '%s' is there", name);
	return check_add(plan, CHECK_PROBLEM, "bucket", "name one that is there, or make it in the dashboard:"
			 " R2 Object Storage", "there is no R2 bucket '%s' (the account has %zu)", name, seen);
}

int check_buckets(struct plan *plan, struct err *err)
{
	const struct provision_config *c = plan->config;
	struct search_for_buckets search = { .plan = plan };
	struct err why = {0};
	bool needed = false;

	plan->buckets_unknown = false;
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
			return check_refusal(plan, "bucket", &why, err);
		plan->buckets_unknown = true;
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
	if (check_namespace(plan, &refused, err) < 0 || check_instances(plan, &refused, err) < 0)
		return -1;
	return check_buckets(plan, err) < 0 || check_domains(plan) < 0 ? -1 : 0;
}
