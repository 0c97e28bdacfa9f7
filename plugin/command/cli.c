/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "output.h"
#include "renew.h"

const char *cli_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Moves a variable's value into a secret; nothing of it stays in environ. */
static int take_env_secret(const char *name, struct secret **out, struct err *err)
{
	char *value = getenv(name);
	int r = 0;

	if (!value)
		return 0;
	if (*value) {
		r = secret_new(value, strlen(value), out, err);
		secret_wipe(value, strlen(value));
	}
	unsetenv(name);
	return r;
}

static int default_vault(struct cli *cli, struct err *err)
{
	const char *path = cli_env("AISEARCH_VAULT"), *data = cli_env("XDG_DATA_HOME"), *home = cli_env("HOME");
	int r = 0;

	if (path)
		r = asprintf(&cli->vault_path, "%s", path);
	else if (data && data[0] == '/')	/* the XDG text: a relative one is to be ignored */
		r = asprintf(&cli->vault_path, "%s/aisearch/vault.db", data);
	else if (home)
		r = asprintf(&cli->vault_path, "%s/.local/share/aisearch/vault.db", home);
	if (r >= 0)
		return 0;
	cli->vault_path = NULL;
	return err_nomem(err);
}

/* Never relative: the working folder may be a stranger's. */
static int default_profiles(struct cli *cli, struct err *err)
{
	const char *config = cli_env("XDG_CONFIG_HOME"), *home = cli_env("HOME");
	int r = 0;

	if (config && config[0] == '/')
		r = asprintf(&cli->profiles_path, "%s/aisearch/profiles.json", config);
	else if (home && home[0] == '/')
		r = asprintf(&cli->profiles_path, "%s/.config/aisearch/profiles.json", home);
	if (r >= 0)
		return 0;
	cli->profiles_path = NULL;
	return err_nomem(err);
}

int cli_init(struct cli *cli, struct err *err)
{
	memset(cli, 0, sizeof(*cli));
	cli->began_ms = clock_mono_ms(&clock_system);
	cli->manager = (struct cli_source){ cli, "manager" };
	cli->creator = (struct cli_source){ cli, "creator" };
	if (take_env_secret("CLOUDFLARE_API_TOKEN", &cli->env_token, err) < 0)
		return -1;
	cli->s.account = cli_env("CLOUDFLARE_ACCOUNT_ID");
	cli->s.url = cli_env("CLOUDFLARE_API_BASE_URL");
	cli->credentials_dir = cli_env("CREDENTIALS_DIRECTORY");
	output_terminal(cli_env("COLUMNS"), cli_env("NO_COLOR"), cli_env("TERM"));
	return default_vault(cli, err) < 0 || default_profiles(cli, err) < 0 ? -1 : 0;
}

void cli_clear(struct cli *cli)
{
	vault_close(cli->vault);
	secret_free(cli->env_token);
	free(cli->vault_path);
	free(cli->profiles_path);
	if (cli->http_ready)
		http_global_cleanup();
	memset(cli, 0, sizeof(*cli));
}

int cli_check(struct cli *cli, struct err *err)
{
	if (!cli->s.url)
		cli->s.url = CLIENT_URL_DEFAULT;
	if (!cli->s.namespace)
		cli->s.namespace = CLIENT_NAMESPACE_DEFAULT;
	if (client_check_namespace(cli->s.namespace, err) < 0)
		return -1;
	if (cli->s.account && client_check_account(cli->s.account, err) < 0)
		return -1;
	if (url_check_base(cli->s.url, err) < 0 ||
	    url_host(cli->s.url, cli->host, sizeof(cli->host), err) < 0) {
		/* It came from the command line or the environment, not from a file. */
		if (err->kind == ERR_CONFIG)
			err->kind = ERR_USAGE;
		return -1;
	}
	if (cli->env_token && secret_check_token(cli->env_token, err) < 0) {
		err->kind = ERR_USAGE;
		return err_context(err, "CLOUDFLARE_API_TOKEN");
	}
	return 0;
}

int cli_vault_config(const struct cli *cli, bool read_only, struct vault_config *out,
		     struct err *err)
{
	*out = (struct vault_config){
		.path = cli->s.vault ? cli->s.vault : cli->vault_path,
		.key_file = cli->s.key_file,
		.credentials_dir = cli->credentials_dir,
		.read_only = read_only,
	};
	if (out->path)
		return 0;
	err_set(err, ERR_USAGE, "there is no place for the vault: HOME is not set");
	return err_hint(err, "give --vault FILE, or set AISEARCH_VAULT");
}

int cli_vault(struct cli *cli, bool read_only, struct vault **out, struct err *err)
{
	struct vault_config config;

	if (cli_vault_config(cli, read_only, &config, err) < 0)
		return -1;
	if (cli->vault && cli->vault_read_only && !read_only)
		vault_close(STEAL(cli->vault));
	if (!cli->vault) {
		if (vault_open(&config, &cli->vault, err) < 0)
			return -1;
		if (vault_had_key(cli->vault))
			fprintf(stderr, "warning: the vault was missing, though not its key: a new one was"
				" made\n  hint: if it was lost, restore a backup\n");
		cli->vault_read_only = read_only;
	}
	*out = cli->vault;
	return 0;
}

