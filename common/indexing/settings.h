/* SPDX-License-Identifier: MIT */
/*
 * settings.h -- the plugin's configuration: a tree of options -> accounts.
 *
 * Every option is a row of one table (settings.c); the plugin (from collectd's
 * own parser) and `aisearch config check` (from conf.h) hand in the same tree.
 * An error is for a mistake that only the user can mend, because it keeps the
 * whole daemon from starting; it names the block, the option, what is wrong and
 * what is allowed, and err.line is its line when the tree knows lines.
 *
 * Looks at the files that are named (readable, private), opens nothing else.
 */
#ifndef INDEXING_SETTINGS_H
#define INDEXING_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "cloudflare/http.h"
#include "indexing/select.h"

enum setting_type { SETTING_TEXT, SETTING_NUMBER, SETTING_BOOLEAN };

struct setting_value {
	enum setting_type type;
	char *text;		/* TEXT; wiped by settings_read() when it is a secret */
	double number;
	bool boolean;
};

struct setting {		/* one option, or one block with options in it */
	const char *key;
	struct setting_value *values;
	size_t value_count;
	struct setting *children;
	size_t child_count;
	int line;		/* 0 = unknown */
};

#define ACCOUNT_NAME_MAX 40	/* bytes of a block's name */
#define HEADERS_MAX 16		/* Header lines of a block */
#define CREDENTIAL_HELPER_DEFAULT "aisearch"
#define TOKEN_FILE_MAX 4096	/* bytes, as secret_check_token() */

/* Where a token comes from; at most one of the first three, none = the default helper. */
struct credential_settings {
	char *helper, *token_file;
	struct secret *token;
	char *username;
};

struct settings {		/* one <Account> block */
	char *name;		/* of the block */
	bool foreign;		/* as settings_read() was told */
	char *account_id, *namespace, *url, *host, *prefix;
	bool flat_paths;
	struct http_config http;	/* its strings are owned here */
	int64_t interval_ms;	/* 0 = the plugin's own */
	int64_t timeout_ms;	/* 0 = the interval, at most a minute */
	int64_t stats_max_age_ms;	/* 0 = five intervals, at least 15 minutes */
	int64_t stall_after_s;	/* 0 = the default */
	int request_budget, request_rate;	/* 0 = the defaults */
	unsigned groups;	/* enum metric_group */
	struct selection *instances;
	struct credential_settings credential;
	struct settings *next;
};

/*
 * Adds the blocks' accounts to the end of *list, which may hold those of earlier
 * <Plugin> blocks.  foreign: the daemon may run as another user, so a TokenFile may
 * belong to one.  -1: *list is as it was.
 */
int settings_read(const struct setting *plugin, bool foreign, struct settings **list,
		  struct err *err);
void settings_free(struct settings *list);	/* the whole list; NULL is fine */

/* "", or what stands before an instance's id: "PREFIX.", "NAMESPACE.", "PREFIX.NAMESPACE.". */
void settings_front(const struct settings *settings, char *out, size_t size);

/*
 * Pure: the shell command that git would run for a helper.  "NAME ARGS" is
 * git-credential-NAME, "/path ARGS" itself, "!snippet" the snippet; "get" follows.
 */
int credential_command(const char *helper, char *out, size_t size, struct err *err);

/*
 * The table, for the manual's check: name number i and what it takes ("seconds",
 * "true | false"); NULL beyond the end.
 */
const char *settings_option(size_t i, const char **takes);

#endif
