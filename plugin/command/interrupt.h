/* SPDX-License-Identifier: MIT */
/*
 * interrupt.h -- SIGINT, SIGTERM and SIGHUP asked for a graceful stop.  The
 * second one ends the program at once.
 *
 * main() installs it for each command that talks to the API; the others ask nobody but
 * the vault, which any end leaves whole, and are ended by the signal itself.  Questions
 * (prompt.h) end with ERR_CANCELLED in all of them.
 */
#ifndef COMMAND_INTERRUPT_H
#define COMMAND_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"

void interrupt_install(void);
bool interrupt_seen(void *ctx);	/* as client_config.cancelled; ctx is not used */

/* Until fd can be read, or is at its end.  ERR_CANCELLED. */
int interrupt_wait(int fd, struct err *err);

/* The same with a handler of one's own, which sets *stop: -1 when it did, or with errno. */
int interrupt_poll(int fd, const volatile sig_atomic_t *stop);

#endif
