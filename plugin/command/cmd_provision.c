/* SPDX-License-Identifier: MIT */
/* cmd_provision.c -- from a creator token to indexed instances, a line per step. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "lock.h"
#include "manager.h"
#include "output.h"
#include "progress.h"
#include "provision_wishes.h"
#include "provision_words.h"

static struct provision_settings set;

struct scene {			/* what the events need */
	struct progress progress;
	struct progress_folder shown;
	const struct provision_config *config;
	struct stats seen[PROVISION_INSTANCES_MAX];
};

/* --- what is told on the way ----------------------------------------------------------------- */

static void add(struct count *to, struct count more)
{
	to->value += more.known ? more.value : 0;
	to->known = true;
}

/* One bar for all: what has been seen of each. */
static void on_stats(struct scene *scene, const struct provision_event *e)
{
	const struct provision_config *c = scene->config;
	struct stats all = {0};
	char label[32];

	if (c->instance_count == 1) {
		progress_stats(&scene->progress, e->instance, e->stats);
		return;
	}
	for (size_t i = 0; i < c->instance_count; i++) {
		if (!strcmp(c->instances[i].id, e->instance))
			scene->seen[i] = *e->stats;
		const struct stats *s = &scene->seen[i];
		add(&all.queued, s->queued);
		add(&all.running, s->running);
		add(&all.completed, s->completed);
		add(&all.error, s->error);
		add(&all.skipped, s->skipped);
		add(&all.outdated, s->outdated);
		all.degraded = all.degraded || s->degraded;
	}
	snprintf(label, sizeof(label), "%zu instance%s", c->instance_count,
		 c->instance_count == 1 ? "" : "s");
	progress_stats(&scene->progress, label, &all);
}

