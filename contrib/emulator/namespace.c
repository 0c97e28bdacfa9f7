/* SPDX-License-Identifier: MIT */
#include "namespace.h"

#include "handlers.h"

#define COLUMNS "name,description,endpoint,endpoint_id,created"
#define SEARCHED "(?1 IS NULL OR instr(name, lower(?1)) OR instr(lower(description), lower(?1)))"

bool namespace_exists(struct request *req, const char *name)
{
	return !strcmp(name, "default") ||
	       db_int(&req->em->db, "SELECT count(*) FROM namespace WHERE name=?1", "s", name);
}

bool namespace_require(struct request *req, const char *name)
{
	if (namespace_exists(req, name))
		return true;
	answer_error(req, 404, 7063, "namespace_not_found");
	return false;
}

static struct json_object *object(sqlite3_stmt *row)
{
	struct json_object *obj = json_object_new_object();

	js_str(obj, "name", db_col(row, 0));
	js_str(obj, "description", (const char *)sqlite3_column_text(row, 1));
	js_time(obj, "created_at", sqlite3_column_int64(row, 4));
	js_str(obj, "public_endpoint_id", db_col(row, 3));
	js_raw(obj, "public_endpoint_params", db_col(row, 2));
	return obj;
}

/* Answers with the namespace as it is now. */
static void answer(struct request *req, int status, const char *name)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	struct json_object *obj;

	if (!namespace_require(req, name))
		return;
	row = db_query(&req->em->db, "SELECT " COLUMNS " FROM namespace WHERE name=?1", "s", name);
	if (db_step(&req->em->db, row)) {
		answer_ok(req, status, object(row), NULL);
		return;
	}
	obj = json_object_new_object();
	js_str(obj, "name", "default");
	js_str(obj, "description", NULL);
	js_time(obj, "created_at", 0);
	answer_ok(req, status, obj, NULL);
}

void namespace_create(struct request *req)
{
	const char *name = js_get_str(req->json, "name");
	struct json_object *endpoint = js_get(req->json, "public_endpoint_params");
	char id[UUID_SIZE];

	if (namespace_exists(req, name)) {
		answer_error(req, 409, 7064, "namespace_already_exists");
		return;
	}
	if (db_int(&req->em->db, "SELECT count(*) FROM namespace", "") >= 100) {
		answer_error(req, 403, 7062, "max_namespaces_reached");
		return;
	}
	random_uuid(id);
	db_exec(&req->em->db, "INSERT INTO namespace(" COLUMNS ") VALUES(?1,?2,?3,?4,?5)", "ssssi",
		name, js_get_str(req->json, "description"), endpoint ? js_text(endpoint) : NULL, id,
		now_s());
	answer(req, 201, name);
}

void namespace_list(struct request *req)
{
	const char *search = request_param(req, "search");
	struct json_object *rows;
	struct page page;

	if (request_page(req, 1, 100, INT64_MAX / 100, &page) < 0)
		return;
	if (search && strlen(search) > 256) {
		answer_invalid_at(req, "query", "search", "At most 256 characters");
		return;
	}
	page.total = db_int(&req->em->db, "SELECT count(*) FROM namespace WHERE " SEARCHED,
			    "s", search);
	scoped_stmt sqlite3_stmt *row = db_query(
		&req->em->db, "SELECT " COLUMNS " FROM namespace WHERE " SEARCHED
			      " ORDER BY name LIMIT ?2 OFFSET ?3",
		"sii", search, page.per_page, (page.page - 1) * page.per_page);
	rows = json_object_new_array();
	while (db_step(&req->em->db, row))
		json_object_array_add(rows, object(row));
	answer_ok(req, 200, rows, page_info(&page, rows));
}

void namespace_get(struct request *req)
{
	answer(req, 200, req->arg[0]);
}

void namespace_update(struct request *req)
{
	struct json_object *value;

	if (!namespace_require(req, req->arg[0]))
		return;
	if (!strcmp(req->arg[0], "default")) {
		answer_error(req, 400, 7046, "default_namespace_cannot_be_changed");
		return;
	}
	if (json_object_object_get_ex(req->json, "description", &value))
		db_exec(&req->em->db, "UPDATE namespace SET description=?2 WHERE name=?1", "ss",
			req->arg[0], js_get_str(req->json, "description"));
	if (json_object_object_get_ex(req->json, "public_endpoint_params", &value))
		db_exec(&req->em->db, "UPDATE namespace SET endpoint=?2 WHERE name=?1", "ss",
			req->arg[0], value ? js_text(value) : NULL);
	answer(req, 200, req->arg[0]);
}

void namespace_delete(struct request *req)
{
	if (!namespace_require(req, req->arg[0]))
		return;
	if (!strcmp(req->arg[0], "default")) {
		answer_error(req, 400, 7046, "default_namespace_cannot_be_deleted");
		return;
	}
	if (db_int(&req->em->db, "SELECT count(*) FROM instance WHERE ns=?1", "s", req->arg[0])) {
		answer_error(req, 400, 7065, "namespace_not_empty");
		return;
	}
	db_exec(&req->em->db, "DELETE FROM namespace WHERE name=?1", "s", req->arg[0]);
	answer_ok(req, 200, json_object_new_object(), NULL);
}
