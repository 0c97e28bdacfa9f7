/* SPDX-License-Identifier: MIT */
/*
 * instance.h -- AI Search instances: create, list, get, delete.
 */
#ifndef CLOUDFLARE_INSTANCE_H
#define CLOUDFLARE_INSTANCE_H

#include "cloudflare/client.h"

#define INSTANCE_PAGE 100	/* the most rows the API gives at once */

struct instance {		/* instance_clear() */
	char id[65];
	char namespace[33];	/* "" when not told */
	char type[16];		/* "r2", "web-crawler", "" = built-in storage */
	char *source;		/* bucket, domain, or NULL */
	char *token_id;		/* or NULL */
	char status[32];	/* an open set; "" when not told */
	struct flag enable, paused;
	struct count sync_interval_s;
	struct instant created_at, modified_at, last_activity;
};
void instance_clear(struct instance *instance);
#define scoped_instance SCOPED(instance_clear)

/* Pure.  *out is filled; nothing borrowed. */
int instance_decode(struct json_object *obj, struct instance *out, struct err *err);

struct instance_create {
	const char *id;
	const char *type;	/* NULL = built-in storage, then source is NULL too */
	const char *source;
	const char *token_id;	/* NULL = the account's */
};
int instance_create(struct client *client, const struct instance_create *what,
		    struct instance *out, struct err *err);	/* ERR_EXISTS on 7022 */
int instance_get(struct client *client, const char *id, struct instance *out, struct err *err);
int instance_delete(struct client *client, const char *id, struct err *err);

/* Every instance of the namespace, page by page, ordered by creation. */
int instance_list(struct client *client,
		  int (*each)(void *ctx, const struct instance *instance), void *ctx,
		  struct err *err);

/* The path of one list page (1...), appended. */
void instance_add_list_path(const struct client *client, int page, struct buf *path);

/* The path of the shortest list that still has a total_count, appended. */
void instance_add_glance_path(const struct client *client, struct buf *path);

/*
 * Pure: are there pages after this one?  rows = length of result; a short page
 * with a larger total means "continue", an empty one ends it.
 */
bool instance_more_pages(const struct envelope *page, int page_number, size_t rows);

#endif
