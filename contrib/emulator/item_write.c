/* SPDX-License-Identifier: MIT */
/* item_write.c -- items: upload, index again, delete. */
#include <ctype.h>

#include "chunk.h"
#include "handlers.h"
#include "index.h"
#include "item.h"
#include "scan.h"

#define MAX_NAME 128
#define WAIT_MS 30000

/* Answers with item n as it is now. */
static void answer_item(struct request *req, const struct instance *in, int64_t n,
			struct json_object *warnings)
{
	scoped_stmt sqlite3_stmt *row = db_query(
		&req->em->db, "SELECT " ITEM_COLUMNS " FROM item WHERE n=?1", "i", n);
	struct json_object *obj;

	if (!db_step(&req->em->db, row)) {
		json_object_put(warnings);
		answer_error(req, 404, 7041, "item_not_found");
		return;
	}
	obj = item_object(in, row);
	if (warnings)
		json_object_object_add(obj, "warnings", warnings);
	answer_ok(req, 200, obj, NULL);
}

void item_wait(struct request *req)
{
	struct emulator *em = req->em;
	int64_t until = now_ms() + WAIT_MS;
	struct json_object *warnings =
		js_get(js_get(req->answer.body, "result"), "warnings");
	bool pending = true;

	json_object_get(warnings);
	while (pending && now_ms() < until) {
		unsigned long seen;

		pthread_mutex_lock(&em->lock);
		seen = em->work;
		pthread_mutex_unlock(&em->lock);
		db_begin(&em->db);
		pending = db_int(&em->db, "SELECT count(*) FROM item WHERE n=?1 AND status IN"
					  " ('queued','running','outdated')", "i", req->wait_item);
		db_end(&em->db);
		if (pending && !emulator_sleep(em, until - now_ms(), &seen))
			break;
	}
	db_begin(&em->db);
	scoped_instance struct instance *in = instance_load_row(
		em, db_int(&em->db, "SELECT instance FROM item WHERE n=?1", "i", req->wait_item));
	if (in) {
		answer_item(req, in, req->wait_item, warnings);
	} else {
		json_object_put(warnings);
		answer_error(req, 404, 7041, "item_not_found");
	}
	db_end(&em->db);
}

/* NULL when it is an object of scalars, otherwise what is wrong with it. */
static const char *check_metadata(struct json_object *metadata)
{
	if (!json_object_is_type(metadata, json_type_object))
		return "invalid_item_metadata";
	json_object_object_foreach(metadata, key, value) {
		enum json_type type = json_object_get_type(value);

		if (!*key || type == json_type_null || type == json_type_object ||
		    type == json_type_array)
			return "invalid_item_metadata";
	}
	return NULL;
}

static bool fits(const char *data_type, struct json_object *value)
{
	enum json_type type = json_object_get_type(value);
	int64_t when;

	if (!strcmp(data_type, "number"))
		return type == json_type_int || type == json_type_double;
	if (!strcmp(data_type, "boolean"))
		return type == json_type_boolean;
	if (!strcmp(data_type, "datetime"))
		return type == json_type_int ||
		       (type == json_type_string &&
			!rfc3339_parse(json_object_get_string(value), &when));
	return type == json_type_string;
}

/* What of the metadata the instance's schema does not cover; NULL when nothing. */
static struct json_object *warn(const struct instance *in, struct json_object *metadata)
{
	struct json_object *fields = js_get(in->config, "custom_metadata"), *out;

	if (!metadata)
		return NULL;
	out = json_object_new_array();
	json_object_object_foreach(metadata, key, value) {
		struct json_object *one = json_object_new_object();
		const char *type = NULL;

		for (size_t i = 0; fields && i < json_object_array_length(fields); i++) {
			struct json_object *field = json_object_array_get_idx(fields, i);

			if (!strcmp(js_get_str(field, "field_name"), key))
				type = js_get_str(field, "data_type");
		}
		if (type && fits(type, value)) {
			json_object_put(one);
			continue;
		}
		js_str(one, "code", type ? "custom_metadata_value_not_indexed"
					 : "custom_metadata_field_not_filterable");
		js_str(one, "field", key);
		if (type)
			js_str(one, "expected_type", type);
		json_object_array_add(out, one);
	}
	if (json_object_array_length(out))
		return out;
	json_object_put(out);
	return NULL;
}

/* A name is only a key here, never a path of ours; still it must not look like a way out. */
static bool name_valid(const char *name)
{
	if (!*name || *name == '/' || !valid_utf8(name))
		return false;
	for (const char *c = name; *c; c++)
		if (iscntrl((unsigned char)*c) || *c == '\\')
			return false;
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/'))
			return false;
	}
	return true;
}