struct account_search {
	char id[33];
	int found;
};

static int note_account(void *ctx, const struct vault_item *item)
{
	struct account_search *search = ctx;
	const char *id = item->path && !strncmp(item->path, "accounts/", 9) ? item->path + 9 : NULL;
	struct err ignored = {0};

	if (!id || item->state == VAULT_REJECTED || client_check_account(id, &ignored) < 0 ||
	    !strcmp(search->id, id))
		return 0;
	memcpy(search->id, id, 33);
	search->found++;
	return 0;
}

int cli_account(struct cli *cli, struct err *err)
{
	const struct vault_id query = { .protocol = "https", .host = cli->host };
	struct account_search search = {0};
	struct vault *vault;
	struct err ignored = {0};

	if (cli->s.account) {
		memcpy(cli->account, cli->s.account, 33);	/* checked by cli_check() */
		return 0;
	}
	if (cli_vault(cli, true, &vault, &ignored) == 0 &&
	    vault_list(vault, &query, note_account, &search, &ignored) == 0 && search.found == 1) {
		memcpy(cli->account, search.id, 33);
		return 0;
	}
	if (ignored.kind && ignored.kind != ERR_NOT_FOUND) {
		*err = ignored;
		return -1;
	}
	err_set(err, ERR_USAGE, search.found ? "which account? the vault has several"
					     : "which account?");
	return err_hint(err, "give --account ID, or set CLOUDFLARE_ACCOUNT_ID");
}

struct vault_id cli_identity(const struct cli *cli, const char *role, char path[64])
{
	snprintf(path, 64, "accounts/%s", cli->account);
	return (struct vault_id){ .protocol = "https", .host = cli->host, .path = path,
				  .username = role };
}

static int no_token(struct cli *cli, const char *role, const char *why, struct err *err)
{
	err_set(err, ERR_CONFIG, "the %s token for account %s at %s %s", role, cli->account, cli->host,
		why);
	if (!strcmp(role, "manager"))
		return err_hint(err, "make one: aisearch token create --role manager; or store one: aisearch login"
				" --role manager");
	if (!strcmp(role, "creator"))
		return err_hint(err, "store one: aisearch login --role creator");
	return err_hint(err, "make one: aisearch token create %s", strncmp(role, "service:", 8) ? role : role + 8);
}

int cli_token(struct cli *cli, const char *role, struct secret **out, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	struct vault *vault;
	char path[64];
	const struct vault_id id = cli_identity(cli, role, path);

	if (cli_vault(cli, true, &vault, err) < 0 || vault_get(vault, &id, 0, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? no_token(cli, role, "is not in the vault", err) : -1;
	if (item->expires_at > 0 && item->expires_at <= clock_wall_s(&clock_system))
		return no_token(cli, role, "has expired", err);
	*out = STEAL(item->secret);
	return 0;
}

int cli_manager_token(struct cli *cli, struct secret **out, struct err *err)
{
	if (cli->env_token)
		return secret_new(secret_bytes(cli->env_token), secret_len(cli->env_token), out, err);
	return cli_token(cli, "manager", out, err);
}

int cli_http(struct cli *cli, struct err *err)
{
	if (!cli->http_ready && http_global_init(err) < 0)
		return -1;
	cli->http_ready = true;
	return 0;
}

static int make_client(struct cli *cli, const struct secret *token,
		       const struct bearer_source *source, struct client **out, struct err *err)
{
	const struct client_config config = {
		.base_url = cli->s.url,
		.account = cli->account,
		.namespace = cli->s.namespace,
		.token = token,
		.source = *source,
		.http.ca_file = cli->s.ca_cert,
		.cancelled = interrupt_seen,
	};

	if (cli_http(cli, err) < 0)
		return -1;
	if (client_new(&config, out, err) < 0)
		return -1;
	if (cli->s.timeout_s > 0)
		client_set_deadline(*out, cli->began_ms + cli->s.timeout_s * 1000 + CLI_GRACE_MS);
	return 0;
}

int cli_client(struct cli *cli, const struct secret *token, struct client **out,
	       struct err *err)
{
	return make_client(cli, token, &(struct bearer_source){ 0 }, out, err);
}

struct bearer_source cli_source(struct cli *cli, const char *role)
{
	struct cli_source *from = !strcmp(role, "creator") ? &cli->creator : &cli->manager;

	return (struct bearer_source){ .ask = renew_ask, .ctx = from };
}

int cli_role_client(struct cli *cli, const char *role, const struct secret *token,
		    struct client **out, struct err *err)
{
	const struct bearer_source source = cli_source(cli, role);

	return make_client(cli, token, &source, out, err);
}

bool cli_timed_out(const struct cli *cli)
{
	return cli->s.timeout_s > 0 &&
	       clock_mono_ms(&clock_system) >= cli->began_ms + cli->s.timeout_s * 1000;
}

int cli_manager(struct cli *cli, struct secret **token, struct client **out, struct err *err)
{
	if (cli_account(cli, err) < 0 || cli_manager_token(cli, token, err) < 0)
		return -1;
	return cli_role_client(cli, "manager", *token, out, err);
}
