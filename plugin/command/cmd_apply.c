/* SPDX-License-Identifier: MIT */
/* cmd_apply.c -- makes an account as a file says (manifest.h). */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "interrupt.h"
#include "manifest_job.h"
#include "output.h"
#include "prompt.h"

#define ROUNDS 2		/* what only an update may say comes after the create */

static struct apply_settings {
	bool prune, yes, allow_empty;
} set;

static int confirm(const struct cli *cli, const struct actions *actions, struct err *err)
{
	size_t deletions = actions_count(actions, ACTION_DELETE_INSTANCE) +
			   actions_count(actions, ACTION_DELETE_NAMESPACE);
	char question[120], some[48] = "";

	if (cli->s.json && !set.yes) {
		err_set(err, ERR_USAGE, "applying the file was not confirmed");
		return err_hint(err, "with --json nobody is asked: add --yes");
	}
	if (deletions > 0)
		snprintf(some, sizeof(some), ", %zu of them deletions", deletions);
	snprintf(question, sizeof(question), "Make %zu change%s%s? [y/N] ", actions->count,
		 actions->count == 1 ? "" : "s", some);
	return prompt_confirm(set.yes, "applying the file", "nothing was changed", question, err);
}

/*
 * Does it go on with what was shown: an update of what the first round made, say?  Anything else
 * came up meanwhile, a deletion always.
 */
static bool follows(const struct actions *first, const struct action *a)
{
	if (a->kind == ACTION_DELETE_INSTANCE || a->kind == ACTION_DELETE_NAMESPACE)
		return false;
	for (size_t i = 0; i < first->count; i++)
		if (action_same_thing(&first->one[i], a))
			return true;
	return false;
}

/* first: only what follows of it; NULL = all. */
static int carry_out(struct manifest_job *job, const struct actions *first,
		     const struct actions *actions, size_t *done, struct err *err)
{
	for (size_t i = 0; i < actions->count; i++) {
		const struct action *a = &actions->one[i];
		char name[128], at[48];

		if (first && !follows(first, a))
			continue;
		action_name(a, name, sizeof(name));
		if (first)
			snprintf(at, sizeof(at), "after it");
		else
			snprintf(at, sizeof(at), "%zu/%zu", i + 1, actions->count);
		progress_note(&job->progress, "[%s] %s", at, name);
		if (interrupt_seen(NULL))
			return err_set(err, ERR_CANCELLED, "interrupted");
		if (account_apply(&job->account, a, &job->wanted, &job->there, err) < 0)
			return err_context(err, "%s", name);
		progress_line(&job->progress, "[%s] %s: done", at, name);
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
	err_set(err, ERR_EXISTS, "%s is %s since the plan was made, and was left alone", name,
		what[a->kind]);
	return err_hint(err, "everything else is done; look what there is to do now: aisearch plan FILE");
}

/* The updates that come after a create, and the verdict. */
static int finish(struct manifest_job *job, const struct actions *first, size_t *done,
		  struct err *err)
{
	for (int round = 1;; round++) {
		scoped_actions struct actions more = { 0 };
		const struct action *other = NULL;
		size_t following = 0;

		if (manifest_job_look(job, &more, err) < 0)
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

static int change(struct cli *cli, struct manifest_job *job, const struct actions *first,
		  struct err *err)
{
	size_t done = 0;

	if (actions_count(first, ACTION_CREATE_TOKEN) > 0) {
		if (manifest_job_creator(cli, job, err) < 0)
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
		err_hint(err, "%zu change%s before; the same command goes on from there", done,
			 done == 1 ? " was made" : "s were made");
	return -1;
}

static int apply(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_manifest_job struct manifest_job job = { .lock = -1, .prune = set.prune, .yes = set.yes };
	scoped_actions struct actions actions = { 0 };

	(void)n;
	if (manifest_job_read(args[0], &job.wanted, err) < 0 ||
	    manifest_job_begin(cli, &job, true, err) < 0 ||
	    manifest_job_look(&job, &actions, err) < 0)
		return -1;
	if (!cli->s.json)
		actions_print(&actions);
	if (actions.count > 0 &&
	    (output_flush(err) < 0 ||
	     (!set.allow_empty && manifest_job_check_empty(&job, &actions, err) < 0) ||
	     confirm(cli, &actions, err) < 0 || change(cli, &job, &actions, err) < 0))
		return -1;
	progress_end(&job.progress);
	return cli->s.json && manifest_job_print(cli, &actions, true, err) < 0 ? -1 : EXIT_DONE;
}

static const struct option options[] = {
	MANIFEST_PRUNE(apply_settings),
	{ "yes", 'y', OPTION_FLAG, NULL, "do not ask", OPTION_IN(apply_settings, yes), 0, 0 },
	{ "allow-empty", 0, OPTION_FLAG, NULL, "let --prune delete every instance for a file without any",
	  OPTION_IN(apply_settings, allow_empty), 0, 0 },
	{ "force", 0, OPTION_FLAG, NULL, NULL, OPTION_IN(apply_settings, yes), 0, 0 },
	{ 0 },
};

const struct command cmd_apply = {
	.name = "apply",
	.args = "FILE",
	.summary = "make an account as a file says",
	.details = "Shows what it is going to do, and asks.  A second time there is nothing to do.  After an\n"
		   "interruption the same command goes on.  When the answer to a request is lost, what is\n"
		   "there is read, and it goes on: nothing is made twice.  In the end\n"
		   "the account is read again: what the API did not keep is an error.\n\n"
		   "Needs a manager token.  With a creator token in the vault it mints one when there is\n"
		   "none, as provision does, after it has said so: on a terminal it asks, else it wants\n"
		   "--yes.  (plan makes nothing: there, aisearch token create --role manager comes first.)\n\n"
		   "What can only be chosen when an instance is made (its type) is not changed: it is told,\n"
		   "and nothing is done.\n\n" MANIFEST_FILE_TEXT MANIFEST_PRUNE_TEXT,
	.examples = "aisearch apply account.json\naisearch apply --yes --prune account.json",
	.options = options,
	.settings = &set,
	.min_args = 1,
	.max_args = 1,
	.run = apply,
};
