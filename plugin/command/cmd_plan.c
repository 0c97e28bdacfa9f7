/* SPDX-License-Identifier: MIT */
/* cmd_plan.c -- plan, apply, export: an account and a file (manifest.h). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions.h"
#include "base/file.h"
#include "command.h"
#include "interrupt.h"
#include "lock.h"
#include "manager.h"
#include "output.h"
#include "progress.h"
#include "prompt.h"
#include "provision/account.h"

#define ROUNDS 2		/* what only an update may say comes after the create */

static struct settings {
	bool prune, detailed_exitcode, yes, allow_empty;
	const char *output;
} set;

enum plan_exit { EXIT_CHANGES = 2 };	/* of --detailed-exitcode, as Terraform's */

struct job {			/* job_clear() */
	struct secret *manager_token, *creator_token;
	struct client *manager, *creator;
	struct account account;
	struct manifest wanted, there;
	struct progress progress;
	int lock;		/* beside the vault; 0 = not taken */
};

static void job_clear(struct job *job)
{
	manifest_clear(&job->wanted);
	manifest_clear(&job->there);
	client_free(job->manager);
	client_free(job->creator);
	secret_free(job->manager_token);
	secret_free(job->creator_token);
	if (job->lock > 0)
		close(job->lock);
}
#define scoped_job SCOPED(job_clear)

static void on_event(void *ctx, const struct provision_event *e)
{
	struct job *job = ctx;

	if (e->kind == PROVISION_STEP_BEGINS)
		progress_note(&job->progress, "%s: %s", e->name, e->detail);
}

static int read_file(const char *path, struct manifest *out, struct err *err)
{
	scoped_buf struct buf text = BUF(MANIFEST_MAX);
	scoped_secret struct secret *in = NULL;

	if (!strcmp(path, "-")) {
		if (file_read_fd_secret(STDIN_FILENO, MANIFEST_MAX, false, &in, err) < 0)
			return err_context(err, "stdin");
		return manifest_decode(secret_bytes(in), secret_len(in), out, err);
	}
	if (file_read(path, MANIFEST_MAX, &text, err) < 0)
		return -1;
	if (manifest_decode(text.len ? text.data : "", text.len, out, err) < 0)
		return err_context(err, "'%s'", path);
	return 0;
}

/* Two runs at once could both find the same intent and roll each other's value. */
static int take_lock(struct cli *cli, struct job *job, struct err *err)
{
	return job->lock > 0 ? 0 : lock_beside_vault(cli, ".provision", LOCK_NO_END, NULL, NULL,
						     &job->lock, err);
}

static int need_creator(struct cli *cli, struct job *job, struct err *err)
{
	if (job->creator)
		return 0;
	if (cli_token(cli, "creator", &job->creator_token, err) < 0)
		return -1;
	return cli_role_client(cli, "creator", job->creator_token, &job->creator, err);
}

static bool may_mint(void *ctx, struct err *err)
{
	struct job *job = ctx;

	progress_end(&job->progress);
	if (set.yes) {
		progress_line(&job->progress, "the vault has no manager token that is alive: minting one");
		return true;
	}
	if (!isatty(STDIN_FILENO)) {
		err_set(err, ERR_USAGE, "minting a manager token, which the vault lacks, was not confirmed");
		err_hint(err, "there is no terminal to ask on: add --yes");
		return false;
	}
	if (prompt_yes("The vault has no manager token that is alive.  Mint one? [y/N] "))
		return true;
	err_set(err, ERR_INPUT, "nothing was minted");
	return false;
}

/* With a creator token in the vault the manager is minted as provision does it. */
static int ensure_manager(struct cli *cli, struct job *job, struct err *err)
{
	struct provision_config config = {
		.mint_manager = true, .vault_host = cli->host, .account = cli->account,
		.owner_of_creator = true, .clock = &clock_system, .event = on_event, .event_ctx = job,
	};
	scoped_client struct client *manager = NULL;
	bool ours;

	if (cli->env_token)
		return 0;
	if (need_creator(cli, job, err) < 0) {
		if (err->kind != ERR_CONFIG)
			return -1;
		*err = (struct err){ 0 };	/* the manager's own absence is told instead */
		return 0;
	}
	if (cli_vault(cli, false, &config.vault, err) < 0 || take_lock(cli, job, err) < 0 ||
	    manager_is_ours(cli, config.vault, &ours, err) < 0)
		return -1;
	if (!ours)
		return 0;
	if (cli_client(cli, NULL, &manager, err) < 0)
		return -1;
	config.creator = job->creator;
	config.manager = manager;
	return provision_manager(&config, may_mint, job, err);
}