static const char *refuse_upload(struct request *req, const struct instance *in, int *status,
				 int *code)
{
	const struct upload *up = &req->upload;

	*status = 400;
	if (in->type)
		return *code = 7053, "ai_search_instance_not_managed";
	if (in->paused)
		return *code = 7032, "ai_search_instance_paused";
	if (!up->has_file || !up->name || !*up->name)
		return *code = 7055, "no_file_provided";
	if (up->file.len > MAX_FILE)
		return *status = 413, *code = 7054, "file_exceeds_maximum_size";
	if (strlen(up->name) > MAX_NAME)
		return *code = 7072, "item_name_too_long";
	if (!up->file.len)
		return *code = 7059, "item_has_no_content";
	if (!name_valid(up->name))
		return *code = 7001, "Invalid file name";
	if (file_kind(up->name) == FILE_UNSUPPORTED ||
	    !looks_like_text(up->file.data, up->file.len))
		return *code = 7060, "unsupported_file_type";
	return NULL;
}

void item_upload(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_json struct json_object *metadata = NULL;
	struct upload *up = &req->upload;
	struct db *db = &req->em->db;
	const char *why;
	int status, code;
	bool ok = true;

	if (!in)
		return;
	why = refuse_upload(req, in, &status, &code);
	if (!why && up->metadata) {
		metadata = js_parse(up->metadata, strlen(up->metadata), &ok);
		why = ok && !up->bad ? check_metadata(metadata) : "invalid_item_metadata";
		code = 7056;
	}
	if (why) {
		answer_error(req, status, code, why);
		return;
	}
	if (db_int(db, "SELECT count(*) FROM item WHERE instance=?1 AND key=?2", "is", in->n,
		   up->name)) {
		answer_error(req, 409, 7042, "item_with_this_name_already_exists");
		return;
	}
	db_exec(db,
		"INSERT INTO item(instance,key,status,next_action,size,metadata,content,created,"
		    "seen,modified) VALUES(?1,?2,'queued','INDEX',?3,?4,?5,?6,?6,?6)", "isisbi",
		in->n, up->name, (int64_t)up->file.len, metadata ? js_text(metadata) : NULL,
		(const void *)up->file.data, up->file.len, now_s());
	if (up->wait)
		req->wait_item = sqlite3_last_insert_rowid(db->sql);
	answer_item(req, in, sqlite3_last_insert_rowid(db->sql), warn(in, metadata));
	emulator_work(req->em);
}

static void index_again(struct request *req, const struct instance *in, int64_t n)
{
	if (in->paused) {
		answer_error(req, 400, 7032, "ai_search_instance_paused");
		return;
	}
	db_exec(&req->em->db, "UPDATE item SET status='queued', next_action='INDEX', error=NULL,"
			      " modified=?2 WHERE n=?1", "ii", n, now_s());
	if (js_get_bool(req->json, "wait_for_completion", false))
		req->wait_item = n;
	answer_item(req, in, n, NULL);
	emulator_work(req->em);
}

/* A key the source has though no job has found it yet becomes an item. */
static int64_t adopt(struct request *req, const struct instance *in, const char *key)
{
	scoped_free char *prefix = NULL, *under = NULL;
	const struct folder *folder = instance_folder(req->em->set, in, &prefix, &under);
	scoped_buf struct buf content = BUF(MAX_FILE);
	int64_t size, mtime;

	if (!folder || !prefix || strncmp(key, prefix, strlen(prefix)) ||
	    scan_read(folder->path, key + strlen(prefix), MAX_FILE, &content, &size, &mtime) < 0)
		return 0;
	db_exec(&req->em->db, "INSERT INTO item(instance,key,status,next_action,size,created,seen,"
			      "modified) VALUES(?1,?2,'queued','INDEX',?3,?4,?4,?4)", "isii", in->n,
		key, size, now_s());
	return sqlite3_last_insert_rowid(req->em->db.sql);
}

void item_index(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	const char *key = js_get_str(req->json, "key");
	int64_t n;

	if (!in)
		return;
	n = db_int(&req->em->db, "SELECT n FROM item WHERE instance=?1 AND key=?2", "is",
		   in->n, key);
	if (!n)
		n = adopt(req, in, key);
	if (n)
		index_again(req, in, n);
	else
		answer_error(req, 404, 7041, "item_not_found");
}

/* The path's item's row, or 0 after having answered. */
static int64_t require(struct request *req, const struct instance *in)
{
	int64_t n = db_int(&req->em->db, "SELECT n FROM item WHERE n=?1 AND instance=?2", "ii",
			   item_row(req->arg[1]), in->n);

	if (!n)
		answer_error(req, 404, 7041, "item_not_found");
	return n;
}

void item_sync(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	int64_t n = in ? require(req, in) : 0;

	if (n)
		index_again(req, in, n);
}

void item_delete(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	int64_t n = in ? require(req, in) : 0;
	scoped_free char *key = NULL;
	struct json_object *result;

	if (!n)
		return;
	if (in->type) {
		answer_error(req, 400, 7053, "ai_search_instance_not_managed");
		return;
	}
	key = db_text(&req->em->db, "SELECT key FROM item WHERE n=?1", "i", n);
	index_drop_item(&req->em->db, in, n);
	db_exec(&req->em->db, "DELETE FROM item_log WHERE item=?1", "i", n);
	db_exec(&req->em->db, "DELETE FROM item WHERE n=?1", "i", n);
	result = json_object_new_object();
	js_str(result, "key", key ? key : "");
	answer_ok(req, 200, result, NULL);
}
