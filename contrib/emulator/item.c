/* SPDX-License-Identifier: MIT */
/* item.c -- items: what can be read of them. */
#include "item.h"

#include "filter.h"
#include "handlers.h"

void item_id(int64_t n, char out[ITEM_ID_SIZE])
{
	snprintf(out, ITEM_ID_SIZE, "a15ea2c4-0000-4000-8000-%012llx",
		 (unsigned long long)n & 0xffffffffffffULL);
}

int64_t item_row(const char *id)
{
	char again[ITEM_ID_SIZE];
	long long n;

	if (strlen(id) != ITEM_ID_SIZE - 1)
		return 0;
	n = strtoll(id + 24, NULL, 16);
	if (n <= 0)
		return 0;
	item_id(n, again);
	return strcmp(again, id) ? 0 : n;
}

static void source_id(const struct instance *in, char *out, size_t size)
{
	if (in->type)
		snprintf(out, size, "%s:%s", in->type, in->source);
	else
		snprintf(out, size, "builtin");
}

static void js_count(struct json_object *obj, const char *key, sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) == SQLITE_NULL)
		js_str(obj, key, NULL);
	else
		js_int(obj, key, sqlite3_column_int64(row, column));
}

struct json_object *item_object(const struct instance *in, sqlite3_stmt *row)
{
	struct json_object *obj = json_object_new_object();
	char id[ITEM_ID_SIZE], source[512];

	item_id(sqlite3_column_int64(row, 0), id);
	source_id(in, source, sizeof(source));
	js_str(obj, "id", id);
	js_str(obj, "key", db_col(row, 1));
	js_str(obj, "status", db_col(row, 2));
	js_str(obj, "next_action", (const char *)sqlite3_column_text(row, 3));
	js_str(obj, "checksum", db_col(row, 4));
	js_count(obj, "chunks_count", row, 5);
	js_count(obj, "file_size", row, 6);
	js_raw(obj, "metadata", db_col(row, 7));
	if (*db_col(row, 8))
		js_str(obj, "error", db_col(row, 8));
	js_time(obj, "created_at", sqlite3_column_int64(row, 9));
	js_time(obj, "last_seen_at", sqlite3_column_int64(row, 10));
	js_str(obj, "namespace", in->ns);
	js_str(obj, "source_id", source);
	return obj;
}

struct json_object *item_attributes(const char *key, const char *metadata, int64_t modified)
{
	const char *slash = strrchr(key, '/');
	struct json_object *obj = NULL;
	char *folder = strndup(key, slash ? (size_t)(slash - key) + 1 : 0);
	bool ok;

	if (metadata && *metadata)
		obj = js_parse(metadata, strlen(metadata), &ok);
	if (!obj)
		obj = json_object_new_object();
	js_str(obj, "folder", folder);
	js_str(obj, "filename", slash ? slash + 1 : key);
	js_int(obj, "timestamp", modified * 1000);
	free(folder);
	return obj;
}

/* The path's item: a row over ITEM_COLUMNS, or NULL after having answered. */
static sqlite3_stmt *find(struct request *req, const struct instance *in)
{
	sqlite3_stmt *row = db_query(&req->em->db, "SELECT " ITEM_COLUMNS " FROM item"
						   " WHERE n=?1 AND instance=?2", "ii",
				     item_row(req->arg[1]), in->n);

	if (db_step(&req->em->db, row))
		return row;
	sqlite3_finalize(row);
	answer_error(req, 404, 7041, "item_not_found");
	return NULL;
}

void item_get(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_stmt sqlite3_stmt *row = in ? find(req, in) : NULL;

	if (row)
		answer_ok(req, 200, item_object(in, row), NULL);
}

/* The metadata filter of the query; false after having answered. */
static bool read_filter(struct request *req, struct json_object **filter)
{
	const char *text = request_param(req, "metadata_filter");
	bool ok = true;

	*filter = text ? js_parse(text, strlen(text), &ok) : NULL;
	if (!text || (ok && filter_valid(*filter)))
		return true;
	answer_error(req, 400, 7058, "invalid_metadata_filter");
	return false;
}