/* write: tokens may have to be made. */
static int begin(struct cli *cli, struct job *job, bool write, struct err *err)
{
	struct vault *vault = NULL;

	progress_init(&job->progress, &clock_system);
	interrupt_install();
	if (cli_account(cli, err) < 0 || (write && ensure_manager(cli, job, err) < 0) ||
	    cli_manager(cli, &job->manager_token, &job->manager, err) < 0)
		return -1;
	if (cli_vault(cli, !write, &vault, err) < 0) {
		if (write || err->kind != ERR_NOT_FOUND)
			return -1;
		*err = (struct err){ 0 };
	}
	job->account = (struct account){
		.manager = job->manager, .vault = vault, .vault_host = cli->host,
		.id = cli->account, .clock = &clock_system, .event = on_event, .event_ctx = job,
	};
	return write ? take_lock(cli, job, err) : 0;
}

static int look(struct job *job, struct actions *out, struct err *err)
{
	manifest_clear(&job->there);
	progress_note(&job->progress, "reading the account");
	if (account_read(&job->account, &job->there, err) < 0)
		return -1;
	progress_end(&job->progress);
	return manifest_difference(&job->wanted, &job->there, set.prune, out, err);
}

static int print(const struct cli *cli, const struct actions *actions, bool applied, struct err *err)
{
	scoped_json struct json_object *o = NULL;

	if (!cli->s.json) {
		actions_print(actions);
		return 0;
	}
	o = json_object_new_object();
	json_object_object_add(o, "applied", json_object_new_boolean(applied));
	json_object_object_add(o, "changes", actions_json(actions));
	return output_json(o, err);
}

static size_t count_of(const struct actions *actions, enum action_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < actions->count; i++)
		n += actions->one[i].kind == kind;
	return n;
}

/* A file without any instance is an accident more often than a wish. */
static int check_empty(const struct job *job, const struct actions *actions, struct err *err)
{
	size_t n = count_of(actions, ACTION_DELETE_INSTANCE);

	if (n == 0 || job->wanted.instance_count > 0)
		return 0;
	err_set(err, ERR_USAGE, "the file has no instance, and %zu would be deleted: all that there %s", n,
		n == 1 ? "is" : "are");
	return err_hint(err, "is it the right file?  If so: aisearch apply --prune --allow-empty");
}

/* --- plan ------------------------------------------------------------------- */

static int plan(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_job struct job job = { 0 };
	scoped_actions struct actions actions = { 0 };
	struct err why = { 0 };

	(void)n;
	if (read_file(args[0], &job.wanted, err) < 0 || begin(cli, &job, false, err) < 0 ||
	    look(&job, &actions, err) < 0 || print(cli, &actions, false, err) < 0)
		return -1;
	if (check_empty(&job, &actions, &why) < 0)
		output_note("warning: %s; apply wants --allow-empty for that", why.what);
	return set.detailed_exitcode && actions.count > 0 ? (int)EXIT_CHANGES : EXIT_DONE;
}

/* --- apply ------------------------------------------------------------------ */

static int confirm(const struct actions *actions, struct err *err)
{
	size_t deletions = count_of(actions, ACTION_DELETE_INSTANCE) +
			   count_of(actions, ACTION_DELETE_NAMESPACE);
	char question[120], some[48] = "";

	if (set.yes)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		err_set(err, ERR_USAGE, "the changes were not confirmed");
		return err_hint(err, "there is no terminal to ask on: add --yes");
	}
	if (deletions > 0)
		snprintf(some, sizeof(some), ", %zu of them deletions", deletions);
	snprintf(question, sizeof(question), "Make %zu change%s%s? [y/N] ", actions->count,
		 actions->count == 1 ? "" : "s", some);
	return prompt_yes(question) ? 0 : err_set(err, ERR_INPUT, "nothing was changed");
}

/*
 * Does it go on with what was shown: an update of what the first round made, say?  Anything else
 * came up meanwhile.  The names of deletions lived in a manifest that is gone.
 */
static bool follows(const struct actions *first, const struct action *a)
{
	if (a->kind == ACTION_DELETE_INSTANCE || a->kind == ACTION_DELETE_NAMESPACE)
		return false;
	for (size_t i = 0; i < first->count; i++) {
		const struct action *f = &first->one[i];

		if (f->kind != ACTION_DELETE_INSTANCE && f->kind != ACTION_DELETE_NAMESPACE &&
		    action_same_thing(f, a))
			return true;
	}
	return false;
}

/* first: only what follows of it; NULL = all. */
static int carry_out(struct job *job, const struct actions *first, const struct actions *actions,
		     size_t *done, struct err *err)
{
	for (size_t i = 0; i < actions->count; i++) {
		const struct action *a = &actions->one[i];
		char name[128];

		if (first && !follows(first, a))
			continue;
		action_name(a, name, sizeof(name));
		progress_note(&job->progress, "[%zu/%zu] %s", i + 1, actions->count, name);
		if (interrupt_seen(NULL))
			return err_set(err, ERR_CANCELLED, "interrupted");
		if (account_apply(&job->account, a, &job->wanted, &job->there, err) < 0)
			return err_context(err, "%s", name);
		progress_line(&job->progress, "[%zu/%zu] %s: done", i + 1, actions->count, name);
		++*done;
	}
	return 0;
}

