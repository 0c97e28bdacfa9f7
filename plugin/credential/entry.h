/* SPDX-License-Identifier: MIT */
/*
 * entry.h -- what the protocols that answer in JSON do with the vault's entries.
 *
 * An entry that has expired is as good as none.  The answer is JSON, so what is not UTF-8
 * cannot be said in it and fails (ERR_STORAGE).
 */
#ifndef CREDENTIAL_ENTRY_H
#define CREDENTIAL_ENTRY_H

#include "door.h"
#include "server.h"

#define ENTRY_ANSWER_MAX (8 * 1024 * 1024)	/* bytes; a secret of SECRET_MAX, escaped */

struct entry {			/* entry_clear() */
	struct vault *vault;
	struct vault_item *item;
};

/*
 * The newest match that is valid, with `want` as of vault_get().  ERR_NOT_FOUND: there is none, or it has
 * expired, or there is no vault.
 */
int entry_find(const struct door *door, const struct vault_id *query, unsigned want,
	       struct entry *out, struct err *err);

/* For an address: what was stored with its path, else what was stored without any. */
int entry_find_server(const struct door *door, const struct server *server, const char *username,
		      unsigned want, struct entry *out, struct err *err);

/* Marks every match rejected.  No match, and no vault, is fine. */
int entry_reject(const struct door *door, const struct vault_id *query, struct err *err);

/* Sends the answer and notes in the vault that the entry was used. */
int entry_answer(const struct door *door, const struct entry *entry, const struct buf *answer,
		 struct err *err);

/* Appends `before` and then the text as a JSON string. */
int entry_add(struct buf *answer, const char *before, const char *text, size_t len,
	      struct err *err);
int entry_add_text(struct buf *answer, const char *before, const char *text, struct err *err);
int entry_add_secret(struct buf *answer, const char *before, const struct secret *secret,
		     struct err *err);

/* Appends `before` and the time as RFC 3339 in seconds; nothing for 0 and beyond year 9999. */
int entry_add_time(struct buf *answer, const char *before, int64_t unix_s, struct err *err);

void entry_clear(struct entry *entry);
#define scoped_entry SCOPED(entry_clear)

#endif
