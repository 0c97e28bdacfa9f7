/* SPDX-License-Identifier: MIT */
/* cmd_status.c -- how far the indexing has come, once or until its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloudflare/instance.h"
#include "command.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "provision/wait.h"

struct row {
	struct instance instance;
	struct stats stats;
	bool seen;		/* its stats were read */
	bool finished;		/* nothing more to wait for */
	bool failed;		/* its stats could not be read; the others are shown */
};

struct rows {			/* rows_clear() */
	struct row *row;
	size_t count, room;
	struct err *err;
};

static void rows_clear(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		instance_clear(&rows->row[i].instance);
	free(rows->row);
	memset(rows, 0, sizeof(*rows));
}

static struct row *add_row(struct rows *rows)
{
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 16;
		struct row *more = reallocarray(rows->row, room, sizeof(*more));

		if (!more)
			return NULL;
		rows->row = more;
		rows->room = room;
	}
	struct row *row = &rows->row[rows->count++];
	memset(row, 0, sizeof(*row));
	return row;
}

static int keep_instance(void *ctx, const struct instance *instance)
{
	struct rows *rows = ctx;
	struct row *row = add_row(rows);

	if (!row)
		return err_nomem(rows->err);
	row->instance = *instance;
	row->instance.token_id = NULL;
	row->instance.source = instance->source ? strdup(instance->source) : NULL;
	if (instance->source && !row->instance.source)
		return err_nomem(rows->err);
	return 0;
}

static int collect(struct client *client, const char *id, struct rows *rows, struct err *err)
{
	rows->err = err;
	if (!id)
		return instance_list(client, keep_instance, rows, err) < 0 ? -1 : 0;
	struct row *row = add_row(rows);
	return row ? instance_get(client, id, &row->instance, err) : err_nomem(err);
}

/* One that is paused stays as it is: there is no end to wait for. */
static bool at_rest(const struct instance *i)
{
	return (i->paused.known && i->paused.value) || (i->enable.known && !i->enable.value);
}

/* Is it about this one instance, so that the others can still be read? */
static bool of_one(const struct err *err)
{
	return err->kind == ERR_PROTOCOL || err->kind == ERR_REMOTE || err->kind == ERR_TIMEOUT;
}

static int look(struct client *client, struct row *row, bool listed, int64_t elapsed_ms,
		struct progress *progress, struct err *err)
{
	bool builtin = !row->instance.type[0];

	row->seen = wait_look(client, row->instance.id, builtin, elapsed_ms, &row->stats,
			      &row->finished, err) == 0;
	if (row->seen) {
		row->finished = row->finished || at_rest(&row->instance);
		return 0;
	}
	if (!listed || client_expired(client) || (err->kind != ERR_NOT_FOUND && !of_one(err)))
		return -1;
	memset(&row->stats, 0, sizeof(row->stats));
	row->finished = true;
	row->failed = err->kind != ERR_NOT_FOUND;	/* else deleted since it was listed */
	if (row->failed)
		progress_line(progress, "aisearch: status: %s", err->what);
	return 0;
}

static void add(struct count *sum, struct count more)
{
	sum->known = sum->known && more.known;
	sum->value += more.value;
}

static struct stats sum(const struct rows *rows)
{
	struct count none = { .known = true };
	struct stats all = { .queued = none, .running = none, .completed = none, .error = none,
			     .skipped = none, .outdated = none };

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *r = &rows->row[i];

		if (!r->seen)
			continue;
		add(&all.queued, r->stats.queued);
		add(&all.running, r->stats.running);
		add(&all.completed, r->stats.completed);
		add(&all.error, r->stats.error);
		add(&all.skipped, r->stats.skipped);
		add(&all.outdated, r->stats.outdated);
		all.degraded = all.degraded || r->stats.degraded;
	}
	return all;
}

static bool all_finished(const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!rows->row[i].finished)
			return false;
	return true;
}

/* EXIT_DONE, EXIT_TIMED_OUT or -1. */
static int wait_for_end(struct cli *cli, struct client *client, struct rows *rows, const char *id,
			struct progress *progress, struct err *err)
{
	int64_t began = cli->began_ms, end = cli->s.timeout_s * 1000, pause = 0;
	char label[80];

	if (id)
		snprintf(label, sizeof(label), "%s", id);
	else
		snprintf(label, sizeof(label), "%zu instances", rows->count);
	while (!all_finished(rows)) {
		struct stats now = sum(rows);
		int64_t elapsed = clock_mono_ms(&clock_system) - began;

		progress_stats(progress, label, &now);
		if (end > 0 && elapsed >= end)
			return EXIT_TIMED_OUT;
		pause = wait_pause_ms(pause);
		if (end > 0 && pause > end - elapsed)
			pause = end - elapsed;
		if (client_sleep_ms(client, pause, err) < 0)
			return -1;
		elapsed = clock_mono_ms(&clock_system) - began;
		if (end > 0 && elapsed >= end)
			return EXIT_TIMED_OUT;
		for (size_t i = 0; i < rows->count; i++)
			if (!rows->row[i].finished && look(client, &rows->row[i], !id, elapsed, progress,
							  err) < 0)
				return -1;
	}
	struct stats last = sum(rows);
	if (pause > 0)
		progress_stats(progress, label, &last);
	return EXIT_DONE;
}