static void on_event(void *ctx, const struct provision_event *e)
{
	struct scene *scene = ctx;
	struct progress *p = &scene->progress;

	switch (e->kind) {
	case PROVISION_STEP_BEGINS:
		progress_note(p, "[%d/%d] %s: %s", e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_STEP_WAITS:
		progress_line(p, "[%d/%d] %s: %s", e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_STEP_SKIPPED:
		progress_line(p, "[%d/%d] %s: nothing to do, %s", e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_STEP_DONE:
		progress_line(p, "[%d/%d] %s: done, %s", e->step, e->steps, e->name, e->detail);
		break;
	case PROVISION_PROGRESS:
		on_stats(scene, e);
		break;
	case PROVISION_UPLOAD:
		progress_upload(p, &scene->shown, e->instance, e->upload);
		break;
	case PROVISION_UPLOAD_WAITS:
		progress_upload_waits(p, e->pause_ms);
		break;
	case PROVISION_LEFT_OUT:
		progress_line(p, "left out: %s", e->detail);
		break;
	}
}

static int get_clients(struct cli *cli, struct provision_wishes *w, struct provision_config *config,
		       struct err *err)
{
	if (manager_is_ours(cli, config->vault, &config->mint_manager, err) < 0 ||
	    (!config->mint_manager && cli_manager_token(cli, &w->manager_token, err) < 0) ||
	    cli_role_client(cli, "manager", w->manager_token, &w->manager, err) < 0)
		return -1;
	config->manager = w->manager;
	/* With tokens in the vault that are alive, nobody asks for the creator: the checks tell. */
	if (cli_token(cli, "creator", &w->creator_token, err) < 0)
		return err->kind == ERR_CONFIG ? 0 : -1;
	if (cli_role_client(cli, "creator", w->creator_token, &w->creator, err) < 0)
		return -1;
	config->creator = w->creator;
	return 0;
}

/* --- doing it -------------------------------------------------------------------------------- */

static int only_check(struct cli *cli, struct provision_wishes *w, struct provision_config *config,
		      struct err *err)
{
	struct provision_result result = {0};
	int code = -1;

	/* Looking makes no vault. */
	if (cli_vault(cli, true, &config->vault, err) < 0 && err->kind != ERR_NOT_FOUND)
		return -1;
	if (get_clients(cli, w, config, err) == 0 && provision_check(config, &result, err) == 0 &&
	    provision_print_checks(cli, &result, err) == 0)
		code = result.problems ? EXIT_FAILED : EXIT_DONE;
	provision_result_clear(&result);
	return code;
}

static bool with_errors(const struct provision_config *c, const struct provision_result *r)
{
	for (size_t i = 0; i < r->outcome_count; i++) {
		const struct provision_outcome *out = &r->outcome[i];

		if (out->upload.failed > 0 ||
		    (c->wait && out->stats.error.known && out->stats.error.value > 0))
			return true;
	}
	return false;
}

static void note_no_effect(struct scene *scene, const struct provision_result *r)
{
	if (r->service_was_there && (set.expires || set.allow_ip || set.deny_ip || set.r2 || set.owner))
		progress_line(&scene->progress, "note: the service token was there already: what was asked for"
			      " its mint has no effect");
}

static int carry_out(struct cli *cli, struct provision_config *config, struct scene *scene,
		     struct err *err)
{
	struct provision_result result = {0};
	int code = -1, r;

	r = provision(config, &result, err);
	progress_end(&scene->progress);
	if (r == 0) {
		note_no_effect(scene, &result);
		r = provision_print_summary(cli, config, &result, err);
	} else if (err->kind == ERR_CANCELLED) {
		err_hint(err, "nothing is lost: the same command continues where this one stopped");
	} else if (result.timed_out) {
		progress_line(&scene->progress, "aisearch: provision: %s", err->what);
		progress_line(&scene->progress, "  hint: %s", err->hint);
		code = EXIT_TIMED_OUT;
	} else {
		provision_print_problems(&scene->progress, &result);
	}
	if (r == 0)
		code = with_errors(config, &result) ? EXIT_WITH_ERRORS : EXIT_DONE;
	provision_result_clear(&result);
	return code;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_provision_wishes struct provision_wishes wishes = {0};
	scoped_fd int lock = -1;
	struct provision_config config = { .clock = &clock_system, .event = on_event };
	static struct scene scene;

	progress_init(&scene.progress, &clock_system);
	if (provision_understand(cli, &set, n, args, &wishes, &config, err) < 0 || cli_account(cli, err) < 0)
		return -1;
	scene.config = &config;
	config.event_ctx = &scene;
	config.vault_host = cli->host;
	config.account = cli->account;
	if (set.check)
		return only_check(cli, &wishes, &config, err);
	if (cli_vault(cli, false, &config.vault, err) < 0 ||
	    lock_provision(cli, &scene.progress, &lock, err) < 0 ||
	    get_clients(cli, &wishes, &config, err) < 0)
		return -1;
	return carry_out(cli, &config, &scene, err);
}

#define OPTION_SET(member) OPTION_IN(provision_settings, member)

static const struct option options[] = {
	{ "type", 0, OPTION_CHOICE, "builtin|r2|web-crawler",
	  "what is indexed (default: as the source tells, or builtin)", OPTION_SET(type), 0, 0 },
	{ "source", 0, OPTION_TEXT, "SOURCE", "the R2 bucket or the website to index",
	  OPTION_SET(source), 0, 0 },
	{ "body-file", 0, OPTION_TEXT, "FILE", "JSON object with further settings of the instances, - = stdin",
	  OPTION_SET(body_file), 0, 0 },
	{ "upload", 0, OPTION_TEXT, "DIR", "files for built-in storage; only what is not there yet",
	  OPTION_SET(upload), 0, 0 },
	{ "query", 0, OPTION_TEXT, "TEXT", "at the end, ask this and show the first hit",
	  OPTION_SET(query), 0, 0 },
	{ "check", 0, OPTION_FLAG, NULL, "only look for what could fail, make nothing",
	  OPTION_SET(check), 0, 0 },
	{ "service", 0, OPTION_TEXT, "NAME", "which service token (default: default)",
	  OPTION_SET(service), 0, 0 },
	{ "owner", 0, OPTION_CHOICE, "user|account",
	  "of the tokens to be minted (default: as the creator)", OPTION_SET(owner), 0, 0 },
	{ "expires", 0, OPTION_TEXT, "DURATION|DATE", "of the service token: 90d, 2030-12-31",
	  OPTION_SET(expires), 0, 0 },
	{ "allow-ip", 0, OPTION_TEXT, "LIST", "addresses that may use the service token",
	  OPTION_SET(allow_ip), 0, 0 },
	{ "deny-ip", 0, OPTION_TEXT, "LIST", "addresses that may not", OPTION_SET(deny_ip), 0, 0 },
	{ "r2", 0, OPTION_FLAG, NULL, "the service token may read R2 (a bucket as source implies it)",
	  OPTION_SET(r2), 0, 0 },
	{ "no-wait", 0, OPTION_FLAG, NULL, "do not wait for the indexing", OPTION_SET(no_wait), 0, 0 },
	{ 0 },
};

const struct command cmd_provision = {
	.name = "provision",
	.args = "INSTANCE[=SOURCE]...",
	.summary = "mint and register the tokens, create instances, upload, wait, ask",
	.details = "Needs nothing but a creator token in the vault (aisearch login).  What is missing is made,\n"
		   "step by step: a manager token (AI Search Write and Run, for this account), unless the\n"
		   "vault or CLOUDFLARE_API_TOKEN has one; the service token (AI Search Index Engine), which\n"
		   "AI Search indexes with; its registration; the instances.  With --upload the files of a\n"
		   "folder go into their built-in storage.  Then it waits for the indexing, and with --query\n"
		   "asks a first question.\n"
		   "\n"
		   "Each step is skipped when it was done before, so that the same command continues after an\n"
		   "interruption, whenever that came: no second token is minted, and the value of one is in\n"
		   "the vault before it is used.\n"
		   "\n"
		   "What can be known to fail is looked for first, and all of it is told at once: a creator\n"
		   "token that may not mint, the limit of API tokens, an instance that exists with other\n"
		   "settings, R2 that is not enabled, a bucket that is missing.  To look at instances and\n"
		   "buckets takes a manager token: when there is none, it is the only thing made before.\n"
		   "When an R2 bucket is the source, both tokens also get Workers R2 Storage Read.\n"
		   "\n"
		   "--expires, --allow-ip, --deny-ip, --r2 and --owner count when the service token is minted;\n"
		   "one that is there already stays as it is.  A token that only some addresses may use is\n"
		   "taken to be alive without asking, since this machine may not be one of them.",
	.examples = "aisearch provision docs --upload ./docs --query 'how do I begin?'\n"
		    "aisearch provision docs --type r2 --source my-bucket --expires 90d\n"
		    "aisearch provision blog=https://example.com shop=https://example.org --no-wait\n"
		    "aisearch provision docs --source my-bucket --check",
	.options = options,
	.settings = &set,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
