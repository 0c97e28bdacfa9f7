/* SPDX-License-Identifier: MIT */
/*
 * credential.h -- where an account's token comes from: a git-style helper, a
 * private file, or the configuration.
 *
 * The helper runs in the worker thread, which may wait for it; stopping ends it
 * at once with its whole process group.
 */
#ifndef COLLECTD_CREDENTIAL_H
#define COLLECTD_CREDENTIAL_H

#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

#define CREDENTIAL_HELPER_DEFAULT "aisearch"
#define CREDENTIAL_USERNAME_DEFAULT "manager"
#define CREDENTIAL_DEADLINE_MS 10000
#define CREDENTIAL_ANSWER_MAX 16384	/* bytes of a helper's answer */

struct credential_config {	/* at most one of the first three; none = the default helper */
	char *helper, *token_file;
	struct secret *token;
	char *username;
};
void credential_config_clear(struct credential_config *config);

struct credential_query {	/* borrowed */
	const char *host;	/* with port, when the base URL names one */
	const char *account_id;
};

struct credential_source;

/* config is borrowed for the source's life. */
int credential_source_new(const struct credential_config *config,
			  const struct credential_query *query, struct credential_source **out,
			  struct err *err);
void credential_source_free(struct credential_source *source);

/* Fits poller_config.token.  *out is the caller's. */
int credential_source_get(void *source, struct secret **out, struct err *err);

/* From any thread, for good: a running helper is killed. */
void credential_source_stop(struct credential_source *source);

/*
 * Pure: the password in a helper's answer.  key=value lines that end in LF; an
 * empty line ends it; what is not of that form is ERR_PROTOCOL.
 */
int credential_parse(const char *text, size_t len, struct secret **out, struct err *err);

/*
 * Pure: the shell command that git would run for this helper.  "NAME ARGS" is
 * git-credential-NAME, "/path ARGS" itself, "!snippet" the snippet; "get" follows.
 */
int credential_command(const char *helper, char *out, size_t size, struct err *err);

#endif
