/* SPDX-License-Identifier: MIT */
/* instance_list.c -- the instances of a namespace, or (flat path) of the account. */
#include "handlers.h"
#include "instance.h"
#include "namespace.h"

#define WHERE " FROM instance WHERE (?1 IS NULL OR ns=?1)" \
	      " AND (?2 IS NULL OR instr(id, lower(?2)))" \
	      " AND (?3 IS NULL OR instr(config, '\"' || ?3 || '\"'))"

void instance_list(struct request *req)
{
	static const char *const orders[] = { "created_at", NULL };
	static const char *const directions[] = { "asc", "desc", NULL };
	const char *ns = req->flat ? request_param(req, "namespace") : req->ns;
	const char *search = request_param(req, "search"), *host = request_param(req, "hostname");
	const char *order, *direction;
	struct json_object *rows;
	struct page page;
	bool up;

	if (request_page(req, 1, 100, INT64_MAX / 100, &page) < 0 ||
	    request_enum(req, "order_by", orders, &order) < 0 ||
	    request_enum(req, "order_by_direction", directions, &direction) < 0)
		return;
	if (req->flat && ns && (!*ns || strlen(ns) > 32)) {
		answer_invalid_at(req, "query", "namespace", "1 to 32 characters");
		return;
	}
	if (!req->flat && !namespace_require(req, ns))
		return;
	up = direction && !strcmp(direction, "asc");
	page.total = db_int(&req->em->db, "SELECT count(*)" WHERE, "sss", ns, search, host);
	scoped_stmt sqlite3_stmt *row = db_query(
		&req->em->db,
		up ? "SELECT " INSTANCE_COLUMNS WHERE " ORDER BY created, n LIMIT ?4 OFFSET ?5"
		   : "SELECT " INSTANCE_COLUMNS WHERE " ORDER BY created DESC, n DESC"
		     " LIMIT ?4 OFFSET ?5",
		"sssii", ns, search, host, page.per_page, (page.page - 1) * page.per_page);
	rows = json_object_new_array();
	while (db_step(&req->em->db, row)) {
		scoped_instance struct instance *in = instance_from_row(row);

		if (in)
			json_object_array_add(rows, instance_object(in, true));
	}
	answer_ok(req, 200, rows, page_info(&page, rows));
}
