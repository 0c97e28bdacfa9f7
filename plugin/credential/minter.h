/* SPDX-License-Identifier: MIT */
/*
 * minter.h -- finds `aisearch` and runs it, for mint.c.
 */
#ifndef CREDENTIAL_MINTER_H
#define CREDENTIAL_MINTER_H

#include "base/buf.h"
#include "door.h"

/*
 * Runs `aisearch` with these words (ended by NULL, 7 at the most) after the options that
 * name door's vault.  input, or nothing, is its stdin; what it prints goes nowhere, its
 * messages to stderr.  0 when it ended with 0; ERR_TIMEOUT when it had to be ended.
 */
int minter_run(const struct door *door, const char *const *words, const struct buf *input,
	       int seconds, struct err *err);

#endif
