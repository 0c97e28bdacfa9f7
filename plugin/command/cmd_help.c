/* SPDX-License-Identifier: MIT */
/* cmd_help.c -- help and version, from the tables; neither touches network or vault. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"

const struct exit_meaning exit_meanings[] = {
	{ EXIT_DONE, "Done." },
	{ EXIT_FAILED, "The operation failed, or was interrupted." },
	{ EXIT_USAGE, "The command line was not understood.  Nothing was sent." },
	{ EXIT_TIMED_OUT, "The time of --timeout passed first: before what was waited for had come to"
	  " its end, or before the API had answered." },
	{ EXIT_WITH_ERRORS, "It came to its end, but not with all: some items could not be indexed;"
	  " vault check found something wrong in a vault that can be used; vault export left out"
	  " entries that do not open." },
	{ 0 },
};

const struct command *command_find(int n, char **args, int *words)
{
	for (const struct command *const *c = commands; *c; c++) {
		const char *name = (*c)->name, *blank = strchr(name, ' ');
		size_t first = blank ? (size_t)(blank - name) : strlen(name);

		if (strlen(args[0]) != first || memcmp(args[0], name, first))
			continue;
		if (blank && (n < 2 || strcmp(args[1], blank + 1)))
			continue;
		*words = blank ? 2 : 1;
		return *c;
	}
	return NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein; both are short. */
