/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <microhttpd.h>
#include <sodium.h>
#include <strings.h>

#include "address.h"

#define ACCOUNT_SCOPE "com.cloudflare.api.account"
#define ZONE_SCOPE "com.cloudflare.api.account.zone"
#define USER_SCOPE "com.cloudflare.api.user"

/* The ids that are public are the real ones; those of AI Search beside Index Engine are ours. */
const struct permission permissions[] = {
	{ GROUP_INDEX_ENGINE, "AI Search Index Engine", ACCOUNT_SCOPE, "ai_and_machine_learning" },
	{ GROUP_AI_READ, "AI Search Read", ACCOUNT_SCOPE, "ai_and_machine_learning" },
	{ GROUP_AI_RUN, "AI Search Run", ACCOUNT_SCOPE, "ai_and_machine_learning" },
	{ GROUP_AI_WRITE, "AI Search Write", ACCOUNT_SCOPE, "ai_and_machine_learning" },
	{ GROUP_ACCOUNT_TOKENS_READ, "Account API Tokens Read", ACCOUNT_SCOPE,
	  "account_and_billing" },
	{ GROUP_ACCOUNT_TOKENS_WRITE, "Account API Tokens Write", ACCOUNT_SCOPE,
	  "account_and_billing" },
	{ "c1fde68c7bcc44588cbb6ddbc16d6480", "Account Settings Read", ACCOUNT_SCOPE,
	  "account_and_billing" },
	{ GROUP_TOKENS_READ, "API Tokens Read", USER_SCOPE, "account_and_billing" },
	{ GROUP_TOKENS_WRITE, "API Tokens Write", USER_SCOPE, "account_and_billing" },
	{ "4755a26eedb94da69e1066d98aa820be", "DNS Write", ZONE_SCOPE, "dns_and_zones" },
	{ GROUP_R2_READ, "Workers R2 Storage Read", ACCOUNT_SCOPE, "developer_platform" },
	{ GROUP_R2_WRITE, "Workers R2 Storage Write", ACCOUNT_SCOPE, "developer_platform" },
	{ "e086da7e2179491d91ee5f35b3ca210a", "Workers Scripts Write", ACCOUNT_SCOPE,
	  "developer_platform" },
	{ "c8fed203ed3043cba015a93ad1616f1f", "Zone Read", ZONE_SCOPE, "dns_and_zones" },
	{ NULL, NULL, NULL, NULL },
};

const struct permission *permission_find(const char *id)
{
	for (const struct permission *p = permissions; p->id; p++)
		if (id && !strcmp(p->id, id))
			return p;
	return NULL;
}

void token_hash(const char *value, size_t len, unsigned char out[TOKEN_HASH_SIZE])
{
	crypto_hash_sha256(out, (const unsigned char *)value, len);
}

const char *token_state(const char *status, const char *expires, const char *not_before)
{
	int64_t when;

	if (strcmp(status, "active"))
		return status;
	if (*expires && !rfc3339_parse(expires, &when) && when <= now_s())
		return "expired";
	if (*not_before && !rfc3339_parse(not_before, &when) && when > now_s())
		return "disabled";
	return "active";
}

/* The value behind "Bearer ", or NULL after having answered. */
static const char *bearer(struct request *req)
{
	const char *value = MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND,
							"Authorization");

	if (!value) {
		answer_error(req, 400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization "
					     "headers");
		return NULL;
	}
	if (!strncasecmp(value, "Bearer ", 7) && value[7] && strlen(value) < 4096) {
		const char *token = value + 7, *at = token;

		while (*at > ' ' && *at < 127)
			at++;
		if (!*at)
			return token;
	}
	answer_error(req, 400, 6003, "Invalid request headers");
	return NULL;
}

static bool verifying(const struct request *req)
{
	return req->route && !strcmp(req->route->path, "tokens/verify");
}

static int refuse(struct request *req)
{
	if (verifying(req))
		answer_error(req, 401, 1000, "Invalid API Token");
	else
		answer_error(req, 401, 10000, "Authentication error");
	return -1;
}

static bool address_allowed(const char *address, const char *condition)
{
	scoped_json struct json_object *holder = json_object_new_object();
	struct json_object *ip;

	if (!*condition)
		return true;
	js_raw(holder, "condition", condition);
	ip = js_get(js_get(holder, "condition"), "request_ip");
	if (js_get(ip, "in") && !address_in_list(address, js_get(ip, "in")))
		return false;
	return !js_get(ip, "not_in") || !address_in_list(address, js_get(ip, "not_in"));
}

