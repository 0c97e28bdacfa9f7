/* SPDX-License-Identifier: MIT */
/* cmd_search.c -- ask an instance, print the chunks that fit best. */
#include "cloudflare/search.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"

#define QUERY_MAX 8192
#define SNIPPET 240		/* bytes of a hit's text */

struct hits {
	struct json_object *list;	/* NULL = print */
	int count;
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
		json_object_array_add(hits->list, o);
		return 0;
	}
	snippet(chunk->text, text, sizeof(text));
	output_line("%.3f  %s", chunk->score, *chunk->key ? chunk->key : chunk->id);
	output_line("       %s", text);
	return 0;
}

static int join(int n, char **words, char *out, size_t size, struct err *err)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		if (used + len + 2 > size)
			return err_set(err, ERR_USAGE, "the query is longer than %zu bytes", size - 1);
		if (i > 0)
			out[used++] = ' ';
		memcpy(out + used, words[i], len + 1);
		used += len;
	}
	return used > 0 ? 0 : err_set(err, ERR_USAGE, "the query is empty");
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *all = NULL;
	const struct search_options options = { .max_results = (int)cli->s.max_results };
	struct hits hits = {0};
	char query[QUERY_MAX];

	if (client_check_instance(args[0], err) < 0 ||
	    join(n - 1, args + 1, query, sizeof(query), err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0)
		return -1;
	if (cli->s.json) {
		all = json_object_new_object();
		hits.list = json_object_new_array();
		json_put_text(all, "instance", args[0]);
		json_put_text(all, "query", query);
		json_object_object_add(all, "hits", hits.list);
	}
	if (search(client, args[0], query, &options, on_hit, &hits, err) < 0)
		return -1;
	if (all)
		return output_json(all, err) < 0 ? -1 : EXIT_DONE;
	if (hits.count == 0)
		fprintf(stderr, "nothing was found\n");
	return EXIT_DONE;
}

static const struct option search_flags[] = {
	{ "max-results", 0, OPTION_NUMBER, "N", "how many hits at the most (1 to 50)",
	  OPTION_TO(max_results), 1, 50 },
	{ 0 },
};

const struct command cmd_search = {
	.name = "search",
	.args = "INSTANCE QUERY...",
	.summary = "ask an instance and print the best hits: score, file, text",
	.options = search_flags,
	.min_args = 2,
	.max_args = -1,
	.run = run,
};
