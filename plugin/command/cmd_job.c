/* SPDX-License-Identifier: MIT */
/* cmd_job.c -- sync jobs: create, list, get, cancel, logs. */
#include "cloudflare/job.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "progress.h"
#include "provision/wait.h"

struct settings {
	const char *description;
	bool wait, follow;
};
static struct settings set;

static void print_job(const struct job *j)
{
	char text[RFC3339_SIZE];

	output_line("%-12s %s", "job", j->id);
	output_line("%-12s %s", "source", j->source ? j->source : "-");
	output_line("%-12s %s", "description", j->description && *j->description ? j->description : "-");
	if (j->started_at.known)
		rfc3339_format(j->started_at.unix_s, text);
	output_line("%-12s %s", "started", j->started_at.known ? text : "-");
	if (j->ended_at.known)
		rfc3339_format(j->ended_at.unix_s, text);
	output_line("%-12s %s", "ended", j->ended_at.known ? text : "running");
	output_line("%-12s %s", "end reason", j->end_reason ? j->end_reason : "-");
}

static int show_job(const struct cli *cli, const struct job *j, struct err *err)
{
	if (cli->s.json)
		return output_json(j->json, err);
	print_job(j);
	return 0;
}

/* The reasons are an open set: only words that surely mean trouble count. */
static int exit_of(const struct job *j)
{
	static const char *const bad[] = { "cancel", "error", "fail", "timeout", "timed", "abort", NULL };

	for (const char *const *b = bad; j->end_reason && *b; b++)
		if (strcasestr(j->end_reason, *b))
			return EXIT_WITH_ERRORS;
	return EXIT_DONE;
}

static int goes_on(const char *instance, const char *job_id, struct err *err)
{
	return err_hint(err, "it goes on without us: aisearch job logs --follow %s %.40s", instance,
			job_id);
}

/* Until the next look.  ERR_TIMEOUT when --timeout passes meanwhile. */
static int pause_a_while(struct cli *cli, struct client *client, const char *instance,
			 const char *job_id, int64_t *pause, struct err *err)
{
	int64_t left = cli->s.timeout_s > 0 ? cli->began_ms + cli->s.timeout_s * 1000 -
					      clock_mono_ms(&clock_system) : INT64_MAX;

	if (left <= 0) {
		err_set(err, ERR_TIMEOUT, "the job has not ended after %lld s",
			(long long)cli->s.timeout_s);
		return goes_on(instance, job_id, err);
	}
	*pause = wait_pause_ms(*pause);
	return client_sleep_ms(client, *pause < left ? *pause : left, err);
}

struct patience {		/* with the API, while waiting for a job */
	struct progress progress;
	struct wait_outage outage;
	int64_t pause;
};

/* --- create ------------------------------------------------------------------- */

