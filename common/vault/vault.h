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
 * Of several matches the most recently stored one answers; but the creator's token, which
 * makes all others, answers only a query that names its user: VAULT_CREATOR.
 *
 * An entry has a secret (a password), a bearer (an authtype with its credential), or
 * both.  At most one entry of an identity is active or pending; those that were
 * rejected are kept beside it for VAULT_KEEP_REJECTED_S and can be restored.
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
#define VAULT_KEEP_REJECTED_S (30 * 86400)	/* then they are deleted, with the next write */
#define VAULT_USED_EVERY_S 86400	/* how exact used_at is: reading must not mean writing */

struct vault;			/* opaque: vault_open() makes it, vault_close() ends it */

struct vault_config {
	const char *path;	/* the database; its folder is made 0700 when missing */
	const char *key_file;	/* NULL = path with ".key" appended */
	/* $CREDENTIALS_DIRECTORY or NULL; its aisearch-vault-key wins */
	const char *credentials_dir;
	bool read_only;		/* no file is made; ERR_NOT_FOUND when there is no vault */
	/* with read_only: also a damaged file, for what vault_walk() finds in it */
	bool salvage;
	/* no key is looked for: nothing opens, but lists and states can be had */
	bool keyless;
};

struct vault_id {		/* borrowed by the call, never kept */
	const char *protocol;
	const char *host;	/* includes ":port" */
	const char *path;	/* NULL = absent (stored) or any (query) */
	const char *username;	/* likewise */
};

/* As path or user of a query (never of what is stored): only entries without one. */
extern const char vault_no_path[], vault_no_user[];

/* What `aisearch login` stores the creator's token as: this user, path accounts/ID. */
#define VAULT_CREATOR "creator"

enum vault_state {
	VAULT_PENDING,		/* an intent: minted perhaps, value not known; has no secret */
	VAULT_ACTIVE,
	VAULT_REJECTED,		/* erased by a caller; never handed out, can be restored */
};

struct vault_value {		/* borrowed; secret or bearer or both, refresh may be NULL */
	const struct secret *secret;	/* the password; may be empty */
	/* what goes with authtype: "Authorization: AUTHTYPE BEARER" */
	const struct secret *bearer;
	const char *authtype;		/* set exactly when bearer is */
	const struct secret *refresh;	/* git's oauth_refresh_token */
};

struct vault_meta {		/* borrowed; any may be left out */
	const char *token_id;	/* the API's id of the token, or NULL */
	const char *label;	/* the name under which the API knows it, or NULL */
	/* who stored it: "git", "docker", "login", "mint:PROFILE"; or NULL */
	const char *origin;
	int64_t expires_at;	/* 0 = never */
};

struct vault_item {		/* what vault_get() and vault_list() give: all of it owned */
	char *protocol, *host, *path, *username;	/* path, username may be NULL */
	char *token_id, *label, *origin, *authtype;	/* may be NULL */
	int64_t row;		/* tells the entries of one identity apart */
	int64_t expires_at;	/* 0 = never */
	int64_t created_at, stored_at;
	int64_t used_at;	/* last handed out, to a day; 0 = never */
	int64_t rejected_at;	/* of VAULT_REJECTED */
	enum vault_state state;
	/* Not from vault_list(); secret or bearer or both, none of a VAULT_PENDING one. */
	struct secret *secret, *bearer;
	struct secret *refresh;	/* or NULL */
};

/*
 * Opens, and unless read_only makes, vault and key.  ERR_CONFIG: owner, mode or
 * symlink of folder, file or key is wrong (the hint mends it), or the schema is
 * newer than this program.  ERR_STORAGE: damaged file, wrong key, disk full.
 * ERR_LOCKED: it opens with a passphrase only (keys.h); the hint says how.
 *
 * A vault of an older schema is brought to the newest one, unless read_only: then
 * it is read as it is.
 */
int vault_open(const struct vault_config *config, struct vault **out, struct err *err);

/*
 * Did vault_open() make it just now, though its key file had been there for longer than
 * VAULT_KEY_LONE_S?  Then there may have been another vault.
 */
bool vault_had_key(const struct vault *vault);
#define VAULT_KEY_LONE_S 60	/* several that make the first vault at once make its key first */

