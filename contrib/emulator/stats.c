/* SPDX-License-Identifier: MIT */
/* stats.c -- how far indexing has come. */
#include "handlers.h"
#include "instance.h"

static const char *const statuses[] = {
	"queued", "running", "completed", "error", "skipped", "outdated", NULL,
};

static void count_items(struct request *req, const struct instance *in,
			struct json_object *result)
{
	scoped_stmt sqlite3_stmt *row = db_query(&req->em->db,
		"SELECT status, count(*) FROM item WHERE instance=?1 GROUP BY status", "i", in->n);

	while (db_step(&req->em->db, row))
		js_int(result, db_col(row, 0), sqlite3_column_int64(row, 1));
}

/* What a managed instance's storage and vector index would hold. */
static struct json_object *engine(struct request *req, const struct instance *in)
{
	struct json_object *obj = json_object_new_object(), *r2 = json_object_new_object(),
			   *vectors = json_object_new_object();
	scoped_stmt sqlite3_stmt *row = db_query(&req->em->db,
		"SELECT count(*), ifnull(sum(size),0), ifnull(sum(length(metadata)),0),"
		" ifnull(sum(chunks),0) FROM item WHERE instance=?1", "i", in->n);

	db_step(&req->em->db, row);
	js_int(r2, "payloadSizeBytes", row ? sqlite3_column_int64(row, 1) : 0);
	js_int(r2, "metadataSizeBytes", row ? sqlite3_column_int64(row, 2) : 0);
	js_int(r2, "objectCount", row ? sqlite3_column_int64(row, 0) : 0);
	js_int(vectors, "vectorsCount", row ? sqlite3_column_int64(row, 3) : 0);
	js_int(vectors, "dimensions", 1024);
	json_object_object_add(obj, "r2", r2);
	json_object_object_add(obj, "vectorize", vectors);
	return obj;
}

static struct json_object *file_errors(struct request *req, const struct instance *in)
{
	struct json_object *obj = json_object_new_object();
	scoped_stmt sqlite3_stmt *row = db_query(&req->em->db,
		"SELECT error, count(*) FROM item WHERE instance=?1 AND status='error'"
		" GROUP BY error", "i", in->n);

	while (db_step(&req->em->db, row))
		js_int(obj, db_col(row, 0), sqlite3_column_int64(row, 1));
	return obj;
}

void instance_stats(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	struct json_object *result, *idle, *source;

	if (!in)
		return;
	result = json_object_new_object();
	for (const char *const *s = statuses; *s; s++)
		js_int(result, *s, 0);
	idle = js_get(in->config, "idle_stats");
	if (idle) {
		json_object_object_foreach(idle, key, value)
			js_share(result, key, value);
	}
	count_items(req, in, result);
	source = json_object_new_object();
	if (in->fault)
		js_int(source, in->fault, 1);
	json_object_object_add(result, "file_embed_errors", file_errors(req, in));
	json_object_object_add(result, "index_source_errors", source);
	js_time(result, "last_activity", in->activity);
	if (!in->type)
		json_object_object_add(result, "engine", engine(req, in));
	answer_ok(req, 200, result, NULL);
}
