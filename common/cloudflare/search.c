/* SPDX-License-Identifier: MIT */
#include "cloudflare/search.h"

#include <string.h>

#include "base/utf8.h"

#define QUERY_MAX 8192		/* bytes; ours, the contract gives none */

int chunk_decode(struct json_object *o, struct chunk *c, struct err *err)
{
	struct json_object *item, *score = NULL;

	if (json_need_text(o, "id", &c->id, err) < 0 ||
	    json_need_text(o, "text", &c->text, err) < 0 ||
	    json_get_object(o, "item", &item, err) < 0)
		return -1;
	c->key = c->instance = NULL;
	c->json = o;
	if (json_get_text(o, "instance_id", &c->instance, err) < 0)
		return -1;
	if (!c->instance)
		c->instance = "";
	if (item && json_get_text(item, "key", &c->key, err) < 0)
		return -1;
	if (!c->key)
		c->key = "";
	json_object_object_get_ex(o, "score", &score);
	if (!json_object_is_type(score, json_type_double) &&
	    !json_object_is_type(score, json_type_int))
		return err_set(err, ERR_PROTOCOL, "'score' is %s, expected a number",
			       json_type_to_name(json_object_get_type(score)));
	c->score = json_object_get_double(score);
	return 0;
}

static struct json_object *member(struct json_object *of, const char *key)
{
	struct json_object *o = NULL;

	if (!json_object_object_get_ex(of, key, &o)) {
		o = json_object_new_object();
		json_object_object_add(of, key, o);
	}
	return o;
}

static int make_request(struct client *client, const char *instance, const char *query,
			const struct search_options *o, struct buf *path, struct buf *text,
			struct err *err)
{
	scoped_json struct json_object *body = json_object_new_object();
	struct json_object *options = NULL, *ids;

	if (o->also_count >= SEARCH_INSTANCES_MAX)
		return err_set(err, ERR_USAGE, "1 to %d instances can be asked at once",
			       SEARCH_INSTANCES_MAX);
	if (client_check_instance(instance, err) < 0)
		return -1;
	for (size_t i = 0; i < o->also_count; i++)
		if (client_check_instance(o->also[i], err) < 0)
			return -1;
	json_object_object_add(body, "query", json_object_new_string(query));
	if (o->options && json_object_deep_copy(o->options, &options, NULL) < 0)
		return err_nomem(err);
	if (!options && (o->max_results > 0 || o->also_count > 0))
		options = json_object_new_object();
	if (options)
		json_object_object_add(body, "ai_search_options", options);
	if (o->max_results > 0)
		json_object_object_add(member(options, "retrieval"), "max_num_results",
				       json_object_new_int(o->max_results));
	if (o->also_count > 0) {
		ids = json_object_new_array();
		json_object_array_add(ids, json_object_new_string(instance));
		for (size_t i = 0; i < o->also_count; i++)
			json_object_array_add(ids, json_object_new_string(o->also[i]));
		json_object_object_add(options, "instance_ids", ids);
		client_add_account(client, path);
		buf_addf(path, "/ai-search/namespaces/%s", client_namespace(client));
	} else {
		client_add_instance(client, instance, path);
	}
	buf_adds(path, "/search");
	buf_adds(text, json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
	return 0;
}

int search(struct client *client, const char *instance, const char *query,
	   const struct search_options *options,
	   int (*each)(void *ctx, const struct chunk *chunk), void *ctx, struct err *err)
{
	static const struct search_options none = { 0 };
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024), body = BUF(1024 * 1024);
	struct json_object *chunks;

	if (!query[0] || strlen(query) > QUERY_MAX)
		return err_set(err, ERR_USAGE, "a query has 1 to %d bytes", QUERY_MAX);
	if (!utf8_valid(query, strlen(query)))
		return err_set(err, ERR_USAGE, "the query is not UTF-8");
	if (make_request(client, instance, query, options ? options : &none, &path, &body, err) < 0)
		return -1;
	struct client_call call = { .method = "POST", .path = path.data, .body = &body,
				    .permission = "AI Search Run" };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "searching '%s'", instance);
	if (json_get_array(e.result, "chunks", &chunks, err) < 0)
		return err_context(err, "searching '%s'", instance);
	if (!chunks)
		return err_set(err, ERR_PROTOCOL, "searching '%s': 'chunks' is missing", instance);
	for (size_t i = 0; i < json_object_array_length(chunks); i++) {
		struct chunk c;

		if (chunk_decode(json_object_array_get_idx(chunks, i), &c, err) < 0)
			return err_context(err, "searching '%s'", instance);
		int r = each(ctx, &c);
		if (r != 0)
			return r;
	}
	if (options && options->result)
		*options->result = json_object_get(e.result);
	return 0;
}
