/* SPDX-License-Identifier: MIT */
/* body_fields.c -- the members of the contract's request bodies: two tables. */
#include "cloudflare/body.h"

#define ANY 0, 0, NULL
#define FROM(least) (least), INT64_MAX, NULL
#define RANGE(least, most) (least), (most), NULL
#define WORDS(words) 0, 0, words
#define AT_MOST(most, words) 0, (most), words

#define BOTH true, true, false, false
#define REINDEXES true, true, true, false
#define ONLY_CREATE true, false, false, false
#define ONLY_UPDATE false, true, false, false

/* The same of members that may be null. */
#define BOTH_NULL true, true, false, true
#define REINDEXES_NULL true, true, true, true
#define ONLY_CREATE_NULL true, false, false, true
#define ONLY_UPDATE_NULL false, true, false, true

/* Where both kinds of public endpoints agree. */
#define ENDPOINT(member, flag, type, rule, help) \
	{ "public_endpoint_params." member, flag, type, rule, help, BOTH }
#define ENDPOINT_NULL(member, flag, type, rule, help) \
	{ "public_endpoint_params." member, flag, type, rule, help, BOTH_NULL }
#define ENDPOINTS \
	ENDPOINT("enabled", "public-endpoint", BODY_FLAG, ANY, "answer the public at all"), \
	ENDPOINT("default_domain_enabled", "public-default-domain", BODY_FLAG, ANY, \
		 "answer under the name that Cloudflare gives"), \
	ENDPOINT_NULL("custom_domains", "public-domains", BODY_TEXTS, ANY, "answer under this name too"), \
	ENDPOINT("authorized_hosts", "public-hosts", BODY_TEXTS, ANY, \
		 "a host whose pages may ask (CORS)"), \
	ENDPOINT("search_endpoint.disabled", "public-search-disabled", BODY_FLAG, ANY, \
		 "no public search"), \
	ENDPOINT("chat_completions_endpoint.disabled", "public-chat-disabled", BODY_FLAG, ANY, \
		 "no public chat"), \
	ENDPOINT("mcp.disabled", "public-mcp-disabled", BODY_FLAG, ANY, "no public MCP server"), \
	ENDPOINT("mcp.description", "public-mcp-description", BODY_TEXT, ANY, \
		 "what the MCP server says of itself"), \
	ENDPOINT("rate_limit.requests", "rate-limit-requests", BODY_NUMBER, FROM(1), \
		 "public requests allowed in each period"), \
	ENDPOINT("rate_limit.period_ms", "rate-limit-period", BODY_NUMBER, RANGE(60000, 3600000), \
		 "that period, in milliseconds"), \
	ENDPOINT("rate_limit.technique", "rate-limit-technique", BODY_TEXT, WORDS("fixed|sliding"), \
		 "how the period passes")

#define CRAWLER "source_params.web_crawler."

