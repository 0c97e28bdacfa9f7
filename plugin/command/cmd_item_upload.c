/* SPDX-License-Identifier: MIT */
/* cmd_item_upload.c -- files and folders into built-in storage. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cloudflare/item.h"
#include "command.h"
#include "output.h"
#include "progress.h"
#include "provision/upload.h"
#include "provision/wait.h"

struct settings {
	const char *key, *prefix, *metadata;
	bool wait, replace;
};
static struct settings set;

struct upload {
	struct cli *cli;
	struct client *client;
	const char *instance;
	struct progress progress;
	struct progress_folder shown;
	struct upload_progress total;	/* of all arguments */
	struct json_object *items, *failures;
	struct err first;		/* failure */
};

static void note_failure(struct upload *u, const char *file, const struct err *why)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "file", file);
	json_put_text(o, "error", why->what);
	json_object_array_add(u->failures, o);
	if (!u->first.kind)
		u->first = *why;
	progress_line(&u->progress, "%s: %s", file, why->what);
}

/* --- a folder -------------------------------------------------------------------- */

static void on_told(void *ctx, const char *file, const struct err *why)
{
	note_failure(ctx, file, why);
}

static void on_progress(void *ctx, const struct upload_progress *now)
{
	struct upload *u = ctx;

	progress_upload(&u->progress, &u->shown, u->instance, now);
}

static void on_wait(void *ctx, int64_t ms)
{
	struct upload *u = ctx;

	progress_upload_waits(&u->progress, ms);
}

static int upload_dir(struct upload *u, const char *folder, struct err *err)
{
	const struct upload_config config = {
		.client = u->client,
		.instance = u->instance,
		.folder = folder,
		.replace = set.replace,
		.prefix = set.prefix,
		.metadata = set.metadata,
		.progress = on_progress,
		.told = on_told,
		.waits = on_wait,
		.ctx = u,
	};
	struct upload_progress p;
	int r;

	u->shown = (struct progress_folder){ 0 };
	r = upload_folder(&config, &p, err);
	progress_end(&u->progress);
	u->total.files += p.files;
	u->total.done += p.done;
	u->total.skipped += p.skipped;
	u->total.failed += p.failed;
	u->total.bytes += p.bytes_done;
	if (r < 0 && err->kind != ERR_CANCELLED) {
		output_note("stopped after %zu of %zu files", p.done + p.skipped + p.failed, p.files);
		if (!err->hint[0])
			err_hint(err, "the same command goes on where it stopped");
	}
	return r;
}

/* --- one file -------------------------------------------------------------------- */

/* 1 = the instance has it already, with this content. */
static int send_file(struct upload *u, const struct item_upload *up, const struct buf *data,
		     struct item *out, struct err *err)
{
	scoped_item struct item old = { 0 };
	struct err why = { 0 };

	if (item_upload(u->client, u->instance, up, out, err) == 0)
		return 0;
	if (err->kind != ERR_EXISTS)
		return -1;
	int r = item_find(u->client, u->instance, up->name, &old, &why) < 0 ? -1
		: upload_same(u->client, u->instance, &old, data, &why);
	if (r == 1) {
		*out = old;
		memset(&old, 0, sizeof(old));
		return 1;
	}
	if (r < 0 && (set.replace || why.kind == ERR_CANCELLED))
		return *err = why, -1;
	if (!set.replace)
		return err_hint(err, "to put this one in its place: --replace; another key: --key");
	if (item_delete(u->client, u->instance, old.id, err) < 0)
		return -1;
	return item_upload(u->client, u->instance, up, out, err);
}

