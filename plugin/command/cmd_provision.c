/* SPDX-License-Identifier: MIT */
/* cmd_provision.c -- from a creator token to an indexed instance, a line per step. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "interrupt.h"
#include "lock.h"
#include "output.h"
#include "progress.h"
#include "provision/provision.h"

struct scene {			/* what the events need */
	struct progress progress;
	const char *instance;
};

static void on_event(void *ctx, const struct provision_event *e)
{
	struct scene *scene = ctx;
	struct progress *p = &scene->progress;

	switch (e->kind) {
	case PROVISION_STEP_BEGINS:
		progress_note(p, "[%d/%d] %s: %s", e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_STEP_SKIPPED:
		progress_line(p, "[%d/%d] %s: nothing to do, %s", e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_STEP_DONE:
		progress_line(p, "[%d/%d] %s: done, %s", e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_PROGRESS:
		progress_stats(p, scene->instance, e->stats);
		break;
	}
}

/* r2 and web-crawler need a source; without a type the source tells (api.md, 3). */
static int choose_type(const struct cli_settings *s, struct instance_create *what, struct err *err)
{
	const char *type = s->type;

	what->source = s->source;
	if (!type && s->source)
		type = !strncmp(s->source, "http://", 7) || !strncmp(s->source, "https://", 8)
			       ? "web-crawler" : "r2";
	if (!type || !strcmp(type, "builtin")) {
		if (!s->source)
			return 0;
		err_set(err, ERR_USAGE, "--type builtin has no source");
		return err_hint(err, "leave --source out, or choose --type r2 or web-crawler");
	}
	if (strcmp(type, "r2") && strcmp(type, "web-crawler")) {
		err_set(err, ERR_USAGE, "--type: '%.40s' is not known", type);
		return err_hint(err, "builtin, r2 or web-crawler");
	}
	if (!s->source) {
		err_set(err, ERR_USAGE, "--type %s needs --source", type);
		return err_hint(err, "the name of the R2 bucket, or the website's domain");
	}
	what->type = type;
	return 0;
}

static int check(const struct cli_settings *s, const char *id, struct provision_config *config,
		 struct err *err)
{
	config->service = s->service ? s->service : "default";
	config->instance.id = id;
	config->wait = !s->no_wait;
	config->wait_timeout_ms = s->timeout_s * 1000;
	if (s->owner && strcmp(s->owner, "user") && strcmp(s->owner, "account")) {
		err_set(err, ERR_USAGE, "--owner: '%.40s' is not known", s->owner);
		return err_hint(err, "user or account");
	}
	if (client_check_instance(id, err) < 0 || provision_check_service(config->service, err) < 0)
		return -1;
	return choose_type(s, &config->instance, err);
}

static void on_waiting(void *ctx)
{
	progress_line(ctx, "waiting for another run of aisearch provision to end");
}

static bool service_is_stored(struct vault *vault, struct cli *cli, const char *service)
{
	scoped_vault_item struct vault_item *item = NULL;
	struct err ignored = {0};
	char path[64], username[64];

	snprintf(username, sizeof(username), "service:%s", service);
	const struct vault_id id = cli_identity(cli, username, path);
	return vault_get(vault, &id, 0, &item, &ignored) == 0;
}

static int summary_json(const struct cli *cli, const struct provision_config *c,
			const struct provision_result *r, struct err *err)
{
	scoped_json struct json_object *o = json_object_new_object();

	json_put_text(o, "account", cli->account);
	json_put_text(o, "namespace", cli->s.namespace);
	json_put_text(o, "instance", c->instance.id);
	json_put_text(o, "type", c->instance.type ? c->instance.type : "builtin");
	json_put_text(o, "source", c->instance.source);
	json_put_text(o, "service", c->service);
	json_put_text(o, "api_token_id", r->api_token_id);
	json_put_text(o, "credential_id", r->credential_id);
	json_object_object_add(o, "waited", json_object_new_boolean(c->wait));
	json_object_object_add(o, "finished", json_object_new_boolean(r->finished));
	if (c->wait)
		json_put_stats(o, "stats", &r->stats);
	else
		json_object_object_add(o, "stats", NULL);
	return output_json(o, err);
}

static int summary(const struct cli *cli, const struct provision_config *c,
		   const struct provision_result *r, struct err *err)
{
	if (cli->s.json)
		return summary_json(cli, c, r, err);
	output_line("instance    %s (namespace %s)", c->instance.id, cli->s.namespace);
	if (c->instance.type)
		output_line("source      %s %s", c->instance.type, c->instance.source);
	else
		output_line("source      built-in storage");
	output_line("credential  %s", r->credential_id);
	output_line("API token   %s (its value is in the vault as service:%s)", r->api_token_id,
		    c->service);
	if (!c->wait)
		output_line("indexing    not waited for: aisearch status --wait %s", c->instance.id);
	else if (r->finished)
		output_line("indexing    finished: %lld indexed, %lld skipped, %lld with errors",
			    (long long)r->stats.completed.value, (long long)r->stats.skipped.value,
			    (long long)r->stats.error.value);
	return 0;
}

static int carry_out(struct cli *cli, struct provision_config *config, struct scene *scene,
		     struct err *err)
{
	struct provision_result result = {0};
	int code = -1, r;

	r = provision(config, &result, err);
	progress_end(&scene->progress);
	if (r == 0)
		r = summary(cli, config, &result, err);
	else if (err->kind == ERR_CANCELLED)
		err_hint(err, "nothing is lost: the same command continues where this one stopped");
	else if (result.timed_out) {
		progress_line(&scene->progress, "aisearch: provision: %s", err->what);
		progress_line(&scene->progress, "  hint: %s", err->hint);
		code = EXIT_TIMED_OUT;
	}
	if (r == 0)
		code = config->wait && result.stats.error.known && result.stats.error.value > 0
			       ? EXIT_WITH_ERRORS : EXIT_DONE;
	provision_result_clear(&result);
	return code;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *creator_token = NULL, *manager_token = NULL;
	scoped_client struct client *creator = NULL, *manager = NULL;
	scoped_fd int lock = -1;
	struct scene scene = { .instance = args[0] };
	struct provision_config config = {
		.vault_host = cli->host,
		.account = cli->account,
		.clock = &clock_system,
		.event = on_event,
		.event_ctx = &scene,
	};

	(void)n;
	progress_init(&scene.progress, &clock_system);
	interrupt_install();
	if (check(&cli->s, args[0], &config, err) < 0 || cli_account(cli, err) < 0 ||
	    cli_manager(cli, &manager_token, &manager, err) < 0)
		return -1;
	/* Two runs at once could both find the same intent and roll each other's value. */
	if (cli_vault(cli, false, &config.vault, err) < 0 ||
	    lock_beside_vault(cli, ".provision", LOCK_NO_END, on_waiting, &scene.progress, &lock,
			      err) < 0)
		return -1;
	config.manager = manager;
	/* With a service token in the vault that is alive, nobody asks for the creator. */
	if (cli_token(cli, "creator", &creator_token, err) < 0) {
		if (err->kind != ERR_CONFIG || !service_is_stored(config.vault, cli, config.service))
			return -1;
	} else if (cli_client(cli, creator_token, &creator, err) < 0) {
		return -1;
	}
	config.creator = creator;
	config.owner_of_creator = !cli->s.owner;
	if (cli->s.owner)
		config.owner = !strcmp(cli->s.owner, "user") ? TOKEN_OF_USER : TOKEN_OF_ACCOUNT;
	return carry_out(cli, &config, &scene, err);
}

static const struct option options[] = {
	{ "type", 0, OPTION_TEXT, "TYPE", "builtin (default without a source), r2 or web-crawler",
	  OPTION_TO(type), 0, 0 },
	{ "source", 0, OPTION_TEXT, "SOURCE", "the R2 bucket or the website to index",
	  OPTION_TO(source), 0, 0 },
	{ "service", 0, OPTION_TEXT, "NAME", "which service token (default: default)",
	  OPTION_TO(service), 0, 0 },
	{ "owner", 0, OPTION_TEXT, "OWNER", "of the service token: user or account (default: as the creator)",
	  OPTION_TO(owner), 0, 0 },
	{ "no-wait", 0, OPTION_FLAG, NULL, "do not wait for the indexing", OPTION_TO(no_wait), 0, 0 },
	{ 0 },
};

const struct command cmd_provision = {
	.name = "provision",
	.args = "INSTANCE",
	.summary = "mint and register a service token, create an instance, wait for it",
	.details = "Each step is skipped when it was done before, so that the same command continues\n"
		   "after an interruption.  Needs a creator token in the vault, and a manager token\n"
		   "there or in CLOUDFLARE_API_TOKEN.",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
