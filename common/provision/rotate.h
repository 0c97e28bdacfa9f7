/* SPDX-License-Identifier: MIT */
/*
 * rotate.h -- another token in the place of one of the vault's, without a gap.
 *
 *	mint	 a second token with the same permissions; its value goes into an entry of its
 *		 own (ROTATE_PROTOCOL), which is also what an interrupted run is known by
 *	replace	 the registrations with AI Search that hold the first one get the second
 *	check	 the API takes the second one (it has to spread first), they are enabled, and
 *		 what uses them can be read
 *	store	 the role's entry of the vault gets the second: from now on it is handed out
 *	revoke	 the first one dies, when the second has been in the role's entry for the grace
 *	finish	 the entry of the rotation goes
 *
 * Until "revoke" both tokens live, so that whatever the vault's entry gives works at every
 * moment; and for the grace, what it gave a moment before.  In place, "mint" gives the same
 * token a new value instead, which kills the old one at once: between that and "replace"
 * nothing is indexed.
 *
 * The same call continues after any interruption.  The caller holds the lock that
 * provision() is run under.
 */
#ifndef PROVISION_ROTATE_H
#define PROVISION_ROTATE_H

#include "provision/provision.h"

#define ROTATE_PROTOCOL "aisearch-rotate"	/* nobody asks for it: git's are http, https... */
/* The entry's origin begins so, and then has the first token's id: that lives until "revoke". */
#define ROTATE_FIRST "rotate:"

struct rotate_config {		/* all borrowed during the call */
	struct client *creator;
	struct client *manager;	/* may read and edit AI Search */
	struct vault *vault;
	const char *vault_host, *account;
	const char *role;	/* the entry's user: "service:default", "manager" */
	bool in_place;		/* an unfinished rotation goes on as it began */
	int64_t grace_s;	/* none in place; what an interrupted run has waited counts */
	bool hold;		/* no waiting: ends before the grace, and another call goes on */
	int64_t life_s;		/* of the new token; 0 = as that of the old one */
	const struct clock *clock;
	void (*event)(void *ctx, const struct provision_event *event);
	void *event_ctx;
};

struct rotate_result {
	char old_id[33], new_id[33];	/* the same when it was in place */
	int64_t expires_at;	/* Unix seconds, 0 = never */
	int registrations;	/* that have the new one */
	int instances;		/* that use these, as far as was looked */
	bool in_place, continued;
	bool held;		/* as config.hold says; the first one is not revoked */
};

int rotate(const struct rotate_config *config, struct rotate_result *out, struct err *err);

/* Where an unfinished rotation of the role is in the vault; path is a buffer for it. */
struct vault_id rotate_identity(const char *vault_host, const char *account, const char *role,
				char path[64]);

/* Is there one?  Then rotate() has to be called before the role's registration is looked at. */
int rotate_unfinished(struct vault *vault, const char *vault_host, const char *account,
		      const char *role, bool *unfinished, struct err *err);

#endif
