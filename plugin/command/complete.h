/* SPDX-License-Identifier: MIT */
/*
 * complete.h -- pure: what may stand where on the command line, read out of the
 * tables of commands and options for the shells' scripts.
 */
#ifndef COMMAND_COMPLETE_H
#define COMMAND_COMPLETE_H

#include "base/buf.h"
#include "command.h"

enum complete_kind {
	COMPLETE_NOTHING,	/* what only the user knows */
	COMPLETE_WORDS,		/* one of these */
	COMPLETE_FILE,
	COMPLETE_COMMAND,	/* a command's name */
};

/* The value of an option; words (may be NULL) get those of a choice, a blank behind each. */
enum complete_kind complete_value(const struct option *option, struct buf *words);

/* Argument number i, from 0, of what a command's `args` say; words as above. */
enum complete_kind complete_argument(const char *args, size_t i, struct buf *words);

/* Is it certain that no shell sees more in it than a word?  Only such ones get into a script. */
bool complete_is_plain(const char *word, size_t len);

/* The script of a shell, to stdout.  -1: there is none for it. */
int complete_print(const char *shell);

#endif
