/* SPDX-License-Identifier: MIT */
/* cmd_search.c -- ask an instance, print the chunks that fit best. */
#include "cloudflare/search.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "retrieval.h"

#define QUERY_MAX 8192
#define SNIPPET 240		/* bytes of a hit's text */

struct settings {
	struct retrieval retrieval;
	bool full;
};
static struct settings set;

struct hits {
	struct json_object *list;	/* NULL = print */
	int count;
	struct err err;
};

/* The beginning of a chunk on one line: blanks run together, cut between characters. */
static void snippet(const char *text, char *out, size_t size)
{
	size_t used = 0;
	bool blank = false;

	for (; *text && used + 1 < size; text++) {
		if (strchr(" \t\r\n\v\f", *text)) {
			blank = used > 0;
			continue;
		}
		if (blank && used + 2 < size)
			out[used++] = ' ';
		blank = false;
		out[used++] = *text;
	}
	if (*text)	/* do not leave half a character */
		while (used > 0 && ((unsigned char)out[used - 1] & 0xc0) == 0x80)
			used--;
	if (*text && used > 0 && (unsigned char)out[used - 1] >= 0xc0)
		used--;
	out[used] = '\0';
}

/* The API's own members that it may have beside. */
static void add_details(struct json_object *to, struct json_object *from)
{
	struct json_object *item = NULL, *v = NULL;

	if (json_object_object_get_ex(from, "item", &item) &&
	    json_object_object_get_ex(item, "metadata", &v))
		json_object_object_add(to, "metadata", json_object_get(v));
	if (json_object_object_get_ex(from, "scoring_details", &v))
		json_object_object_add(to, "scoring_details", json_object_get(v));
}

static int on_hit(void *ctx, const struct chunk *chunk)
{
	struct hits *hits = ctx;
	char text[SNIPPET];

	hits->count++;
	if (hits->list) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "score", json_object_new_double(chunk->score));
		json_put_text(o, "key", chunk->key);
		json_put_text(o, "id", chunk->id);
		json_put_text(o, "text", chunk->text);
		if (*chunk->instance)
			json_put_text(o, "instance", chunk->instance);
		add_details(o, chunk->json);
		json_object_array_add(hits->list, o);
		return 0;
	}
	output_line("%.3f  %s%s%s", chunk->score, chunk->instance, *chunk->instance ? "  " : "",
		    *chunk->key ? chunk->key : chunk->id);
	if (set.full)
		return output_prose(chunk->text, &hits->err);
	snippet(chunk->text, text, sizeof(text));
	output_line("       %s", text);
	return 0;
}

/* Instances of --also that could not be asked. */
static int missing(struct json_object *result)
{
	struct json_object *errors = NULL;
	struct err ignored = { 0 };

	json_get_array(result, "errors", &errors, &ignored);
	for (size_t i = 0; errors && i < json_object_array_length(errors); i++) {
		struct json_object *o = json_object_array_get_idx(errors, i);
		const char *id = NULL, *why = NULL;

		json_get_text(o, "instance_id", &id, &ignored);
		json_get_text(o, "message", &why, &ignored);
		output_note("%s was not asked: %s",
			    id ? id : "an instance", why ? why : "no reason given");
	}
	return errors && json_object_array_length(errors) > 0 ? EXIT_WITH_ERRORS : EXIT_DONE;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *all = NULL, *options = NULL, *result = NULL;
	struct hits hits = { 0 };
	char query[QUERY_MAX];
	struct json_object *v;

	if (client_check_instance(args[0], err) < 0 ||
	    retrieval_join(n - 1, args + 1, "query", query, sizeof(query), err) < 0 ||
	    retrieval_json(&set.retrieval, &options, err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0)
		return -1;
	const struct search_options how = { .options = options, .also = set.retrieval.also.item,
					    .also_count = set.retrieval.also.count, .result = &result };
	if (cli->s.json) {
		all = json_object_new_object();
		hits.list = json_object_new_array();
		json_put_text(all, "instance", args[0]);
		json_put_text(all, "query", query);
		json_object_object_add(all, "hits", hits.list);
	}
	if (search(client, args[0], query, &how, on_hit, &hits, err) != 0) {
		if (hits.err.kind)
			*err = hits.err;
		return -1;
	}
	if (all) {
		for (const char *const *key = (const char *const []){ "search_query",
								      "errors", NULL }; *key;
		     key++)
			if (json_object_object_get_ex(result, *key, &v))
				json_object_object_add(all, *key, json_object_get(v));
		return output_json(all, err) < 0 ? -1 : missing(result);
	}
	if (hits.count == 0)
		fprintf(stderr, "nothing was found\n");
	return missing(result);
}

static const struct option search_flags[] = {
	{ "full", 0, OPTION_FLAG, NULL, "the whole text of each hit",
	  OPTION_IN(settings, full), 0, 0 },
	RETRIEVAL_OPTIONS(settings, retrieval),
	{ 0 },
};

const struct command cmd_search = {
	.name = "search",
	.args = "INSTANCE QUERY...",
	.summary = "ask an instance and print the best hits: score, file, text",
	.details = "What the instance is set to counts where no option is given.  With --also several\n"
		   "instances of the namespace are asked at once, and each hit names its own.  Exit\n"
		   "status 4: one of them could not be asked.",
	.examples = "aisearch search docs how do I start\n"
		    "aisearch search docs rate limit --filter folder=guides/ --score-threshold 0.6\n"
		    "aisearch search docs install --also blog --also wiki --json",
	.options = search_flags,
	.settings = &set,
	.min_args = 2,
	.max_args = -1,
	.run = run,
};
