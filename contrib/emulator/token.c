/* SPDX-License-Identifier: MIT */
/*
 * token.c -- API tokens: mint, change, roll, revoke.
 *
 * User-owned and account-owned tokens are two sets; a request sees the one its
 * path names.  A value leaves the emulator twice: when minted and when rolled.
 */
#include <sodium.h>

#include "address.h"
#include "auth.h"
#include "handlers.h"
#include "token.h"

static const char *owner_name(const struct request *req)
{
	return req->owner == OWNER_USER ? "user" : "account";
}

struct json_object *token_object(struct request *req, sqlite3_stmt *row)
{
	struct json_object *obj = json_object_new_object();

	js_str(obj, "id", db_col(row, 0));
	js_str(obj, "name", db_col(row, 1));
	js_str(obj, "status", token_state(db_col(row, 2), db_col(row, 8), db_col(row, 9)));
	js_raw(obj, "policies", db_col(row, 3));
	if (*db_col(row, 4))
		js_raw(obj, "condition", db_col(row, 4));
	js_time(obj, "issued_on", sqlite3_column_int64(row, 5));
	js_time(obj, "modified_on", sqlite3_column_int64(row, 6));
	js_time(obj, "last_used_on", sqlite3_column_int64(row, 7));
	if (*db_col(row, 8))
		js_str(obj, "expires_on", db_col(row, 8));
	if (*db_col(row, 9))
		js_str(obj, "not_before", db_col(row, 9));
	if (req->owner == OWNER_ACCOUNT) {
		js_str(obj, "creator_email_at_creation", "operator@example.com");
		js_str(obj, "provisioner_id", req->em->set->account);
		js_str(obj, "provisioner_type", "account");
	}
	return obj;
}

static void invalid(struct request *req, const char *key, const char *message)
{
	answer_invalid_at(req, "body", key, message);
}

/* May this policy name this resource?  Account tokens cannot reach into the user. */
static bool resource_known(const struct request *req, const char *resource, const char *scope)
{
	size_t len = strlen(scope);
	const char *id = resource + len + 1;

	if (!strcmp(scope, "com.cloudflare.api.account.zone"))
		return true;
	if (strncmp(resource, scope, len) || resource[len] != '.')
		return false;
	if (!strcmp(scope, "com.cloudflare.api.user"))
		return req->owner == OWNER_USER && (!strcmp(id, USER_ID) || !strcmp(id, "*"));
	return !strcmp(id, req->em->set->account) || !strcmp(id, "*");
}

/* The policies as kept: with ids, and the groups' names.  NULL after having answered. */
static struct json_object *complete_policies(struct request *req)
{
	scoped_json struct json_object *out = json_object_new_array();
	struct json_object *in = js_get(req->json, "policies");

	for (size_t i = 0; i < json_object_array_length(in); i++) {
		struct json_object *from = json_object_array_get_idx(in, i),
				   *groups = js_get(from, "permission_groups"),
				   *policy = json_object_new_object(),
				   *list = json_object_new_array();
		char id[HEX_SIZE];

		random_hex(id);
		json_object_array_add(out, policy);
		js_str(policy, "id", id);
		js_share(policy, "effect", js_get(from, "effect"));
		js_share(policy, "resources", js_get(from, "resources"));
		json_object_object_add(policy, "permission_groups", list);
		for (size_t j = 0; j < json_object_array_length(groups); j++) {
			struct json_object *group = json_object_new_object();
			const struct permission *p = permission_find(
				js_get_str(json_object_array_get_idx(groups, j), "id"));

			json_object_array_add(list, group);
			if (!p) {
				invalid(req, "policies", "Permission group does not exist");
				return NULL;
			}
			js_str(group, "id", p->id);
			js_str(group, "name", p->name);
			json_object_object_foreach(js_get(from, "resources"), resource, value) {
				(void)value;
				if (resource_known(req, resource, p->scope))
					continue;
				invalid(req, "policies", "Resource does not exist or does not fit "
							 "the scope of the permission group");
				return NULL;
			}
		}
	}
	return STEAL(out);
}

static bool condition_valid(struct request *req)
{
	struct json_object *ip = js_get(js_get(req->json, "condition"), "request_ip");
	static const char *const lists[] = { "in", "not_in" };

	for (int l = 0; l < 2; l++) {
		struct json_object *list = js_get(ip, lists[l]);

		for (size_t i = 0; list && i < json_object_array_length(list); i++) {
			struct json_object *one = json_object_array_get_idx(list, i);

			if (!address_range_valid(json_object_get_string(one))) {
				invalid(req, "condition", "Not an IP address or CIDR range");
				return false;
			}
		}
	}
	return true;
}

