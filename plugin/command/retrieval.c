/* SPDX-License-Identifier: MIT */
#include "retrieval.h"

#include <string.h>

#include "json/parse.h"

static struct json_object *under(struct json_object *of, const char *key)
{
	struct json_object *o = NULL;

	if (!json_object_object_get_ex(of, key, &o)) {
		o = json_object_new_object();
		json_object_object_add(of, key, o);
	}
	return o;
}

static void put_text(struct json_object *of, const char *group, const char *key, const char *value)
{
	if (value)
		json_object_object_add(under(of, group), key, json_object_new_string(value));
}

static void put_switch(struct json_object *of, const char *group, const char *value)
{
	if (value)
		json_object_object_add(under(of, group), "enabled",
				       json_object_new_boolean(!strcmp(value, "on")));
}

static void put_number(struct json_object *of, const char *group, const char *key, int64_t value)
{
	if (value > 0)
		json_object_object_add(under(of, group), key, json_object_new_int64(value));
}

static void put_decimal(struct json_object *of, const char *group, const char *key,
			struct option_decimal value)
{
	if (value.known)
		json_object_object_add(under(of, group), key, json_object_new_double(value.value));
}

/* "team=docs" is a text; numbers and true and false are told by --filters. */
static int add_filters(const struct retrieval *r, struct json_object *out, struct err *err)
{
	scoped_json struct json_object *filters = NULL;

	if (r->filters && r->filter.count > 0)
		return err_set(err, ERR_USAGE, "--filter and --filters cannot both be given");
	if (r->filters) {
		if (json_read("--filters", r->filters, strlen(r->filters), &filters, err) < 0)
			return err->kind = ERR_USAGE, -1;
		if (!json_object_is_type(filters, json_type_object)) {
			err_set(err, ERR_USAGE, "--filters is not a JSON object");
			return err_hint(err, "as in '{\"folder\":\"guides/\"}'");
		}
	}
	for (size_t i = 0; i < r->filter.count; i++) {
		const char *text = r->filter.item[i], *equals = strchr(text, '=');
		scoped_free char *name = equals ? strndup(text, (size_t)(equals - text)) : NULL;

		if (!name || !*name) {
			err_set(err, ERR_USAGE, "--filter: '%.60s' is not NAME=VALUE", text);
			return err_hint(err, "as in folder=guides/");
		}
		if (!filters)
			filters = json_object_new_object();
		json_object_object_add(filters, name, json_object_new_string(equals + 1));
	}
	if (filters)
		json_object_object_add(under(out, "retrieval"), "filters",
				       json_object_get(filters));
	return 0;
}

int retrieval_json(const struct retrieval *r, struct json_object **out, struct err *err)
{
	scoped_json struct json_object *o = json_object_new_object();

	*out = NULL;
	if (add_filters(r, o, err) < 0)
		return -1;
	put_number(o, "retrieval", "max_num_results", r->max_results);
	put_number(o, "retrieval", "context_expansion", r->context);
	put_decimal(o, "retrieval", "match_threshold", r->threshold);
	put_text(o, "retrieval", "retrieval_type", r->kind);
	put_text(o, "retrieval", "keyword_match_mode", r->match);
	put_text(o, "retrieval", "fusion_method", r->fusion);
	put_switch(o, "reranking", r->reranking);
	put_text(o, "reranking", "model", r->reranking_model);
	put_decimal(o, "reranking", "match_threshold", r->rerank_threshold);
	put_switch(o, "query_rewrite", r->rewrite);
	put_text(o, "query_rewrite", "model", r->rewrite_model);
	put_text(o, "query_rewrite", "rewrite_prompt", r->rewrite_prompt);
	put_switch(o, "cache", r->cache);
	put_text(o, "cache", "cache_threshold", r->cache_threshold);
	if (json_object_object_length(o) > 0)
		*out = json_object_get(o);
	return 0;
}

int retrieval_join(int n, char **words, const char *what, char *out, size_t size, struct err *err)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		if (used + len + 2 > size)
			return err_set(err, ERR_USAGE, "the %s is longer than %zu bytes",
				       what, size - 1);
		if (i > 0)
			out[used++] = ' ';
		memcpy(out + used, words[i], len + 1);
		used += len;
	}
	return used > 0 ? 0 : err_set(err, ERR_USAGE, "the %s is empty", what);
}
