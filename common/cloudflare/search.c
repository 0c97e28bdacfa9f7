/* SPDX-License-Identifier: MIT */
#include "cloudflare/search.h"

#include <string.h>

#include "base/utf8.h"

#define QUERY_MAX 8192		/* bytes; ours, the contract gives none */

static int decode_chunk(struct json_object *o, struct chunk *c, struct err *err)
{
	struct json_object *item, *score = NULL;

	if (json_need_text(o, "id", &c->id, err) < 0 || json_need_text(o, "text", &c->text, err) < 0 ||
	    json_get_object(o, "item", &item, err) < 0)
		return -1;
	c->key = NULL;
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

int search(struct client *client, const char *instance, const char *query,
	   const struct search_options *options,
	   int (*each)(void *ctx, const struct chunk *chunk), void *ctx, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024), body = BUF(8 * QUERY_MAX);
	struct json_object *chunks;

	if (client_check_instance(instance, err) < 0)
		return -1;
	if (!query[0] || strlen(query) > QUERY_MAX)
		return err_set(err, ERR_USAGE, "a query has 1 to %d bytes", QUERY_MAX);
	if (!utf8_valid(query, strlen(query)))
		return err_set(err, ERR_USAGE, "the query is not UTF-8");
	client_add_instance(client, instance, &path);
	buf_adds(&path, "/search");
	buf_adds(&body, "{\"query\":");
	buf_add_json(&body, query, strlen(query));
	if (options && options->max_results > 0)
		buf_addf(&body, ",\"ai_search_options\":{\"retrieval\":{\"max_num_results\":%d}}",
			 options->max_results);
	buf_adds(&body, "}");
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

		if (decode_chunk(json_object_array_get_idx(chunks, i), &c, err) < 0)
			return err_context(err, "searching '%s'", instance);
		int r = each(ctx, &c);
		if (r != 0)
			return r;
	}
	return 0;
}
