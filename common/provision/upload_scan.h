/* SPDX-License-Identifier: MIT */
/*
 * upload_scan.h -- the files of a folder that are to be uploaded, in the order of their keys.
 *
 * For use inside common/provision and by its tests.
 */
#ifndef PROVISION_UPLOAD_SCAN_H
#define PROVISION_UPLOAD_SCAN_H

#include <stdint.h>

#include "base/err.h"

#define UPLOAD_FILES_MAX 1000000	/* the API's ceiling for an instance */
#define UPLOAD_DEPTH_MAX 48

struct upload_file {
	char *key;		/* its path inside the folder */
	int64_t size;
};

struct upload_scan {		/* upload_scan_clear() */
	struct upload_file *files;
	size_t count, room;
	size_t unread;		/* folders and files that were told */
	int fd;			/* of the folder; -1 = none */
};

/* told: what is left out, and why; may be NULL.  Directories that cannot be read are told. */
int upload_scan(const char *folder, void (*told)(void *ctx, const char *file, const struct err *why),
		void *ctx, struct upload_scan *out, struct err *err);
void upload_scan_clear(struct upload_scan *scan);

#endif
