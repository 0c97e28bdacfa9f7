/* SPDX-License-Identifier: MIT */
/* doctor_host.c -- what is on this machine: vault, helpers, collectd's configuration. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "command.h"
#include "config_check.h"
#include "doctor.h"
#include "doctor_path.h"
#include "indexing/conf.h"
#include "vault/check.h"

/* --- the vault --------------------------------------------------------------------- */

static int on_damaged(void *ctx, const struct vault_item *item)
{
	(void)ctx, (void)item;
	return 0;
}

/* SQLite writes beside it, too. */
static bool is_writable(const char *path)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	size_t len = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;

	snprintf(folder, sizeof(folder), "%.*s", len ? (int)len : 1, len ? path : ".");
	return access(path, W_OK) == 0 && access(folder, W_OK) == 0;
}

static void judge_vault(const char *path, const struct vault_report *r, struct finding *f)
{
	if (r->trouble[0] || r->gaps.cut_short || r->damaged || r->unknown || r->full || r->difference[0]) {
		finding_set(f, VERDICT_FAIL, "%s: %s", path, r->trouble[0] ? r->trouble
			    : "not all entries open");
		finding_fix(f, "what can be saved: aisearch vault check");
		return;
	}
	if (!is_writable(path)) {
		finding_set(f, VERDICT_WARN, "%s can be read, but not written: no token can be stored, renewed or"
			    " rejected", path);
		finding_fix(f, "as its owner: chmod u+w the file and its folder; is the file system mounted"
			    " read-only?");
		return;
	}
	finding_set(f, VERDICT_OK,
		    "%s: %lld active, %lld expired, %lld pending, %lld rejected; all open",
		    path, (long long)r->active, (long long)r->expired, (long long)r->pending,
		    (long long)r->rejected);
}

void doctor_vault(struct doctor *d)
{
	scoped_vault struct vault *vault = NULL;
	struct vault_config config;
	struct vault_report report;
	struct finding f;
	struct err err = { 0 };

	if (cli_vault_config(d->cli, true, &config, &err) < 0 || vault_open(&config, &vault, &err) < 0) {
		/* who has a token in the environment needs none */
		finding_err(&f, err.kind == ERR_NOT_FOUND && d->cli->env_token ? VERDICT_WARN : VERDICT_FAIL,
			    &err);
		if (err.kind == ERR_NOT_FOUND) {
			f.what[0] = '\0';
			finding_set(&f, f.verdict, "there is none yet: %s", config.path);
			finding_fix(&f, "it is made by: aisearch login");
		}
	} else if (vault_check(vault, clock_wall_s(&clock_system), on_damaged, NULL, &report, &err) < 0) {
		finding_err(&f, VERDICT_FAIL, &err);
	} else {
		judge_vault(config.path, &report, &f);
	}
	doctor_say(d, &f);
}

/* --- the helpers -------------------------------------------------------------------- */

void doctor_helpers(struct doctor *d)
{
	/* the client without which nobody misses it; NULL = collectd's plugin asks it, too */
	static const struct {
		const char *helper, *clients[4];
	} helpers[] = {
		{ "git-credential-aisearch", { NULL } },
		{ "docker-credential-aisearch", { "docker", "podman", "skopeo", NULL } },
	};
	struct finding f;

	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		char found[4096], client[4096];
		bool wanted = !helpers[i].clients[0];

		for (const char *const *c = helpers[i].clients; *c; c++)
			wanted = wanted || path_find(cli_env("PATH"), *c, client, sizeof(client));
		if (path_find(cli_env("PATH"), helpers[i].helper, found, sizeof(found))) {
			finding_set(&f, VERDICT_OK, "%s", found);
		} else if (wanted) {
			finding_set(&f, VERDICT_WARN, "%s is not found", helpers[i].helper);
			finding_fix(&f, "make install, or put its folder into PATH");
		} else {
			continue;
		}
		doctor_say(d, &f);
	}
}

/* --- collectd's configuration --------------------------------------------------------- */

static void say_warning(void *ctx, const char *path, int line, const char *text)
{
	struct doctor *d = ctx;
	struct finding f;

	if (line > 0)
		finding_set(&f, VERDICT_WARN, "%s:%d: %s", path, line, text);
	else
		finding_set(&f, VERDICT_WARN, "%s: %s", path, text);
	finding_fix(&f, "run this as the user of the daemon; all of it: aisearch config check %s", path);
	doctor_say(d, &f);
}

