/* SPDX-License-Identifier: MIT */
#include "route.h"

#include "auth.h"
#include "handlers.h"
#include "item.h"
#include "schema.h"

#define I "ai-search/instances"
#define N "ai-search/namespaces"
#define C "ai-search/tokens"

static const struct route routes[] = {
	{ "POST", "tokens", NEED_TOKENS_WRITE, BODY_JSON, "ApiTokenCreate", token_create, true },
	{ "GET", "tokens", NEED_TOKENS_READ, BODY_NONE, NULL, token_list, true },
	{ "GET", "tokens/verify", NEED_NOTHING, BODY_NONE, NULL, token_verify, true },
	{ "GET", "tokens/permission_groups", NEED_TOKENS_READ, BODY_NONE, NULL,
	  permission_groups, true },
	{ "GET", "tokens/*", NEED_TOKENS_READ, BODY_NONE, NULL, token_get, true },
	{ "PUT", "tokens/*", NEED_TOKENS_WRITE, BODY_JSON, "ApiTokenUpdate", token_update, true },
	{ "DELETE", "tokens/*", NEED_TOKENS_WRITE, BODY_NONE, NULL, token_delete, true },
	{ "PUT", "tokens/*/value", NEED_TOKENS_WRITE, BODY_OPTIONAL, "ApiTokenRoll", token_roll,
	  true },

	{ "POST", C, NEED_WRITE, BODY_JSON, "AISearchTokenWrite", credential_create, false },
	{ "GET", C, NEED_READ, BODY_NONE, NULL, credential_list, false },
	{ "GET", C "/*", NEED_READ, BODY_NONE, NULL, credential_get, false },
	{ "PUT", C "/*", NEED_WRITE, BODY_JSON, "AISearchTokenWrite", credential_update, false },
	{ "DELETE", C "/*", NEED_WRITE, BODY_NONE, NULL, credential_delete, false },

	{ "POST", N, NEED_WRITE, BODY_JSON, "NamespaceCreate", namespace_create, false },
	{ "GET", N, NEED_READ, BODY_NONE, NULL, namespace_list, false },
	{ "GET", N "/*", NEED_READ, BODY_NONE, NULL, namespace_get, false },
	{ "PUT", N "/*", NEED_WRITE, BODY_JSON, "NamespaceUpdate", namespace_update, false },
	{ "DELETE", N "/*", NEED_WRITE, BODY_NONE, NULL, namespace_delete, false },
	{ "POST", N "/*/search", NEED_RUN, BODY_JSON, "NamespaceSearchRequest",
	  namespace_search, false },
	{ "POST", N "/*/chat/completions", NEED_RUN, BODY_JSON, "NamespaceChatRequest",
	  namespace_chat, false },

	{ "POST", I, NEED_WRITE, BODY_JSON, "InstanceCreate", instance_create, false },
	{ "GET", I, NEED_READ, BODY_NONE, NULL, instance_list, false },
	{ "GET", I "/*", NEED_READ, BODY_NONE, NULL, instance_get, false },
	{ "PUT", I "/*", NEED_WRITE, BODY_JSON, "InstanceUpdate", instance_update, false },
	{ "PATCH", I "/*", NEED_WRITE, BODY_JSON, "InstanceMove", instance_move, false },
	{ "DELETE", I "/*", NEED_WRITE, BODY_NONE, NULL, instance_delete, false },
	{ "GET", I "/*/stats", NEED_READ, BODY_NONE, NULL, instance_stats, false },
	{ "POST", I "/*/purge-cache", NEED_WRITE, BODY_OPTIONAL, NULL, instance_purge_cache,
	  false },
	{ "POST", I "/*/search", NEED_RUN, BODY_JSON, "SearchRequest", instance_search, false },
	{ "POST", I "/*/chat/completions", NEED_RUN, BODY_JSON, "ChatRequest", instance_chat,
	  false },
	{ "POST", I "/*/jobs", NEED_WRITE, BODY_OPTIONAL, "JobCreate", job_create, false },
	{ "GET", I "/*/jobs", NEED_READ, BODY_NONE, NULL, job_list, false },
	{ "GET", I "/*/jobs/*", NEED_READ, BODY_NONE, NULL, job_get, false },
	{ "PATCH", I "/*/jobs/*", NEED_WRITE, BODY_JSON, "JobCancel", job_cancel, false },
	{ "GET", I "/*/jobs/*/logs", NEED_READ, BODY_NONE, NULL, job_logs, false },
	{ "GET", I "/*/items", NEED_READ, BODY_NONE, NULL, item_list, false },
	{ "POST", I "/*/items", NEED_WRITE, BODY_MULTIPART, NULL, item_upload, false },
	{ "PUT", I "/*/items", NEED_WRITE, BODY_JSON, "ItemIndex", item_index, false },
	{ "GET", I "/*/items/*", NEED_READ, BODY_NONE, NULL, item_get, false },
	{ "PATCH", I "/*/items/*", NEED_WRITE, BODY_JSON, "ItemSync", item_sync, false },
	{ "DELETE", I "/*/items/*", NEED_WRITE, BODY_NONE, NULL, item_delete, false },
	{ "GET", I "/*/items/*/logs", NEED_READ, BODY_NONE, NULL, item_logs, false },
	{ "GET", I "/*/items/*/chunks", NEED_READ, BODY_NONE, NULL, item_chunks, false },
	{ "GET", I "/*/items/*/download", NEED_READ, BODY_NONE, NULL, item_download, false },

	{ "GET", "r2/buckets", NEED_R2, BODY_NONE, NULL, bucket_list, true },
};