static int upload_one(struct upload *u, const char *path, struct err *err)
{
	scoped_buf struct buf data = BUF(ITEM_UPLOAD_MAX);
	scoped_free char *key = NULL;
	scoped_item struct item item = { 0 };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (asprintf(&key, "%s%s", set.prefix ? set.prefix : "", set.key ? set.key : name) < 0) {
		key = NULL;
		return err_nomem(err);
	}
	if (item_check_name(key, err) < 0)
		return -1;
	progress_note(&u->progress, "uploading %s", path);
	if (file_read(path, ITEM_UPLOAD_MAX, &data, err) < 0)
		return -1;
	const struct item_upload up = { .name = key, .data = data.data, .len = data.len,
					.metadata = set.metadata };
	int r = send_file(u, &up, &data, &item, err);
	progress_end(&u->progress);
	if (r < 0)
		return -1;
	json_object_array_add(u->items, json_object_get(item.json));
	u->total.done += r == 0;
	u->total.skipped += r == 1;
	u->total.bytes += (int64_t)data.len;
	return 0;
}

/* --- the wait ------------------------------------------------------------------------ */

static int wait_for_it(struct upload *u, struct stats *stats, struct err *err)
{
	int64_t began = clock_mono_ms(&clock_system), pause = 0;
	struct wait_outage outage = { 0 };
	bool finished = false;

	for (;;) {
		int64_t now = clock_mono_ms(&clock_system), left = INT64_MAX;

		if (wait_look(u->client, u->instance, true, now - began, stats, &finished, err) == 0) {
			wait_answered(&outage);
			progress_stats(&u->progress, u->instance, stats);
		} else if (!progress_waits_on(&u->progress, &outage, err)) {
			break;
		}
		if (finished)
			break;
		if (u->cli->s.timeout_s > 0)
			left = u->cli->began_ms + u->cli->s.timeout_s * 1000 - now;
		if (left <= 0) {
			err_set(err, ERR_TIMEOUT, "the indexing has not come to its end after %lld s",
				(long long)u->cli->s.timeout_s);
			err_hint(err, "it goes on without us: aisearch status --wait %s", u->instance);
			break;
		}
		pause = wait_pause_ms(pause);
		if (client_sleep_ms(u->client, pause < left ? pause : left, err) < 0)
			break;
	}
	progress_end(&u->progress);
	if (!finished && err->kind == ERR_CANCELLED)
		err_hint(err, "all was uploaded, the indexing goes on without us: aisearch status --wait %s",
			 u->instance);
	return finished ? 0 : -1;
}

