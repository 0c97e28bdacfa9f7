/* SPDX-License-Identifier: MIT */
/*
 * profile_file.h -- profiles.json in the user's configuration folder: 0600, in a 0700
 * folder, replaced as a whole.
 */
#ifndef COMMAND_PROFILE_FILE_H
#define COMMAND_PROFILE_FILE_H

#include "cli.h"
#include "provision/profile.h"

/* *out must be zeroed; profiles_clear() it in any case.  No file is no profile. */
int profile_file_read(const struct cli *cli, struct profiles *out, struct err *err);

/* Keeps other runs from changing it; *fd is yours: closing it ends the lock. */
int profile_file_lock(const struct cli *cli, int *fd, struct err *err);
int profile_file_write(const struct cli *cli, const struct profiles *profiles, struct err *err);

/* The profile of that name, *out is yours.  ERR_USAGE, ERR_NOT_FOUND with a hint. */
int profile_file_find(const struct cli *cli, const char *name, struct profile *out,
		      struct err *err);

#endif