/* Does path, a route's, stand for these segments?  Fills req->arg. */
static bool fits(struct request *req, const char *path, const char *const *seg, int n)
{
	int nargs = 0;

	for (int i = 0; i < n; i++) {
		size_t len = strcspn(path, "/");

		if (len == 1 && *path == '*')
			req->arg[nargs++] = seg[i];
		else if (!len || strlen(seg[i]) != len || strncmp(seg[i], path, len))
			return false;
		path += len;
		if (*path == '/')
			path++;
		else if (i + 1 < n)
			return false;
	}
	return !*path;
}

static int normalize(struct request *req, const char **seg)
{
	int n = 0, i = 0;

	if (req->nseg >= 2 && !strcmp(req->seg[0], "user") && !strcmp(req->seg[1], "tokens")) {
		i = 1;
		req->owner = OWNER_USER;
	} else if (req->nseg >= 3 && !strcmp(req->seg[0], "accounts")) {
		req->account = req->seg[1];
		req->owner = OWNER_ACCOUNT;
		i = 2;
	} else {
		return 0;
	}
	while (i < req->nseg) {
		seg[n++] = req->seg[i++];
		if (n == 2 && i + 1 < req->nseg && !strcmp(seg[0], "ai-search") &&
		    !strcmp(seg[1], "namespaces") && !strcmp(req->seg[i + 1], "instances")) {
			req->ns = req->seg[i];
			seg[1] = "instances";
			i += 2;
		}
	}
	if (!req->ns) {
		req->ns = "default";
		req->flat = true;
	}
	return n;
}

const struct route *route_find(struct request *req)
{
	const char *seg[MAX_SEGMENTS];
	int n = req->malformed ? 0 : normalize(req, seg);

	if (n && req->account && (strlen(req->account) != 32 ||
				  strspn(req->account, "0123456789abcdef") != 32))
		return NULL;
	for (size_t i = 0; n && i < sizeof(routes) / sizeof(routes[0]); i++)
		if (!strcmp(routes[i].method, req->method) && fits(req, routes[i].path, seg, n))
			return &routes[i];
	return NULL;
}

static int read_body(struct request *req)
{
	struct schema_fault fault;
	bool ok;

	if (req->too_long) {
		answer_error(req, 413, req->route->classic ? 1001 : 7054,
			     "file_exceeds_maximum_size");
		return -1;
	}
	if (req->route->body == BODY_NONE || req->route->body == BODY_MULTIPART ||
	    (req->route->body == BODY_OPTIONAL && !req->body.len))
		return 0;
	req->json = js_parse(req->body.data, req->body.len, &ok);
	if (!ok) {
		answer_invalid_at(req, "body", NULL, req->body.len ? "Invalid JSON" : "Required");
		return -1;
	}
	if (req->route->schema && !schema_check(req->route->schema, req->json, &fault)) {
		answer_invalid(req, fault.message, fault.path);
		return -1;
	}
	return 0;
}

/* true when the request may go on */
static bool within_limit(struct request *req, enum limit_kind kind, const char *key)
{
	req->answer.limit = limits_count(&req->em->limits, kind, key, now_ms());
	if (!req->answer.limit.blocked)
		return true;
	answer_error(req, 429, 971, "Please wait and consider throttling your request speed");
	req->answer.retry_after = req->answer.limit.reset_s;
	return false;
}

static void perform(struct request *req)
{
	if (authenticate(req) < 0 || !within_limit(req, LIMIT_TOKEN, req->caller.id) ||
	    authorize(req, req->route->need) < 0)
		return;
	if (req->fault && req->fault->action == FAULT_STATUS) {
		answer_error(req, req->fault->status, req->fault->code ? req->fault->code :
			     req->fault->status == 429 ? 971 :
			     req->fault->status == 503 ? 7017 : 7001, "fault on demand");
		if (req->fault->status == 429)
			req->answer.retry_after = 1;
		return;
	}
	if (!read_body(req))
		req->route->run(req);
}

void route_request(struct request *req)
{
	if (!within_limit(req, LIMIT_ADDRESS, req->address))
		return;
	if (!req->route) {
		answer_error(req, 404, 7003, "Could not route to the requested path, perhaps your "
					     "object identifier is invalid?");
		return;
	}
	db_begin(&req->em->db);
	perform(req);
	if (db_end(&req->em->db) < 0)
		answer_error(req, 500, 7001, "Internal Error");
	else if (req->wait_item)
		item_wait(req);
}
