/* SPDX-License-Identifier: MIT */
/*
 * helper.h -- runs one command through /bin/sh: request in, answer out.
 *
 * The child has its own process group, a small environment, no descriptors of
 * ours beyond the two pipes and stderr, and default signals (collectd ignores
 * SIGPIPE and SIGCHLD).  Its exit status cannot be relied on for the same reason.
 */
#ifndef COLLECTD_HELPER_H
#define COLLECTD_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct helper_run {
	const char *command;
	const char *request;
	int64_t deadline_ms;	/* from now */
	int stop_fd;		/* readable = stop at once */
	/*
	 * Whether this is all, although somebody still holds the output open; exited =
	 * the command itself has ended.  NULL = the end of the output tells.
	 */
	bool (*complete)(const char *answer, size_t len, bool exited);
};

/*
 * Appends the answer (up to answer->max bytes).  ERR_TIMEOUT, ERR_CANCELLED,
 * ERR_INPUT when it is too long, ERR_NOT_FOUND when it is known to have failed.
 * Whatever happens, nothing of the process group is left running.
 */
int helper_run(const struct helper_run *run, struct buf *answer, struct err *err);

#endif
