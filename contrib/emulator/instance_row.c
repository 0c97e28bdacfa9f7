/* SPDX-License-Identifier: MIT */
/* instance_row.c -- between the database's rows, struct instance and JSON. */
#include <strings.h>

#include "instance.h"

/* Every field of a list item that is not a column of its own. */
static const char defaults[] = JSON({
	"ai_gateway_id": null, "ai_search_model": null, "cache": true,
	"cache_threshold": "close_enough", "cache_ttl": 172800, "chunk": true,
	"chunk_overlap": 10, "chunk_size": 256, "custom_metadata": [],
	"embedding_model": null, "fusion_method": "rrf", "hybrid_search_enabled": true,
	"index_method": {"keyword": true, "vector": true},
	"indexing_options": {"keyword_tokenizer": "porter"}, "max_num_results": 10,
	"metadata": null, "public_endpoint_params": null, "reranking": false,
	"reranking_model": null, "retrieval_options": {"keyword_match_mode": "and"},
	"rewrite_model": null, "rewrite_query": false, "score_threshold": 0.4,
	"source_params": null, "summarization": false, "summarization_model": null,
	"sync_interval": 21600, "system_prompt_ai_search": null,
	"system_prompt_index_summarization": null, "system_prompt_rewrite_query": null
});

/* Those that only a list shows. */
static const char *const list_only[] = {
	"chunk", "summarization", "summarization_model", "system_prompt_ai_search",
	"system_prompt_index_summarization", "system_prompt_rewrite_query", NULL,
};

static char *column(sqlite3_stmt *row, int i)
{
	const char *text = (const char *)sqlite3_column_text(row, i);

	return text ? strdup(text) : NULL;
}

struct instance *instance_from_row(sqlite3_stmt *row)
{
	struct instance *in = calloc(1, sizeof(*in));
	bool ok;

	if (!in)
		return NULL;
	in->n = sqlite3_column_int64(row, 0);
	snprintf(in->ns, sizeof(in->ns), "%s", db_col(row, 1));
	snprintf(in->id, sizeof(in->id), "%s", db_col(row, 2));
	in->type = column(row, 3);
	in->source = column(row, 4);
	snprintf(in->token_id, sizeof(in->token_id), "%s", db_col(row, 5));
	snprintf(in->status, sizeof(in->status), "%s", db_col(row, 6));
	in->created = sqlite3_column_int64(row, 7);
	in->modified = sqlite3_column_int64(row, 8);
	in->activity = sqlite3_column_int64(row, 9);
	in->by = column(row, 10);
	in->set = js_parse(db_col(row, 11), strlen(db_col(row, 11)), &ok);
	in->config = js_parse(defaults, strlen(defaults), &ok);
	if (in->set) {
		json_object_object_foreach(in->set, key, value)
			js_share(in->config, key, value);
	}
	in->paused = sqlite3_column_int(row, 12);
	snprintf(in->fts, sizeof(in->fts), "%s", db_col(row, 13));
	in->fault = column(row, 14);
	in->idle = sqlite3_column_int(row, 15);
	in->endpoint_id = column(row, 16);
	in->synced = sqlite3_column_int64(row, 17);
	return in;
}

struct instance *instance_load(struct emulator *em, const char *ns, const char *id)
{
	scoped_stmt sqlite3_stmt *row = db_query(&em->db,
		"SELECT " INSTANCE_COLUMNS " FROM instance WHERE ns=?1 AND id=?2", "ss", ns, id);

	return db_step(&em->db, row) ? instance_from_row(row) : NULL;
}

struct instance *instance_load_row(struct emulator *em, int64_t n)
{
	scoped_stmt sqlite3_stmt *row = db_query(&em->db,
		"SELECT " INSTANCE_COLUMNS " FROM instance WHERE n=?1", "i", n);

	return db_step(&em->db, row) ? instance_from_row(row) : NULL;
}

struct instance *instance_require(struct request *req)
{
	struct instance *in = instance_load(req->em, req->ns, req->arg[0]);

	if (!in)
		answer_error(req, 404, 7002, "ai_search_not_found");
	return in;
}

void instance_free(struct instance *in)
{
	if (!in)
		return;
	free(in->type);
	free(in->source);
	free(in->fault);
	free(in->by);
	free(in->endpoint_id);
	json_object_put(in->set);
	json_object_put(in->config);
	free(in);
}

static bool only_in_list(const char *key)
{
	for (const char *const *one = list_only; *one; one++)
		if (!strcmp(*one, key))
			return true;
	return false;
}

struct json_object *instance_object(const struct instance *in, bool list)
{
	struct json_object *obj = json_object_new_object();

	js_str(obj, "id", in->id);
	js_str(obj, "namespace", in->ns);
	js_str(obj, "type", in->type);
	js_str(obj, "source", in->source);
	js_str(obj, "token_id", *in->token_id ? in->token_id : NULL);
	js_str(obj, "status", in->status);
	js_bool(obj, "enable", true);
	js_bool(obj, "paused", in->paused);
	js_int(obj, "engine_version", in->source ? 1 : 3);
	js_time(obj, "created_at", in->created);
	js_time(obj, "modified_at", in->modified);
	js_time(obj, "last_activity", in->activity);
	js_str(obj, "created_by", in->by);
	js_str(obj, "modified_by", in->by);
	js_str(obj, "public_endpoint_id", in->endpoint_id);
	json_object_object_foreach(in->config, key, value)
		if (strcmp(key, "idle_stats") && (list || !only_in_list(key)))
			js_share(obj, key, value);
	return obj;
}

static const struct folder *find_folder(const struct folder *list, int n, const char *name,
					size_t len)
{
	for (int i = 0; i < n; i++)
		if (strlen(list[i].name) == len && !strncasecmp(list[i].name, name, len))
			return &list[i];
	return NULL;
}

const struct folder *instance_folder(const struct settings *set, const struct instance *in,
				     char **prefix, char **under)
{
	const char *host = in->source, *path;
	const struct folder *folder;
	size_t len;

	*prefix = *under = NULL;
	if (!host)
		return NULL;
	if (!in->type || !strcmp(in->type, "r2")) {
		*prefix = strdup("");
		*under = strdup("");
		return find_folder(set->buckets, set->nbuckets, host, strlen(host));
	}
	if (strstr(host, "://"))
		host = strstr(host, "://") + 3;
	len = strcspn(host, "/:?#");
	folder = find_folder(set->sites, set->nsites, host, len);
	if (!folder)
		return NULL;
	path = host + len;
	path += strcspn(path, "/");
	if (asprintf(prefix, "https://%s/", folder->name) < 0)
		*prefix = NULL;
	*under = strdup(*path == '/' ? path + 1 : "");
	return folder;
}
