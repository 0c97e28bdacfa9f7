/* SPDX-License-Identifier: MIT */
/*
 * token.h -- API tokens (/user/tokens, /accounts/A/tokens) and the credentials
 * registered with AI Search (/accounts/A/ai-search/tokens).
 */
#ifndef CLOUDFLARE_TOKEN_H
#define CLOUDFLARE_TOKEN_H

#include "cloudflare/client.h"

#define TOKEN_GROUP_INDEX_ENGINE "AI Search Index Engine"
#define TOKEN_GROUP_INDEX_ENGINE_ID "9e9b428a0bcd46fd80e580b46a69963c"	/* api.md, 11 */

#define TOKEN_NAME_MAX 120	/* bytes (api.md, 5) */

enum token_owner { TOKEN_OF_USER, TOKEN_OF_ACCOUNT };

struct token {			/* token_clear() */
	char *id;		/* 32 hex digits */
	char *name;
	char *status;		/* active, disabled, expired; NULL when not told */
	struct instant expires_on, issued_on, last_used_on;
	struct secret *value;	/* only from token_mint() */
};
void token_clear(struct token *token);
#define scoped_token SCOPED(token_clear)

bool token_is_active(const struct token *token);	/* also when no status is told */

/* Is the client's own token alive?  Fills id, status, expires_on. */
int token_verify(struct client *client, enum token_owner owner, struct token *out,
		 struct err *err);

/* Tries the user's verify, then (on 401) the account's; *owner tells which it was. */
int token_verify_any(struct client *client, enum token_owner *owner, struct token *out,
		     struct err *err);

/* The id of the permission group with exactly this name and account scope.  ERR_NOT_FOUND. */
int token_group_id(struct client *client, enum token_owner owner, const char *name,
		   char id[33], struct err *err);

/* As token_group_id(), for groups of this scope: "com.cloudflare.api.account.zone". */
int token_group_of_scope(struct client *client, enum token_owner owner, const char *name,
			 const char *scope, char id[33], struct err *err);

struct token_list {		/* borrowed texts */
	const char *const *item;
	size_t count;
};

struct token_grant {		/* what a token to be minted may do: one policy, which allows */
	struct token_list groups;	/* ids of permission groups, at least one */
	struct token_list resources;	/* empty = the client's account */
	struct token_list allow_ip, deny_ip;	/* addresses or CIDR ranges; empty = no condition */
	int64_t expires_on;		/* Unix seconds, 0 = never */
	/* JSON as it goes out, in place of the lists above (token_object.h); NULL = the lists */
	const char *policies, *condition;
};

/* Never repeated by itself. */
int token_mint(struct client *client, enum token_owner owner, const char *name,
	       const struct token_grant *grant, struct token *out, struct err *err);

/* New value for the same id; the old one dies at once.  *value is yours. */
int token_roll(struct client *client, enum token_owner owner, const char *id,
	       struct secret **value, struct err *err);
int token_delete(struct client *client, enum token_owner owner, const char *id,
		 struct err *err);

/* Every token, page by page; each() != 0 stops early with that value. */
int token_list(struct client *client, enum token_owner owner,
	       int (*each)(void *ctx, const struct token *token), void *ctx, struct err *err);

struct credential {		/* a service token registered with AI Search; credential_clear() */
	char *id;		/* UUID: the instance's token_id */
	char *name;
	char *cf_api_id;	/* id of the API token behind it */
	struct instant created_at;
	struct flag enabled;
};
void credential_clear(struct credential *credential);
#define scoped_credential SCOPED(credential_clear)

int credential_register(struct client *client, const char *name, const char *cf_api_id,
			const struct secret *cf_api_key, struct credential *out,
			struct err *err);
int credential_replace(struct client *client, const char *id, const char *name,
		       const char *cf_api_id, const struct secret *cf_api_key, struct err *err);
/*
 * May the client do these?  Asked with a request that can do nothing: a random id, and an empty
 * body.  -1 when the answer is no (ERR_FORBIDDEN, ERR_AUTH), or there is none.
 */
int credential_may_edit(struct client *client, struct err *err);
int credential_delete(struct client *client, const char *id, struct err *err);
int credential_list(struct client *client,
		    int (*each)(void *ctx, const struct credential *credential), void *ctx,
		    struct err *err);

#endif
