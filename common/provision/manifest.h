/* SPDX-License-Identifier: MIT */
/*
 * manifest.h -- an account's namespaces, service tokens and instances as one JSON file,
 * and what stands between two of them.  Pure: no request, no vault.
 *
 *	{
 *	  "version": 1,
 *	  "namespaces": [ { "name": "docs", "description": "manuals" } ],
 *	  "tokens":     [ { "name": "default" } ],
 *	  "instances":  [ { "id": "handbook", "namespace": "docs", "token": "default",
 *	                    "type": "r2", "source": "bucket", "chunk_size": 512 } ]
 *	}
 *
 * The members of a namespace beside `name`, and of an instance beside `id`, `namespace`
 * and `token`, are the API's own (body.h).  What the file does not say of a thing is left
 * as it is.  `token` names a service token of this file or of the vault; `token_id`, a
 * registration, may stand in its place.  Members of the file itself are held to strictly, and
 * nowhere may one stand twice.
 */
#ifndef PROVISION_MANIFEST_H
#define PROVISION_MANIFEST_H

#include "cloudflare/body.h"
#include "json/parse.h"

#define MANIFEST_MAX (8 * 1024 * 1024)	/* bytes of a file */
#define MANIFEST_INSTANCES_MAX 5000	/* api.md, 4: of an account */
#define MANIFEST_NAMESPACES_MAX 100
#define MANIFEST_TOKENS_MAX 500

struct manifest_namespace {
	const char *name;		/* borrowed from the root, as all that follows */
	struct json_object *object;	/* the whole of it */
};

struct manifest_token {
	const char *name;	/* of the service: 1..48 of a-z 0-9 - _ . */
	const char *owner;	/* "user", "account" or NULL = the creator's kind */
	const char *credential;	/* its registration with AI Search; NULL = none yet */
};

struct manifest_instance {
	const char *namespace;	/* "default" when the file does not say */
	const char *id;
	const char *token;	/* name, or NULL */
	struct json_object *object;
};

struct manifest {		/* manifest_clear() */
	struct json_object *root;
	bool whole;		/* it says "namespaces": those that it leaves out are not wanted */
	struct manifest_namespace *namespaces;
	size_t namespace_count;
	struct manifest_token *tokens;
	size_t token_count;
	struct manifest_instance *instances;
	size_t instance_count;
};

/* ERR_CONFIG: which member, and what is allowed.  *out must be zeroed; clear it in any case. */
int manifest_decode(const char *text, size_t len, struct manifest *out, struct err *err);

/* Fills in what is found by name from out->root, which is not checked itself. */
int manifest_index(struct manifest *out, struct err *err);

void manifest_clear(struct manifest *manifest);
#define scoped_manifest SCOPED(manifest_clear)

/* Those of this name, or NULL. */
struct manifest_namespace *manifest_namespace(const struct manifest *m, const char *name);
struct manifest_token *manifest_token(const struct manifest *m, const char *name);
struct manifest_instance *manifest_instance(const struct manifest *m, const char *namespace,
					    const char *id);

/* --- the difference -------------------------------------------------------- */

enum action_kind {
	ACTION_CREATE_NAMESPACE,
	ACTION_UPDATE_NAMESPACE,
	ACTION_CREATE_TOKEN,
	ACTION_CREATE_INSTANCE,
	ACTION_UPDATE_INSTANCE,
	ACTION_DELETE_INSTANCE,
	ACTION_DELETE_NAMESPACE,
};

struct action_change {
	char *path;			/* dotted member */
	struct json_object *from, *to;	/* owned; NULL = absent; token_id's `to`: not made yet */
	bool reindexes;
};

struct action {
	enum action_kind kind;
	const char *namespace, *name;	/* borrowed, as token is; namespace NULL for tokens */
	const char *token;		/* of an instance: the service whose registration it gets, or NULL */
	struct json_object *body;	/* owned: what is sent, with token_id as far as it is known */
	struct action_change *changes;	/* of an update; of a create: what comes right after it */
	size_t change_count;
};

struct actions {		/* actions_clear() */
	struct action *one;
	size_t count;
	struct json_object *roots[2];	/* held: the names live there, also when a manifest is cleared */
};
void actions_clear(struct actions *actions);
#define scoped_actions SCOPED(actions_clear)

/*
 * What makes `there` (account_read()) into `wanted`, in an order that can be carried out.
 * prune: also delete what is not wanted, in the namespaces that the file speaks of; tokens
 * stay in any case.  ERR_CONFIG when something can only be changed by making it anew, or a
 * namespace or token is named that is nowhere.
 */
int manifest_difference(const struct manifest *wanted, const struct manifest *there, bool prune,
			struct actions *out, struct err *err);

/* The file for what is there, without what only the API sets.  *out is yours. */
int manifest_encode(const struct manifest *there, struct json_object **out, struct err *err);

#endif
