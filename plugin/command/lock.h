/* SPDX-License-Identifier: MIT */
/*
 * lock.h -- one run at a time: a kernel lock on an empty file, which goes with the process
 * however that ends.
 */
#ifndef COMMAND_LOCK_H
#define COMMAND_LOCK_H

#include <stdint.h>

#include "base/err.h"
#include "cli.h"
#include "progress.h"

#define LOCK_NO_END INT64_MAX

/*
 * Makes the file (0600) when it is missing.  Waits at most wait_ms, then ERR_TIMEOUT;
 * waiting(), unless NULL, is called once when there is something to wait for.
 * ERR_CANCELLED when a signal asked for it.  *fd is yours: closing it ends the lock.
 */
int lock_take(const char *path, int64_t wait_ms, void (*waiting)(void *ctx), void *ctx, int *fd,
	      struct err *err);

/* The same, of the vault's name with a suffix; its folder is private. */
int lock_beside_vault(struct cli *cli, const char *suffix, int64_t wait_ms,
		      void (*waiting)(void *ctx), void *ctx, int *fd, struct err *err);

/*
 * The lock of whatever mints, rotates, registers or stores tokens: two at once could find the
 * same intent and roll each other's value.  Tells once that there is something to wait for; no
 * longer than --timeout.
 */
int lock_provision(struct cli *cli, struct progress *progress, int *fd, struct err *err);

#endif