/* Upper- and lower-case letters and digits, 40 of them, as the API's values. */
static void make_value(char out[TOKEN_VALUE_SIZE])
{
	static const char alphabet[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	for (int i = 0; i < TOKEN_VALUE_SIZE - 1; i++)
		out[i] = alphabet[randombytes_uniform(sizeof(alphabet) - 1)];
	out[TOKEN_VALUE_SIZE - 1] = '\0';
}

static sqlite3_stmt *find(struct request *req, const char *id)
{
	sqlite3_stmt *row = db_query(&req->em->db,
				     "SELECT " TOKEN_COLUMNS " FROM token WHERE id=?1 AND owner=?2",
				     "ss", id, owner_name(req));

	if (db_step(&req->em->db, row))
		return row;
	sqlite3_finalize(row);
	answer_error(req, 404, 1003, "Invalid API Token ID");
	return NULL;
}

void token_create(struct request *req)
{
	scoped_json struct json_object *policies = NULL;
	scoped_stmt sqlite3_stmt *row = NULL;
	struct db *db = &req->em->db;
	struct json_object *result, *condition = js_get(req->json, "condition");
	unsigned char hash[TOKEN_HASH_SIZE];
	char value[TOKEN_VALUE_SIZE], id[HEX_SIZE];
	int64_t quota = req->owner == OWNER_USER ? 50 : 500;

	policies = complete_policies(req);
	if (!policies || !condition_valid(req))
		return;
	if (db_int(db, "SELECT count(*) FROM token WHERE owner=?1", "s", owner_name(req)) >= quota) {
		answer_error(req, 400, 1009, "The maximum number of API tokens is reached");
		return;
	}
	make_value(value);
	token_hash(value, strlen(value), hash);
	random_hex(id);
	db_exec(db,
		"INSERT INTO token(id,owner,name,hash,status,policies,condition,issued,modified,"
		    "expires,not_before) VALUES(?1,?2,?3,?4,'active',?5,?6,?7,?7,?8,?9)",
		"sssbssiss", id, owner_name(req), js_get_str(req->json, "name"), hash, sizeof(hash),
		js_text(policies), condition ? js_text(condition) : NULL, now_s(),
		js_get_str(req->json, "expires_on"), js_get_str(req->json, "not_before"));
	row = find(req, id);
	if (row) {
		result = token_object(req, row);
		js_str(result, "value", value);
		answer_ok(req, 200, result, NULL);
	}
	sodium_memzero(value, sizeof(value));
}

void token_get(struct request *req)
{
	scoped_stmt sqlite3_stmt *row = find(req, req->arg[0]);

	if (row)
		answer_ok(req, 200, token_object(req, row), NULL);
}

void token_update(struct request *req)
{
	scoped_stmt sqlite3_stmt *row = find(req, req->arg[0]), *after = NULL;
	scoped_json struct json_object *policies = NULL;
	struct json_object *condition = js_get(req->json, "condition");

	policies = row ? complete_policies(req) : NULL;
	if (!policies || !condition_valid(req))
		return;
	db_exec(&req->em->db,
		"UPDATE token SET name=?2, policies=?3, condition=?4, expires=?5, not_before=?6,"
		" status=ifnull(?7, status), modified=?8 WHERE id=?1", "sssssssi",
		req->arg[0], js_get_str(req->json, "name"), js_text(policies),
		condition ? js_text(condition) : NULL, js_get_str(req->json, "expires_on"),
		js_get_str(req->json, "not_before"), js_get_str(req->json, "status"), now_s());
	after = find(req, req->arg[0]);
	if (after)
		answer_ok(req, 200, token_object(req, after), NULL);
}

void token_delete(struct request *req)
{
	scoped_stmt sqlite3_stmt *row = find(req, req->arg[0]);
	struct json_object *result;

	if (!row)
		return;
	result = json_object_new_object();
	js_str(result, "id", db_col(row, 0));
	db_exec(&req->em->db, "DELETE FROM token WHERE id=?1", "s", req->arg[0]);
	answer_ok(req, 200, result, NULL);
}

void token_roll(struct request *req)
{
	scoped_stmt sqlite3_stmt *row = find(req, req->arg[0]);
	unsigned char hash[TOKEN_HASH_SIZE];
	char value[TOKEN_VALUE_SIZE];

	if (!row)
		return;
	make_value(value);
	token_hash(value, strlen(value), hash);
	db_exec(&req->em->db, "UPDATE token SET hash=?2, modified=?3 WHERE id=?1", "sbi",
		req->arg[0], hash, sizeof(hash), now_s());
	answer_ok(req, 200, json_object_new_string(value), NULL);
	sodium_memzero(value, sizeof(value));
}
