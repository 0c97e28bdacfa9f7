/* SPDX-License-Identifier: MIT */
#include "search.h"

#include "filter.h"
#include "handlers.h"
#include "item.h"
#include "namespace.h"

#define MAX_WORDS 32

struct wanted {
	const char *query;
	int64_t limit;
	double threshold;
	const char *mode, *fusion;
	struct json_object *filter;
};

void hits_clear(struct hits *hits)
{
	json_object_put(hits->chunks);
	json_object_put(hits->errors);
	free(hits->query);
	*hits = (struct hits){ 0 };
}

/* The text of one message: a string, or the text parts joined. */
static char *message_text(struct json_object *message)
{
	struct json_object *content = js_get(message, "content");
	scoped_buf struct buf text = BUF(65536);

	if (json_object_is_type(content, json_type_string))
		buf_adds(&text, json_object_get_string(content));
	if (json_object_is_type(content, json_type_array))
		for (size_t i = 0; i < json_object_array_length(content); i++) {
			const char *part =
				js_get_str(json_object_array_get_idx(content, i), "text");

			if (part && !buf_addf(&text, "%s%s", text.len ? " " : "", part))
				continue;
		}
	return text.len ? strdup(text.data) : NULL;
}

char *search_query(struct request *req)
{
	struct json_object *messages = js_get(req->json, "messages");
	const char *query = js_get_str(req->json, "query");
	char *text = query ? strdup(query) : NULL;

	for (size_t i = messages ? json_object_array_length(messages) : 0; !text && i-- > 0; ) {
		struct json_object *one = json_object_array_get_idx(messages, i);

		if (!strcmp(js_get_str(one, "role"), "user"))
			text = message_text(one);
	}
	if (!text)
		answer_error(req, 400, 7038, "no_user_query_provided");
	return text;
}

static bool word_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/*
 * Every word in quotes: nothing of the query is FTS5 syntax.  A trigram index
 * does not know words of less than three characters.
 */
static void fts_query(struct buf *out, const char *query, const char *join, bool trigram)
{
	int words = 0;

	while (*query && words < MAX_WORDS) {
		size_t len = 0, chars = 0;

		while (*query && !word_byte(*query))
			query++;
		for (; word_byte(query[len]); len++)
			chars += ((unsigned char)query[len] & 0xc0) != 0x80;
		if (chars >= (trigram ? 3 : 1)) {
			buf_addf(out, "%s\"%.*s\"", words ? join : "", (int)len, query);
			words++;
		}
		query += len;
	}
}

static void read_wanted(struct request *req, const struct instance *in, const char *query,
			struct wanted *w)
{
	struct json_object *config = in ? in->config : NULL,
			   *retrieval = js_get(js_get(req->json, "ai_search_options"), "retrieval");
	const char *text;

	*w = (struct wanted){ .query = query, .mode = "and", .fusion = "rrf" };
	w->limit = js_get_int(config, "max_num_results", 10);
	w->limit = js_get_int(req->json, "max_num_results", w->limit);
	w->limit = js_get_int(retrieval, "max_num_results", w->limit);
	w->threshold = js_get_num(config, "score_threshold", 0.4);
	w->threshold = js_get_num(req->json, "score_threshold", w->threshold);
	w->threshold = js_get_num(retrieval, "match_threshold", w->threshold);
	if ((text = js_get_str(js_get(config, "retrieval_options"), "keyword_match_mode")))
		w->mode = text;
	if ((text = js_get_str(retrieval, "keyword_match_mode")))
		w->mode = text;
	if ((text = js_get_str(config, "fusion_method")))
		w->fusion = text;
	if ((text = js_get_str(retrieval, "fusion_method")))
		w->fusion = text;
	w->filter = js_get(req->json, "filters");
	if (js_get(retrieval, "filters"))
		w->filter = js_get(retrieval, "filters");
}

static struct json_object *chunk_object(const struct instance *in, const struct wanted *w,
					sqlite3_stmt *row, bool name_instance,
					struct json_object *attributes)
{
	struct json_object *obj = json_object_new_object(), *item = json_object_new_object(),
			   *scoring = json_object_new_object();
	char id[ITEM_ID_SIZE];

	item_id(sqlite3_column_int64(row, 0), id);
	js_str(obj, "id", id);
	js_str(obj, "type", "text");
	js_str(obj, "text", db_col(row, 1));
	if (name_instance)
		js_str(obj, "instance_id", in->id);
	js_str(item, "key", db_col(row, 3));
	js_int(item, "timestamp", sqlite3_column_int64(row, 5) * 1000);
	js_share(item, "metadata", attributes);
	json_object_object_add(obj, "item", item);
	js_num(scoring, "keyword_score", -sqlite3_column_double(row, 2));
	js_str(scoring, "fusion_method", w->fusion);
	json_object_object_add(obj, "scoring_details", scoring);
	return obj;
}