static int report(struct upload *u, const struct stats *stats, struct err *err)
{
	const struct upload_progress *t = &u->total;
	scoped_json struct json_object *o = NULL;

	if (!u->cli->s.json) {
		output_line("%zu uploaded, %zu there already, %zu left out", t->done, t->skipped, t->failed);
		if (stats && stats->completed.known && stats->error.known)
			output_line("%lld indexed, %lld with errors in %s", (long long)stats->completed.value,
				    (long long)stats->error.value, u->instance);
		return 0;
	}
	o = json_object_new_object();
	json_put_text(o, "instance", u->instance);
	json_object_object_add(o, "files", json_object_new_int64((int64_t)t->files));
	json_object_object_add(o, "uploaded", json_object_new_int64((int64_t)t->done));
	json_object_object_add(o, "there_already", json_object_new_int64((int64_t)t->skipped));
	json_object_object_add(o, "failed", json_object_new_int64((int64_t)t->failed));
	json_object_object_add(o, "bytes", json_object_new_int64(t->bytes));
	json_object_object_add(o, "failures", json_object_get(u->failures));
	json_object_object_add(o, "items", json_object_get(u->items));
	if (stats)
		json_put_stats(o, "stats", stats);
	return output_json(o, err);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int upload_all(struct upload *u, int n, char **paths, struct err *err)
{
	struct stats stats = { 0 };

	for (int i = 0; i < n; i++)
		u->total.files += !is_folder(paths[i]);
	for (int i = 0; i < n; i++) {
		struct err why = { 0 };

		if (is_folder(paths[i])) {
			if (upload_dir(u, paths[i], err) < 0)
				return -1;
			continue;
		}
		if (upload_one(u, paths[i], &why) == 0)
			continue;
		if (n == 1 || why.kind == ERR_CANCELLED || why.kind == ERR_AUTH || why.kind == ERR_FORBIDDEN)
			return *err = why, -1;
		u->total.failed++;
		note_failure(u, paths[i], &why);
	}
	if (set.wait && u->total.done + u->total.skipped > 0 && wait_for_it(u, &stats, err) < 0)
		return -1;
	if (report(u, set.wait ? &stats : NULL, err) < 0)
		return -1;
	if (u->total.files > 0 && u->total.failed == u->total.files) {
		*err = u->first;
		return err_context(err, "nothing was uploaded");
	}
	return u->total.failed > 0 || (set.wait && stats.error.known && stats.error.value > 0)
	       ? EXIT_WITH_ERRORS : EXIT_DONE;
}

static int check(int n, char **paths, struct err *err)
{
	if (set.key && (n > 1 || is_folder(paths[0])))
		return err_set(err, ERR_USAGE, "--key goes with a single file; --prefix with several");
	if (set.metadata) {
		scoped_json struct json_object *o = NULL;

		if (json_read("--metadata", set.metadata, strlen(set.metadata), &o, err) < 0)
			return err->kind = ERR_USAGE, -1;
		if (!json_object_is_type(o, json_type_object)) {
			err_set(err, ERR_USAGE, "--metadata is not a JSON object");
			return err_hint(err, "as in '{\"team\":\"docs\",\"version\":2}'");
		}
	}
	return 0;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_json struct json_object *items = NULL, *failures = NULL;
	struct upload u = { .cli = cli, .instance = args[0] };

	if (client_check_instance(args[0], err) < 0 || check(n - 1, args + 1, err) < 0 ||
	    cli_manager(cli, &token, &client, err) < 0)
		return -1;
	u.client = client;
	u.items = items = json_object_new_array();
	u.failures = failures = json_object_new_array();
	progress_init(&u.progress, &clock_system);
	int r = upload_all(&u, n - 1, args + 1, err);
	progress_end(&u.progress);
	/* while it waits for the indexing it has a better hint */
	if (r < 0 && err->kind == ERR_CANCELLED && !err->hint[0])
		err_hint(err, "%zu uploaded, %zu there already, of %zu; the same command goes on with the rest",
			 u.total.done, u.total.skipped, u.total.files);
	return r;
}

static const struct option options[] = {
	{ "key", 0, OPTION_TEXT, "KEY", "of the one file (default: its name)",
	  OPTION_IN(settings, key), 0, 0 },
	{ "prefix", 0, OPTION_TEXT, "TEXT", "in front of each key", OPTION_IN(settings, prefix), 0,
	  0 },
	{ "metadata", 0, OPTION_TEXT, "JSON", "an object of texts, numbers and booleans, for each file",
	  OPTION_IN(settings, metadata), 0, 0 },
	{ "replace", 0, OPTION_FLAG, NULL, "in the place of a file with the same key",
	  OPTION_IN(settings, replace), 0, 0 },
	{ "wait", 'w', OPTION_FLAG, NULL, "until the instance has indexed everything",
	  OPTION_IN(settings, wait), 0, 0 },
	{ 0 },
};

const struct command cmd_item_upload = {
	.name = "item upload",
	.args = "INSTANCE FILE|FOLDER...",
	.summary = "upload files into built-in storage",
	.details =
		"A file's key is its name; the files of a folder have their path inside of it.  Hidden\n"
		"files and symbolic links in a folder are left out.  A file has 1 byte to 4 MiB, a key\n"
		"128 bytes at the most.\n\n"
		"A folder is uploaded four files at a time.  What the instance has already, told by size\n"
		"and checksum, is not sent again, so an interrupted upload goes on with the same command.\n"
		"A single file is sent, and when its key is taken, compared: the same content is there\n"
		"already, and no error.\n"
		"The rate limit is kept: a pause for it is told, and part of it left to others.\n"
		"A file that has changed since is left out, unless --replace deletes the old one first.\n\n"
		"Exit status 4: some files were left out, or with --wait, some of the instance could not be\n"
		"indexed.  3: --timeout passed before.",
	.examples = "aisearch item upload docs handbook.pdf --key guides/handbook.pdf\n"
		    "aisearch item upload docs ./site --prefix site/ --wait --timeout 600",
	.options = options,
	.settings = &set,
	.min_args = 2,
	.max_args = -1,
	.run = run,
};