static int create(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_job struct job job = { 0 };
	struct patience p = { 0 };

	(void)n;
	progress_init(&p.progress, &clock_system);
	if (set.description && strlen(set.description) > 255)
		return err_set(err, ERR_USAGE, "--description: more than 255 bytes");
	if (client_check_instance(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    job_create(client, args[0], set.description, &job, err) < 0)
		return -1;
	while (set.wait && !job.ended_at.known) {
		scoped_job struct job now = { 0 };

		if (pause_a_while(cli, client, args[0], job.id, &p.pause, err) < 0)
			return err->kind == ERR_CANCELLED ? goes_on(args[0], job.id, err) : -1;
		if (job_get(client, args[0], job.id, &now, err) == 0) {
			wait_answered(&p.outage);
			job_clear(&job);
			job = now;
			now = (struct job){ 0 };
		} else if (!progress_waits_on(&p.progress, &p.outage, err)) {
			return err->kind == ERR_CANCELLED ? goes_on(args[0], job.id, err) : -1;
		}
	}
	if (show_job(cli, &job, err) < 0)
		return -1;
	return set.wait ? exit_of(&job) : EXIT_DONE;
}

static const struct option create_options[] = {
	{ "description", 'd', OPTION_TEXT, "TEXT", "what it is for, at most 255 bytes",
	  OPTION_IN(settings, description), 0, 0 },
	{ "wait", 'w', OPTION_FLAG, NULL, "until it has ended", OPTION_IN(settings, wait), 0, 0 },
	{ 0 },
};

const struct command cmd_job_create = {
	.name = "job create",
	.args = "INSTANCE",
	.summary = "start a job that looks through the source for changes",
	.details = "At most one job in 30 seconds is accepted for an instance.  Built-in storage has no\n"
		   "jobs: what is uploaded is indexed by itself.\n\n"
		   "With --wait the exit status is 4 when it ended by an error or was cancelled, 3 when\n"
		   "--timeout passed before.",
	.examples = "aisearch job create docs --description nightly --wait --timeout 600",
	.options = create_options,
	.settings = &set,
	.min_args = 1,
	.max_args = 1,
	.run = create,
};

/* --- list --------------------------------------------------------------------- */

struct listing {
	struct table table;
	struct json_object *json;	/* NULL = table */
};

static int on_job(void *ctx, const struct job *j)
{
	struct listing *l = ctx;

	if (l->json) {
		json_object_array_add(l->json, json_object_get(j->json));
		return 0;
	}
	table_add(&l->table, j->id);
	table_add(&l->table, j->source);
	table_add_instant(&l->table, j->started_at);
	if (j->ended_at.known)
		table_add_instant(&l->table, j->ended_at);
	else
		table_add(&l->table, "running");
	table_add(&l->table, j->end_reason);
	table_add(&l->table, j->description);
	return 0;
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "JOB", "SOURCE", "STARTED", "ENDED", "REASON",
					     "DESCRIPTION" };
	static const unsigned char dispensable[] = { 1, 5, 2, 4, 3, TABLE_END };
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *json = NULL;
	struct listing l;
	int r;

	(void)n;
	if (client_check_instance(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0)
		return -1;
	l.json = json = cli->s.json ? json_object_new_array() : NULL;
	table_init(&l.table, heads, sizeof(heads) / sizeof(heads[0]));
	l.table.dispensable = dispensable;
	r = job_list(client, args[0], on_job, &l, err);
	if (r >= 0)
		r = json ? output_json(json, err) : table_print(&l.table, err);
	table_clear(&l.table);
	return r < 0 ? -1 : EXIT_DONE;
}

const struct command cmd_job_list = {
	.name = "job list",
	.args = "INSTANCE",
	.summary = "list the jobs of an instance, the newest first",
	.min_args = 1,
	.max_args = 1,
	.run = list,
};

/* --- get and cancel --------------------------------------------------------------- */

/* INSTANCE JOB: without an id it would be the list that is asked for. */
static int check_words(char **args, struct err *err)
{
	if (client_check_instance(args[0], err) < 0)
		return -1;
	return *args[1] ? 0 : err_set(err, ERR_USAGE, "the id of the job is empty");
}

static int one(struct cli *cli, char **args,
	       int (*call)(struct client *, const char *, const char *, struct job *, struct err *),
	       struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_job struct job job = { 0 };

	if (check_words(args, err) < 0 || cli_manager(cli, &token, &client, err) < 0)
		return -1;
	if (call(client, args[0], args[1], &job, err) < 0)
		return err->code == 7021 ? err_hint(err, "aisearch job list %s", args[0]) : -1;
	return show_job(cli, &job, err) < 0 ? -1 : EXIT_DONE;
}

static int get(struct cli *cli, int n, char **args, struct err *err)
{
	(void)n;
	return one(cli, args, job_get, err);
}

static int cancel(struct cli *cli, int n, char **args, struct err *err)
{
	(void)n;
	return one(cli, args, job_cancel, err);
}

const struct command cmd_job_get = {
	.name = "job get",
	.args = "INSTANCE JOB",
	.summary = "print what the API knows of a job",
	.min_args = 2,
	.max_args = 2,
	.run = get,
};

const struct command cmd_job_cancel = {
	.name = "job cancel",
	.args = "INSTANCE JOB",
	.summary = "stop a running job; what it has queued is forgotten",
	.min_args = 2,
	.max_args = 2,
	.run = cancel,
};

/* --- logs ----------------------------------------------------------------------- */

struct log_print {
	struct json_object *rows;	/* NULL = print each as it comes */
	bool json;
	int64_t last_id;
	struct err err;
};

static int on_log(void *ctx, const struct job_log *line)
{
	struct log_print *p = ctx;
	char when[RFC3339_SIZE] = "-";

	/* a list that moved under the pages: no line twice */
	if (line->id > 0 && line->id <= p->last_id)
		return 0;
	p->last_id = line->id;
	if (p->rows) {
		json_object_array_add(p->rows, json_object_get(line->json));
		return 0;
	}
	if (p->json)
		return output_json(line->json, &p->err);
	if (line->created_at > 0)
		rfc3339_format(line->created_at, when);
	output_line("%s  %s", when, line->message);
	return 0;
}

static int logs(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *rows = NULL;
	struct log_print p = { .json = cli->s.json };
	struct patience patience = { 0 };
	int64_t seen = 0;
	bool begun = false;

	(void)n;
	progress_init(&patience.progress, &clock_system);
	if (check_words(args, err) < 0 || cli_manager(cli, &token, &client, err) < 0)
		return -1;
	if (cli->s.json && !set.follow)
		p.rows = rows = json_object_new_array();
	for (;;) {
		scoped_job struct job job = { 0 };
		int64_t before = seen;

		/* first whether it has ended: no line can come after that */
		if ((set.follow && job_get(client, args[0], args[1], &job, err) < 0) ||
		    job_logs(client, args[0], args[1], &seen, on_log, &p, err) < 0) {
			if (p.err.kind)
				*err = p.err;
			else if (set.follow && begun &&
				 progress_waits_on(&patience.progress, &patience.outage, err) &&
				 pause_a_while(cli, client, args[0], args[1], &patience.pause, err) == 0)
				continue;
			return err->code == 7021 ? err_hint(err, "aisearch job list %s", args[0]) : -1;
		}
		if (rows)
			return output_json(rows, err) < 0 ? -1 : EXIT_DONE;
		if (output_flush(err) < 0)
			return -1;
		if (!set.follow)
			return EXIT_DONE;
		if (job.ended_at.known) {
			if (job.end_reason && exit_of(&job) != EXIT_DONE)
				output_note("the job has ended: %s", job.end_reason);
			return exit_of(&job);
		}
		begun = true;
		wait_answered(&patience.outage);
		if (seen > before)
			patience.pause = 0;
		if (pause_a_while(cli, client, args[0], args[1], &patience.pause, err) < 0)
			return -1;
	}
}

static const struct option logs_options[] = {
	{ "follow", 'f', OPTION_FLAG, NULL, "go on until the job has ended",
	  OPTION_IN(settings, follow), 0, 0 },
	{ 0 },
};

const struct command cmd_job_logs = {
	.name = "job logs",
	.args = "INSTANCE JOB",
	.summary = "print the log of a job",
	.details = "With --follow each line is printed once, as it comes; with --json as well, one object\n"
		   "after another instead of a list.  The exit status is then 4 when the job ended by an\n"
		   "error or was cancelled, 3 when --timeout passed before.",
	.examples = "aisearch job logs docs 0b9c7a52-61de-4f0e-8a3b-d1f4c6e7a812 --follow",
	.options = logs_options,
	.settings = &set,
	.min_args = 2,
	.max_args = 2,
	.run = logs,
};