const char *vault_path(const struct vault *vault);
void vault_close(struct vault *vault);	/* NULL is fine */

/*
 * For a program that opens one vault, asks once and ends: SQLite without the reserves that
 * pay off later.  Before all else, and before there is a second thread.
 */
void vault_lean(void);

#define VAULT_WANT_PENDING 1	/* an intent counts too */
#define VAULT_WANT_BEARER 2	/* so does an entry that has a bearer only */

/*
 * The newest match in state ACTIVE, also when it has expired (the door decides).
 * want: bits of the above, or 0.  *out is yours: vault_item_free().
 * ERR_NOT_FOUND when there is none.
 */
int vault_get(struct vault *vault, const struct vault_id *query, unsigned want,
	      struct vault_item **out, struct err *err);

/* As vault_get(), but of matches that have not expired; if there is none, of those that have. */
int vault_get_valid(struct vault *vault, const struct vault_id *query, unsigned want, int64_t now,
		    struct vault_item **out, struct err *err);

/* As vault_get() of one row, whatever its state: an intent has no secret. */
int vault_get_row(struct vault *vault, int64_t row, struct vault_item **out, struct err *err);

/*
 * Notes that the item was handed out, when the note in the vault is older than
 * VAULT_USED_EVERY_S.  Nothing is waited for and nothing is reported: it is only a note.
 */
void vault_note_use(struct vault *vault, const struct vault_item *item, int64_t now);

/*
 * Stores as ACTIVE under exactly this identity and returns after it reached the
 * disk.  The same secret or bearer with less beside it (metadata, the other of the two) keeps
 * what was stored, and so does the value of an intent; another secret starts anew.  Of what was
 * rejected only the form that is stored comes back, with what is beside it.  Nothing is
 * written when nothing would change.  meta may be NULL.
 *
 * A minted token that somebody else's secret takes the place of is still alive at the API: it
 * is kept as rejected, so that it can be revoked and restored.
 */
int vault_put(struct vault *vault, const struct vault_id *id, const struct vault_value *value,
	      const struct vault_meta *meta, int64_t now, struct err *err);

struct vault_displaced {	/* "" = nothing was */
	char token_id[33], origin[64];
};
/* As vault_put(), and tells of the minted token that it displaced. */
int vault_put_telling(struct vault *vault, const struct vault_id *id,
		      const struct vault_value *value, const struct vault_meta *meta, int64_t now,
		      struct vault_displaced *out, struct err *err);

/*
 * Records an intent (state PENDING, no secret).  ERR_EXISTS when the identity is there
 * and not rejected.
 */
int vault_put_intent(struct vault *vault, const struct vault_id *id,
		     const struct vault_meta *meta, int64_t now, struct err *err);

/*
 * Marks every ACTIVE match REJECTED; with `only`, those whose secret
 * (and bearer, when it has one) equals its.  An
 * intent stays: nobody was handed anything that could have been refused.  *count (may
 * be NULL) tells how many.  No match is not an error.
 */
int vault_reject(struct vault *vault, const struct vault_id *query, const struct vault_value *only,
		 int64_t now, int *count, struct err *err);

/* As vault_reject() of just this entry; none when it was changed since it was listed. */
int vault_reject_item(struct vault *vault, const struct vault_item *item,
		      const struct vault_value *only, int64_t now, int *count, struct err *err);

/* Deletes every match of this value for good, rejected ones too: it is known to be dead. */
int vault_forget(struct vault *vault, const struct vault_id *query, const struct vault_value *only,
		 struct err *err);

/*
 * Makes a rejected entry ACTIVE again, as the newest: the one with this row, or with
 * row 0 the match of the query that was rejected last.  An entry that is active under
 * its identity is rejected in its place.  ERR_NOT_FOUND when there is none.
 */
int vault_restore(struct vault *vault, const struct vault_id *query, int64_t row, int64_t now,
		  struct err *err);

/* Deletes every entry of exactly this identity for good.  ERR_NOT_FOUND when there is none. */
int vault_erase(struct vault *vault, const struct vault_id *id, struct err *err);

/* Deletes just this entry, unless it was changed since it was listed: ERR_NOT_FOUND. */
int vault_erase_item(struct vault *vault, const struct vault_item *item, struct err *err);

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
