/* SPDX-License-Identifier: MIT */
/*
 * provision.h -- from a creator token to instances that answer.
 *
 * Each step asks "done?" first, so the same call continues after any
 * interruption.  A minted value is in the vault, synced, before it is used.
 * A mint whose answer was lost is found again by its unique name (the intent in
 * the vault) and its value is rolled, rather than a second token minted.
 *
 * What can be known to fail is looked for first, and all of it is told at once: as far as
 * the tokens that there are may look before anything is made, the rest (when the manager
 * token itself has to be minted) before anything but that.
 */
#ifndef PROVISION_PROVISION_H
#define PROVISION_PROVISION_H

#include "base/clock.h"
#include "cloudflare/instance.h"
#include "cloudflare/stats.h"
#include "cloudflare/token.h"
#include "provision/upload.h"
#include "vault/vault.h"

#define PROVISION_INSTANCES_MAX 64
#define PROVISION_USER_TOKENS 50	/* api.md, 5 */
#define PROVISION_ACCOUNT_TOKENS 500

enum provision_event_kind {
	PROVISION_STEP_BEGINS,	/* step, detail = what is about to be done */
	PROVISION_STEP_SKIPPED,	/* it was done before; detail says how it was seen */
	PROVISION_STEP_DONE,	/* detail = what there is now (ids, never values) */
	PROVISION_PROGRESS,	/* stats of the instance while waiting */
	PROVISION_UPLOAD,	/* upload: how far it is */
	PROVISION_UPLOAD_WAITS,	/* the rate limit makes it pause for pause_ms */
	PROVISION_LEFT_OUT,	/* detail = a file that is not uploaded, and why */
	PROVISION_STEP_WAITS,	/* detail = what for, which is more than a moment */
};

struct provision_event {
	enum provision_event_kind kind;
	int step, steps;	/* 1-based */
	const char *name;	/* "manager", "check", "mint", "register", "create", "upload", "wait", "query" */
	const char *detail;	/* one line, "" for none */
	const char *instance;	/* of PROVISION_PROGRESS and PROVISION_UPLOAD... */
	const struct stats *stats;	/* for PROVISION_PROGRESS */
	const struct upload_progress *upload;
	int64_t pause_ms;
	int64_t elapsed_ms;	/* since the wait began */
};

struct provision_instance {	/* borrowed */
	const char *id;
	const char *type;	/* NULL = built-in storage, then source is NULL too */
	const char *source;
};

struct provision_config {	/* all borrowed during the call */
	/*
	 * NULL when there is none: enough as long as the vault's tokens are
	 * alive, which is asked with their own values.
	 */
	struct client *creator;	/* with the creator token */
	struct client *manager;	/* with a token that may edit AI Search ... */
	bool mint_manager;	/* ... or without one: it is the vault's, or minted */
	struct vault *vault;	/* NULL only for provision_check(): there is none */
	const char *vault_host;	/* url_host() of the base URL */
	const char *account;
	bool owner_of_creator;	/* minted tokens get the creator's kind of owner */
	enum token_owner owner;	/* else this one */
	const char *service;	/* name of the service token; NULL only for provision_manager() */
	bool r2;		/* the service token may read R2 even if no source is a bucket */
	struct token_list allow_ip, deny_ip;	/* of the service token */
	int64_t expires_on, expires_in_s;	/* likewise: Unix seconds, or after the mint; 0 = never */
	const struct provision_instance *instances;
	size_t instance_count;	/* 1..PROVISION_INSTANCES_MAX */
	struct json_object *body;	/* further members of each create's body, or NULL */
	const char *upload;	/* folder, for built-in storage; or NULL */
	bool wait;
	int64_t wait_timeout_ms;	/* 0 = no end */
	const char *query;	/* asked of each instance at the end, or NULL */
	const struct clock *clock;
	void (*event)(void *ctx, const struct provision_event *event);
	void *event_ctx;
};

enum check_state {
	CHECK_OK,
	CHECK_PROBLEM,
	CHECK_UNKNOWN,		/* nobody may look, or nobody can */
};

struct provision_check {
	enum check_state state;
	char name[16];		/* "creator", "permission", "limit", "manager", "service", "namespace",
				   "instance", "bucket", "domain", "upload" */
	char what[256];
	char hint[160];		/* "" when there is nothing to do */
};

struct provision_outcome {	/* of one instance */
	bool made;		/* by this run */
	struct stats stats;	/* the last seen, when waited */
	bool finished;		/* indexing has come to its end */
	struct upload_progress upload;
	size_t hits;		/* of the query */
	char *hit_key, *hit_text;	/* the first one, or NULL */
	double hit_score;
};

struct provision_result {	/* provision_result_clear() */
	char manager_id[33];	/* of the manager token when it is the vault's; else "" */
	char api_token_id[33];	/* the service token */
	char *credential_id;	/* its registration with AI Search */
	struct provision_outcome *outcome;	/* one for each instance; NULL when it did not come so far */
	size_t outcome_count;
	struct provision_check *checks;
	size_t check_count, problems;
	bool service_was_there;	/* what was asked for its mint has no effect */
	bool finished;		/* all of them */
	bool timed_out;		/* ERR_TIMEOUT was wait_timeout_ms, not a request's deadline */
};
void provision_result_clear(struct provision_result *result);

/*
 * ERR_CANCELLED when the clients say so; ERR_TIMEOUT when waiting took too long.  When
 * out->problems > 0 the error is the first of them, or says how many.
 */
int provision(const struct provision_config *config, struct provision_result *out,
	      struct err *err);

/* Only the service token, minted when it is missing, and its registration; instances may be none. */
int provision_token(const struct provision_config *config, struct provision_result *out,
		    struct err *err);

/*
 * Only the manager token, in the vault: when it is missing or dead, may() is asked, who sets err
 * to say no, and it is minted.  mint_manager is to be set.
 */
int provision_manager(const struct provision_config *config, bool (*may)(void *ctx, struct err *err),
		      void *ctx, struct err *err);

/* Only the checks, as far as they go without making anything; problems are no failure. */
int provision_check(const struct provision_config *config, struct provision_result *out,
		    struct err *err);

/* ERR_USAGE: name is 1..48 of a-z 0-9 - _ . */
int provision_check_service(const char *name, struct err *err);

#endif
