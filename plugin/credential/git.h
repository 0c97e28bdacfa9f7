/* SPDX-License-Identifier: MIT */
/*
 * git.h -- git's helper protocol on top of the vault: get, store, erase, capability.
 *
 * Each operation reads its request from one descriptor and writes its answer to
 * another; nothing found is success without an answer.  An answer goes out whole
 * or not at all.
 */
#ifndef CREDENTIAL_GIT_H
#define CREDENTIAL_GIT_H

#include "base/clock.h"
#include "base/err.h"
#include "vault/vault.h"

struct door {			/* what main() found out about the world */
	struct vault_config vault;	/* read_only is set by each operation */
	const struct clock *clock;
	int in, out;
};

struct operation {
	const char *name;
	int (*run)(const struct door *door, struct err *err);
	bool wants_vault;
};

/* NULL for a word that is not (yet) one of git's: to be ignored quietly. */
const struct operation *git_operation(const char *word);

#endif
