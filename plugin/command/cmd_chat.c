/* SPDX-License-Identifier: MIT */
/* cmd_chat.c -- a question, and the answer that a model makes from what is indexed. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/prose.h"
#include "cloudflare/chat.h"
#include "cloudflare/search.h"
#include "command.h"
#include "output.h"
#include "retrieval.h"

struct settings {
	struct retrieval retrieval;
	const char *model, *system;
	bool stream, no_sources;
};
static struct settings set;

struct printing {
	struct prose prose;
	bool ends_line;
};

static int on_text(void *ctx, const char *text, size_t len, struct err *err)
{
	scoped_buf struct buf shown = BUF(8 * 1024 * 1024);
	struct printing *p = ctx;

	if (prose_add(&p->prose, text, len, &shown) < 0)
		return err_nomem(err);
	if (shown.len == 0)
		return 0;
	fwrite(shown.data, 1, shown.len, stdout);
	p->ends_line = shown.data[shown.len - 1] == '\n';
	/* as it comes; a reader that went away ends the request */
	return output_flush(err);
}

static int no_text(void *ctx, const char *text, size_t len, struct err *err)
{
	(void)ctx, (void)text, (void)len, (void)err;
	return 0;
}

static bool seen_before(struct json_object *chunks, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		struct chunk c;
		struct err ignored = { 0 };

		if (chunk_decode(json_object_array_get_idx(chunks, i), &c, &ignored) == 0 &&
		    !strcmp(*c.key ? c.key : c.id, name))
			return true;
	}
	return false;
}

/* On stderr, so that stdout is the answer alone. */
static int print_sources(struct json_object *answer, struct err *err)
{
	struct json_object *chunks;

	if (json_get_array(answer, "chunks", &chunks, err) < 0)
		return -1;
	size_t n = chunks ? json_object_array_length(chunks) : 0;
	for (size_t i = 0; i < n; i++) {
		struct chunk c;

		if (chunk_decode(json_object_array_get_idx(chunks, i), &c, err) < 0)
			return -1;
		const char *name = *c.key ? c.key : c.id;
		if (seen_before(chunks, i, name))
			continue;
		if (i == 0)
			output_note("sources:");
		output_note("  %.3f  %s%s%s", c.score, c.instance, *c.instance ? " " : "", name);
	}
	if (n == 0)
		output_note("no sources: nothing that is indexed fits");
	return 0;
}

/* Instances of the namespace that gave nothing because they could not be asked. */
static int missing(struct json_object *answer)
{
	struct json_object *errors = NULL;
	struct err ignored = { 0 };

	json_get_array(answer, "errors", &errors, &ignored);
	for (size_t i = 0; errors && i < json_object_array_length(errors); i++) {
		const char *id = NULL, *why = NULL;
		struct json_object *o = json_object_array_get_idx(errors, i);

		json_get_text(o, "instance_id", &id, &ignored);
		json_get_text(o, "message", &why, &ignored);
		output_note("%s was not asked: %s",
			    id ? id : "an instance", why ? why : "no reason given");
	}
	return errors && json_object_array_length(errors) > 0 ? EXIT_WITH_ERRORS : EXIT_DONE;
}

static int ask(struct cli *cli, struct client *client, const struct chat_question *q,
	       struct json_object **answer, struct err *err)
{
	struct printing p = { .ends_line = true };
	const struct chat_sink sink = { .text = cli->s.json ? no_text : on_text, .ctx = &p };
	const char *text;

	if (set.stream) {
		int r = chat_stream(client, q, &sink, answer, err);

		if (!p.ends_line)
			putchar('\n');
		return r < 0 ? -1 : 0;
	}
	if (chat(client, q, answer, err) < 0)
		return -1;
	if (cli->s.json)
		return 0;
	return chat_text(*answer, &text, err) < 0 ? -1 : output_prose(text, err);
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *options = NULL, *answer = NULL;
	const char *instances[OPTION_LIST_MAX + 1] = { args[0] };
	const struct option_list *also = &set.retrieval.also;
	char question[CHAT_TEXT_MAX];

	memcpy(instances + 1, also->item, also->count * sizeof(also->item[0]));
	if (client_check_instance(args[0], err) < 0 ||
	    retrieval_join(n - 1, args + 1, "question", question, sizeof(question), err) < 0 ||
	    retrieval_json(&set.retrieval, &options, err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0)
		return -1;
	const struct chat_question q = { .instances = instances, .count = also->count + 1,
					 .question = question, .system = set.system, .model = set.model,
					 .options = options };
	if (ask(cli, client, &q, &answer, err) < 0)
		return -1;
	if (cli->s.json)
		return output_json(answer, err) < 0 ? -1 : missing(answer);
	if (output_flush(err) < 0 || (!set.no_sources && print_sources(answer, err) < 0))
		return -1;
	return missing(answer);
}

static const struct option options[] = {
	{ "stream", 0, OPTION_FLAG, NULL, "print the answer as it comes",
	  OPTION_IN(settings, stream), 0, 0 },
	{ "model", 0, OPTION_TEXT, "MODEL", "let this one answer",
	  OPTION_IN(settings, model), 0, 0 },
	{ "system", 0, OPTION_TEXT, "TEXT", "what the model is told before the question",
	  OPTION_IN(settings, system), 0, 0 },
	{ "no-sources", 0, OPTION_FLAG, NULL, "do not list the files it is from",
	  OPTION_IN(settings, no_sources), 0, 0 },
	RETRIEVAL_OPTIONS(settings, retrieval),
	{ 0 },
};

const struct command cmd_chat = {
	.name = "chat",
	.args = "INSTANCE QUESTION...",
	.summary = "ask a question, print the answer that a model makes from what is indexed",
	.details =
		"The answer alone goes to stdout; the files it is from go to stderr, the best first.\n"
		"With --json the whole answer of the API is printed, also with --stream.\n\n"
		"What the instance is set to counts where no option is given.  Exit status 4: an instance\n"
		"of --also could not be asked.",
	.examples = "aisearch chat docs how do I start --stream\n"
		    "aisearch chat docs what changed --filter folder=releases/ --system 'Answer in one line.'",
	.options = options,
	.settings = &set,
	.min_args = 2,
	.max_args = -1,
	.run = run,
};
