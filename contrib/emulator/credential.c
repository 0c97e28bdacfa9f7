/* SPDX-License-Identifier: MIT */
#include "credential.h"

#include "auth.h"
#include "handlers.h"

#define COLUMNS "id,name,cf_api_id,legacy,created,modified,by"

/* May the live token cf_api_id with this value's hash index? */
static bool may_index(struct emulator *em, const char *cf_api_id, const void *hash, size_t len)
{
	scoped_json struct json_object *policies = NULL;
	char resource[80];
	bool ok;
	scoped_stmt sqlite3_stmt *row = db_query(
		&em->db, "SELECT status, ifnull(expires,''), ifnull(not_before,''), policies"
			 " FROM token WHERE id=?1 AND hash=?2 AND modified<=?3", "sbi", cf_api_id, hash, len,
		now_s() - em->set->spread_s);

	if (!db_step(&em->db, row) ||
	    strcmp(token_state(db_col(row, 0), db_col(row, 1), db_col(row, 2)), "active"))
		return false;
	policies = js_parse(db_col(row, 3), strlen(db_col(row, 3)), &ok);
	snprintf(resource, sizeof(resource), "com.cloudflare.api.account.%s", em->set->account);
	return policies_allow(policies, resource, GROUP_INDEX_ENGINE);
}

bool credential_alive(struct emulator *em, const char *id)
{
	scoped_stmt sqlite3_stmt *row =
		db_query(&em->db, "SELECT cf_api_id, hash FROM credential WHERE id=?1", "s", id);

	return db_step(&em->db, row) &&
	       may_index(em, db_col(row, 0), sqlite3_column_blob(row, 1),
			 (size_t)sqlite3_column_bytes(row, 1));
}

char *credential_default(struct emulator *em)
{
	return db_text(&em->db, "SELECT id FROM credential ORDER BY rowid LIMIT 1", "");
}

static struct json_object *object(struct emulator *em, sqlite3_stmt *row)
{
	struct json_object *obj = json_object_new_object();

	js_str(obj, "id", db_col(row, 0));
	js_str(obj, "name", db_col(row, 1));
	js_str(obj, "cf_api_id", db_col(row, 2));
	js_bool(obj, "enabled", credential_alive(em, db_col(row, 0)));
	js_bool(obj, "legacy", sqlite3_column_int(row, 3));
	js_time(obj, "created_at", sqlite3_column_int64(row, 4));
	js_time(obj, "modified_at", sqlite3_column_int64(row, 5));
	js_str(obj, "created_by", db_col(row, 6));
	js_str(obj, "modified_by", db_col(row, 6));
	return obj;
}

static sqlite3_stmt *find(struct request *req, const char *id)
{
	sqlite3_stmt *row = db_query(&req->em->db, "SELECT " COLUMNS " FROM credential"
						   " WHERE id=lower(?1)", "s", id);

	if (db_step(&req->em->db, row))
		return row;
	sqlite3_finalize(row);
	answer_error(req, 404, 7075, "token_not_found");
	return NULL;
}

/* Checks the body's pair and hashes the key; false after having answered. */
static bool check_pair(struct request *req, unsigned char hash[TOKEN_HASH_SIZE])
{
	const char *key = js_get_str(req->json, "cf_api_key");

	token_hash(key, strlen(key), hash);
	if (may_index(req->em, js_get_str(req->json, "cf_api_id"), hash, TOKEN_HASH_SIZE))
		return true;
	answer_error(req, 400, 7012, "ai_search_instance_invalid_token");
	return false;
}

void credential_create(struct request *req)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	unsigned char hash[TOKEN_HASH_SIZE];
	char id[UUID_SIZE];

	if (!check_pair(req, hash))
		return;
	random_uuid(id);
	db_exec(&req->em->db,
		"INSERT INTO credential(id,name,cf_api_id,hash,legacy,created,modified,by)"
		" VALUES(?1,?2,?3,?4,?5,?6,?6,?7)", "sssbiis", id, js_get_str(req->json, "name"),
		js_get_str(req->json, "cf_api_id"), hash, sizeof(hash),
		(int64_t)js_get_bool(req->json, "legacy", true), now_s(), USER_ID);
	row = find(req, id);
	if (row)
		answer_ok(req, 201, object(req->em, row), NULL);
	emulator_work(req->em);
}

void credential_list(struct request *req)
{
	const char *search = request_param(req, "search");
	struct json_object *rows;
	struct page page;

	if (request_page(req, 1, 100, 100, &page) < 0)
		return;
	if (search && strlen(search) > 256) {
		answer_invalid_at(req, "query", "search", "At most 256 characters");
		return;
	}
	page.total = db_int(&req->em->db, "SELECT count(*) FROM credential WHERE ?1 IS NULL OR"
					  " instr(lower(name), lower(?1))", "s", search);
	scoped_stmt sqlite3_stmt *row = db_query(
		&req->em->db, "SELECT " COLUMNS " FROM credential WHERE ?1 IS NULL OR"
			      " instr(lower(name), lower(?1)) ORDER BY rowid DESC LIMIT ?2 OFFSET ?3",
		"sii", search, page.per_page, (page.page - 1) * page.per_page);
	rows = json_object_new_array();
	while (db_step(&req->em->db, row))
		json_object_array_add(rows, object(req->em, row));
	answer_ok(req, 200, rows, page_info(&page, rows));
}

void credential_get(struct request *req)
{
	scoped_stmt sqlite3_stmt *row = find(req, req->arg[0]);

	if (row)
		answer_ok(req, 200, object(req->em, row), NULL);
}

void credential_update(struct request *req)
{
	scoped_stmt sqlite3_stmt *row = find(req, req->arg[0]), *after = NULL;
	unsigned char hash[TOKEN_HASH_SIZE];

	if (!row || !check_pair(req, hash))
		return;
	db_exec(&req->em->db,
		"UPDATE credential SET name=?2, cf_api_id=?3, hash=?4, legacy=?5, modified=?6"
		" WHERE id=?1", "sssbii", db_col(row, 0), js_get_str(req->json, "name"),
		js_get_str(req->json, "cf_api_id"), hash, sizeof(hash),
		(int64_t)js_get_bool(req->json, "legacy", true), now_s());
	after = find(req, req->arg[0]);
	if (after)
		answer_ok(req, 200, object(req->em, after), NULL);
	emulator_work(req->em);
}

void credential_delete(struct request *req)
{
	scoped_stmt sqlite3_stmt *row = find(req, req->arg[0]);

	if (!row)
		return;
	if (db_int(&req->em->db, "SELECT count(*) FROM instance WHERE token_id=?1", "s",
		   db_col(row, 0))) {
		answer_error(req, 409, 7076, "token_in_use_by_instances");
		return;
	}
	db_exec(&req->em->db, "DELETE FROM credential WHERE id=?1", "s", db_col(row, 0));
	answer_ok(req, 200, json_object_new_object(), NULL);
}
