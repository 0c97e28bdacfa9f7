/* SPDX-License-Identifier: MIT */
/* cmd_plan.c -- plan and export: a file (manifest.h) and an account, nothing is changed. */
#include "base/file.h"
#include "command.h"
#include "manifest_job.h"
#include "output.h"

static struct plan_settings {
	bool prune, detailed_exitcode;
	const char *output;
} set;

enum plan_exit { EXIT_CHANGES = 2 };	/* of --detailed-exitcode, as Terraform's */

/* --- plan ------------------------------------------------------------------- */

static int plan(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_manifest_job struct manifest_job job = { .lock = -1, .prune = set.prune };
	scoped_actions struct actions actions = { 0 };
	struct err why = { 0 };

	(void)n;
	if (manifest_job_read(args[0], &job.wanted, err) < 0 ||
	    manifest_job_begin(cli, &job, false, err) < 0 || manifest_job_look(&job, &actions, err) < 0 ||
	    manifest_job_print(cli, &actions, false, err) < 0)
		return -1;
	if (manifest_job_check_empty(&job, &actions, &why) < 0)
		output_note("warning: %s; apply wants --allow-empty for that", why.what);
	return set.detailed_exitcode && actions.count > 0 ? (int)EXIT_CHANGES : EXIT_DONE;
}

/* --- export ----------------------------------------------------------------- */

static int export(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_manifest_job struct manifest_job job = { .lock = -1 };
	scoped_json struct json_object *o = NULL;

	(void)n, (void)args;
	if (manifest_job_begin(cli, &job, false, err) < 0)
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

static const struct option plan_options[] = {
	MANIFEST_PRUNE(plan_settings),
	{ "detailed-exitcode", 0, OPTION_FLAG, NULL, "exit 0: nothing to do, 2: there are changes",
	  OPTION_IN(plan_settings, detailed_exitcode), 0, 0 },
	{ 0 },
};

static const struct option export_options[] = {
	{ "output", 'o', OPTION_TEXT, "FILE", "into a new file, which only you may read (default: stdout)",
	  OPTION_IN(plan_settings, output), 0, 0 },
	{ 0 },
};

const struct command cmd_plan = {
	.name = "plan",
	.args = "FILE",
	.summary = "show what apply would change",
	.details = MANIFEST_FILE_TEXT MANIFEST_PRUNE_TEXT,
	.examples = "aisearch plan account.json\naisearch plan --detailed-exitcode --json account.json",
	.options = plan_options,
	.settings = &set,
	.min_args = 1,
	.max_args = 1,
	.run = plan,
};

const struct command cmd_export = {
	.name = "export",
	.args = "",
	.summary = "write an account as a file for apply",
	.details = "Everything that a create or an update could say.  A token whose value is in the vault is\n"
		   "named; others stand there as token_id.  Headers for a crawler are in it with their values,\n"
		   "which plan and apply never show: who has secrets in them keeps the file as one.",
	.examples = "aisearch export --output account.json",
	.options = export_options,
	.settings = &set,
	.run = export,
};
