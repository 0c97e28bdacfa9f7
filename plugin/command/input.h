/* SPDX-License-Identifier: MIT */
/*
 * input.h -- stdin, when it is no terminal, to its end; and how to wait for it.
 *
 * Signals that ask for an end restart a read() (interrupt.h), so it is waited for with
 * poll(), and ends with ERR_CANCELLED.
 */
#ifndef COMMAND_INPUT_H
#define COMMAND_INPUT_H

#include "base/buf.h"
#include "base/secret.h"

/* As long as out->max allows; ERR_INPUT beyond. */
int input_read(struct buf *out, struct err *err);

/* At most max bytes; line: a single line feed at the end is dropped.  Copies are wiped. */
int input_secret(size_t max, bool line, struct secret **out, struct err *err);

#endif