const struct body_field body_instance[] = {
	{ "id", NULL, BODY_TEXT, RANGE(1, 64), "the instance", ONLY_CREATE },

	/* what is indexed */
	{ "type", "type", BODY_TEXT, WORDS("builtin|r2|web-crawler"), "kind of source", ONLY_CREATE_NULL },
	{ "source", "source", BODY_TEXT, ANY, "R2 bucket, or domain or URL of a site", REINDEXES_NULL },
	{ "token_id", "token-id", BODY_TEXT, RANGE(36, 36),
	  "registered service token to index with (`token list`)", BOTH },
	{ "source_params.prefix", "prefix", BODY_TEXT, ANY, "index only keys that begin with this", BOTH },
	{ "source_params.include_items", "include-items", BODY_TEXTS, ANY,
	  "index only what matches this glob", BOTH },
	{ "source_params.exclude_items", "exclude-items", BODY_TEXTS, ANY,
	  "do not index what matches this glob", BOTH },
	{ "source_params.r2_jurisdiction", "jurisdiction", BODY_TEXT, ANY,
	  "of the R2 bucket: default, eu, ...", REINDEXES },
	{ CRAWLER "parse_type", "parse-type", BODY_TEXT, WORDS("sitemap|discover"),
	  "how pages of a site are found", BOTH },
	{ CRAWLER "parse_options.specific_sitemaps", "sitemaps", BODY_TEXTS, ANY,
	  "read this sitemap, not those the site names", BOTH },
	{ CRAWLER "parse_options.include_headers", "include-headers", BODY_JSON, AT_MOST(5, NULL),
	  "\"Name: value\" to send to the site", BOTH },
	{ CRAWLER "parse_options.content_selector", "content-selector", BODY_JSON, FROM(1),
	  "PATH=SELECTOR: what of these pages is content", BOTH },
	{ CRAWLER "parse_options.include_images", "include-images", BODY_FLAG, ANY, "index images too", BOTH },
	{ CRAWLER "parse_options.use_browser_rendering", "browser-rendering", BODY_FLAG, ANY,
	  "let a browser render the pages", BOTH },
	{ CRAWLER "discover_options.source", "crawl-source", BODY_TEXT, WORDS("all|sitemaps|links"),
	  "where discovery takes addresses from", BOTH },
	{ CRAWLER "discover_options.limit", "crawl-limit", BODY_NUMBER, RANGE(1, 100000),
	  "pages to discover at most", BOTH },
	{ CRAWLER "discover_options.depth", "crawl-depth", BODY_NUMBER, FROM(0),
	  "links to follow from the start", BOTH },
	{ CRAWLER "discover_options.max_age", "crawl-max-age", BODY_NUMBER, RANGE(0, 604800),
	  "seconds that a fetched page counts as fresh", BOTH },
	{ CRAWLER "discover_options.include_subdomains", "include-subdomains", BODY_FLAG, ANY,
	  "follow links into subdomains", BOTH },
	{ CRAWLER "discover_options.include_external_links", "include-external-links", BODY_FLAG,
	  WORDS("false"), "the API takes only false", BOTH },

	/* how and when */
	{ "sync_interval", "sync-interval", BODY_NUMBER,
	  WORDS("900|1800|3600|7200|14400|21600|43200|86400"), "time between two looks at the source", BOTH },
	{ "paused", "paused", BODY_FLAG, ANY, "look at the source no more", ONLY_UPDATE },
	{ "embedding_model", "embedding-model", BODY_TEXT, ANY, "model that makes the vectors", REINDEXES_NULL },
	{ "chunk", "chunk", BODY_FLAG, ANY, "split documents", REINDEXES },
	{ "chunk_size", "chunk-size", BODY_NUMBER, FROM(64), "tokens of a chunk", REINDEXES },
	{ "chunk_overlap", "chunk-overlap", BODY_NUMBER, RANGE(0, 30), "percent that chunks share", REINDEXES },
	{ "index_method.vector", "vector-index", BODY_FLAG, ANY, "index by meaning", REINDEXES },
	{ "index_method.keyword", "keyword-index", BODY_FLAG, ANY, "index by words", REINDEXES },
	{ "hybrid_search_enabled", "hybrid-search", BODY_FLAG, ANY,
	  "both at once; the older way to say it", REINDEXES },
	{ "indexing_options.keyword_tokenizer", "keyword-tokenizer", BODY_TEXT, WORDS("porter|trigram"),
	  "how words are told", REINDEXES },
	{ "indexing_options.use_ocr", "ocr", BODY_FLAG, ANY, "read text in images", REINDEXES },
	{ "custom_metadata", "custom-metadata", BODY_JSON, AT_MOST(20, "text|number|boolean|datetime"),
	  "NAME:TYPE: a field to filter by", REINDEXES },
	{ "summarization", "summarization", BODY_FLAG, ANY, "summarize documents", ONLY_UPDATE },
	{ "summarization_model", "summarization-model", BODY_TEXT, ANY, "model for that", ONLY_UPDATE_NULL },
	{ "system_prompt_index_summarization", "system-prompt-index-summarization", BODY_TEXT, ANY,
	  "prompt for that", ONLY_UPDATE_NULL },

	/* how it answers */
	{ "ai_search_model", "generation-model", BODY_TEXT, ANY, "model that writes answers", BOTH_NULL },
	{ "system_prompt_ai_search", "system-prompt-ai-search", BODY_TEXT, ANY, "prompt for answers",
	  ONLY_UPDATE_NULL },
	{ "max_num_results", "max-num-results", BODY_NUMBER, RANGE(1, 50), "results of a query at most", BOTH },
	{ "score_threshold", "score-threshold", BODY_DECIMAL, RANGE(0, 1), "least score of a result", BOTH },
	{ "fusion_method", "fusion-method", BODY_TEXT, WORDS("max|rrf"), "how two rankings become one", BOTH },
	{ "retrieval_options.keyword_match_mode", "keyword-match-mode", BODY_TEXT, WORDS("and|or"),
	  "all words of a query, or any", BOTH },
	{ "retrieval_options.boost_by", "boost-by", BODY_JSON, WORDS("asc|desc|exists|not_exists"),
	  "FIELD[:DIRECTION]: rank by this field too", BOTH },
	{ "reranking", "reranking", BODY_FLAG, ANY, "rank results a second time", BOTH },
	{ "reranking_model", "reranking-model", BODY_TEXT, ANY, "model for that", BOTH_NULL },
	{ "rewrite_query", "rewrite-query", BODY_FLAG, ANY, "rewrite queries before the search", BOTH },
	{ "rewrite_model", "rewrite-model", BODY_TEXT, ANY, "model for that", BOTH_NULL },
	{ "system_prompt_rewrite_query", "system-prompt-rewrite-query", BODY_TEXT, ANY, "prompt for that",
	  ONLY_UPDATE_NULL },
	{ "cache", "cache", BODY_FLAG, ANY, "answer like queries from a cache", BOTH },
	{ "cache_threshold", "cache-threshold", BODY_TEXT,
	  WORDS("super_strict_match|close_enough|flexible_friend|anything_goes"), "how alike they must be", BOTH },
	{ "cache_ttl", "cache-ttl", BODY_NUMBER,
	  WORDS("600|1800|3600|7200|21600|43200|86400|172800|259200|518400"), "how long answers are kept", BOTH },
	{ "ai_gateway_id", "ai-gateway", BODY_TEXT, ANY, "AI Gateway to send models' requests through", BOTH_NULL },

	/* to whom */
	ENDPOINTS,
	{ "metadata.worker_domain", "worker-domain", BODY_TEXT, ANY, "domain of the Worker in front of it", BOTH },
	{ "metadata.created_from_aisearch_wizard", NULL, BODY_FLAG, ANY, "made in the dashboard", BOTH },
	{ 0 },
};

const struct body_field body_namespace[] = {
	{ "name", NULL, BODY_TEXT, RANGE(1, 28), "the namespace", ONLY_CREATE },
	{ "description", "description", BODY_TEXT, RANGE(0, 256), "what it is for", BOTH_NULL },
	ENDPOINTS,
	ENDPOINT("instances_allowed", "public-instances", BODY_TEXTS, ANY,
		 "an instance that the public may ask"),
	{ 0 },
};
