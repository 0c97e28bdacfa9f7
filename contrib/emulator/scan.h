/* SPDX-License-Identifier: MIT */
/*
 * scan.h -- the files below a folder.
 *
 * Regular files only; symbolic links are neither listed nor followed, so that
 * nothing outside the folder can be reached.
 */
#ifndef EMULATOR_SCAN_H
#define EMULATOR_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct scan_file {
	char *path;		/* relative, valid UTF-8 */
	int64_t size, mtime;	/* mtime in nanoseconds */
};

struct scan {
	struct scan_file *file;	/* in the order of their paths */
	size_t n, room;
};

/* -1 when root cannot be read; unreadable folders below are left out. */
int scan_folder(const char *root, struct scan *scan);
void scan_clear(struct scan *scan);

/* Reads root/path up to max bytes; -1 with errno (EFBIG, ELOOP for a link ...). */
int scan_read(const char *root, const char *path, size_t max, struct buf *out, int64_t *size,
	      int64_t *mtime);

#endif
