/* SPDX-License-Identifier: MIT */
/*
 * credential.h -- where an account's token comes from: a git-style helper, a
 * private file, or the configuration.
 *
 * Nothing here waits: the helper runs in a thread of its own, once when a token
 * is needed; stopping ends it at once with its whole process group.  A file is
 * looked at each time and read again when it has changed; while that fails, the
 * token that was read before is the account's.
 */
#ifndef COLLECTD_CREDENTIAL_H
#define COLLECTD_CREDENTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "indexing/settings.h"
#include "indexing/watch.h"

#define CREDENTIAL_USERNAME_DEFAULT "manager"
#define CREDENTIAL_DEADLINE_MS 10000
#define CREDENTIAL_ANSWER_MAX 16384	/* bytes of a helper's answer */

struct credential_query {	/* borrowed */
	const char *host;	/* with port, when the base URL names one */
	const char *account_id;
};

struct credential_source;

struct credential_listener {
	/* In another thread: a helper that was waited for has ended. */
	void (*ready)(void *ctx);
	/*
	 * During credential_source_get(), once each: a file that was read before cannot
	 * be read any more; it can again (err NULL).
	 */
	void (*file)(void *ctx, const struct err *err);
	void *ctx;
};

/* settings are borrowed for the source's life; the listener is copied. */
int credential_source_new(const struct credential_settings *settings,
			  const struct credential_query *query,
			  const struct credential_listener *listener,
			  struct credential_source **out, struct err *err);
void credential_source_free(struct credential_source *source);	/* NULL is fine; stops it first */

/* Fits watch_config.token. */
enum watch_token credential_source_get(void *source, bool needed, struct secret **out,
				       struct err *err);

/* What to do when the API refuses the token of this source. */
const char *credential_refused_hint(const struct credential_settings *settings);

/* From any thread, for good: a running helper is killed. */
void credential_source_stop(struct credential_source *source);

/*
 * Pure: whether a helper's answer has ended: with an empty line, or with whole lines
 * and a password when the helper has exited (a child of it may hold the output open).
 */
bool credential_complete(const char *text, size_t len, bool exited);

/*
 * Pure: the password in a helper's answer.  key=value lines that end in LF; an
 * empty line ends it; what is not of that form is ERR_PROTOCOL.
 */
int credential_parse(const char *text, size_t len, struct secret **out, struct err *err);

#endif
