/* SPDX-License-Identifier: MIT */
/*
 * file.h -- private files: a 0700 folder, 0600 files, replaced atomically and
 * durably.
 *
 * "Private" means: owned by the effective user, no access for group or others,
 * and not a symbolic link.  Anything else is ERR_CONFIG with the command that
 * mends it.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/* Makes path (and missing parents) with mode 0700, or checks that it is private. */
int file_private_folder(const char *path, struct err *err);

/* Checks a file that exists.  ERR_NOT_FOUND when it does not. */
int file_check_private(const char *path, struct err *err);

/*
 * Reads a private file of at most max bytes into a secret.  A single line feed
 * at the end is dropped when `line` is set.  ERR_NOT_FOUND when there is none.
 */
int file_read_secret(const char *path, size_t max, bool line, struct secret **out,
		     struct err *err);

/* Reads fd to its end; ERR_INPUT beyond max bytes.  Intermediate copies are wiped. */
int file_read_fd_secret(int fd, size_t max, bool line, struct secret **out, struct err *err);

/* Reads any regular file of at most max bytes. */
int file_read(const char *path, size_t max, struct buf *out, struct err *err);

/* Replaces path (mode 0600) so that a reader sees the old or the new, and a crash keeps one. */
int file_replace(const char *path, const void *data, size_t len, struct err *err);

/* As file_replace(), but ERR_EXISTS when path is there: the first writer wins. */
int file_create(const char *path, const void *data, size_t len, struct err *err);

/* rename() and remove that a power cut does not undo.  Removing what is not there is no error. */
int file_rename(const char *from, const char *to, struct err *err);
int file_remove(const char *path, struct err *err);

/* Until the folder of path is on disk: what was made, renamed or removed in it stays so. */
int file_sync_folder(const char *path, struct err *err);

#endif
