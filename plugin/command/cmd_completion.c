/* SPDX-License-Identifier: MIT */
/* cmd_completion.c -- what the shells complete by, from the same tables as help. */
#include "complete.h"

static int completion(struct cli *cli, int n, char **args, struct err *err)
{
	(void)n;
	if (cli->s.json)
		return err_set(err, ERR_USAGE, "a shell's script is no JSON");
	if (complete_print(args[0]) == 0)
		return EXIT_DONE;
	err_set(err, ERR_USAGE, "there is no script for '%.40s'", args[0]);
	return err_hint(err, "bash, zsh or fish");
}

const struct command cmd_completion = {
	.name = "completion",
	.args = "bash|zsh|fish",
	.summary = "print a script by which the shell completes commands, options and words",
	.details = "make install puts all three where the shells look for them.  For one user:\n\n"
		   "  aisearch completion bash >~/.local/share/bash-completion/completions/aisearch\n"
		   "  aisearch completion zsh >FOLDER/_aisearch    # FOLDER in fpath, before compinit\n"
		   "  aisearch completion fish >~/.config/fish/completions/aisearch.fish",
	.min_args = 1,
	.max_args = 1,
	.offline = true,
	.run = completion,
};
