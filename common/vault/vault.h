/* SPDX-License-Identifier: MIT */
/*
 * vault.h -- tokens at rest: one SQLite file, every secret sealed on its own.
 *
 * Needs SQLite and libsodium, never libcurl: git-credential-aisearch links this
 * and nothing above it.  A handle belongs to one thread.  SQLite's transactions
 * are the only lock; a writer waits for others up to VAULT_BUSY_MS.
 *
 * An entry's identity is (protocol, host, path, username), exact bytes; path and
 * username may be absent (NULL), which differs from empty.  In a *query* a field
 * that is NULL matches anything, and a field that is set matches only an entry
 * that has it with the same bytes.  protocol and host are always required.
 * Of several matches the most recently stored one answers.
 *
 * Times are Unix seconds, UTC; the caller passes `now`, the vault reads no clock.
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

#define VAULT_BUSY_MS 30000	/* waiting for another writer */
#define VAULT_FIELD_MAX 65535	/* bytes of one field */

struct vault;			/* opaque: vault_open() makes it, vault_close() ends it */

struct vault_config {
	const char *path;	/* the database; its folder is made 0700 when missing */
	const char *key_file;	/* NULL = path with ".key" appended */
	const char *credentials_dir;	/* $CREDENTIALS_DIRECTORY or NULL; its aisearch-vault-key wins */
	bool read_only;		/* no file is made; ERR_NOT_FOUND when there is no vault */
};

struct vault_id {		/* borrowed by the call, never kept */
	const char *protocol;
	const char *host;	/* includes ":port" */
	const char *path;	/* NULL = absent (stored) or any (query) */
	const char *username;	/* likewise */
};

enum vault_state {
	VAULT_PENDING,		/* an intent: minted perhaps, value not known; has no secret */
	VAULT_ACTIVE,
	VAULT_REJECTED,		/* erased by a caller; never handed out, can be restored */
};

struct vault_meta {		/* borrowed when given, owned by vault_item when returned */
	const char *token_id;	/* the API's id of the token, or NULL */
	const char *label;	/* the name under which the API knows it, or NULL */
	int64_t expires_at;	/* 0 = never */
};

struct vault_item {		/* what vault_get() and vault_list() give: all of it owned */
	char *protocol, *host, *path, *username;	/* path, username may be NULL */
	char *token_id, *label;	/* may be NULL */
	int64_t expires_at;	/* 0 = never */
	int64_t stored_at;
	enum vault_state state;
	struct secret *secret;	/* NULL from vault_list() and for VAULT_PENDING */
	struct secret *refresh;	/* git's oauth_refresh_token, or NULL */
};

/*
 * Opens, and unless read_only makes, vault and key.  ERR_CONFIG: owner, mode or
 * symlink of folder, file or key is wrong (the hint mends it), or the schema is
 * newer than this program.  ERR_STORAGE: damaged file, wrong key, disk full.
 */
int vault_open(const struct vault_config *config, struct vault **out, struct err *err);
void vault_close(struct vault *vault);	/* NULL is fine */

/*
 * The newest match in state ACTIVE, also when it has expired (the door decides).
 * want_pending: a PENDING one counts too.  *out is yours: vault_item_free().
 * ERR_NOT_FOUND when there is none.
 */
int vault_get(struct vault *vault, const struct vault_id *query, bool want_pending,
	      struct vault_item **out, struct err *err);

/*
 * Stores as ACTIVE under exactly this identity and returns after it reached the
 * disk.  The same secret with less metadata keeps what was stored, and so does the
 * value of an intent; another secret starts anew.  Nothing is written when nothing
 * would change.  refresh and meta may be NULL.
 */
int vault_put(struct vault *vault, const struct vault_id *id, const struct secret *secret,
	      const struct secret *refresh, const struct vault_meta *meta, int64_t now,
	      struct err *err);

/*
 * Records an intent (state PENDING, no secret).  ERR_EXISTS when the identity is there
 * and not rejected; a rejected entry of this identity is replaced.
 */
int vault_put_intent(struct vault *vault, const struct vault_id *id,
		     const struct vault_meta *meta, int64_t now, struct err *err);

/*
 * Marks every ACTIVE match REJECTED; with `only`, those whose secret equals it.  An
 * intent stays: nobody was handed anything that could have been refused.  *count (may
 * be NULL) tells how many.  No match is not an error.
 */
int vault_reject(struct vault *vault, const struct vault_id *query, const struct secret *only,
		 int64_t now, int *count, struct err *err);

/* Deletes the entry of exactly this identity for good.  ERR_NOT_FOUND when there is none. */
int vault_erase(struct vault *vault, const struct vault_id *id, struct err *err);

/*
 * Every match of the query in any state, oldest first, secrets left out; query NULL = all.
 * No lock is held during each(): it may write.  What it returns, if not 0, ends the
 * list and is returned.
 */
int vault_list(struct vault *vault, const struct vault_id *query,
	       int (*each)(void *ctx, const struct vault_item *item), void *ctx,
	       struct err *err);

void vault_item_free(struct vault_item *item);	/* NULL is fine */

static inline void cleanup_vault(struct vault **v)
{
	vault_close(*v);
}
static inline void cleanup_vault_item(struct vault_item **i)
{
	vault_item_free(*i);
}
#define scoped_vault SCOPED(cleanup_vault)
#define scoped_vault_item SCOPED(cleanup_vault_item)

#endif
