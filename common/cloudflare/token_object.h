/* SPDX-License-Identifier: MIT */
/*
 * token_object.h -- one API token as the API tells it: what it may do, from where and
 * until when.  For people to read, and for making a second token like it.
 */
#ifndef CLOUDFLARE_TOKEN_OBJECT_H
#define CLOUDFLARE_TOKEN_OBJECT_H

#include <json-c/json.h>

#include "cloudflare/token.h"

/* *out is yours: json_object_put().  ERR_NOT_FOUND. */
int token_get(struct client *client, enum token_owner owner, const char *id,
	      struct json_object **out, struct err *err);

/*
 * Looks among the tokens of *owner first, then among the others; *owner tells which it
 * was.  ERR_NOT_FOUND: it is in neither, as far as the client may see them.
 */
int token_get_any(struct client *client, enum token_owner *owner, const char *id,
		  struct json_object **out, struct err *err);

/* Revokes it, whoever of the two owns it.  ERR_NOT_FOUND: gone, as far as can be seen. */
int token_delete_any(struct client *client, enum token_owner first, const char *id,
		     struct err *err);

/*
 * The same, when nobody knows whose it is: ERR_NOT_FOUND only when neither has it, and
 * ERR_FORBIDDEN when it may be among those that the client may not see.
 */
int token_delete_certain(struct client *client, enum token_owner first, const char *id,
			 struct err *err);

struct token_copy {		/* what a second token like it is asked for: JSON texts */
	struct buf policies;	/* without what the API adds */
	struct buf condition;	/* empty = none */
	int64_t life_s;		/* from issued to expiry; 0 = for ever */
	int64_t expires_on;	/* Unix seconds, 0 = never */
};
#define TOKEN_COPY { .policies = BUF(65536), .condition = BUF(65536) }
void token_copy_clear(struct token_copy *copy);
#define scoped_token_copy SCOPED(token_copy_clear)

/* Pure.  ERR_PROTOCOL when it is not a token's object. */
int token_copy_decode(struct json_object *token, struct token_copy *out, struct err *err);

/* Pure: calls each() for the name (or id) of every permission group that it is allowed. */
void token_permissions(struct json_object *token, void (*each)(void *ctx, const char *name),
		       void *ctx);

#endif