int authenticate(struct request *req)
{
	unsigned char hash[TOKEN_HASH_SIZE];
	scoped_stmt sqlite3_stmt *row = NULL;
	struct db *db = &req->em->db;
	const char *value = bearer(req);
	bool ok;

	if (!value)
		return -1;
	token_hash(value, strlen(value), hash);
	row = db_query(db, "SELECT id, owner, status, policies, ifnull(expires,''),"
		       " ifnull(not_before,''), ifnull(condition,''), used FROM token"
		       " WHERE hash=?1 AND modified<=?2", "bi", hash, sizeof(hash),
		       now_s() - req->em->set->spread_s);
	if (!db_step(db, row) ||
	    strcmp(token_state(db_col(row, 2), db_col(row, 4), db_col(row, 5)), "active") ||
	    !address_allowed(req->address, db_col(row, 6)))
		return refuse(req);
	snprintf(req->caller.id, sizeof(req->caller.id), "%s", db_col(row, 0));
	req->caller.owner = strcmp(db_col(row, 1), "user") ? OWNER_ACCOUNT : OWNER_USER;
	req->caller.policies = js_parse(db_col(row, 3), strlen(db_col(row, 3)), &ok);
	if (sqlite3_column_int64(row, 7) != now_s())
		db_exec(db, "UPDATE token SET used=?2 WHERE id=?1", "si", req->caller.id, now_s());
	/* A token is verified where it lives, and unknown elsewhere. */
	if (verifying(req) && req->caller.owner != req->owner)
		return refuse(req);
	return 0;
}

static bool covers(struct json_object *resources, const char *resource)
{
	char any[80];
	const char *dot = strrchr(resource, '.');

	snprintf(any, sizeof(any), "%.*s.*", (int)(dot - resource), resource);
	return json_object_object_get_ex(resources, resource, NULL) ||
	       json_object_object_get_ex(resources, any, NULL);
}

bool policies_allow(struct json_object *policies, const char *resource, const char *group)
{
	bool allowed = false;

	if (!json_object_is_type(policies, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(policies); i++) {
		struct json_object *policy = json_object_array_get_idx(policies, i),
				   *groups = js_get(policy, "permission_groups");
		const char *effect = js_get_str(policy, "effect");
		bool named = !group;

		if (!covers(js_get(policy, "resources"), resource))
			continue;
		for (size_t j = 0; !named && groups && j < json_object_array_length(groups); j++) {
			const char *id = js_get_str(json_object_array_get_idx(groups, j), "id");

			named = id && !strcmp(id, group);
		}
		if (named && effect && !strcmp(effect, "deny") && group)
			return false;
		allowed = allowed || (named && effect && !strcmp(effect, "allow"));
	}
	return allowed;
}

int authorize(struct request *req, enum need need)
{
	static const char *const groups[][3] = {
		[NEED_READ] = { GROUP_AI_READ, GROUP_AI_WRITE },
		[NEED_WRITE] = { GROUP_AI_WRITE },
		[NEED_RUN] = { GROUP_AI_RUN, GROUP_AI_WRITE },
		[NEED_R2] = { GROUP_R2_READ, GROUP_R2_WRITE },
		[NEED_TOKENS_READ] = { GROUP_ACCOUNT_TOKENS_READ, GROUP_ACCOUNT_TOKENS_WRITE },
		[NEED_TOKENS_WRITE] = { GROUP_ACCOUNT_TOKENS_WRITE },
	};
	static const char *const user_groups[][3] = {
		[NEED_TOKENS_READ] = { GROUP_TOKENS_READ, GROUP_TOKENS_WRITE },
		[NEED_TOKENS_WRITE] = { GROUP_TOKENS_WRITE },
	};
	bool user = !req->account;
	const char *const *group = user && need >= NEED_TOKENS_READ ? user_groups[need]
								    : groups[need];
	char resource[80];

	snprintf(resource, sizeof(resource), "%s.%s", user ? USER_SCOPE : ACCOUNT_SCOPE,
		 user ? USER_ID : req->account);
	if (!user && (strcmp(req->account, req->em->set->account) ||
		      !policies_allow(req->caller.policies, resource, NULL))) {
		answer_error(req, 403, 9109, "Unauthorized to access requested resource");
		return -1;
	}
	if (need == NEED_NOTHING)
		return 0;
	for (int i = 0; i < 3 && group[i]; i++)
		if (policies_allow(req->caller.policies, resource, group[i]))
			return 0;
	answer_error(req, 403, 10000, "Authentication error");
	return -1;
}
