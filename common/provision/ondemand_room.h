/* SPDX-License-Identifier: MIT */
/*
 * ondemand_room.h -- the rooms of ondemand.h among themselves: what the vault has of a
 * profile (ondemand_entry.c), whose tokens are its own (ondemand_own.c), minting and
 * revoking.
 */
#ifndef PROVISION_ONDEMAND_ROOM_H
#define PROVISION_ONDEMAND_ROOM_H

#include <string.h>

#include "cloudflare/token.h"
#include "provision/mint.h"
#include "provision/ondemand.h"

static inline bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* --- ondemand_entry.c ---------------------------------------------------------------- */

struct ondemand_entry {		/* the profile's own, as the vault has it */
	const struct profile *profile;
	bool there, minted;	/* minted by this profile */
	char id[33], label[TOKEN_NAME_MAX + 1];
	int64_t expires_at, stored_at;
};

/* A query without path matches any path; the entry is the one that has none. */
int ondemand_find_entry(const struct ondemand *with, struct ondemand_entry *out,
			struct err *err);

struct ondemand_intent {
	struct vault_id id;
	char host[320], path[64];
	char origin[PROFILE_ORIGIN_SIZE + 17];	/* which profile, and what it granted */
	char name[TOKEN_NAME_MAX + 1];	/* "" = there is none */
	bool outdated;			/* of another version of the profile */
	int64_t stored_at;
};

int ondemand_find_intent(const struct ondemand *with, struct ondemand_intent *out,
			 struct err *err);
int ondemand_record_intent(const struct ondemand *with, struct ondemand_intent *intent,
			   struct err *err);	/* under a new name */
int ondemand_drop_intent(const struct ondemand *with, struct ondemand_intent *intent,
			 struct err *err);

/* --- ondemand_own.c ------------------------------------------------------------------ */

/* Whose the profile's tokens are: its own word, or the creator's kind. */
int ondemand_choose_owner(const struct ondemand *with, enum token_owner *out, struct err *err);

/* "aisearch mint:ci 023e105f ", before the 8 digits that tell the tokens apart. */
void ondemand_name_prefix(const struct profile *profile, char out[TOKEN_NAME_MAX + 1]);
bool ondemand_is_own_name(const char *prefix, const char *name);
bool ondemand_is_id(const char *text);

/*
 * Deletes what has expired of the profile's tokens, and twins of the one that was just
 * stored; as far as that goes.
 */
void ondemand_sweep(const struct ondemand *with, enum token_owner owner, const char *name,
		    const char *id);

#endif
