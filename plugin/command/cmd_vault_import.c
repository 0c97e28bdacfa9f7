/* SPDX-License-Identifier: MIT */
/* cmd_vault_import.c -- an export into a vault, line by line; what it says is hostile. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "prompt.h"
#include "vault/passphrase.h"
#include "vault_export.h"
#include "vault_line.h"

static int read_all(const char *path, struct buf *out, struct err *err)
{
	bool in = !strcmp(path, "-");
	scoped_fd int fd = in ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char chunk[16384];
	struct stat st;

	if (fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE, errno,
				 "cannot open '%s'", path);
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_STORAGE, errno, "cannot read '%s'", path);
		if (n == 0)
			break;
		int r = buf_add(out, chunk, (size_t)n);
		secret_wipe(chunk, (size_t)n);
		if (r < 0)
			return err_set(err, ERR_INPUT, "'%s' is larger than %d MiB", path,
				       EXPORT_MAX >> 20);
	}
	if (!in && out->len && out->data[0] == '{' && fstat(fd, &st) == 0 && (st.st_mode & 077))
		fprintf(stderr, "warning: others may read the secrets in that file (mode %04o)\n",
			(unsigned)(st.st_mode & 07777));
	return 0;
}

struct newer {
	const struct vault_line *entry;
	bool there;
};

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int look_newer(void *ctx, const struct vault_item *item)
{
	struct newer *n = ctx;
	/* a rejection since is news too: it would be undone */
	bool is_newer = item->state == VAULT_REJECTED ? item->rejected_at >= n->entry->stored_at
						      : item->stored_at > n->entry->stored_at;

	if (same(item->path, n->entry->path) && same(item->username, n->entry->username) &&
	    is_newer)
		n->there = true;
	return 0;
}

/* 1 when the vault has a newer one, which stays. */
static int put_line(struct vault *vault, const struct vault_line *e, struct err *err)
{
	const struct vault_id id = { e->protocol, e->host, e->path, e->username };
	const struct vault_value value = { e->password, e->bearer, e->authtype, e->refresh };
	const struct vault_meta meta = { e->token_id, e->label, e->origin, e->expires_at };
	const int64_t now = clock_wall_s(&clock_system);
	/* from a machine whose clock is ahead: the vault's own times go by this one */
	const int64_t at = e->stored_at && e->stored_at < now ? e->stored_at : now;
	struct newer newer = { e, false };

	if (vault_list(vault, &id, look_newer, &newer, err) < 0)
		return -1;
	if (newer.there)
		return 1;
	if (!e->pending)
		return vault_put(vault, &id, &value, &meta, at, err);
	int r = vault_put_intent(vault, &id, &meta, at, err);
	return r < 0 && err->kind == ERR_EXISTS ? 0 : r;
}

static int import_lines(struct vault *vault, char *text, size_t len, int *count, int *kept,
			struct err *err)
{
	char *end = text + len;

	for (int line = 1; text < end; line++) {
		scoped_vault_line struct vault_line e = { 0 };
		char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t size = (size_t)((stop ? stop : end) - text);
		int r = vault_line_read(text, size, line == 1, &e, err);

		text += size + (stop ? 1 : 0);
		if (r == 0 && line == 1)
			continue;
		if (r == 0)
			r = put_line(vault, &e, err);
		if (r < 0) {
			err_context(err, "line %d", line);
			return line == 1 ? -1 : err_hint(err, "those before it are in the vault; mended,"
							 " the same file can be imported again");
		}
		*count += 1;
		*kept += r;
	}
	return 0;
}

static int import(struct cli *cli, int n, char **args, struct err *err)
{
	SCOPED(buf_clear) struct buf file = BUF(EXPORT_MAX + 256);
	SCOPED(buf_clear) struct buf plain = BUF(EXPORT_MAX);
	scoped_secret struct secret *passphrase = NULL;
	struct buf *lines = &file;
	struct vault *vault;
	int count = 0, kept = 0;

	(void)n;
	if (read_all(args[0], &file, err) < 0)
		return -1;
	if (file.len >= sizeof(EXPORT_MAGIC) - 1 && !memcmp(file.data, EXPORT_MAGIC, sizeof(EXPORT_MAGIC) - 1)) {
		if (!strcmp(args[0], "-")) {
			err_set(err, ERR_USAGE, "a sealed export does not come from stdin");
			return err_hint(err,
					"name the file: stdin is where the passphrase comes from");
		}
		if (prompt_passphrase("the export", false, &passphrase, err) < 0 ||
		    passphrase_open(passphrase, EXPORT_PURPOSE,
				    file.data + sizeof(EXPORT_MAGIC) - 1,
				    file.len - (sizeof(EXPORT_MAGIC) - 1), &plain, err) < 0)
			return -1;
		lines = &plain;
	}
	if (lines->len == 0)
		return err_set(err, ERR_INPUT, "'%s' is empty", args[0]);
	if (cli_vault(cli, false, &vault, err) < 0 ||
	    import_lines(vault, lines->data, lines->len, &count, &kept, err) < 0)
		return -1;
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_object_object_add(o, "imported", json_object_new_int(count - kept));
		json_object_object_add(o, "kept", json_object_new_int(kept));
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("%d entr%s imported", count - kept, count - kept == 1 ? "y" : "ies");
	if (kept)
		output_line("%d left as %s: the vault has %s", kept, kept == 1 ? "it is" : "they are",
			    kept == 1 ? "a newer one" : "newer ones");
	return EXIT_DONE;
}

const struct command cmd_vault_import = {
	.name = "vault import",
	.args = "FILE",
	.summary = "take in an export; doing it twice does no harm",
	.details = "An entry that the vault has in a newer state stays as it is, also one that was\n"
		   "rejected since, so that doing it twice does no harm.  Among several matches an\n"
		   "imported one counts as stored last.  Names with control characters, and half\n"
		   "surrogate pairs, are refused.\n\n"
		   "FILE - is the standard input, for a plain export.",
	.min_args = 1,
	.max_args = 1,
	.local = true,
	.run = import,
};
