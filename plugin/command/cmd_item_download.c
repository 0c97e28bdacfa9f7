/* SPDX-License-Identifier: MIT */
/* cmd_item_download.c -- a file of built-in storage, piece by piece, whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cloudflare/item.h"
#include "command.h"
#include "output.h"

struct settings {
	const char *output;
	bool force;
};
static struct settings set;

struct target {
	const char *path;	/* "-" = stdout */
	char tmp[PATH_MAX];	/* "" = none to be removed */
	int fd;
	int64_t bytes;
	int why;		/* errno of the write that failed */
};

static void target_clear(struct target *t)
{
	if (t->fd > STDERR_FILENO)
		close(t->fd);
	if (t->tmp[0])
		unlink(t->tmp);
}

static bool write_piece(void *ctx, const char *data, size_t len)
{
	struct target *t = ctx;

	while (len > 0) {
		ssize_t n = write(t->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			t->why = errno;
			return false;
		}
		data += n;
		len -= (size_t)n;
		t->bytes += n;
	}
	return true;
}

static int exists(const char *path, struct err *err)
{
	err_set(err, ERR_EXISTS, "'%s' is there already", path);
	return err_hint(err, "another place: --output FILE; over it: --force");
}

static int open_target(struct target *t, struct err *err)
{
	struct stat st;

	if (!strcmp(t->path, "-")) {
		if (isatty(STDOUT_FILENO) && !set.force) {
			err_set(err, ERR_USAGE, "a file's bytes are not sent to a terminal");
			return err_hint(err, "send them to a program, give --output FILE, or add --force");
		}
		t->fd = STDOUT_FILENO;
		return 0;
	}
	if (!set.force && lstat(t->path, &st) == 0)
		return exists(t->path, err);
	if (output_file_check(t->path, err) < 0)
		return -1;
	if (snprintf(t->tmp, sizeof(t->tmp), "%s.XXXXXX", t->path) >= (int)sizeof(t->tmp)) {
		t->tmp[0] = '\0';
		return err_set(err, ERR_USAGE, "'%.80s' is too long for a path", t->path);
	}
	t->fd = mkostemp(t->tmp, O_CLOEXEC);
	if (t->fd < 0) {
		t->tmp[0] = '\0';
		return err_errno(err, ERR_STORAGE, errno, "cannot write beside '%s'", t->path);
	}
	return 0;
}

/* link() and not rename(), which would go over what came there meanwhile. */
static int put_in_place(struct target *t, struct err *err)
{
	if (t->fd == STDOUT_FILENO)
		return 0;
	if (fsync(t->fd) < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot write '%s'", t->path);
	if (set.force) {
		if (rename(t->tmp, t->path) < 0)
			return err_errno(err, ERR_STORAGE, errno,
					 "cannot put '%s' in place", t->path);
		t->tmp[0] = '\0';
	} else if (link(t->tmp, t->path) < 0) {
		return errno == EEXIST ? exists(t->path, err)
				       : err_errno(err, ERR_STORAGE, errno,
						   "cannot put '%s' in place", t->path);
	}
	return file_sync_folder(t->path, err);
}

/* The last part of its key: the API's word, so it may not be hidden nor leave this folder. */
static const char *own_name(const struct item *item, struct err *err)
{
	const char *slash = strrchr(item->key, '/'), *name = slash ? slash + 1 : item->key;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			name = "";
	if (*name && *name != '.' && *name != '-')
		return name;
	err_set(err, ERR_USAGE, "'%.80s' is no good name for a file", item->key);
	err_hint(err, "choose one: --output FILE");
	return NULL;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *client = NULL;
	scoped_item struct item item = { 0 };
	SCOPED(target_clear) struct target t = { .fd = -1 };

	(void)n;
	if (cli->s.json && set.output && !strcmp(set.output, "-"))
		return err_set(err, ERR_USAGE,
			       "--json and the file itself cannot both go to stdout");
	if (client_check_instance(args[0], err) < 0 || cli_manager(cli, &token, &client, err) < 0 ||
	    item_find(client, args[0], args[1], &item, err) < 0)
		return -1;
	t.path = set.output ? set.output : own_name(&item, err);
	if (!t.path || open_target(&t, err) < 0)
		return -1;
	if (item_download(client, args[0], item.id, write_piece, &t, err) < 0) {
		if (t.why)
			return err_errno(err, ERR_STORAGE, t.why, "cannot write '%s'", t.path);
		return err->code == 7059 || err->code == 7053
		       ? err_hint(err, "only what was uploaded is kept by the API; fetch it from its source")
		       : -1;
	}
	if (put_in_place(&t, err) < 0)
		return -1;
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_put_text(o, "id", item.id);
		json_put_text(o, "key", item.key);
		json_put_text(o, "file", t.path);
		json_object_object_add(o, "bytes", json_object_new_int64(t.bytes));
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	if (t.fd != STDOUT_FILENO)
		output_line("wrote %s, %lld byte%s", t.path, (long long)t.bytes, t.bytes == 1 ? "" : "s");
	return EXIT_DONE;
}

static const struct option options[] = {
	{ "output", 'o', OPTION_TEXT, "FILE",
	  "where to (default: the key's last part, here); - = stdout",
	  OPTION_IN(settings, output), 0, 0 },
	{ "force", 'f', OPTION_FLAG, NULL, "over a file that is there; to a terminal",
	  OPTION_IN(settings, force), 0, 0 },
	{ 0 },
};

const struct command cmd_item_download = {
	.name = "item download",
	.args = "INSTANCE ITEM",
	.summary = "fetch a file from built-in storage",
	.details = "An ITEM is its id or its key, as aisearch item list prints them.\n\n"
		   "The file appears under its name when it is complete, readable by its owner alone; one\n"
		   "that is there stays, unless --force is given.  Files of R2 and of websites are not kept\n"
		   "by the API.",
	.examples = "aisearch item download docs guides/start.md\n"
		    "aisearch item download docs guides/start.md --output - | less",
	.options = options,
	.settings = &set,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
