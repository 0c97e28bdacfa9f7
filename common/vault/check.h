/* SPDX-License-Identifier: MIT */
/*
 * check.h -- looking at everything: what is there, what still opens, what can be
 * saved from a damaged file.
 */
#ifndef VAULT_CHECK_H
#define VAULT_CHECK_H

#include "vault/vault.h"

struct vault_gaps {
	bool cut_short;		/* something could not be read */
	bool counted;		/* and lost is all of it: an index has the number of each row */
	int64_t lost;		/* rows that could not be read, at least */
};

/*
 * Every row that can be reached, oldest first, around what cannot be read.  why: NULL, or why the secrets of
 * this one do not open (then item has none; neither has that of a keyless vault).
 * What each() returns, if not 0, ends the walk and is returned.
 */
int vault_walk(struct vault *vault,
	       int (*each)(void *ctx, const struct vault_item *item, const struct err *why),
	       void *ctx, struct vault_gaps *gaps, struct err *err);

struct vault_report {
	int schema;
	char trouble[160];	/* what SQLite finds wrong with the file, or "" */
	/* expired ones are no longer counted active */
	int64_t active, expired, pending, rejected;
	int64_t damaged;	/* of all these; counted in vain when keyless */
	/* rows that no program of ours wrote so: state or kind of a field */
	int64_t unknown;
	int64_t unknown_row;	/* one of them */
	char difference[128];	/* in the schema: "index 'x' is missing", or "" */
	bool full;		/* the row numbers are used up: nothing can be stored */
	bool useless;		/* nothing of it can be handed out, though it should */
	struct vault_gaps gaps;
};
/* damaged(ctx, item) is told of each entry that does not open. */
int vault_check(struct vault *vault, int64_t now,
		int (*damaged)(void *ctx, const struct vault_item *item), void *ctx,
		struct vault_report *out, struct err *err);

#endif
