/* SPDX-License-Identifier: MIT */
/*
 * role.h -- the token of a role ("manager", "service:default"): in the vault and alive, or
 * minted (mint.h).
 *
 * The intent is the role's own entry, pending; it becomes the value's.  Its origin tells
 * what was to be granted, so that a run with other wishes does not take over the token
 * that an interrupted one left: that one is deleted.
 *
 * The caller holds a lock on the vault's roles: two at once would roll each other's value.
 *
 * For use inside common/provision and by its tests.
 */
#ifndef PROVISION_ROLE_H
#define PROVISION_ROLE_H

#include "base/clock.h"
#include "provision/mint.h"
#include "vault/vault.h"

#define ROLE_ORIGIN "provision"		/* the entry's origin begins so: made here, and may be again */
#define ROLE_GROUPS 4

struct role_group {
	const char *name;	/* of a permission group of accounts */
	const char *id;		/* known by heart, for when it cannot be asked; or NULL */
	bool optional;		/* do without when there is none */
};

struct role {			/* borrowed during the calls */
	struct vault *vault;
	const char *host, *account;
	const char *username;	/* the vault's: "manager" */
	const char *word;	/* in the token's name at the API */
	struct role_group groups[ROLE_GROUPS];
	size_t group_count;
	struct token_list allow_ip, deny_ip;
	int64_t expires_on;	/* Unix seconds, 0 = never ... */
	int64_t expires_in_s;	/* ... or so long after the mint */
	const struct clock *clock;
};

enum role_state {
	ROLE_NONE,		/* no entry */
	ROLE_PENDING,		/* an intent: minted perhaps */
	ROLE_ALIVE,
	ROLE_DEAD,		/* the API refuses the value, or it has expired */
};

struct role_token {		/* role_token_clear() */
	enum role_state state;
	char id[33];		/* of the token in the vault; "" when it is not known */
	char name[TOKEN_NAME_MAX + 1];	/* the API's, "" until an intent or an entry told it */
	char dead_id[33];	/* the one that ROLE_DEAD was about, also after the mint */
	struct secret *value;	/* when it is alive */
	bool ours;		/* made here: no one's loss when it is made anew */
	bool outdated;		/* the intent was for another grant */
	bool expired;
	bool found;		/* of an interrupted run: a registration may hold the value before */
};
void role_token_clear(struct role_token *token);

struct vault_id role_identity(const struct role *role, char path[64]);

/* "provision/0123456789abcdef", then "/ip" when only some addresses may use it. */
#define ROLE_ORIGIN_SIZE 40
void role_origin(const struct role *role, char out[ROLE_ORIGIN_SIZE]);

/*
 * What the vault has, and whether the API takes it: asked with its own value, through
 * client, whose token is put back.  What may be used from some addresses only is not asked.
 */
int role_look(const struct role *role, struct client *client, struct role_token *out,
	      struct err *err);

/*
 * Mints, or finds again what an interrupted run minted; the value is in the vault when it
 * returns.  token is of role_look().
 */
int role_mint(const struct role *role, struct client *creator, enum token_owner owner,
	      struct role_token *token, struct err *err);

/*
 * A dead token's registration is to be given the new value, also when the run that minted it
 * ends before: an entry of the vault says so until it is done, with the dead token's id.
 */
#define ROLE_DEBT_PROTOCOL "aisearch-register"	/* nobody asks for it */
int role_owe(const struct role *role, const char *dead_id, struct err *err);
int role_owes(const struct role *role, bool *owes, char dead_id[33], struct err *err);
int role_paid(const struct role *role, struct err *err);

/* The ids of its permission groups. */
int role_find_groups(const struct role *role, struct client *creator, enum token_owner owner,
		     char ids[ROLE_GROUPS][33], size_t *count, struct err *err);

#endif
