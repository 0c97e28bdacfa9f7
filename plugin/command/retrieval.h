/* SPDX-License-Identifier: MIT */
/*
 * retrieval.h -- the options that a search and a chat share: the contract's ai_search_options.
 */
#ifndef COMMAND_RETRIEVAL_H
#define COMMAND_RETRIEVAL_H

#include <json-c/json.h>

#include "cli.h"

struct retrieval {
	struct option_list also, filter;
	int64_t max_results, context;
	struct option_decimal threshold, rerank_threshold;
	const char *filters, *reranking, *reranking_model, *rewrite, *rewrite_model, *rewrite_prompt;
	const char *kind, *match, *fusion, *cache, *cache_threshold;
};

/* The rows of a table of options; `type`.member is a struct retrieval. */
#define RETRIEVAL_OPTIONS(type, member) \
	{ "also", 0, OPTION_LIST, "INSTANCE", "ask this one of the namespace too (at most 9 times)", \
	  OPTION_IN(type, member.also), 0, 0 }, \
	{ "max-num-results", 0, OPTION_NUMBER, "N", "how many hits at the most (1 to 50)", \
	  OPTION_IN(type, member.max_results), 1, 50 }, \
	{ "max-results", 0, OPTION_NUMBER, "N", NULL, OPTION_IN(type, member.max_results), 1, 50 }, \
	{ "score-threshold", 0, OPTION_DECIMAL, "SCORE", "only hits of at least this score (0 to 1)", \
	  OPTION_IN(type, member.threshold), 0, 1 }, \
	{ "filter", 0, OPTION_LIST, "NAME=VALUE", "only files with this metadata; again: all of them", \
	  OPTION_IN(type, member.filter), 0, 0 }, \
	{ "filters", 0, OPTION_TEXT, "JSON", "the same in the API's own words", \
	  OPTION_IN(type, member.filters), 0, 0 }, \
	{ "retrieval-type", 0, OPTION_CHOICE, "vector|keyword|hybrid", "how to look", \
	  OPTION_IN(type, member.kind), 0, 0 }, \
	{ "keyword-match-mode", 0, OPTION_CHOICE, "and|or", "all words, or any", \
	  OPTION_IN(type, member.match), 0, 0 }, \
	{ "fusion-method", 0, OPTION_CHOICE, "max|rrf", "how to merge vector and keyword hits", \
	  OPTION_IN(type, member.fusion), 0, 0 }, \
	{ "context-expansion", 0, OPTION_NUMBER, "N", "so many chunks around each hit", \
	  OPTION_IN(type, member.context), 1, 1000 }, \
	{ "reranking", 0, OPTION_CHOICE, "on|off", "order the hits by a model", \
	  OPTION_IN(type, member.reranking), 0, 0 }, \
	{ "reranking-model", 0, OPTION_TEXT, "MODEL", "by this one", \
	  OPTION_IN(type, member.reranking_model), 0, 0 }, \
	{ "reranking-threshold", 0, OPTION_DECIMAL, "SCORE", "and drop what it finds worse (0 to 1)", \
	  OPTION_IN(type, member.rerank_threshold), 0, 1 }, \
	{ "rewrite-query", 0, OPTION_CHOICE, "on|off", "let a model rewrite the query first", \
	  OPTION_IN(type, member.rewrite), 0, 0 }, \
	{ "rewrite-model", 0, OPTION_TEXT, "MODEL", "this one", \
	  OPTION_IN(type, member.rewrite_model), 0, 0 }, \
	{ "rewrite-prompt", 0, OPTION_TEXT, "TEXT", "told so", \
	  OPTION_IN(type, member.rewrite_prompt), 0, 0 }, \
	{ "cache", 0, OPTION_CHOICE, "on|off", "may an earlier answer be used", \
	  OPTION_IN(type, member.cache), 0, 0 }, \
	{ "cache-threshold", 0, OPTION_CHOICE, \
	  "super_strict_match|close_enough|flexible_friend|anything_goes", "of a question how alike", \
	  OPTION_IN(type, member.cache_threshold), 0, 0 }

/* *out is yours; NULL when no option was given.  ERR_USAGE. */
int retrieval_json(const struct retrieval *r, struct json_object **out, struct err *err);

/* The words of argv as one text.  ERR_USAGE when it is empty or too long. */
int retrieval_join(int n, char **words, const char *what, char *out, size_t size, struct err *err);

#endif
