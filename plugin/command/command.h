/* SPDX-License-Identifier: MIT */
/*
 * command.h -- one file and one entry for each command.
 *
 * The table in main.c is the only list: dispatch, `aisearch help`, completion and the
 * manual are made from it.  A name may have two words ("token list").
 *
 * `details` are paragraphs with an empty line between; one whose lines begin with two
 * blanks is shown as it is.  `args` are words: capitals for what the user fills in
 * (FILE, DIR and PATH are completed as such), small letters for what is typed as it is;
 * [..] may be left out, `|` stands between alternatives, `...` behind what may be repeated.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>

#include "cli.h"

enum exit_code {		/* exit_meanings[] says the same to the user */
	EXIT_DONE = 0,
	EXIT_FAILED = 1,	/* the operation failed, or was interrupted */
	EXIT_USAGE = 2,		/* the command line was not understood */
	EXIT_TIMED_OUT = 3,	/* --timeout passed while waiting */
	EXIT_WITH_ERRORS = 4,	/* waited to the end; some items could not be indexed */
};

struct exit_meaning {
	int code;
	const char *meaning;	/* sentences; NULL ends the table */
};
extern const struct exit_meaning exit_meanings[];

struct command {
	const char *name;
	const char *args;	/* what follows the name and the options, for the usage */
	const char *summary;	/* one line, no capital, no full stop */
	const char *details;	/* paragraphs, or NULL */
	const char *examples;	/* lines "aisearch ...", or NULL */
	const struct option *options;	/* its own, ended by a NULL name; or NULL */
	void *settings;		/* where they go: a struct of the command's file, zeroed; or NULL */
	int min_args, max_args;	/* -1 = any number */
	bool offline;		/* of the common options it takes --json and --help alone */
	bool local;		/* works on the vault alone: what is set for the API is not looked at */
	bool hushed;		/* its arguments may be a secret by mistake: never repeat them */
	/* args[0..n).  Returns an exit_code; -1 = err says why. */
	int (*run)(struct cli *cli, int n, char **args, struct err *err);
};

extern const struct command *const commands[];	/* ends with NULL */

extern const struct command cmd_login, cmd_provision, cmd_status, cmd_search,
	cmd_instance_create, cmd_instance_list, cmd_instance_get, cmd_instance_update,
	cmd_instance_pause, cmd_instance_resume, cmd_instance_stats, cmd_instance_delete,
	cmd_namespace_create, cmd_namespace_list, cmd_namespace_get, cmd_namespace_update,
	cmd_namespace_delete, cmd_chat, cmd_job_create, cmd_job_list, cmd_job_get,
	cmd_job_cancel, cmd_job_logs, cmd_item_list, cmd_item_get, cmd_item_upload,
	cmd_item_delete, cmd_item_sync, cmd_item_logs, cmd_item_chunks, cmd_item_download,
	cmd_token_list, cmd_token_verify, cmd_token_print, cmd_token_profile,
	cmd_token_mint, cmd_token_revoke, cmd_plan, cmd_apply, cmd_export,
	cmd_token_rotate, cmd_logout, cmd_whoami, cmd_token_show, cmd_token_create,
	cmd_token_register, cmd_vault_list, cmd_vault_show, cmd_vault_restore,
	cmd_vault_erase, cmd_vault_check, cmd_vault_export, cmd_vault_import,
	cmd_vault_unlock, cmd_vault_lock, cmd_vault_passphrase, cmd_vault_rekey,
	cmd_doctor, cmd_config_check, cmd_completion, cmd_help, cmd_version;

/* The command that args name, and how many of them its name took; NULL = none. */
const struct command *command_find(int n, char **args, int *words);

/* "Did you mean": the nearest name, or NULL. */
const char *command_nearest(const char *word);

/* Does a longer command begin with this word: "token"? */
bool command_is_family(const char *word);

/* Has the table any that is in a help?  NULL is an empty one. */
bool option_shown(const struct option *options);

/*
 * The parts of aisearch(1) that are made from the tables, in mdoc: "commands", "options",
 * "exits".
 */
void manual_print(const char *part);

/* The tables as JSON; word: of the commands, those of this name or first word alone; NULL = all. */
int help_print_json(const char *word, struct err *err);

#endif