/* What was sent, and is not so afterwards. */
static int not_taken(const struct actions *left, const struct actions *first, struct err *err)
{
	const struct action *a = &left->one[0];
	char name[128];

	while (!follows(first, a))
		a++;
	action_name(a, name, sizeof(name));
	err_set(err, ERR_REMOTE, "%s: the API took the change and did not keep it: %s", name,
		a->change_count > 0 ? a->changes[0].path : "the whole");
	return err_hint(err, "what it keeps: aisearch plan FILE");
}

/* What is left, but was not shown to the one who said yes. */
static int came_up(const struct action *a, struct err *err)
{
	static const char *const what[] = {
		[ACTION_CREATE_NAMESPACE] = "gone", [ACTION_UPDATE_NAMESPACE] = "changed",
		[ACTION_CREATE_TOKEN] = "gone", [ACTION_CREATE_INSTANCE] = "gone",
		[ACTION_UPDATE_INSTANCE] = "changed", [ACTION_DELETE_INSTANCE] = "there",
		[ACTION_DELETE_NAMESPACE] = "there",
	};
	char name[128];

	action_name(a, name, sizeof(name));
	err_set(err, ERR_EXISTS, "%s is %s since the plan was made, and was left alone", name, what[a->kind]);
	return err_hint(err, "everything else is done; look what there is to do now: aisearch plan FILE");
}

/* The updates that come after a create, and the verdict. */
static int finish(struct job *job, const struct actions *first, size_t *done, struct err *err)
{
	for (int round = 1;; round++) {
		scoped_actions struct actions more = { 0 };
		const struct action *other = NULL;
		size_t following = 0;

		if (look(job, &more, err) < 0)
			return -1;
		for (size_t i = 0; i < more.count; i++) {
			if (follows(first, &more.one[i]))
				following++;
			else if (!other)
				other = &more.one[i];
		}
		if (more.count == 0)
			return 0;
		if (following > 0 && round == ROUNDS)
			return not_taken(&more, first, err);
		if (following == 0)
			return came_up(other, err);
		if (carry_out(job, first, &more, done, err) < 0)
			return -1;
	}
}

static int change(struct cli *cli, struct job *job, const struct actions *first, struct err *err)
{
	size_t done = 0;

	if (count_of(first, ACTION_CREATE_TOKEN) > 0) {
		if (need_creator(cli, job, err) < 0)
			return -1;
		job->account.creator = job->creator;
		/* reading the token may have opened another handle */
		if (cli_vault(cli, false, &job->account.vault, err) < 0)
			return -1;
	}
	if (carry_out(job, NULL, first, &done, err) == 0 && finish(job, first, &done, err) == 0)
		return 0;
	progress_end(&job->progress);
	if (done > 0 && !err->hint[0])
		err_hint(err, "%zu changes were made before; the same command goes on from there", done);
	return -1;
}

static int apply(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_job struct job job = { 0 };
	scoped_actions struct actions actions = { 0 };

	(void)n;
	if (read_file(args[0], &job.wanted, err) < 0 || begin(cli, &job, true, err) < 0 ||
	    look(&job, &actions, err) < 0)
		return -1;
	if (!cli->s.json)
		actions_print(&actions);
	if (actions.count > 0 &&
	    (output_flush(err) < 0 || (!set.allow_empty && check_empty(&job, &actions, err) < 0) ||
	     confirm(&actions, err) < 0 || change(cli, &job, &actions, err) < 0))
		return -1;
	progress_end(&job.progress);
	return cli->s.json && print(cli, &actions, true, err) < 0 ? -1 : EXIT_DONE;
}

/* --- export ----------------------------------------------------------------- */

static int export(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_job struct job job = { 0 };
	scoped_json struct json_object *o = NULL;

	(void)n, (void)args;
	if (begin(cli, &job, false, err) < 0)
		return -1;
	progress_note(&job.progress, "reading the account");
	int r = account_read(&job.account, &job.there, err);
	progress_end(&job.progress);
	if (r < 0 || manifest_encode(&job.there, &o, err) < 0)
		return -1;
	if (!set.output)
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	scoped_buf struct buf file = BUF(MANIFEST_MAX);
	buf_addf(&file, "%s\n", text);
	if (file.failed)
		return err_set(err, ERR_INPUT, "the file would be larger than %d MiB", MANIFEST_MAX >> 20);
	return file_create(set.output, file.data, file.len, err) < 0 ? -1 : EXIT_DONE;
}

