/* SPDX-License-Identifier: MIT */
/*
 * item.h -- the files of an instance and what became of them.
 */
#ifndef CLOUDFLARE_ITEM_H
#define CLOUDFLARE_ITEM_H

#include "cloudflare/client.h"

#define ITEM_UPLOAD_MAX (4 * 1024 * 1024)	/* bytes of one file */
#define ITEM_NAME_MAX 128			/* bytes */

struct item {			/* item_clear() */
	char *id;
	char *key;		/* path inside the source */
	char *status;		/* queued running completed error skipped outdated */
	char *error;		/* or NULL */
	char *checksum;		/* or NULL; 32 hex digits are MD5, as far as was seen */
	struct count file_size, chunks_count;
	struct json_object *json;	/* the API's object, owned */
};
void item_clear(struct item *item);
#define scoped_item SCOPED(item_clear)

int item_decode(struct json_object *obj, struct item *out, struct err *err);

struct item_filter {		/* NULL = does not matter */
	const char *status, *search, *key, *source, *metadata_filter, *sort_by;
	int64_t page, per_page;	/* one page alone; 0 = every one */
};

/* filter NULL = every one.  each: != 0 stops with that value. */
int item_list(struct client *client, const char *instance, const struct item_filter *filter,
	      int (*each)(void *ctx, const struct item *item), void *ctx, struct err *err);

/* By its id.  ERR_NOT_FOUND. */
int item_get(struct client *client, const char *instance, const char *item_id, struct item *out,
	     struct err *err);

/* By its id, or else by its key.  ERR_NOT_FOUND. */
int item_find(struct client *client, const char *instance, const char *id_or_key, struct item *out,
	      struct err *err);

/* ERR_USAGE unless it is 1..ITEM_NAME_MAX bytes of UTF-8 without control characters and quotes. */
int item_check_name(const char *name, struct err *err);

struct item_upload {		/* borrowed */
	const char *name;	/* its key in the built-in storage */
	const void *data;
	size_t len;		/* 1..ITEM_UPLOAD_MAX */
	const char *metadata;	/* a JSON object as text, or NULL */
	bool wait;		/* the answer comes when it is indexed, or after half a minute */
};

/* The request of an upload, for flow.h.  ERR_USAGE and ERR_INPUT when the API would refuse it. */
struct item_request {		/* item_request_clear() */
	struct buf path, body;
	char type[96];
	struct client_call call;	/* borrows from the rest */
};
#define ITEM_REQUEST { .path = BUF(1024), .body = BUF(0) }
int item_upload_request(struct client *client, const char *instance,
			const struct item_upload *upload,
			struct item_request *out, struct err *err);
void item_request_clear(struct item_request *request);
#define scoped_item_request SCOPED(item_request_clear)

/* ERR_EXISTS when the key is taken. */
int item_upload(struct client *client, const char *instance, const struct item_upload *upload,
		struct item *out, struct err *err);

int item_delete(struct client *client, const char *instance, const char *item_id, struct err *err);

/* Index it anew.  out: as it is now. */
int item_sync(struct client *client, const char *instance, const char *item_id, struct item *out,
	      struct err *err);

/* Walks its log (each row: ItemLog) and its chunks (ItemChunk); limit 0 = all. */
typedef int item_row(void *ctx, struct json_object *row, struct err *err);
int item_logs(struct client *client, const char *instance, const char *item_id, int64_t limit,
	      item_row *each, void *ctx, struct err *err);
int item_chunks(struct client *client, const char *instance, const char *item_id, int64_t limit,
		item_row *each, void *ctx, struct err *err);

/*
 * Gives its bytes to take() as they come; false ends it with ERR_CANCELLED.  Only of
 * built-in storage.
 */
int item_download(struct client *client, const char *instance, const char *item_id,
		  bool (*take)(void *ctx, const char *data, size_t len), void *ctx, struct err *err);

#endif
