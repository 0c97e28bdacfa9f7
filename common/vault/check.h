/* SPDX-License-Identifier: MIT */
/*
 * check.h -- looking at everything: what is there, what still opens, what can be
 * saved from a damaged file.
 */
#ifndef VAULT_CHECK_H
#define VAULT_CHECK_H

#include "vault/vault.h"

/*
 * Every row that can be reached, oldest first: from both ends, when something in the
 * middle cannot be read, and then *cut_short is set.  why: NULL, or why the secrets of
 * this one do not open (then item has none; neither has that of a keyless vault).
 * What each() returns, if not 0, ends the walk and is returned.
 */
int vault_walk(struct vault *vault,
	       int (*each)(void *ctx, const struct vault_item *item, const struct err *why),
	       void *ctx, bool *cut_short, struct err *err);

struct vault_report {
	int schema;
	char trouble[160];	/* what SQLite finds wrong with the file, or "" */
	int64_t active, expired, pending, rejected;	/* expired ones are no longer counted active */
	int64_t damaged;	/* of all these; counted in vain when keyless */
	bool cut_short;
};
/* damaged(ctx, item) is told of each entry that does not open. */
int vault_check(struct vault *vault, int64_t now,
		int (*damaged)(void *ctx, const struct vault_item *item), void *ctx,
		struct vault_report *out, struct err *err);

#endif