/* Adds the hits of one instance; their score is BM25's until rank() makes it 0..1. */
static int collect(struct request *req, const struct instance *in, const struct wanted *w,
		   const char *join, bool name_instance, struct json_object *chunks)
{
	scoped_buf struct buf match = BUF(65536);
	scoped_stmt sqlite3_stmt *row = NULL;
	char sql[400];
	int n = 0;

	fts_query(&match, w->query, join, !strcmp(in->fts, "trigram"));
	if (!match.len || !*in->fts)
		return 0;
	/* First the best rows of the index alone: only their texts are fetched. */
	snprintf(sql, sizeof(sql),
		 "SELECT c.n, c.text, f.rank, i.key, i.metadata, i.modified FROM"
		 " (SELECT rowid, rank FROM fts_%lld WHERE fts_%lld MATCH ?1 ORDER BY rank LIMIT ?2) f"
		 " JOIN chunk c ON c.n=f.rowid JOIN item i ON i.n=c.item ORDER BY f.rank",
		 (long long)in->n, (long long)in->n);
	row = db_query(&req->em->db, sql, "si", match.data, w->filter ? w->limit * 100 : w->limit);
	while (n < w->limit && db_step(&req->em->db, row)) {
		scoped_json struct json_object *attributes = item_attributes(
			db_col(row, 3), db_col(row, 4), sqlite3_column_int64(row, 5));

		if (!filter_matches(w->filter, attributes))
			continue;
		json_object_array_add(chunks,
				      chunk_object(in, w, row, name_instance, attributes));
		n++;
	}
	return n;
}

static double bm25(struct json_object *chunk)
{
	return js_get_num(js_get(chunk, "scoring_details"), "keyword_score", 0);
}

static int by_score(const void *a, const void *b)
{
	double x = bm25(*(struct json_object *const *)a), y = bm25(*(struct json_object *const *)b);

	return x < y ? 1 : x > y ? -1 : 0;
}

static struct json_object *rank(struct json_object *chunks, const struct wanted *w)
{
	struct json_object *out = json_object_new_array();
	double best = 0;

	json_object_array_sort(chunks, by_score);
	for (size_t i = 0; i < json_object_array_length(chunks) && (int64_t)i < w->limit; i++) {
		struct json_object *one = json_object_array_get_idx(chunks, i);
		double score = bm25(one);

		if (!i)
			best = score > 0 ? score : 1e-9;
		score = 0.4 + 0.6 * (score > 0 ? score / best : 0);
		if (score < w->threshold)
			break;
		js_num(one, "score", score);
		js_int(js_get(one, "scoring_details"), "keyword_rank", (int64_t)i + 1);
		json_object_array_add(out, json_object_get(one));
	}
	return out;
}

static bool filter_ok(struct request *req, const struct wanted *w)
{
	if (!w->filter || filter_valid(w->filter))
		return true;
	answer_error(req, 400, 7058, "invalid_metadata_filter");
	return false;
}

bool search_instance(struct request *req, struct hits *hits)
{
	scoped_instance struct instance *in = instance_require(req);
	scoped_json struct json_object *found = json_object_new_array();
	struct wanted w;

	*hits = (struct hits){ 0 };
	if (!in || !(hits->query = search_query(req)))
		return false;
	read_wanted(req, in, hits->query, &w);
	if (!filter_ok(req, &w))
		return false;
	/* A question rarely has all its words in one chunk: then any of them counts. */
	if (!strcmp(w.mode, "or") || !collect(req, in, &w, " AND ", false, found))
		collect(req, in, &w, " OR ", false, found);
	hits->chunks = rank(found, &w);
	return true;
}

bool search_namespace(struct request *req, struct hits *hits)
{
	struct json_object *ids =
		js_get(js_get(req->json, "ai_search_options"), "instance_ids");
	scoped_json struct json_object *found = json_object_new_array();
	struct wanted w;

	*hits = (struct hits){ 0 };
	if (!namespace_require(req, req->arg[0]) || !(hits->query = search_query(req)))
		return false;
	read_wanted(req, NULL, hits->query, &w);
	if (!filter_ok(req, &w))
		return false;
	hits->errors = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		const char *id = json_object_get_string(json_object_array_get_idx(ids, i));
		scoped_instance struct instance *in = instance_load(req->em, req->arg[0], id);

		if (!in) {
			struct json_object *missing = json_object_new_object();

			js_str(missing, "instance_id", id);
			js_str(missing, "message", "ai_search_not_found");
			json_object_array_add(hits->errors, missing);
		} else if (!strcmp(w.mode, "or") || !collect(req, in, &w, " AND ", true, found)) {
			collect(req, in, &w, " OR ", true, found);
		}
	}
	if (json_object_array_length(hits->errors) == json_object_array_length(ids)) {
		answer_error(req, 404, 7002, "ai_search_not_found");
		return false;
	}
	hits->chunks = rank(found, &w);
	return true;
}

static void answer_hits(struct request *req, struct hits *hits)
{
	struct json_object *result = json_object_new_object();

	js_share(result, "chunks", hits->chunks);
	js_str(result, "query_kind", "text");
	js_str(result, "search_query", hits->query);
	if (hits->errors && json_object_array_length(hits->errors))
		js_share(result, "errors", hits->errors);
	answer_ok(req, 200, result, NULL);
}

void instance_search(struct request *req)
{
	struct hits hits;

	if (search_instance(req, &hits))
		answer_hits(req, &hits);
	hits_clear(&hits);
}

void namespace_search(struct request *req)
{
	struct hits hits;

	if (search_namespace(req, &hits))
		answer_hits(req, &hits);
	hits_clear(&hits);
}