/* Does the rest of the query, which SQL does not see, hold for this item? */
static bool passes(const struct instance *in, struct json_object *filter, const char *source,
		   sqlite3_stmt *row)
{
	scoped_json struct json_object *attributes = NULL;
	char own[512];

	source_id(in, own, sizeof(own));
	if (source && strcmp(source, own))
		return false;
	if (!filter)
		return true;
	attributes = item_attributes(db_col(row, 1), db_col(row, 7), sqlite3_column_int64(row, 11));
	return filter_matches(filter, attributes);
}

#define WHERE " FROM item WHERE instance=?1 AND (?2 IS NULL OR status=?2)" \
	      " AND (?3 IS NULL OR instr(lower(key), lower(?3)))" \
	      " AND (?4 IS NULL OR key=?4) AND (?5=0 OR n=?6)"

void item_list(struct request *req)
{
	static const char *const statuses[] = { "queued", "running", "completed", "error",
						"skipped", "outdated", NULL };
	static const char *const sorts[] = { "status", "modified_at", NULL };
	scoped_instance struct instance *in = instance_require(req);
	const char *key = request_param(req, "key"), *search = request_param(req, "search");
	const char *id = request_param(req, "item_id"), *source = request_param(req, "source");
	const char *status, *sort;
	scoped_json struct json_object *filter = NULL;
	struct json_object *rows;
	struct page page;
	int64_t first, at = 0;
	bool in_sql;

	if (!in || request_page(req, 1, 100, INT64_MAX / 100, &page) < 0 ||
	    request_enum(req, "status", statuses, &status) < 0 ||
	    request_enum(req, "sort_by", sorts, &sort) < 0 || !read_filter(req, &filter))
		return;
	if (key && strlen(key) > 128) {
		answer_invalid_at(req, "query", "key", "At most 128 characters");
		return;
	}
	first = (page.page - 1) * page.per_page;
	in_sql = !filter && !source;
	if (in_sql)
		page.total = db_int(&req->em->db, "SELECT count(*)" WHERE, "isssii", in->n, status,
				    search, key, (int64_t)(id != NULL), id ? item_row(id) : INT64_C(0));
	scoped_stmt sqlite3_stmt *row = db_query(
		&req->em->db,
		!sort ? "SELECT " ITEM_COLUMNS WHERE " ORDER BY n LIMIT ?7 OFFSET ?8" :
		*sort == 's' ? "SELECT " ITEM_COLUMNS WHERE " ORDER BY status, n LIMIT ?7 OFFSET ?8" :
		"SELECT " ITEM_COLUMNS WHERE " ORDER BY modified DESC, n LIMIT ?7 OFFSET ?8",
		"isssiiii", in->n, status, search, key, (int64_t)(id != NULL),
		id ? item_row(id) : INT64_C(0), in_sql ? page.per_page : INT64_C(-1),
		in_sql ? first : INT64_C(0));
	rows = json_object_new_array();
	while (db_step(&req->em->db, row)) {
		if (!in_sql && !passes(in, filter, source, row))
			continue;
		if (in_sql || (at >= first && at < first + page.per_page))
			json_object_array_add(rows, item_object(in, row));
		at++;
	}
	if (!in_sql)
		page.total = at;
	answer_ok(req, 200, rows, page_info(&page, rows));
}