static bool in_vault(struct doctor *d, const struct settings *s, const char *user)
{
	char path[64], host[320];
	scoped_vault_item struct vault_item *item = NULL;
	struct vault *vault;
	struct err err = { 0 };

	snprintf(path, sizeof(path), "accounts/%s", s->account_id);
	if (url_host(s->url ? s->url : CLIENT_URL_DEFAULT, host, sizeof(host), &err) < 0)
		return false;
	const struct vault_id id = { .protocol = "https", .host = host, .path = path,
				     .username = user };
	return cli_vault(d->cli, true, &vault, &err) == 0 && vault_get(vault, &id, 0, &item, &err) == 0;
}

/* Foreign helpers are looked for and never run: the file may be anybody's. */
static void look_at_helper(struct doctor *d, const struct settings *s)
{
	const char *helper = s->credential.helper ? s->credential.helper : CREDENTIAL_HELPER_DEFAULT;
	const char *user = s->credential.username ? s->credential.username : "manager";
	char name[256], found[4096];
	struct finding f;

	if (helper[0] == '!') {
		finding_set(&f, VERDICT_OK,
			    "<Account \"%s\">: its token comes from a shell snippet, which was"
			    " not run", s->name);
	} else if (!strcmp(helper, CREDENTIAL_HELPER_DEFAULT)) {
		bool there = in_vault(d, s, user);

		finding_set(&f, there ? VERDICT_OK : VERDICT_WARN, "<Account \"%s\">: the token of %s is %s",
			    s->name, user, there ? "in the vault" : "not in this user's vault");
		if (!there)
			finding_fix(&f, "as the user of the daemon: aisearch login --role %s --account %s",
				    user, s->account_id);
	} else {
		snprintf(name, sizeof(name), "%s%.*s", helper[0] == '/' ? "" : "git-credential-",
			 (int)strcspn(helper, " \t"), helper);
		bool there = path_find(cli_env("PATH"), name, found, sizeof(found));
		finding_set(&f, there ? VERDICT_OK : VERDICT_FAIL, "<Account \"%s\">: helper %s is %s", s->name,
			    name, there ? "there, and was not run" : "not found");
		if (!there)
			finding_fix(&f, "install it, or name another CredentialHelper");
	}
	doctor_say(d, &f);
}

/* 1 = it has a block, 0 = it is none of ours. */
static int look_at_file(struct doctor *d, const char *path, bool included)
{
	scoped_buf struct buf text = BUF(CONF_SIZE_MAX);
	SCOPED(config_check_clear) struct config_check c = { .path = path,
							     .warn = say_warning, .ctx = d,
							     .included = included };
	struct finding f;
	struct err err = { 0 };

	if (file_read(path, CONF_SIZE_MAX, &text, &err) < 0 || config_check_text(&c, &text, &err) < 0) {
		if (c.plugin_dir && !d->plugin_dir)
			d->plugin_dir = STEAL(c.plugin_dir);
		if (err.kind == ERR_NOT_FOUND && included)
			return 0;
		if (err.line > 0)
			err_context(&err, "%s:%d", path, err.line);
		finding_err(&f, VERDICT_FAIL, &err);
		if (!f.fix[0])
			finding_fix(&f, "aisearch config check %s", path);
		doctor_say(d, &f);
		return 1;
	}
	if (c.plugin_dir && !d->plugin_dir)
		d->plugin_dir = STEAL(c.plugin_dir);
	config_check_closer(&c);
	for (const struct settings *s = c.list; s; s = s->next) {
		finding_set(&f, VERDICT_OK, "%s: <Account \"%s\">", path, s->name);
		doctor_say(d, &f);
		if (!s->credential.token && !s->credential.token_file)
			look_at_helper(d, s);
	}
	return 1;
}

void doctor_config(struct doctor *d)
{
	static const char *const places[] = { "/etc/collectd/collectd.conf", "/etc/collectd.conf" };
	struct finding f;
	int blocks = 0;
	bool any = false;
	glob_t all;

	if (d->config_file) {
		look_at_file(d, d->config_file, false);
		return;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], F_OK) == 0) {
			any = true;
			blocks += look_at_file(d, places[i], true);
		}
	if (glob("/etc/collectd/collectd.conf.d/*.conf", 0, NULL, &all) == 0) {
		for (size_t i = 0; i < all.gl_pathc; i++)
			blocks += look_at_file(d, all.gl_pathv[i], true);
		globfree(&all);
	}
	if (blocks)
		return;
	finding_set(&f, any ? VERDICT_WARN : VERDICT_SKIP, any
		    ? "collectd's configuration has no <Plugin aisearch>" : "collectd has no configuration here");
	if (any)
		finding_fix(&f, "the manual collectd-aisearch(5) has one to begin with; or name a --config");
	doctor_say(d, &f);
}
