/* SPDX-License-Identifier: MIT */
/* complete_script.c -- the tables as functions of a shell; see complete_text.h. */
#include <stdio.h>
#include <string.h>

#include "complete.h"
#include "complete_text.h"

#define WORDS_MAX 4096
#define ARGUMENTS_MAX 4		/* from then on as the last one */

enum shell { BASH, ZSH, FISH };

/* In single quotes; only fish knows a backslash in them. */
static void put_quoted(enum shell shell, const char *text)
{
	putchar('\'');
	for (; *text; text++)
		if (*text == '\'')
			fputs(shell == FISH ? "\\'" : "'\\''", stdout);
		else if (*text == '\\' && shell == FISH)
			fputs("\\\\", stdout);
		else
			putchar(*text);
	putchar('\'');
}

static void begin(enum shell shell, const char *name, const char *subject)
{
	if (shell == FISH)
		printf("function __aisearch_%s\n\tswitch %s\n", name, subject);
	else
		printf("_aisearch_%s () {\n\tcase %s in\n", name, subject);
}

static void otherwise(enum shell shell, const char *action)
{
	if (shell == FISH)
		printf("\tcase '*'\n\t\t%s\n\tend\nend\n", action);
	else
		printf("\t*) %s ;;\n\tesac\n}\n", action);
}

/* The arm for these patterns, which are quoted already: 'a'|'b'). */
static void put_arm(enum shell shell, const char *first, const char *second)
{
	if (shell == FISH)
		printf("\tcase %s %s\n\t\t", first, second ? second : "");
	else
		printf("\t%s%s%s) ", first, second ? "|" : "", second ? second : "");
}

static void end_arm(enum shell shell)
{
	fputs(shell == FISH ? "\n" : " ;;\n", stdout);
}

static void put_kind(enum shell shell, enum complete_kind kind, const char *words)
{
	static const char *const names[] = {
		[COMPLETE_NOTHING] = "nothing", [COMPLETE_WORDS] = "words", [COMPLETE_FILE] = "file",
		[COMPLETE_COMMAND] = "command",
	};

	if (shell == FISH)
		printf("printf '%%s\\n' %s %s", names[kind], kind == COMPLETE_WORDS ? words : "");
	else
		printf("kind=%s choices='%s'", names[kind], kind == COMPLETE_WORDS ? words : "");
}

/* One more of those that are offered: for bash the word, for the others what it is, too. */
static void put_offer(enum shell shell, const char *dashes, const char *word, const char *help)
{
	char both[512];

	if (shell == BASH) {
		printf("%s%s ", dashes, word);
		return;
	}
	snprintf(both, sizeof(both), "%s%s%c%s", dashes, word, shell == ZSH ? ':' : '\t', help);
	put_quoted(shell, both);
	putchar(' ');
}

static void open_offers(enum shell shell)
{
	fputs(shell == BASH ? "choices='" : shell == ZSH ? "list=(" : "printf '%s\\n' ", stdout);
}

static void close_offers(enum shell shell)
{
	fputs(shell == BASH ? "'" : shell == ZSH ? ")" : "", stdout);
}

/* --- the five functions -------------------------------------------------------------- */

static size_t first_len(const struct command *c)
{
	return strcspn(c->name, " ");
}

/* Is it the first command with this first word? */
static bool is_leader(const struct command *const *c)
{
	for (const struct command *const *before = commands; before != c; before++)
		if (first_len(*before) == first_len(*c) &&
		    !memcmp((*before)->name, (*c)->name, first_len(*c)))
			return false;
	return true;
}

static void put_firsts(enum shell shell)
{
	if (shell == FISH)
		printf("function __aisearch_firsts\n\t");
	else
		printf("_aisearch_firsts () {\n\t");
	open_offers(shell);
	for (const struct command *const *c = commands; *c; c++) {
		char first[64], help[96];

		if (!is_leader(c))
			continue;
		snprintf(first, sizeof(first), "%.*s", (int)first_len(*c), (*c)->name);
		snprintf(help, sizeof(help), "aisearch help %s", first);
		put_offer(shell, "", first, command_is_family(first) ? help : (*c)->summary);
	}
	close_offers(shell);
	fputs(shell == FISH ? "\nend\n" : "\n}\n", stdout);
}

static void put_seconds(enum shell shell)
{
	begin(shell, "seconds", shell == FISH ? "\"$argv[1]\"" : "\"$1\"");
	for (const struct command *const *c = commands; *c; c++) {
		char first[64], quoted[72];

		snprintf(first, sizeof(first), "%.*s", (int)first_len(*c), (*c)->name);
		if (!is_leader(c) || !command_is_family(first))
			continue;
		snprintf(quoted, sizeof(quoted), "'%s'", first);
		put_arm(shell, quoted, NULL);
		open_offers(shell);
		for (const struct command *const *all = commands; *all; all++)
			if (first_len(*all) == first_len(*c) && (*all)->name[first_len(*c)] == ' ' &&
			    !memcmp((*all)->name, first, first_len(*c)))
				put_offer(shell, "", (*all)->name + first_len(*c) + 1, (*all)->summary);
		close_offers(shell);
		end_arm(shell);
	}
	otherwise(shell, "return 1");
}

