/* SPDX-License-Identifier: MIT */
/*
 * upload.h -- a folder into the built-in storage of an instance, a few files at once.
 *
 * Resumable: what the instance has with the same key and the same checksum (or, where the API
 * tells none, size) is left alone, so an interrupted run is continued by the same call.
 * Symbolic links are not followed, dot files are left out; a file that the API
 * would refuse (its size, its type: api.md) is told, left out and counted as failed.
 *
 * What the API's checksum is, is not published; 32 hex digits have been seen to be MD5.  As long as no
 * file has proved that, one that seems to differ is fetched and compared; when it is the
 * same after all, the sizes decide from there.
 */
#ifndef PROVISION_UPLOAD_H
#define PROVISION_UPLOAD_H

#include "base/buf.h"
#include "cloudflare/client.h"
#include "cloudflare/item.h"

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
	bool replace;		/* a key with other content is deleted and uploaded; else told, as failed */
	const char *prefix;	/* in front of each key: "docs/"; NULL = none */
	const char *metadata;	/* of each file, a JSON object as text; NULL = none */
	/* Both may be NULL.  told: a file that was left out, and why. */
	void (*progress)(void *ctx, const struct upload_progress *now);
	void (*told)(void *ctx, const char *file, const struct err *why);
	/* The rate limit makes it pause for so long; may be NULL too. */
	void (*waits)(void *ctx, int64_t ms);
	void *ctx;
};

/* The counts are right also when it fails.  -1 only when it had to stop; single files are counted as failed. */
int upload_folder(const struct upload_config *config, struct upload_progress *out, struct err *err);

/* The same judgement of one file: is this the content of the item?  1 = yes, 0 = no. */
int upload_same(struct client *client, const char *instance, const struct item *item,
		const struct buf *data, struct err *err);

#endif