static int print_table(const struct rows *rows, struct err *err)
{
	static const char *const heads[] = { "INSTANCE", "TYPE", "STATUS", ">QUEUED", ">RUNNING",
					     ">COMPLETED", ">ERROR", ">SKIPPED", ">OUTDATED", ">DONE" };
	scoped_table struct table t;
	double percent;

	table_init(&t, heads, sizeof(heads) / sizeof(heads[0]));
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *r = &rows->row[i];
		bool paused = r->instance.paused.known && r->instance.paused.value;

		table_add(&t, r->instance.id);
		table_add(&t, r->instance.type[0] ? r->instance.type : "builtin");
		table_add(&t, paused ? "paused" : r->failed ? "?" : r->stats.degraded ? "degraded" : r->instance.status);
		for (size_t k = 0; k < STATS_STATUSES; k++)
			table_add_count(&t, stats_statuses[k].get(&r->stats));
		if (stats_percent_processed(&r->stats, &percent))
			table_addf(&t, "%d%%", (int)percent);	/* 100 % is only said of all */
		else
			table_add(&t, NULL);
	}
	return table_print(&t, err);
}

static int print_json(const struct cli *cli, const struct rows *rows, struct err *err)
{
	scoped_json struct json_object *all = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_put_text(all, "account", cli->account);
	json_put_text(all, "namespace", cli->s.namespace);
	json_object_object_add(all, "instances", list);
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *r = &rows->row[i];
		struct json_object *o = json_object_new_object();

		json_put_text(o, "id", r->instance.id);
		json_put_text(o, "type", r->instance.type[0] ? r->instance.type : "builtin");
		json_put_text(o, "source", r->instance.source);
		json_put_text(o, "status", r->instance.status[0] ? r->instance.status : NULL);
		json_put_flag(o, "paused", r->instance.paused);
		/* null: its stats could not be read, so nobody knows */
		json_object_object_add(o, "finished",
				       r->seen ? json_object_new_boolean(r->finished) : NULL);
		if (r->seen)
			json_put_stats(o, "stats", &r->stats);
		else
			json_object_object_add(o, "stats", NULL);
		json_object_array_add(list, o);
	}
	return output_json(all, err);
}

static int show(struct cli *cli, const char *id, struct client *client, struct rows *rows,
		struct progress *progress, struct err *err)
{
	int code = EXIT_DONE;

	if (collect(client, id, rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->count > 1)
			progress_note(progress, "reading %zu of %zu", i + 1, rows->count);
		if (look(client, &rows->row[i], !id, 0, progress, err) < 0)
			return -1;
	}
	if (cli->s.wait)
		code = wait_for_end(cli, client, rows, id, progress, err);
	if (code < 0)
		return -1;
	progress_end(progress);
	if ((cli->s.json ? print_json(cli, rows, err) : print_table(rows, err)) < 0)
		return -1;
	if (code == EXIT_TIMED_OUT)
		progress_line(progress, "aisearch: status: indexing has not come to its end after %lld s",
			      (long long)cli->s.timeout_s);
	for (size_t i = 0; i < rows->count; i++)
		if (rows->row[i].failed)
			return EXIT_FAILED;
	struct stats all = sum(rows);
	if (code == EXIT_DONE && cli->s.wait && all.error.value > 0)
		return EXIT_WITH_ERRORS;
	return code;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	const char *id = n > 0 ? args[0] : NULL;
	struct progress progress;
	struct rows rows = {0};

	if (id && client_check_instance(id, err) < 0)
		return -1;
	progress_init(&progress, &clock_system);
	interrupt_install();
	if (cli_manager(cli, &token, &client, err) < 0)
		return -1;
	int code = show(cli, id, client, &rows, &progress, err);
	progress_end(&progress);
	rows_clear(&rows);
	return code;
}

static const struct option options[] = {
	{ "wait", 'w', OPTION_FLAG, NULL, "until the indexing has come to its end", OPTION_TO(wait), 0,
	  0 },
	{ 0 },
};

const struct command cmd_status = {
	.name = "status",
	.args = "[INSTANCE]",
	.summary = "print how far the indexing has come, of one instance or of all",
	.details = "With --wait: exit 0 when it is done, 3 when --timeout passed first, 4 when it is\n"
		   "done and some items could not be indexed.",
	.options = options,
	.max_args = 1,
	.run = run,
};
