/* SPDX-License-Identifier: MIT */
/*
 * cli.h -- what the user asked for: flags first, then the environment, then
 * the defaults.  The only file of this program that reads the environment.
 *
 *	CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_BASE_URL	as --account, --url
 *	CLOUDFLARE_API_TOKEN	stands for the manager token; moved into a secret
 *				and wiped from the environment at start
 *	AISEARCH_VAULT, XDG_DATA_HOME, XDG_CONFIG_HOME, HOME, CREDENTIALS_DIRECTORY
 *	COLUMNS, NO_COLOR, TERM	of the terminal; output.h has what becomes of them
 *	PATH and those of a proxy	looked at by the doctor
 */
#ifndef COMMAND_CLI_H
#define COMMAND_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "cloudflare/client.h"
#include "vault/vault.h"

struct cli_settings {		/* borrowed from argv and the environment; NULL = not given */
	const char *account, *url, *namespace, *ca_cert, *vault, *key_file;
	int64_t timeout_s;	/* 0 = not given */
	bool json, help;
	/* of single commands */
	const char *type, *source, *service, *owner;
	const char *user, *output, *duration, *new_key_file;
	const char *permissions, *resources, *allow_ip, *deny_ip, *host, *path, *username;
	const char *header_file;
	bool wait, no_wait, yes, all, reveal, force, plain, remove, replace, renew, ahead, request;
	int64_t max_results, ttl_s;
};

enum option_type {
	OPTION_FLAG,		/* bool */
	OPTION_TEXT,		/* const char *, not empty */
	OPTION_NUMBER,		/* int64_t, min..max */
	OPTION_CHOICE,		/* const char *, one of the words of `arg`: "table|json" */
	OPTION_DURATION,	/* int64_t seconds, min..max: "90", "15m", "12h", "30d" */
	OPTION_DECIMAL,		/* struct option_decimal, min..max */
	OPTION_LIST,		/* struct option_list: given again it adds */
	OPTION_SWITCH,		/* struct flag: --name or --name=true, --no-name or --name=false */
};

#define OPTION_LIST_MAX 64
struct option_list {
	const char *item[OPTION_LIST_MAX];	/* borrowed from argv */
	size_t count;
};

struct option_decimal {
	bool known;
	double value;
};

struct option {
	const char *name;	/* without dashes; NULL ends a table */
	char letter;		/* or 0 */
	enum option_type type;
	const char *arg;	/* its name in the usage; NULL for a flag */
	const char *help;	/* NULL: another spelling of an option, in no help */
	size_t to;		/* offset in command->settings, or in struct cli_settings without any */
	int64_t min, max;	/* of a number */
};
#define OPTION_TO(member) offsetof(struct cli_settings, member)
#define OPTION_IN(type, member) offsetof(struct type, member)

extern const struct option common_options[];
extern const struct option offline_options[];	/* those of them that offline commands take */

struct cli_source {		/* where a client's token comes from: bearer_source.ctx, see renew.h */
	struct cli *cli;
	const char *role;
};

#define CLI_GIVEN_MAX 128	/* different options of one command */
struct cli_given {
	const struct option *option;
	const char *value;	/* of a switch "true" or "false" */
};

struct cli {			/* cli_init() before anything else, cli_clear() at the end */
	struct cli_settings s;
	struct secret *env_token;	/* CLOUDFLARE_API_TOKEN, or NULL */
	const char *credentials_dir;
	char *vault_path;
	char *profiles_path;	/* NULL when there is no absolute XDG_CONFIG_HOME or HOME */
	char host[320];		/* url_host() of the base URL */
	char account[33];	/* "" until cli_account() */
	struct vault *vault;	/* opened by cli_vault() */
	bool vault_read_only;
	bool http_ready;
	struct cli_source manager, creator;
	struct cli_given given[CLI_GIVEN_MAX];	/* on the command line, so far */
	size_t given_count;
	int failed;		/* what a failure exits with; 0 = EXIT_FAILED */
	int64_t began_ms;	/* monotonic: --timeout counts from here */
};

/* Requests may run so much longer than --timeout, so that the waits end first, in peace. */
#define CLI_GRACE_MS 500

/* Has --timeout passed? */
bool cli_timed_out(const struct cli *cli);

/* A variable of the environment; NULL when it is not set or empty. */
const char *cli_env(const char *name);

int cli_init(struct cli *cli, struct err *err);
void cli_clear(struct cli *cli);

/* Takes the common options that stand before the command's name; *n = words taken. */
int cli_parse_leading(struct cli *cli, int argc, char **argv, int *n, struct err *err);

/*
 * Takes the options out of argv[0..argc), wherever they stand; "--" ends them.
 * What is left, *n of them, comes to the front of argv.  ERR_USAGE too when what has one
 * value is given two that are not the same.  own may be NULL; its values
 * go to `settings`, or to cli->s when that is NULL.  hushed: no message repeats a word.
 */
int cli_parse(struct cli *cli, const struct option *own, void *settings, bool hushed, int argc,
	      char **argv, int *n, struct err *err);

/* Checks the settings that any request needs.  ERR_USAGE. */
int cli_check(struct cli *cli, struct err *err);

/*
 * Finds the account: the flag, the environment, or the only one the vault has
 * for this host.  Fills cli->account.  ERR_USAGE.
 */
int cli_account(struct cli *cli, struct err *err);

/*
 * The vault, kept open; belongs to cli.  read_only: ERR_NOT_FOUND when there is
 * none.  A handle that was got read-only ends when a writable one is asked for.
 */
int cli_vault(struct cli *cli, bool read_only, struct vault **out, struct err *err);

/* What the options and the environment say of it.  ERR_USAGE when they name no place. */
int cli_vault_config(const struct cli *cli, bool read_only, struct vault_config *out,
		     struct err *err);

/* Where a role's token is in the vault; path is a buffer for it. */
struct vault_id cli_identity(const struct cli *cli, const char *role, char path[64]);

/* The token of a role.  *out is yours.  ERR_CONFIG with a hint when there is none or it expired. */
int cli_token(struct cli *cli, const char *role, struct secret **out, struct err *err);

/* As cli_token("manager"), unless CLOUDFLARE_API_TOKEN stands for it. */
int cli_manager_token(struct cli *cli, struct secret **out, struct err *err);

/* Before any request; cli_client() does it by itself. */
int cli_http(struct cli *cli, struct err *err);

/* A client with this token, which must outlive it, and no other in its place. */
int cli_client(struct cli *cli, const struct secret *token, struct client **out,
	       struct err *err);

/*
 * As cli_client(), with the token of cli_token() or cli_manager_token(), or NULL when it comes
 * later: client_take_token().  When the API refuses it the vault is read again (renew.h).
 * role is "manager" or "creator".
 */
int cli_role_client(struct cli *cli, const char *role, const struct secret *token,
		    struct client **out, struct err *err);
struct bearer_source cli_source(struct cli *cli, const char *role);

/* Account, manager token and client in one go: what most commands begin with. */
int cli_manager(struct cli *cli, struct secret **token, struct client **out, struct err *err);

#endif
