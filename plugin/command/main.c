/* SPDX-License-Identifier: MIT */
/*
 * main.c -- the door of `aisearch`: it alone decides what is printed where and
 * with which status the program ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "interrupt.h"
#include "output.h"

const struct command *const commands[] = {
	&cmd_login, &cmd_provision, &cmd_status, &cmd_search,
	&cmd_instance_create, &cmd_instance_list, &cmd_instance_get, &cmd_instance_update,
	&cmd_instance_pause, &cmd_instance_resume, &cmd_instance_stats, &cmd_instance_delete,
	&cmd_namespace_create, &cmd_namespace_list, &cmd_namespace_get, &cmd_namespace_update,
	&cmd_namespace_delete,
	&cmd_chat,
	&cmd_job_create, &cmd_job_list, &cmd_job_get, &cmd_job_cancel, &cmd_job_logs,
	&cmd_item_list, &cmd_item_get, &cmd_item_upload, &cmd_item_delete, &cmd_item_sync,
	&cmd_item_logs, &cmd_item_chunks, &cmd_item_download,
	&cmd_token_list, &cmd_token_verify, &cmd_token_print,
	&cmd_token_profile, &cmd_token_mint, &cmd_token_revoke,
	&cmd_plan, &cmd_apply, &cmd_export,
	&cmd_token_rotate,
	&cmd_logout, &cmd_whoami,
	&cmd_token_show,
	&cmd_token_create, &cmd_token_register,
	&cmd_vault_list, &cmd_vault_show, &cmd_vault_restore, &cmd_vault_erase, &cmd_vault_check,
	&cmd_vault_export, &cmd_vault_import,
	&cmd_vault_unlock, &cmd_vault_lock, &cmd_vault_passphrase, &cmd_vault_rekey,
	&cmd_doctor, &cmd_config_check,
	&cmd_completion, &cmd_help, &cmd_version,
	NULL,
};

/* It holds secrets: no core, no debugger of the same user, no file for others. */
static void close_the_door(void)
{
	const struct rlimit none = { 0, 0 };
	int fd;

	/* A file opened as 0..2 must not receive what is meant for a stream; writing still fails. */
	while ((fd = open("/dev/null", O_RDONLY)) >= 0 && fd <= STDERR_FILENO)
		;
	if (fd >= 0)
		close(fd);
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
	umask(077);
	signal(SIGPIPE, SIG_IGN);	/* a reader that went away is a failed write */
	signal(SIGXFSZ, SIG_IGN);	/* and so is a file that may not grow (ulimit -f) */
}

static int complain(const struct cli *cli, const struct command *command, const struct err *err)
{
	bool late = err->kind == ERR_TIMEOUT && cli_timed_out(cli);
	int failed = cli->failed ? cli->failed : EXIT_FAILED;

	/* "| head" has seen enough */
	if (err->kind == ERR_PIPE)
		return failed;
	if (err->kind == ERR_CANCELLED)
		fprintf(stderr, "aisearch: interrupted\n");
	else
		fprintf(stderr, "aisearch: %s%s%s\n", command ? command->name : "",
			command ? ": " : "", err->what);
	if (err->hint[0])
		fprintf(stderr, "  hint: %s\n", err->hint);
	else if (err->kind == ERR_USAGE)
		fprintf(stderr, "  hint: aisearch help%s%s\n", command ? " " : "", command ? command->name : "");
	return err->kind == ERR_USAGE ? EXIT_USAGE : late ? EXIT_TIMED_OUT : failed;
}

static bool plain_word(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz-");

	return !word[n] && n <= 24;
}

/* "list, show, restore": what may follow word; "" when nothing does. */
static void list_seconds(const char *word, struct buf *out)
{
	size_t len = strlen(word);

	for (const struct command *const *c = commands; *c; c++)
		if (!strncmp((*c)->name, word, len) && (*c)->name[len] == ' ')
			buf_addf(out, "%s%s", out->len ? ", " : "", (*c)->name + len + 1);
}

