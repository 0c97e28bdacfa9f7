/* SPDX-License-Identifier: MIT */
/*
 * upload.h -- a folder into the built-in storage of an instance, a few files at once.
 *
 * Resumable: what the instance has with the same key and the same checksum (or, where the API
 * tells none, size) is left alone, so an interrupted run is continued by the same call.
 * Symbolic links are not followed, dot files are left out; a file that the API
 * would refuse (its size, its type: api.md) is told and left out.
 */
#ifndef PROVISION_UPLOAD_H
#define PROVISION_UPLOAD_H

#include "cloudflare/client.h"

#define UPLOAD_PARALLEL 4	/* requests under way */

struct upload_progress {
	size_t files, done, skipped, failed;	/* skipped: there already */
	int64_t bytes, bytes_done;
};

struct upload_config {		/* borrowed during the call */
	struct client *client;
	const char *instance;
	const char *folder;
	bool wait;		/* each request answers when its file is indexed */
	/* Both may be NULL.  told: a file that was left out, and why. */
	void (*progress)(void *ctx, const struct upload_progress *now);
	void (*told)(void *ctx, const char *file, const struct err *why);
	void *ctx;
};

/* The counts are right also when it fails.  -1 only when it had to stop; single files are counted as failed. */
int upload_folder(const struct upload_config *config, struct upload_progress *out, struct err *err);

#endif
