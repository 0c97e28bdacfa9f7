/* SPDX-License-Identifier: MIT */
/*
 * manifest_job.h -- what plan, apply and export share: the clients, the file, the account, and
 * the paragraphs of their help.
 */
#ifndef COMMAND_MANIFEST_JOB_H
#define COMMAND_MANIFEST_JOB_H

#include "actions.h"
#include "cli.h"
#include "progress.h"
#include "provision/account.h"

struct manifest_job {		/* { .lock = -1 }; manifest_job_clear() */
	struct secret *manager_token, *creator_token;
	struct client *manager, *creator;
	struct account account;
	struct manifest wanted, there;
	struct progress progress;
	bool prune, yes;	/* as the options say */
	int lock;		/* beside the vault */
};
void manifest_job_clear(struct manifest_job *job);
#define scoped_manifest_job SCOPED(manifest_job_clear)

/* path "-" is stdin. */
int manifest_job_read(const char *path, struct manifest *out, struct err *err);

/*
 * The clients and the vault.  write: tokens may have to be made; the lock is taken, and a manager
 * token that is missing is minted, when there is a creator token and job->yes or the terminal
 * says so.
 */
int manifest_job_begin(struct cli *cli, struct manifest_job *job, bool write, struct err *err);
int manifest_job_creator(struct cli *cli, struct manifest_job *job, struct err *err);

/* Reads the account, anew when it was read before, and compares. */
int manifest_job_look(struct manifest_job *job, struct actions *out, struct err *err);

int manifest_job_print(const struct cli *cli, const struct actions *actions, bool applied,
		       struct err *err);

/* ERR_USAGE when pruning would delete instances for a file that has none. */
int manifest_job_check_empty(const struct manifest_job *job, const struct actions *actions,
			     struct err *err);

#define MANIFEST_PRUNE(of) \
	{ "prune", 0, OPTION_FLAG, NULL, "also delete what the file does not have", \
	  OPTION_IN(of, prune), 0, 0 }

#define MANIFEST_FILE_TEXT \
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

#define MANIFEST_PRUNE_TEXT \
	"\n\nWith --prune, instances and namespaces that the file does not have are deleted, when it\n" \
	"has \"namespaces\"; else only instances, in the namespaces that it speaks of.  Tokens are\n" \
	"never deleted: aisearch token revoke.\n\n" \
	"A file without any instance is an accident more often than a wish: where that would delete\n" \
	"some, apply wants --allow-empty, also with --yes.  Only what was shown is deleted: what\n" \
	"comes up between the plan and the deletion is left alone, and told (exit 1); what somebody\n" \
	"else deletes meanwhile is done."

#endif
