/* SPDX-License-Identifier: MIT */
#include "job.h"

#include "handlers.h"
#include "instance.h"

#define COOLDOWN_S 30
#define COLUMNS "id,source,description,started,seen,ended,reason,n"

void job_log_add(struct db *db, int64_t job, int type, const char *message)
{
	db_exec(db, "INSERT INTO job_log(job,time,type,message) VALUES(?1,?2,?3,?4)", "iiis", job,
		now_s(), (int64_t)type, message);
}

void job_start(struct emulator *em, int64_t instance, const char *source,
	       const char *description, char *id)
{
	char own[UUID_SIZE];

	if (!id)
		id = own;
	random_uuid(id);
	job_end_all(&em->db, instance, "superseded");
	db_exec(&em->db, "INSERT INTO job(id,instance,source,description,started,seen)"
			 " VALUES(?1,?2,?3,?4,?5,?5)", "sissi", id, instance, source, description,
		now_s());
	job_log_add(&em->db, sqlite3_last_insert_rowid(em->db.sql), 0, "Job started");
	db_exec(&em->db, "UPDATE instance SET synced=?2 WHERE n=?1", "ii", instance, now_s());
	emulator_work(em);
}

void job_end_all(struct db *db, int64_t instance, const char *reason)
{
	db_exec(db, "UPDATE job SET ended=?2, seen=?2, reason=?3 WHERE instance=?1 AND ended=0",
		"iis", instance, now_s(), reason);
}

static struct json_object *object(sqlite3_stmt *row)
{
	struct json_object *obj = json_object_new_object();

	js_str(obj, "id", db_col(row, 0));
	js_str(obj, "source", db_col(row, 1));
	js_str(obj, "description", (const char *)sqlite3_column_text(row, 2));
	js_time(obj, "started_at", sqlite3_column_int64(row, 3));
	js_time(obj, "last_seen_at", sqlite3_column_int64(row, 4));
	js_time(obj, "ended_at", sqlite3_column_int64(row, 5));
	js_str(obj, "end_reason", (const char *)sqlite3_column_text(row, 6));
	return obj;
}

static sqlite3_stmt *find(struct request *req, const struct instance *in, const char *id)
{
	sqlite3_stmt *row = db_query(&req->em->db, "SELECT " COLUMNS " FROM job"
						   " WHERE instance=?1 AND id=?2", "is", in->n, id);

	if (db_step(&req->em->db, row))
		return row;
	sqlite3_finalize(row);
	answer_error(req, 404, 7021, "job_not_found");
	return NULL;
}

void job_create(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	struct db *db = &req->em->db;
	scoped_stmt sqlite3_stmt *row = NULL;
	char id[UUID_SIZE];

	if (!in)
		return;
	if (!in->type) {
		answer_error(req, 400, 7052, "a_managed_instance_has_no_source");
		return;
	}
	if (in->paused) {
		answer_error(req, 400, 7032, "ai_search_instance_paused");
		return;
	}
	if (db_int(db,
		   "SELECT count(*) FROM job WHERE instance=?1 AND source='user' AND started>?2",
		   "ii", in->n, now_s() - COOLDOWN_S)) {
		answer_error(req, 429, 7020, "sync_in_cooldown");
		return;
	}
	job_start(req->em, in->n, "user", js_get_str(req->json, "description"), id);
	row = find(req, in, id);
	if (row)
		answer_ok(req, 200, object(row), NULL);
}

void job_list(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	struct json_object *rows;
	struct page page;

	if (!in || request_page(req, 1, 100, INT64_MAX / 100, &page) < 0)
		return;
	page.total = db_int(&req->em->db, "SELECT count(*) FROM job WHERE instance=?1", "i", in->n);
	scoped_stmt sqlite3_stmt *row = db_query(
		&req->em->db, "SELECT " COLUMNS " FROM job WHERE instance=?1 ORDER BY n DESC"
			      " LIMIT ?2 OFFSET ?3", "iii", in->n, page.per_page,
		(page.page - 1) * page.per_page);
	rows = json_object_new_array();
	while (db_step(&req->em->db, row))
		json_object_array_add(rows, object(row));
	answer_ok(req, 200, rows, page_info(&page, rows));
}

void job_get(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_stmt sqlite3_stmt *row = in ? find(req, in, req->arg[1]) : NULL;

	if (row)
		answer_ok(req, 200, object(row), NULL);
}

void job_cancel(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_stmt sqlite3_stmt *row = in ? find(req, in, req->arg[1]) : NULL, *after = NULL;

	if (!row)
		return;
	if (sqlite3_column_int64(row, 5)) {
		answer_error(req, 400, 7039, "job_already_ended");
		return;
	}
	/* What it had queued is forgotten; a later job finds it again. */
	db_exec(&req->em->db, "DELETE FROM item WHERE instance=?1 AND status='queued'", "i", in->n);
	job_log_add(&req->em->db, sqlite3_column_int64(row, 7), 1, "Job cancelled");
	job_end_all(&req->em->db, in->n, "cancelled");
	db_exec(&req->em->db, "UPDATE instance SET status='ready' WHERE n=?1", "i", in->n);
	after = find(req, in, req->arg[1]);
	if (after)
		answer_ok(req, 200, object(after), NULL);
}

void job_logs(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_stmt sqlite3_stmt *job = in ? find(req, in, req->arg[1]) : NULL, *row = NULL;
	struct json_object *rows;
	struct page page;
	int64_t n;

	if (!job || request_page(req, 0, 500, INT64_MAX / 500, &page) < 0)
		return;
	n = sqlite3_column_int64(job, 7);
	page.total = db_int(&req->em->db, "SELECT count(*) FROM job_log WHERE job=?1", "i", n);
	row = db_query(&req->em->db, "SELECT n,time,message,type FROM job_log WHERE job=?1"
				     " ORDER BY n LIMIT ?2 OFFSET ?3", "iii", n, page.per_page,
		       (page.page - 1) * page.per_page);
	rows = json_object_new_array();
	while (db_step(&req->em->db, row)) {
		struct json_object *one = json_object_new_object();

		js_int(one, "id", sqlite3_column_int64(row, 0));
		js_int(one, "created_at", sqlite3_column_int64(row, 1));
		js_str(one, "message", db_col(row, 2));
		js_int(one, "message_type", sqlite3_column_int64(row, 3));
		json_object_array_add(rows, one);
	}
	answer_ok(req, 200, rows, page_info(&page, rows));
}
