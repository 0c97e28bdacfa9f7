/* SPDX-License-Identifier: MIT */
/*
 * revocation.h -- `token revoke` of any token: which ones a word means, who uses them, and their
 * end, at the API first, then of their registrations, then in the vault.
 */
#ifndef COMMAND_REVOCATION_H
#define COMMAND_REVOCATION_H

#include "provision/ending.h"
#include "token_words.h"

#define REVOCATION_MAX 16

struct doomed {			/* one token */
	char id[33];
	struct token_users users;	/* .registrations NULL = not known */
	enum ended how;
};

struct revocation {		/* revocation_clear() */
	struct cli *cli;
	struct client *manager;	/* NULL = registrations are left alone */
	struct vault *vault;
	struct ending with;
	const char *role;	/* that the word is, or NULL */
	struct doomed one[REVOCATION_MAX];
	size_t count;
	bool intents;		/* of the role: begun, and the API has been looked through for them */
	bool hidden;		/* not everywhere: then they stay */
	int lock;		/* held while there are intents or a rotation; -1 = not */
	struct json_object *roles;	/* of the vault, which forgot them */
	struct json_object *left;	/* registrations that instances keep */
};
#define REVOCATION { .lock = -1, .with = { .clock = &clock_system } }
void revocation_clear(struct revocation *r);
#define scoped_revocation SCOPED(revocation_clear)

/*
 * Finds the tokens.  None and no error: it is a role of which neither the vault nor the API has
 * a token.  A manager that is refused is left out, and said.
 */
int revocation_find(struct revocation *r, const char *word, struct err *err);

int revocation_carry_out(struct revocation *r, struct err *err);

#endif