static size_t distance(const char *a, const char *b)
{
	size_t m = strlen(a), n = strlen(b), row[32];

	if (m > 31 || n > 31)
		return 99;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

const char *command_nearest(const char *word)
{
	const char *nearest = NULL;
	size_t best = 3;	/* further away it is another word */

	for (const struct command *const *c = commands; *c; c++) {
		const char *name = (*c)->name, *blank = strchr(name, ' ');
		char first[32];
		size_t d;

		snprintf(first, sizeof(first), "%.*s", blank ? (int)(blank - name) : 31, name);
		d = distance(word, first);
		if (d < best) {
			best = d;
			nearest = name;
		}
	}
	return nearest;
}

bool command_is_family(const char *word)
{
	size_t len = strlen(word);

	for (const struct command *const *c = commands; *c; c++)
		if (!strncmp((*c)->name, word, len) && (*c)->name[len] == ' ')
			return true;
	return false;
}

bool option_shown(const struct option *o)
{
	for (; o && o->name; o++)
		if (o->help)
			return true;
	return false;
}

#define OPTION_WIDTH 26

static void print_options(const char *title, const struct option *o)
{
	printf("\n%s\n", title);
	for (; o->name; o++) {
		char left[128];

		if (!o->help)
			continue;
		snprintf(left, sizeof(left), "%c%c%c --%s%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? ',' : ' ',
			 o->type == OPTION_SWITCH ? "[no-]" : "", o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
		if (strlen(left) > OPTION_WIDTH)
			printf("  %s\n  %*s %s\n", left, OPTION_WIDTH, "", o->help);
		else
			printf("  %-*s %s\n", OPTION_WIDTH, left, o->help);
	}
}

static void print_command(const struct command *c)
{
	bool options = option_shown(c->options);

	printf("usage: aisearch %s%s%s%s\n\n%s\n", c->name, options ? " [options]" : "",
	       *c->args ? " " : "", c->args, c->summary);
	if (c->details)
		printf("\n%s\n", c->details);
	if (options)
		print_options("Options", c->options);
	if (c->examples)
		printf("\nExamples\n%s\n", c->examples);
	print_options("Common options", c->offline ? offline_options : common_options);
}

/* Those whose first word is `word`, or all when it is NULL. */
static void print_names(const char *word)
{
	size_t len = word ? strlen(word) : 0, width = 0;

	for (int pass = 0; pass < 2; pass++)
		for (const struct command *const *c = commands; *c; c++) {
			const char *name = (*c)->name;

			if (word && (strncmp(name, word, len) || (name[len] && name[len] != ' ')))
				continue;
			if (pass == 1)
				printf("  %-*s  %s\n", (int)width, name, (*c)->summary);
			else if (strlen(name) > width)
				width = strlen(name);
		}
}

static void print_family(const char *word)
{
	printf("usage: aisearch %s COMMAND [options] [arguments]\n\nCommands\n", word);
	print_names(word);
	printf("\nEach has its own help, as: aisearch help %s COMMAND\n", word);
}

static void print_all(void)
{
	printf("usage: aisearch [options] command [arguments]\n\n"
	       "Provision and watch Cloudflare AI Search.\n\nCommands\n");
	print_names(NULL);
	print_options("Common options", common_options);
	printf("\nExit status\n");
	for (const struct exit_meaning *e = exit_meanings; e->meaning; e++)
		printf("  %d  %.*s\n", e->code, (int)strcspn(e->meaning, ".:;"), e->meaning);
	printf("\nEach has its own help: aisearch help status.  The manual: man aisearch.\n");
}

static int print_json(const char *word, struct err *err)
{
	return help_print_json(word, err) < 0 ? -1 : EXIT_DONE;
}

static struct {
	const char *mdoc;
} set;

static const struct option options[] = {
	/* for the Makefile: no help, so in no help */
	{ "mdoc", 0, OPTION_CHOICE, "commands|options|exits", NULL, 0, 0, 0 },
	{ 0 },
};

static int help(struct cli *cli, int n, char **args, struct err *err)
{
	char joined[64];
	char *pair[2];
	int words;

	if (set.mdoc) {
		manual_print(set.mdoc);
		return EXIT_DONE;
	}
	if (n == 0)
		return cli->s.json ? print_json(NULL, err) : (print_all(), EXIT_DONE);
	/* "token list" may come as one word, from --help */
	snprintf(joined, sizeof(joined), "%s", args[0]);
	pair[0] = joined;
	pair[1] = n > 1 ? args[1] : NULL;
	char *blank = strchr(joined, ' ');
	if (blank) {
		*blank = '\0';
		pair[1] = blank + 1;
	}
	const struct command *c = command_find(pair[1] ? 2 : 1, pair, &words);
	if (c)
		return cli->s.json ? print_json(c->name, err) : (print_command(c), EXIT_DONE);
	if (!pair[1] && command_is_family(joined))
		return cli->s.json ? print_json(joined, err) : (print_family(joined), EXIT_DONE);
	err_set(err, ERR_USAGE, "there is no command '%.40s'", joined);
	return err_hint(err, "aisearch help");
}

static int version(struct cli *cli, int n, char **args, struct err *err)
{
	(void)n, (void)args;
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_put_text(o, "version", AISEARCH_VERSION);
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	puts("aisearch " AISEARCH_VERSION);
	return EXIT_DONE;
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND...]",
	.summary = "print what the commands are, or how one is used",
	.details = "A first word alone lists the commands that begin with it: aisearch help token.\n"
		   "So does that word with --help behind it.\n\n"
		   "With --json the tables that all of this is made from, for makers of tools: an object\n"
		   "with version, commands, common_options and exit_statuses (code, meaning).  A command\n"
		   "has name, arguments (as in its usage), min_arguments, max_arguments (null: any number),\n"
		   "summary, details, examples, options and common_options (false: of those it takes --json\n"
		   "and --help alone).  An option has name, short, kind (flag, text, number, choice,\n"
		   "duration in seconds, decimal, list, or switch: --NAME and --no-NAME), argument, words\n"
		   "(of a choice), min, max and help.  What does not apply is null.  A named\n"
		   "command or first word leaves out the others.",
	.examples = "aisearch help --json | jq -r '.commands[].name'",
	.options = options,
	.settings = &set,
	.max_args = 2,
	.offline = true,
	.run = help,
};

const struct command cmd_version = {
	.name = "version",
	.args = "",
	.summary = "print the version",
	.details = "With --json an object with the member version.",
	.offline = true,
	.run = version,
};
