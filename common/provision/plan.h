/* SPDX-License-Identifier: MIT */
/*
 * plan.h -- a table of steps, each of which asks "done?" first.  Knows nothing
 * of tokens and instances: what a step does is in service.c, steps.c and wait.c.
 *
 * For use inside common/provision and by its tests.
 */
#ifndef PROVISION_PLAN_H
#define PROVISION_PLAN_H

#include "provision/mint.h"
#include "provision/provision.h"

struct plan {			/* what the steps of one run share */
	const struct provision_config *config;
	struct provision_result *out;
	char token_name[TOKEN_NAME_MAX + 1];	/* "" until an intent or an entry told it */
	struct secret *value;	/* of the service token, owned; NULL until it is needed */
	enum token_owner owner;	/* of the token to be minted */
	char dead_id[33];	/* the vault's token that the API refuses, "" = none */
	bool rolled;		/* its value is new in this run: a registration holds a dead one */
	bool stale;		/* the registration found is that of dead_id */
	int64_t began_ms;	/* when the wait began */
	bool waited;		/* it was not finished at the first look */
	int step, steps;
	char detail[256];	/* a step's words for the event that follows */
};

struct plan_step {
	const char *name;
	const char *begins;	/* what is about to be done */
	const char *failing;	/* "cannot ..." */
	int (*done)(struct plan *plan, bool *done, struct err *err);
	int (*act)(struct plan *plan, struct err *err);
};

/* In order; stops at the first that fails, with its `failing` in front of the message. */
int plan_run(struct plan *plan, const struct plan_step *steps, size_t count, struct err *err);

/* Sets plan->detail. */
void plan_detail(struct plan *plan, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Tells the caller of provision(). */
void plan_event(struct plan *plan, enum provision_event_kind kind, const char *name,
		const char *detail, const struct stats *stats, int64_t elapsed_ms);

/* Could the request have been carried out although it failed? */
bool plan_ambiguous(const struct err *err);

/* service.c */
extern const struct plan_step step_mint;

/* The vault's identity of the service token; fields live in the two buffers. */
struct vault_id service_identity(const struct provision_config *config, char path[64],
				 char username[64]);

/* steps.c */
extern const struct plan_step step_register, step_create;

/* Is what exists what was asked for?  ERR_EXISTS names the difference. */
int create_compare(const struct instance_create *wanted, const struct instance *there,
		   struct err *err);

/* wait.c */
extern const struct plan_step step_wait;

#endif
