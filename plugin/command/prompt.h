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
 * first puts the terminal back as it was.  ERR_CANCELLED when it ended by one,
 * ERR_INPUT when nothing was typed.
 */
int prompt_secret(const char *question, struct secret **out, struct err *err);

/*
 * A passphrase: from the terminal, asked for again when it is a new one, else the
 * first line of stdin.
 */
int prompt_passphrase(const char *of, bool fresh, struct secret **out, struct err *err);

/* "yes" or "y" on a terminal; anything else is no. */
bool prompt_yes(const char *question);

#endif