static int unknown_command(int n, char **words, struct err *err)
{
	scoped_buf struct buf seconds = BUF(512);
	const char *word = words[0], *nearest = command_nearest(word);

	list_seconds(word, &seconds);
	if (seconds.len > 0) {
		if (n > 1 && plain_word(words[1]))
			err_set(err, ERR_USAGE, "there is no command '%s %s'", word, words[1]);
		else
			err_set(err, ERR_USAGE, "'%s' is followed by another word%s", word,
				n > 1 ? " than that" : "");
		return err_hint(err, "%s %s", word, seconds.data);
	}
	/* A token pasted in the wrong place is not repeated. */
	if (plain_word(word))
		err_set(err, ERR_USAGE, "there is no command '%s'", word);
	else
		err_set(err, ERR_USAGE, "there is no such command");
	if (nearest)
		return err_hint(err, "did you mean '%s'? all of them: aisearch help", nearest);
	return err_hint(err, "aisearch help");
}

static int check_args(const struct command *command, int n, char **args, struct err *err)
{
	if (n < command->min_args)
		err_set(err, ERR_USAGE, "too few arguments");
	else if (command->max_args < 0 || n <= command->max_args)
		return 0;
	else if (command->hushed)
		err_set(err, ERR_USAGE, "it takes no arguments");
	else
		err_set(err, ERR_USAGE, "unexpected argument '%.80s'", args[command->max_args]);
	return err_hint(err, "usage: aisearch %s%s%s", command->name, *command->args ? " " : "",
			command->args);
}

/* exit_code, or -1 with err; *command is known as soon as it was found. */
static int run(struct cli *cli, int argc, char **argv, const struct command **command,
	       struct err *err)
{
	char *help_args[2] = { NULL, NULL };
	int n, words = 0;

	if (argc == 1 && !strcmp(argv[0], "--version"))
		return cmd_version.run(cli, 0, help_args, err);
	if (cli_parse_leading(cli, argc, argv, &n, err) < 0)
		return -1;
	argv += n;
	argc -= n;
	if (argc == 0) {
		if (cli->s.help)
			return cmd_help.run(cli, 0, help_args, err);
		err_set(err, ERR_USAGE, "what is to be done?");
		return err_hint(err, "aisearch help");
	}
	const struct command *c = command_find(argc, argv, &words);
	if (!c) {
		/* "aisearch instance --help": what there is to be had under that word */
		help_args[0] = argv[0];
		if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) &&
		    cmd_help.run(cli, 1, help_args, err) == EXIT_DONE)
			return EXIT_DONE;
		return unknown_command(argc, argv, err);
	}
	*command = c;
	argv += words;
	argc -= words;
	if (cli_parse(cli, c->options, c->settings, c->hushed, argc, argv, &n, err) < 0)
		return -1;
	if (cli->s.help) {
		help_args[0] = (char *)c->name;
		return cmd_help.run(cli, 1, help_args, err);
	}
	if (check_args(c, n, argv, err) < 0 || (!c->offline && !c->local && cli_check(cli, err) < 0))
		return -1;
	if (!c->offline && !c->local)
		interrupt_install();
	return c->run(cli, n, argv, err);
}

int main(int argc, char **argv)
{
	const struct command *command = NULL;
	struct err err = {0}, late = {0};
	struct cli cli;
	int code;

	close_the_door();
	output_begin();
	if (cli_init(&cli, &err) < 0)
		return complain(&cli, NULL, &err);
	code = run(&cli, argc > 0 ? argc - 1 : 0, argv + 1, &command, &err);
	if (output_flush(&late) < 0 && code >= 0)
		code = complain(&cli, command, &late);
	else if (code < 0)
		code = complain(&cli, command, &err);
	cli_clear(&cli);
	return code;
}
