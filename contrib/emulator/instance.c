/* SPDX-License-Identifier: MIT */
/* instance.c -- create, read, change, move, delete. */
#include "instance.h"

#include <strings.h>

#include "auth.h"
#include "credential.h"
#include "handlers.h"
#include "index.h"
#include "job.h"
#include "namespace.h"

#define MAX_INSTANCES 5000

/* Fields that are columns of their own, not part of config. */
static const char *const columns[] = { "id", "type", "source", "token_id", "paused", NULL };

static struct json_object *without_columns(struct json_object *body, struct json_object *old)
{
	struct json_object *out = json_object_new_object();

	if (old) {
		json_object_object_foreach(old, kept, before)
			js_share(out, kept, before);
	}
	json_object_object_foreach(body, key, value) {
		bool column = false;

		for (const char *const *c = columns; *c; c++)
			column = column || !strcmp(*c, key);
		if (!column)
			js_share(out, key, value);
	}
	return out;
}

/* "r2", "web-crawler" or NULL (managed); false after having answered. */
static bool choose_type(struct request *req, const char **type)
{
	const char *source = js_get_str(req->json, "source");

	*type = js_get_str(req->json, "type");
	if (*type && (!source || !*source)) {
		answer_error(req, 400, 7052, "type_and_source_are_both_required");
		return false;
	}
	if (!*type && source)
		*type = !strncasecmp(source, "http://", 7) || !strncasecmp(source, "https://", 8)
				? "web-crawler" : "r2";
	return true;
}

static bool source_known(struct request *req, const char *type, const char *source)
{
	struct instance probe = { .type = (char *)type, .source = (char *)source };
	scoped_free char *prefix = NULL, *under = NULL;

	if (!type || instance_folder(req->em->set, &probe, &prefix, &under))
		return true;
	if (!strcmp(type, "r2"))
		answer_invalid_at(req, "body", "source", "Bucket does not exist");
	else
		answer_error(req, 400, 7023, "domain_not_owned_by_account");
	return false;
}

/* The credential to index with, "" when none is needed; NULL after having answered. */
static char *choose_token(struct request *req, const char *type, const char *named)
{
	char *id = named ? strdup(named) : type ? credential_default(req->em) : NULL;

	for (char *c = id; c && *c; c++)
		if (*c >= 'A' && *c <= 'F')
			*c = (char)(*c + 'a' - 'A');
	if (id && (named || (type && !strcmp(type, "r2"))) && !credential_alive(req->em, id)) {
		free(id);
		id = NULL;
		named = "";
	}
	if (id)
		return id;
	if (!named && (!type || strcmp(type, "r2")))
		return strdup("");
	answer_error(req, 400, 7012, "ai_search_instance_invalid_token");
	return NULL;
}

static void answer_instance(struct request *req, int status, int64_t n)
{
	scoped_instance struct instance *in = instance_load_row(req->em, n);

	if (in)
		answer_ok(req, status, instance_object(in, false), NULL);
	else
		answer_error(req, 500, 7001, "Internal Error");
}

void instance_create(struct request *req)
{
	const char *id = js_get_str(req->json, "id"), *type;
	scoped_json struct json_object *config = NULL;
	scoped_free char *token = NULL;
	struct db *db = &req->em->db;
	char endpoint[UUID_SIZE];
	int64_t n;

	if (!namespace_require(req, req->ns) || !choose_type(req, &type) ||
	    !source_known(req, type, js_get_str(req->json, "source")))
		return;
	if (db_int(db, "SELECT count(*) FROM instance WHERE ns=?1 AND id=?2", "ss", req->ns, id)) {
		answer_error(req, 400, 7022, "ai_search_with_this_name_already_exist");
		return;
	}
	if (db_int(db, "SELECT count(*) FROM instance", "") >=
	    MAX_INSTANCES + req->em->set->instances) {
		answer_error(req, 403, 7013, "max_instances_reached");
		return;
	}
	token = choose_token(req, type, js_get_str(req->json, "token_id"));
	if (!token)
		return;
	config = without_columns(req->json, NULL);
	random_uuid(endpoint);
	db_exec(db, "INSERT INTO instance(ns,id,type,source,token_id,status,created,modified,by,"
		    "config,endpoint_id,synced) VALUES(?1,?2,?3,?4,?5,?6,?7,?7,?8,?9,?10,?7)",
		"ssssssisss", req->ns, id, type, js_get_str(req->json, "source"),
		*token ? token : NULL, type ? "waiting" : "ready", now_s(), USER_ID,
		js_text(config), endpoint);
	n = sqlite3_last_insert_rowid(db->sql);
	if (type)
		job_start(req->em, n, "schedule", NULL, NULL);
	answer_instance(req, 201, n);
}

void instance_get(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);

	if (in)
		answer_ok(req, 200, instance_object(in, false), NULL);
}

void instance_update(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	const char *source = js_get_str(req->json, "source");
	const char *named = js_get_str(req->json, "token_id");
	scoped_json struct json_object *config = NULL;
	scoped_free char *token = NULL;
	struct db *db = &req->em->db;

	if (!in)
		return;
	if (source && !in->type) {
		answer_error(req, 400, 7052, "a_managed_instance_has_no_source");
		return;
	}
	if (source && !source_known(req, in->type, source))
		return;
	if (named && !(token = choose_token(req, in->type, named)))
		return;
	config = without_columns(req->json, in->set);
	db_exec(db, "UPDATE instance SET config=?2, modified=?3, source=ifnull(?4, source),"
		    " token_id=ifnull(?5, token_id), paused=?6 WHERE n=?1", "isissi",
		in->n, js_text(config), now_s(), source, token,
		(int64_t)js_get_bool(req->json, "paused", in->paused));
	if (source && strcmp(source, in->source))
		job_start(req->em, in->n, "schedule", "source changed", NULL);
	answer_instance(req, 200, in->n);
	emulator_work(req->em);
}

void instance_move(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);
	const char *ns = js_get_str(req->json, "new_namespace");
	struct db *db = &req->em->db;

	if (!in || !namespace_require(req, ns))
		return;
	if (!strcmp(ns, in->ns)) {
		answer_error(req, 400, 7067, "instance_is_in_this_namespace_already");
		return;
	}
	if (db_int(db, "SELECT count(*) FROM instance WHERE ns=?1 AND id=?2", "ss", ns, in->id)) {
		answer_error(req, 400, 7022, "ai_search_with_this_name_already_exist");
		return;
	}
	db_exec(db, "UPDATE instance SET ns=?2, modified=?3 WHERE n=?1", "isi", in->n, ns, now_s());
	answer_instance(req, 200, in->n);
}

void instance_delete(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);

	if (!in)
		return;
	index_drop_instance(&req->em->db, in);
	answer_ok(req, 200, instance_object(in, false), NULL);
}

void instance_purge_cache(struct request *req)
{
	scoped_instance struct instance *in = instance_require(req);

	if (in)
		answer_ok(req, 200, json_object_new_object(), NULL);	/* nothing is cached */
}