void item_logs(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_stmt sqlite3_stmt *item = in ? find(req, in) : NULL, *row = NULL;
	const char *cursor = request_param(req, "cursor");
	struct json_object *rows, *info;
	int64_t limit, last = cursor ? strtoll(cursor, NULL, 10) : 0;
	bool more = false;
	char next[32];

	if (!item || request_int(req, "limit", 50, 1, 100, &limit) < 0)
		return;
	row = db_query(&req->em->db, "SELECT n,time,action,message,chunks,ms,error FROM item_log"
				     " WHERE item=?1 AND n>?2 ORDER BY n LIMIT ?3", "iii",
		       sqlite3_column_int64(item, 0), last, limit + 1);
	rows = json_object_new_array();
	while (!more && db_step(&req->em->db, row)) {
		struct json_object *one;

		more = (int64_t)json_object_array_length(rows) == limit;
		if (more)
			break;
		one = json_object_new_object();
		last = sqlite3_column_int64(row, 0);
		js_time(one, "timestamp", sqlite3_column_int64(row, 1));
		js_str(one, "action", db_col(row, 2));
		js_str(one, "message", (const char *)sqlite3_column_text(row, 3));
		js_str(one, "fileKey", db_col(item, 1));
		js_count(one, "chunkCount", row, 4);
		js_count(one, "processingTimeMs", row, 5);
		js_str(one, "errorType", (const char *)sqlite3_column_text(row, 6));
		json_object_array_add(rows, one);
	}
	info = json_object_new_object();
	snprintf(next, sizeof(next), "%lld", (long long)last);
	js_int(info, "count", (int64_t)json_object_array_length(rows));
	js_int(info, "per_page", limit);
	js_str(info, "cursor", more ? next : NULL);
	js_bool(info, "truncated", more);
	answer_ok(req, 200, rows, info);
}

void item_chunks(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_stmt sqlite3_stmt *item = in ? find(req, in) : NULL, *row = NULL;
	struct json_object *rows, *info;
	int64_t limit, offset, n;

	if (!item || request_int(req, "limit", 20, 1, 100, &limit) < 0 ||
	    request_int(req, "offset", 0, 0, INT64_MAX, &offset) < 0)
		return;
	n = sqlite3_column_int64(item, 0);
	row = db_query(&req->em->db, "SELECT n,start,stop,text FROM chunk WHERE item=?1"
				     " ORDER BY n LIMIT ?2 OFFSET ?3", "iii", n, limit, offset);
	rows = json_object_new_array();
	while (db_step(&req->em->db, row)) {
		struct json_object *one = json_object_new_object(), *of = json_object_new_object();
		char id[ITEM_ID_SIZE];

		item_id(sqlite3_column_int64(row, 0), id);
		js_str(one, "id", id);
		js_int(one, "start_byte", sqlite3_column_int64(row, 1));
		js_int(one, "end_byte", sqlite3_column_int64(row, 2));
		js_str(one, "text", db_col(row, 3));
		js_str(of, "key", db_col(item, 1));
		js_int(of, "timestamp", sqlite3_column_int64(item, 11) * 1000);
		json_object_object_add(of, "metadata", item_attributes(
			db_col(item, 1), db_col(item, 7), sqlite3_column_int64(item, 11)));
		json_object_object_add(one, "item", of);
		json_object_array_add(rows, one);
	}
	info = json_object_new_object();
	js_int(info, "count", (int64_t)json_object_array_length(rows));
	js_int(info, "total", db_int(&req->em->db, "SELECT count(*) FROM chunk WHERE item=?1", "i",
				     n));
	js_int(info, "limit", limit);
	js_int(info, "offset", offset);
	answer_ok(req, 200, rows, info);
}

void item_download(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_stmt sqlite3_stmt *item = in ? find(req, in) : NULL, *row = NULL;

	if (!item)
		return;
	row = db_query(&req->em->db, "SELECT content FROM item WHERE n=?1 AND content IS NOT NULL",
		       "i", sqlite3_column_int64(item, 0));
	if (!db_step(&req->em->db, row)) {
		answer_error(req, 400, 7059, "item_has_no_content");
		return;
	}
	buf_add(&req->answer.raw, sqlite3_column_blob(row, 0),
		(size_t)sqlite3_column_bytes(row, 0));
	req->answer.status = 200;
	req->answer.type = "application/octet-stream";
}
