/* SPDX-License-Identifier: MIT */
/*
 * rotation.h -- what the steps of one rotation share.
 *
 *	rotate.c	what there is when it begins; the steps in their order
 *	rotate_mint.c	"mint": the second token, or the new value
 *	rotate_steps.c	"replace", "store", "revoke", "finish"
 *	rotate_check.c	"check"
 *
 * A step asks "done?" first, from what the vault and the API say: a run that was interrupted
 * goes on.  What a step learns is in the struct, and cleared by rotate().
 *
 * For use inside common/provision only.
 */
#ifndef PROVISION_ROTATION_H
#define PROVISION_ROTATION_H

#include "cloudflare/token_object.h"
#include "provision/deposit.h"
#include "provision/rotate.h"
#include "provision/spread.h"

/* How the origin of the rotation's own entry begins; behind it the first token's id. */
#define ROTATION_SECOND ROTATE_FIRST	/* also "+" and the id of a second one that died */
#define ROTATION_ROLL "roll:"

#define ROTATION_REGISTRATIONS 32

struct rotation {
	const struct rotate_config *config;
	struct rotate_result *out;
	struct vault_id main, side;	/* the role's entry, and the rotation's own */
	const char *what;		/* in the new token's name */
	bool begun;			/* the side entry is there */
	bool minted;			/* and has the value */
	bool stored;			/* the main entry has it, too */
	bool in_place, looked, old_gone;
	char name[TOKEN_NAME_MAX + 1], old_name[TOKEN_NAME_MAX + 1];
	char old_id[33], new_id[33];
	char dead_id[33];	/* a second token that died before it was done, "" = none */
	struct secret *value, *old_value;	/* owned; old_value may be NULL, or the new one */
	const struct secret *lent;	/* the manager's own, while the second one stands in; or NULL */
	int64_t stored_at;		/* when it was, Unix seconds */
	bool stored_now;		/* by this run */
	int64_t expires_at;		/* of the new one */
	int64_t ends;			/* what it will be asked for */
	enum token_owner owner;
	struct token_copy copy;		/* of the first token */
	struct credential registrations[ROTATION_REGISTRATIONS];	/* of either token */
	size_t registration_count;
	int step, steps;
	const char *step_name;
	char detail[256];
};

struct rotate_step {		/* as struct plan_step */
	const char *name, *begins, *failing;
	int (*done)(struct rotation *r, bool *done, struct err *err);
	int (*act)(struct rotation *r, struct err *err);
};
extern const struct rotate_step rotate_step_mint, rotate_step_replace, rotate_step_check,
	rotate_step_store, rotate_step_revoke, rotate_step_finish;

void rotation_detail(struct rotation *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void rotation_event(struct rotation *r, enum provision_event_kind kind, const char *name,
		    const char *detail);

/* For one thing that is tried until the second token has spread; the step's name is in the note. */
struct spread rotation_spread(struct rotation *r);

/* Asks the API with this value; ERR_AUTH = it is dead. */
int rotation_verify(struct rotation *r, const struct secret *value, struct token *out,
		    enum token_owner *owner, struct err *err);

/* How long the first one is still to live. */
int64_t rotation_grace_s(const struct rotation *r);

/* Is it the manager's client whose token is replaced? */
bool rotation_of_manager(const struct rotation *r);

/* Into registrations, anew. */
int rotation_find_registrations(struct rotation *r, struct err *err);

/* Once: owner and permissions of the first token; old_gone when it is dead and nobody's. */
int rotation_look_at_old(struct rotation *r, struct err *err);

#endif
