/* SPDX-License-Identifier: MIT */
/*
 * instance.h -- one AI Search instance, as the database holds it.
 *
 * `config` is what the caller set, laid over the API's defaults, so every
 * field of a list item except the columns below is in it.
 */
#ifndef EMULATOR_INSTANCE_H
#define EMULATOR_INSTANCE_H

#include "request.h"

struct instance {
	int64_t n;			/* its row */
	char ns[32], id[72], token_id[40], status[16], fts[12];
	char *type, *source;		/* NULL: managed storage */
	char *fault;			/* why indexing stopped, or NULL */
	char *by, *endpoint_id;
	struct json_object *set;	/* what the caller set */
	struct json_object *config;	/* with defaults */
	int64_t created, modified, activity, synced;
	bool paused, idle;
};

/* NULL when there is none.  Yours: instance_free(). */
struct instance *instance_load(struct emulator *em, const char *ns, const char *id);
struct instance *instance_load_row(struct emulator *em, int64_t n);
void instance_free(struct instance *in);
/* The path's instance, or NULL after having answered 404/7002. */
struct instance *instance_require(struct request *req);

/* For a list all 45 fields, otherwise the smaller shape. */
struct json_object *instance_object(const struct instance *in, bool list);

/* Fills in from a statement over INSTANCE_COLUMNS. */
#define INSTANCE_COLUMNS "n,ns,id,type,source,token_id,status,created,modified,activity,by," \
			 "config,paused,fts,fault,idle,endpoint_id,synced"
struct instance *instance_from_row(sqlite3_stmt *row);

/* The folder that source stands for, NULL when there is none.  *prefix gets what a key has in
 * front of the path within it (malloc), *under the path below which files count (malloc). */
const struct folder *instance_folder(const struct settings *set, const struct instance *in,
				     char **prefix, char **under);

static inline void cleanup_instance(struct instance **in)
{
	instance_free(*in);
}
#define scoped_instance SCOPED(cleanup_instance)

#endif
