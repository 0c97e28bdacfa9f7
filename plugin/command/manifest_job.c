/* SPDX-License-Identifier: MIT */
#include "manifest_job.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "input.h"
#include "lock.h"
#include "manager.h"
#include "output.h"
#include "prompt.h"

void manifest_job_clear(struct manifest_job *job)
{
	manifest_clear(&job->wanted);
	manifest_clear(&job->there);
	client_free(job->manager);
	client_free(job->creator);
	secret_free(job->manager_token);
	secret_free(job->creator_token);
	if (job->lock >= 0)
		close(job->lock);
}
static void on_event(void *ctx, const struct provision_event *e)
{
	struct manifest_job *job = ctx;

	if (e->kind == PROVISION_STEP_BEGINS)
		progress_note(&job->progress, "%s: %s", e->name, e->detail);
}

int manifest_job_read(const char *path, struct manifest *out, struct err *err)
{
	scoped_buf struct buf text = BUF(MANIFEST_MAX);
	scoped_secret struct secret *in = NULL;

	if (!strcmp(path, "-")) {
		if (input_secret(MANIFEST_MAX, false, &in, err) < 0)
			return err_context(err, "stdin");
		return manifest_decode(secret_bytes(in), secret_len(in), out, err);
	}
	if (file_read(path, MANIFEST_MAX, &text, err) < 0)
		return -1;
	if (manifest_decode(text.len ? text.data : "", text.len, out, err) < 0)
		return err_context(err, "'%s'", path);
	return 0;
}

static int take_lock(struct cli *cli, struct manifest_job *job, struct err *err)
{
	return job->lock >= 0 ? 0 : lock_provision(cli, &job->progress, &job->lock, err);
}

int manifest_job_creator(struct cli *cli, struct manifest_job *job, struct err *err)
{
	if (job->creator)
		return 0;
	if (cli_token(cli, "creator", &job->creator_token, err) < 0)
		return -1;
	return cli_role_client(cli, "creator", job->creator_token, &job->creator, err);
}

static bool may_mint(void *ctx, struct err *err)
{
	struct manifest_job *job = ctx;

	progress_end(&job->progress);
	if (job->yes)
		progress_line(&job->progress, "the vault has no manager token that is alive: minting one");
	return prompt_confirm(job->yes, "minting a manager token, which the vault lacks,",
			      "nothing was minted",
			      "The vault has no manager token that is alive.  Mint one? [y/N] ", err) == 0;
}

/* With a creator token in the vault the manager is minted as provision does it. */
static int ensure_manager(struct cli *cli, struct manifest_job *job, struct err *err)
{
	struct provision_config config = {
		.mint_manager = true, .vault_host = cli->host, .account = cli->account,
		.owner_of_creator = true, .clock = &clock_system, .event = on_event, .event_ctx = job,
	};
	scoped_client struct client *manager = NULL;
	bool ours;

	if (cli->env_token)
		return 0;
	if (manifest_job_creator(cli, job, err) < 0) {
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
int manifest_job_begin(struct cli *cli, struct manifest_job *job, bool write, struct err *err)
{
	struct vault *vault = NULL;

	progress_init(&job->progress, &clock_system);
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

int manifest_job_look(struct manifest_job *job, struct actions *out, struct err *err)
{
	manifest_clear(&job->there);
	progress_note(&job->progress, "reading the account");
	if (account_read(&job->account, &job->there, err) < 0)
		return -1;
	progress_end(&job->progress);
	return manifest_difference(&job->wanted, &job->there, job->prune, out, err);
}

int manifest_job_print(const struct cli *cli, const struct actions *actions, bool applied,
		       struct err *err)
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

/* A file without any instance is an accident more often than a wish. */
int manifest_job_check_empty(const struct manifest_job *job, const struct actions *actions,
			     struct err *err)
{
	size_t n = actions_count(actions, ACTION_DELETE_INSTANCE);

	if (n == 0 || job->wanted.instance_count > 0)
		return 0;
	err_set(err, ERR_USAGE, "the file has no instance, and %zu would be deleted: all that there %s", n,
		n == 1 ? "is" : "are");
	return err_hint(err, "is it the right file?  If so: aisearch apply --prune --allow-empty");
}
