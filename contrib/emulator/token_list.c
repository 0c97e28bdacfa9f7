/* SPDX-License-Identifier: MIT */
/* token_list.c -- API tokens: list, verify, and what can be permitted. */
#include <strings.h>

#include "auth.h"
#include "handlers.h"
#include "token.h"

void token_list(struct request *req)
{
	static const char *const directions[] = { "asc", "desc", NULL };
	const char *owner = req->owner == OWNER_USER ? "user" : "account";
	const char *expired = request_param(req, "include_expired"), *direction;
	struct json_object *rows;
	struct page page;

	if (request_page(req, 5, 50, INT64_MAX / 50, &page) < 0 ||
	    request_enum(req, "direction", directions, &direction) < 0)
		return;
	scoped_stmt sqlite3_stmt *row = db_query(
		&req->em->db,
		direction && !strcmp(direction, "asc")
			? "SELECT " TOKEN_COLUMNS " FROM token WHERE owner=?1 ORDER BY rowid"
			: "SELECT " TOKEN_COLUMNS " FROM token WHERE owner=?1 ORDER BY rowid DESC",
		"s", owner);

	/* At most 500: counted here, because "expired" depends on the clock. */
	rows = json_object_new_array();
	page.total = 0;
	while (db_step(&req->em->db, row)) {
		struct json_object *one = token_object(req, row);
		int64_t first = (page.page - 1) * page.per_page;

		if (expired && !strcmp(expired, "false") &&
		    !strcmp(js_get_str(one, "status"), "expired")) {
			json_object_put(one);
			continue;
		}
		if (page.total >= first && page.total < first + page.per_page)
			json_object_array_add(rows, one);
		else
			json_object_put(one);
		page.total++;
	}
	answer_ok(req, 200, rows, page_info(&page, rows));
}

void token_verify(struct request *req)
{
	scoped_stmt sqlite3_stmt *row =
		db_query(&req->em->db, "SELECT expires, not_before FROM token WHERE id=?1", "s",
			 req->caller.id);
	struct json_object *result = json_object_new_object();

	js_str(result, "id", req->caller.id);
	js_str(result, "status", "active");
	if (db_step(&req->em->db, row)) {
		if (*db_col(row, 0))
			js_str(result, "expires_on", db_col(row, 0));
		if (*db_col(row, 1))
			js_str(result, "not_before", db_col(row, 1));
	}
	answer_ok(req, 200, result, NULL);
}

void permission_groups(struct request *req)
{
	const char *name = request_param(req, "name"), *scope = request_param(req, "scope");
	struct json_object *rows = json_object_new_array();

	for (const struct permission *p = permissions; p->id; p++) {
		struct json_object *one, *scopes;

		if ((name && !strcasestr(p->name, name)) || (scope && strcmp(p->scope, scope)) ||
		    (req->owner == OWNER_ACCOUNT && !strcmp(p->scope, "com.cloudflare.api.user")))
			continue;
		one = json_object_new_object();
		scopes = json_object_new_array();
		js_str(one, "id", p->id);
		js_str(one, "name", p->name);
		js_str(one, "category", p->category);
		js_bool(one, "is_selectable", true);
		json_object_array_add(scopes, json_object_new_string(p->scope));
		json_object_object_add(one, "scopes", scopes);
		json_object_array_add(rows, one);
	}
	answer_ok(req, 200, rows, NULL);
}
