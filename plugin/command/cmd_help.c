/* SPDX-License-Identifier: MIT */
/* cmd_help.c -- help and version, from the table; neither touches network or vault. */
#include <stdio.h>
#include <string.h>

#include "command.h"

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

static void print_options(const char *title, const struct option *o)
{
	printf("\n%s\n", title);
	for (; o->name; o++) {
		char left[64];

		if (!o->help)
			continue;

		snprintf(left, sizeof(left), "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
		printf("  %-26s %s\n", left, o->help);
	}
}

static void print_command(const struct command *c)
{
	printf("usage: aisearch %s%s%s%s\n\n%s\n", c->name, c->options ? " [options]" : "",
	       *c->args ? " " : "", c->args, c->summary);
	if (c->details)
		printf("\n%s\n", c->details);
	if (c->options)
		print_options("Options", c->options);
	if (c->examples)
		printf("\nExamples\n%s\n", c->examples);
	if (!c->offline)
		print_options("Common options", common_options);
}

static void print_all(void)
{
	printf("usage: aisearch [options] command [arguments]\n\n"
	       "Provision and watch Cloudflare AI Search.\n\nCommands\n");
	for (const struct command *const *c = commands; *c; c++)
		printf("  %-17s %s\n", (*c)->name, (*c)->summary);
	print_options("Common options", common_options);
	printf("\nEach has its own help: aisearch help status.  The manual: man aisearch.\n");
}

static int help(struct cli *cli, int n, char **args, struct err *err)
{
	char joined[64];
	char *pair[2];
	int words;

	(void)cli;
	if (n == 0) {
		print_all();
		return EXIT_DONE;
	}
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
	if (c) {
		print_command(c);
		return EXIT_DONE;
	}
	/* "help token": every command that begins so */
	for (const struct command *const *all = commands; *all; all++) {
		size_t len = strlen(joined);
		if (strncmp((*all)->name, joined, len) || (*all)->name[len] != ' ')
			continue;
		printf("aisearch %-17s %s\n", (*all)->name, (*all)->summary);
		c = *all;
	}
	if (c)
		return EXIT_DONE;
	err_set(err, ERR_USAGE, "there is no command '%.40s'", joined);
	return err_hint(err, "aisearch help");
}

static int version(struct cli *cli, int n, char **args, struct err *err)
{
	(void)cli, (void)n, (void)args, (void)err;
	puts("aisearch " AISEARCH_VERSION);
	return EXIT_DONE;
}

const struct command cmd_help = {
	.name = "help",
	.args = "[command]",
	.summary = "print what the commands are, or how one is used",
	.max_args = 2,
	.offline = true,
	.run = help,
};

const struct command cmd_version = {
	.name = "version",
	.args = "",
	.summary = "print the version",
	.offline = true,
	.run = version,
};
