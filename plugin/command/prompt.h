/* SPDX-License-Identifier: MIT */
/*
 * prompt.h -- questions to the person at the terminal.
 */
#ifndef COMMAND_PROMPT_H
#define COMMAND_PROMPT_H

#include <stdbool.h>

#include "base/secret.h"

#define PROMPT_SECRET_MAX 4096	/* bytes; what a terminal's line holds */

/*
 * Reads one line from the terminal without echo.  A signal (also the stop key)
 * first puts the terminal back as it was.  ERR_CANCELLED when SIGINT, SIGTERM or
 * SIGHUP came, ERR_INPUT when nothing was typed.
 */
int prompt_secret(const char *question, struct secret **out, struct err *err);

/*
 * A passphrase: from the terminal, asked for again when it is a new one, else the
 * first line of stdin.
 */
int prompt_passphrase(const char *of, bool fresh, struct secret **out, struct err *err);

/*
 * Asks on the terminal, unless sure: "yes" or "y" is yes, anything else is no, ERR_INPUT
 * with the sentence `refused`.  ERR_USAGE when there is no terminal ("updating 'docs' was not
 * confirmed"), ERR_CANCELLED as above.
 */
int prompt_confirm(bool sure, const char *doing, const char *refused, const char *question,
		   struct err *err);

/* The options of a command that asks; struct type has a bool yes. */
#define PROMPT_OPTIONS(type) \
	{ "yes", 'y', OPTION_FLAG, NULL, "do not ask", OPTION_IN(type, yes), 0, 0 }, \
	{ "force", 0, OPTION_FLAG, NULL, "the same as --yes", OPTION_IN(type, yes), 0, 0 }

#endif