static void put_option_names(enum shell shell, const struct option *o)
{
	for (; o && o->name; o++) {
		char letter[2] = { o->letter, '\0' };

		if (!o->help)
			continue;
		put_offer(shell, "--", o->name, o->help);
		if (o->type == OPTION_SWITCH)
			put_offer(shell, "--no-", o->name, o->help);
		if (o->letter)
			put_offer(shell, "-", letter, o->help);
	}
}

static void put_options(enum shell shell)
{
	begin(shell, "options", shell == FISH ? "\"$argv[1]\"" : "\"$1\"");
	for (const struct command *const *c = commands; *c; c++) {
		char quoted[72];

		if (!(*c)->options && !(*c)->offline)
			continue;	/* the common ones only */
		snprintf(quoted, sizeof(quoted), "'%s'", (*c)->name);
		put_arm(shell, quoted, NULL);
		open_offers(shell);
		put_option_names(shell, (*c)->options);
		put_option_names(shell, (*c)->offline ? offline_options : common_options);
		close_offers(shell);
		end_arm(shell);
	}
	put_arm(shell, shell == FISH ? "'*'" : "*", NULL);
	open_offers(shell);
	put_option_names(shell, common_options);
	close_offers(shell);
	end_arm(shell);
	fputs(shell == FISH ? "\tend\nend\n" : "\tesac\n}\n", stdout);
}

/* name: the command's, or NULL for an option of all. */
static void put_values(enum shell shell, const char *name, const struct option *o)
{
	/* outside of the quotes in bash and zsh, where a quoted star is a star */
	const char *front = name ? name : "";
	const char *open = name ? "'" : shell == FISH ? "'*" : "*'";

	for (; o && o->name; o++) {
		char buffer[WORDS_MAX], with_name[160], with_letter[160];
		struct buf words = BUF(sizeof(buffer));

		if (o->type == OPTION_FLAG || o->type == OPTION_SWITCH)
			continue;
		snprintf(with_name, sizeof(with_name), "%s%s --%s'", open, front, o->name);
		snprintf(with_letter, sizeof(with_letter), "%s%s -%c'", open, front, o->letter);
		put_arm(shell, with_name, o->letter ? with_letter : NULL);
		enum complete_kind kind = complete_value(o, &words);
		put_kind(shell, kind, words.data ? words.data : "");
		buf_clear(&words);
		end_arm(shell);
	}
}

static void put_all_values(enum shell shell)
{
	begin(shell, "value", shell == FISH ? "\"$argv[1] $argv[2]\"" : "\"$1 $2\"");
	for (const struct command *const *c = commands; *c; c++)
		put_values(shell, (*c)->name, (*c)->options);
	put_values(shell, NULL, common_options);
	otherwise(shell, "return 1");
}

static void put_arguments(enum shell shell)
{
	begin(shell, "argument", shell == FISH ? "\"$argv[1] $argv[2]\"" : "\"$1 $2\"");
	for (const struct command *const *c = commands; *c; c++)
		for (size_t i = 0; i < ARGUMENTS_MAX; i++) {
			struct buf words = BUF(WORDS_MAX);
			enum complete_kind kind = complete_argument((*c)->args, i, &words);
			char quoted[96];

			if (kind != COMPLETE_NOTHING) {
				snprintf(quoted, sizeof(quoted), i + 1 == ARGUMENTS_MAX && shell == FISH
					 ? "'%s *'" : i + 1 == ARGUMENTS_MAX ? "'%s '*" : "'%s %zu'",
					 (*c)->name, i);
				put_arm(shell, quoted, NULL);
				put_kind(shell, kind, words.data ? words.data : "");
				end_arm(shell);
			}
			buf_clear(&words);
		}
	otherwise(shell, shell == FISH ? "echo nothing" : "kind=nothing");
}

int complete_print(const char *name)
{
	static const struct {
		const char *name, *head, *text;
	} shells[] = {
		[BASH] = { "bash", "# made by: aisearch completion bash\n", complete_bash },
		[ZSH] = { "zsh", "#compdef aisearch git-aisearch\n# made by: aisearch completion zsh\n",
			  complete_zsh },
		[FISH] = { "fish", "# made by: aisearch completion fish\n", complete_fish },
	};

	for (enum shell s = BASH; s <= FISH; s++) {
		if (strcmp(shells[s].name, name))
			continue;
		fputs(shells[s].head, stdout);
		put_firsts(s);
		put_seconds(s);
		put_options(s);
		put_all_values(s);
		put_arguments(s);
		fputs(shells[s].text, stdout);
		return 0;
	}
	return -1;
}