#define PRUNE { "prune", 0, OPTION_FLAG, NULL, "also delete what the file does not have", \
		OPTION_IN(settings, prune), 0, 0 }

static const struct option plan_options[] = {
	PRUNE,
	{ "detailed-exitcode", 0, OPTION_FLAG, NULL, "exit 0: nothing to do, 2: there are changes",
	  OPTION_IN(settings, detailed_exitcode), 0, 0 },
	{ 0 },
};

static const struct option apply_options[] = {
	PRUNE,
	{ "yes", 'y', OPTION_FLAG, NULL, "do not ask", OPTION_IN(settings, yes), 0, 0 },
	{ "allow-empty", 0, OPTION_FLAG, NULL, "let --prune delete every instance for a file without any",
	  OPTION_IN(settings, allow_empty), 0, 0 },
	{ "force", 0, OPTION_FLAG, NULL, NULL, OPTION_IN(settings, yes), 0, 0 },
	{ 0 },
};

static const struct option export_options[] = {
	{ "output", 'o', OPTION_TEXT, "FILE", "into a new file, which only you may read (default: stdout)",
	  OPTION_IN(settings, output), 0, 0 },
	{ 0 },
};

#define THE_FILE \
	"The file is JSON:\n\n" \
	"  {\n" \
	"    \"version\": 1,\n" \
	"    \"namespaces\": [ { \"name\": \"docs\", \"description\": \"manuals\" } ],\n" \
	"    \"tokens\":     [ { \"name\": \"default\" } ],\n" \
	"    \"instances\":  [ { \"id\": \"handbook\", \"namespace\": \"docs\", \"token\": \"default\",\n" \
	"                      \"type\": \"r2\", \"source\": \"bucket\", \"chunk_size\": 512 } ]\n" \
	"  }\n\n" \
	"The members of an instance beside id, namespace and token are the API's own, as in\n" \
	"'instance create --body-file'; so are those of a namespace beside its name.  What the\n" \
	"file does not say of a thing stays as it is.  A token is a service token, as those of\n" \
	"'provision --service NAME'; its owner may be \"user\" or \"account\".  FILE - is stdin.\n" \
	"What stands twice, a member or a thing, is refused, and so is null where the API does not\n" \
	"take it; elsewhere it asks for the API's default (ai_search_model, source_params)."

#define THE_PRUNING \
	"\n\nWith --prune, instances and namespaces that the file does not have are deleted, when it\n" \
	"has \"namespaces\"; else only instances, in the namespaces that it speaks of.  Tokens are\n" \
	"never deleted: aisearch token revoke.\n\n" \
	"A file without any instance is an accident more often than a wish: where that would delete\n" \
	"some, apply wants --allow-empty, also with --yes.  Only what was shown is deleted: what\n" \
	"comes up between the plan and the deletion is left alone, and told (exit 1); what somebody\n" \
	"else deletes meanwhile is done."

const struct command cmd_plan = {
	.name = "plan",
	.args = "FILE",
	.summary = "show what apply would change",
	.details = THE_FILE THE_PRUNING,
	.examples = "aisearch plan account.json\naisearch plan --detailed-exitcode --json account.json",
	.options = plan_options,
	.settings = &set,
	.min_args = 1,
	.max_args = 1,
	.run = plan,
};

const struct command cmd_apply = {
	.name = "apply",
	.args = "FILE",
	.summary = "make an account as a file says",
	.details = "Shows what it is going to do, and asks.  A second time there is nothing to do.  After an\n"
		   "interruption the same command goes on.  When the answer to a request is lost, what is\n"
		   "there is read, and it goes on: nothing is made twice.  In the end the account is read again: what the\n"
		   "API did not keep is an error.\n\n"
		   "Needs a manager token.  With a creator token in the vault it mints one when there is\n"
		   "none, as provision does, after it has said so: on a terminal it asks, else it wants\n"
		   "--yes.  (plan makes nothing: there, aisearch token create --role manager comes first.)\n\n"
		   "What can only be chosen when an instance is made (its type) is not changed: it is told,\n"
		   "and nothing is done.\n\n" THE_FILE THE_PRUNING,
	.examples = "aisearch apply account.json\naisearch apply --yes --prune account.json",
	.options = apply_options,
	.settings = &set,
	.min_args = 1,
	.max_args = 1,
	.run = apply,
};

const struct command cmd_export = {
	.name = "export",
	.args = "",
	.summary = "write an account as a file for apply",
	.details = "Everything that a create or an update could say.  A token whose value is in the vault is\n"
		   "named; others stand there as token_id.",
	.examples = "aisearch export --output account.json",
	.options = export_options,
	.settings = &set,
	.run = export,
};
