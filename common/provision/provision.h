/* SPDX-License-Identifier: MIT */
/*
 * provision.h -- from a creator token to an indexed instance.
 *
 * Each step asks "done?" first, so the same call continues after any
 * interruption.  The minted value is in the vault, synced, before it is used.
 * A mint whose answer was lost is found again by its unique name (the intent in
 * the vault) and its value is rolled, rather than a second token minted.
 */
#ifndef PROVISION_PROVISION_H
#define PROVISION_PROVISION_H

#include "base/clock.h"
#include "cloudflare/instance.h"
#include "cloudflare/stats.h"
#include "cloudflare/token.h"
#include "vault/vault.h"

enum provision_event_kind {
	PROVISION_STEP_BEGINS,	/* step, detail = what is about to be done */
	PROVISION_STEP_SKIPPED,	/* it was done before; detail says how it was seen */
	PROVISION_STEP_DONE,	/* detail = what there is now (ids, never values) */
	PROVISION_PROGRESS,	/* stats of the instance while waiting */
};

struct provision_event {
	enum provision_event_kind kind;
	int step, steps;	/* 1-based */
	const char *name;	/* "mint", "register", "create", "wait" */
	const char *detail;	/* one line, "" for none */
	const struct stats *stats;	/* for PROVISION_PROGRESS */
	int64_t elapsed_ms;	/* since the wait began */
};

struct provision_config {	/* all borrowed during the call */
	/*
	 * NULL when there is none: enough as long as the vault's service token is
	 * alive, which is asked with its own value.
	 */
	struct client *creator;	/* with the creator token; NULL when the vault has the service token */
	struct client *manager;	/* with a token that may edit AI Search */
	struct vault *vault;
	const char *vault_host;	/* url_host() of the base URL */
	const char *account;
	bool owner_of_creator;	/* the service token gets the creator's kind of owner */
	enum token_owner owner;	/* else this one */
	const char *service;	/* name of the service token, "default" for most */
	struct instance_create instance;	/* token_id is filled in here */
	bool wait;
	int64_t wait_timeout_ms;	/* 0 = no end */
	const struct clock *clock;
	void (*event)(void *ctx, const struct provision_event *event);
	void *event_ctx;
};

struct provision_result {	/* provision_result_clear() */
	char *api_token_id;	/* the minted token */
	char *credential_id;	/* its registration with AI Search */
	struct stats stats;	/* the last seen, when waited */
	bool finished;		/* indexing has come to its end */
	bool timed_out;		/* ERR_TIMEOUT was wait_timeout_ms, not a request's deadline */
};
void provision_result_clear(struct provision_result *result);

/* ERR_CANCELLED when the clients say so; ERR_TIMEOUT when waiting took too long. */
int provision(const struct provision_config *config, struct provision_result *out,
	      struct err *err);

/* ERR_USAGE: name is 1..48 of a-z 0-9 - _ . */
int provision_check_service(const char *name, struct err *err);

#endif
