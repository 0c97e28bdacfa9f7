/* SPDX-License-Identifier: MIT */
/*
 * interrupt.h -- SIGINT, SIGTERM and SIGHUP asked for a graceful stop.  The
 * second one ends the program at once.
 */
#ifndef COMMAND_INTERRUPT_H
#define COMMAND_INTERRUPT_H

#include <stdbool.h>

void interrupt_install(void);
bool interrupt_seen(void *ctx);	/* as client_config.cancelled; ctx is not used */

#endif
