/* SPDX-License-Identifier: MIT */
/*
 * plan.h -- a table of steps, each of which asks "done?" first.  Knows nothing
 * of tokens and instances: what a step does is in tokens.c, check*.c, steps.c, wait.c
 * and finish.c.
 *
 * For use inside common/provision and by its tests.
 */
#ifndef PROVISION_PLAN_H
#define PROVISION_PLAN_H

#include "provision/provision.h"
#include "provision/role.h"
#include "provision/wait.h"

struct plan {			/* what the steps of one run share */
	const struct provision_config *config;
	struct provision_result *out;
	struct role manager_role, service_role;
	char service_user[64];	/* "service:default" */
	struct role_token manager, service;
	bool looked_manager, looked_service;	/* the two above are known */
	bool creator_checked;
	bool owner_known;
	enum token_owner owner;	/* of the tokens to be minted */
	char creator_id[33];
	enum plan_instance { PLAN_FREE, PLAN_THERE, PLAN_OTHER } *there;	/* each instance, as seen */
	bool buckets_unknown;	/* nobody might look; the service token may by and by */
	bool owes;		/* a registration may hold a dead value: role_owe() */
	bool stale;		/* the registration found is that of the service's dead_id */
	int64_t began_ms;	/* when the wait began */
	struct wait_outage outage;	/* of the looks */
	bool waited;		/* it was not finished at the first look */
	size_t at;		/* the instance being worked on */
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
int plan_run(struct plan *plan, const struct plan_step *const *steps, size_t count,
	     struct err *err);

/* Sets plan->detail. */
void plan_detail(struct plan *plan, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Tells the caller of provision(). */
void plan_event(struct plan *plan, enum provision_event_kind kind, const char *name,
		const char *detail);
void plan_tell(struct plan *plan, const struct provision_event *event);	/* step and steps are filled in */

/* For a step that never is done before. */
int plan_not_done(struct plan *plan, bool *done, struct err *err);

/* Could the request have been carried out although it failed? */
bool plan_ambiguous(const struct err *err);

/* tokens.c */
extern const struct plan_step step_manager, step_mint;
void tokens_init(struct plan *plan);
int tokens_look_manager(struct plan *plan, struct err *err);	/* also sets the manager client's token */
int tokens_look_service(struct plan *plan, struct err *err);

/* check_creator.c, check_account.c */
int check_creator(struct plan *plan, struct err *err);	/* can what is missing be minted? */
int check_account(struct plan *plan, struct err *err);	/* without a manager token: hardly anything */

int check_buckets(struct plan *plan, struct err *err);

/* check.c */
extern const struct plan_step step_check;
/* -1 when problems were found. */
int check_verdict(struct plan *plan, struct err *err);
/* Another line; hint may be NULL. */
int check_add(struct plan *plan, enum check_state state, const char *name, const char *hint,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* A line for what the API refused; -1 when it said nothing, for then nothing more can be asked. */
int check_refusal(struct plan *plan, const char *name, const struct err *why, struct err *err);

/* steps.c */
extern const struct plan_step step_register, step_create;

/* Reads an instance and compares.  ERR_NOT_FOUND; ERR_EXISTS names the differences. */
int instance_look(struct plan *plan, const struct provision_instance *wanted, struct err *err);

/* compare.c.  Is what exists what was asked for?  body may be NULL, there is its JSON. */
int create_compare(const struct provision_instance *wanted, struct json_object *body,
		   struct json_object *there, struct err *err);

/* Adds "chunk_size is 256 instead of 512, ..."; a member that there does not show is not known to differ. */
void compare_shown(struct json_object *wanted, struct json_object *there, struct buf *text);

/* wait.c, finish.c */
extern const struct plan_step step_wait, step_upload, step_query;

#endif
