/* SPDX-License-Identifier: MIT */
/*
 * door.h -- one program, several protocols: git, docker, Bazel, AWS, ...
 *
 * A protocol is chosen by the name the program was called by (a link) or by its
 * first word; without either it is git's.  Each reads its request from one
 * descriptor and writes its answer to another, whole or not at all; nothing found
 * is what that protocol says it is.  Adding one is a file and a row of the table.
 */
#ifndef CREDENTIAL_DOOR_H
#define CREDENTIAL_DOOR_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "vault/vault.h"

struct door {			/* what main() found out about the world */
	struct vault_config vault;	/* read_only is set by each operation */
	const struct clock *clock;
	int in, out;
	const char *mint;	/* --mint PROFILE, or NULL */
	const char *name;	/* what its messages begin with */
};

struct protocol {
	const char *name;	/* the first word: "docker" */
	/* the name to be called by: "docker-credential-aisearch"; or NULL */
	const char *program;
	const char *words;	/* what follows it, for the usage; lines end in "\n" */
	/*
	 * words: the count ones that follow, ended by NULL.  Returns the exit code, or
	 * -1: err is told on stderr, exit 1 (2 for ERR_USAGE).
	 */
	int (*run)(const struct door *door, int count, char **words, struct err *err);
};

/*
 * Opens the vault of --vault, else of AISEARCH_VAULT, else the user's own.  read_only and
 * no vault: ERR_NOT_FOUND.
 */
int door_open(const struct door *door, bool read_only, struct vault **out, struct err *err);

/*
 * door_open() found no vault, and the caller takes that for an empty one: said on stderr when
 * its name was given with --vault, for it may be mistyped.
 */
void door_no_vault(const struct door *door, const struct err *why);

/* As vault_put(); a minted token that is displaced by it is told on stderr. */
int door_put(const struct door *door, struct vault *vault, const struct vault_id *id,
	     const struct vault_value *value, const struct vault_meta *meta, struct err *err);

/* ERR_USAGE when there is a --mint: of a protocol that does not mint. */
int door_no_mint(const struct door *door, struct err *err);

/* Writes all of it to door->out. */
int door_answer(const struct door *door, const struct buf *answer, struct err *err);

extern const struct protocol protocol_git, protocol_docker, protocol_bazel, protocol_aws,
	protocol_kubernetes, protocol_terraform;

#endif
