/* SPDX-License-Identifier: MIT */
/*
 * leaving.h -- what `logout` does: each token of the account at the API, when it is to be revoked
 * there, then told, then out of the vault; nothing that is alive leaves it untold.
 */
#ifndef COMMAND_LEAVING_H
#define COMMAND_LEAVING_H

#include "provision/ending.h"
#include "token_words.h"

struct logout_settings {
	struct option_list roles;
	bool revoke, forget, yes;
};

struct leaving {
	struct cli *cli;
	const struct logout_settings *set;
	struct vault *vault;
	struct client *manager;		/* NULL = nobody tells of registrations */
	struct ending with;		/* .creator NULL = nothing can be revoked */
	bool creator_stays;		/* in the vault, and is alive as far as is known */
	struct json_object *removed, *stays;
	struct json_object *registrations;	/* NULL = not known */
	enum leaving_phase {
		LEAVING_REVOKE,		/* what is dead goes at once */
		LEAVING_TELL,		/* what lives on is told, while the vault has it still */
		LEAVING_REMOVE,
	} phase;
	bool creator_pass;		/* last: it revokes the others */
	int failed;
	struct err *err;
};

bool leaving_is_wanted(const struct logout_settings *set, const char *role);

/* Every entry of the account that is wanted; the creator's last. */
int leaving_each(struct leaving *l, enum leaving_phase phase, struct err *err);

/* As far as that can be told in a moment: a logout works without the network. */
void leaving_registrations(struct leaving *l, const struct token_roles *roles);

#endif
