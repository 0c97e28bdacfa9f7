/* SPDX-License-Identifier: MIT */
/*
 * cmd_print.c -- the one command that hands a token's value out, to a program: a pipe, a
 * descriptor or a private file, never an argument and not to a terminal by mistake.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "command.h"
#include "mint.h"
#include "output.h"
#include "profile_file.h"

#define DESCRIPTOR_MAX 65535

/* The profile's own entry, as mint_ensure() left it. */
static int from_vault(struct cli *cli, const struct profile *p, struct secret **out,
		      struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	struct vault_id id = profile_identity(p);
	char origin[PROFILE_ORIGIN_SIZE];
	struct vault *vault;

	if (!id.path)
		id.path = vault_no_path;	/* NULL would be any */
	profile_origin(p, origin);
	if (cli_vault(cli, true, &vault, err) < 0 || vault_get(vault, &id, 0, &item, err) < 0)
		return -1;
	const bool own = item->origin && !strcmp(item->origin, origin);
	if (!own || !item->secret || life_over(item->expires_at, clock_wall_s(&clock_system)))
		return err_set(err, ERR_NOT_FOUND, "the vault has no valid token by profile '%s'",
			       p->name);
	*out = STEAL(item->secret);
	return 0;
}

static int by_profile(struct cli *cli, const char *name, struct secret **out, struct err *err)
{
	scoped_profile struct profile profile = { 0 };
	struct ondemand_token token;
	struct err why = { 0 };
	enum mint_how how;

	if (profile_file_find(cli, name, &profile, err) < 0 ||
	    mint_use_profile(cli, &profile, err) < 0)
		return -1;
	int r = mint_ensure(cli, &profile, false, false, &how, &token, &why);
	/* what is past its half, but valid, serves while the API does not */
	if (from_vault(cli, &profile, out, err) == 0)
		r = 0;
	else if (r < 0)
		*err = why;
	else
		r = -1;
	/* they were borrowed from the profile */
	cli->s.url = cli->s.account = cli->s.ca_cert = NULL;
	return r;
}

static int find(struct cli *cli, const char *what, struct secret **out, struct err *err)
{
	if (!strncmp(what, LIFE_ORIGIN_MINT, strlen(LIFE_ORIGIN_MINT)))
		return by_profile(cli, what + strlen(LIFE_ORIGIN_MINT), out, err);
	if (strcmp(what, "creator") && strcmp(what, "manager") && strncmp(what, "service:", 8)) {
		err_set(err, ERR_USAGE, "there is no such token");	/* it may be a pasted one */
		return err_hint(err, "creator, manager, service:NAME or mint:PROFILE");
	}
	if (cli_account(cli, err) < 0)
		return -1;
	return strcmp(what, "manager") ? cli_token(cli, what, out, err)
				       : cli_manager_token(cli, out, err);
}

static int check_descriptor(const struct cli *cli, int fd, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if ((flags < 0 || (flags & O_ACCMODE) == O_RDONLY) && !cli->s.header_file)
		return err_set(err, ERR_STORAGE, "stdout is closed");
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
		err_set(err, ERR_USAGE, "descriptor %d is not open for writing", fd);
		return err_hint(err, "a file whose name is a number is ./%d", fd);
	}
	if (!isatty(fd) || cli->s.force)
		return 0;
	err_set(err, ERR_USAGE, "that is a terminal: the token would stay on its screen");
	return err_hint(err, "send it into a pipe or a file, or give --force");
}

/* The number that text is; -1 when it is a path. */
static int as_descriptor(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || text[digits] || digits > 5)
		return -1;
	int fd = atoi(text);
	return fd <= DESCRIPTOR_MAX ? fd : -1;
}

/* What is there is replaced as a whole; only a file of ours is. */
static int check_file(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(err, ERR_STORAGE, errno,
						       "cannot look at '%s'", path);
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid())
		return 0;
	err_set(err, ERR_CONFIG, "'%s' is %s", path, S_ISLNK(st.st_mode) ? "a symbolic link" :
		S_ISREG(st.st_mode) ? "somebody else's" : "not a regular file");
	return err_hint(err, "name a file of your own, or a descriptor's number");
}

/* Not by json-c, whose memory is not wiped. */
static void add_json(struct buf *text, const char *name, const struct secret *token)
{
	buf_adds(text, "{\"name\":");
	buf_add_json(text, name, strlen(name));
	buf_adds(text, ",\"value\":");
	buf_add_json(text, secret_bytes(token), secret_len(token));
	buf_adds(text, "}\n");
}

static int print(struct cli *cli, int n, char **args, struct err *err)
{
	const char *file = cli->s.header_file, *what = n > 0 ? args[0] : "manager";
	int fd = file ? as_descriptor(file) : STDOUT_FILENO;
	scoped_secret struct secret *token = NULL;
	scoped_buf struct buf text = BUF(16384);

	if (file && cli->s.json)
		return err_set(err, ERR_USAGE, "--header-file writes a header line, not JSON");
	/* before anything is minted */
	if ((fd >= 0 ? check_descriptor(cli, fd, err) : check_file(file, err)) < 0 ||
	    find(cli, what, &token, err) < 0 ||
	    secret_check_token(token, err) < 0)
		return -1;
	if (cli->s.json) {
		add_json(&text, what, token);
	} else {
		buf_adds(&text, file ? "Authorization: Bearer " : "");
		buf_add(&text, secret_bytes(token), secret_len(token));
		buf_adds(&text, "\n");
	}
	if (text.failed)
		return err_nomem(err);
	if (fd >= 0)
		return output_secret(fd, text.data, text.len, err) < 0 ? -1 : EXIT_DONE;
	return file_replace(file, text.data, text.len, err) < 0 ? -1 : EXIT_DONE;
}

static const struct option options[] = {
	{ "header-file", 0, OPTION_TEXT, "FD|PATH", "an Authorization line, to a descriptor or a 0600 file",
	  OPTION_TO(header_file), 0, 0 },
	{ "force", 0, OPTION_FLAG, NULL, "print to a terminal as well", OPTION_TO(force), 0, 0 },
	{ 0 },
};

const struct command cmd_token_print = {
	.name = "token print",
	.args = "[ROLE]",
	.summary = "print a token's value, for a program to read",
	.details = "The value and a line feed; with --json an object with name and value.  ROLE is\n"
		   "manager (the default), creator, service:NAME, or mint:PROFILE, which is minted when\n"
		   "necessary.\n\n"
		   "With --header-file it writes the line \"Authorization: Bearer VALUE\" instead, as\n"
		   "\"curl -H @FILE\" takes it.  A number is an open descriptor, anything else a file,\n"
		   "which is replaced as a whole and readable by its owner only.  A symbolic link, a\n"
		   "file of another user and anything but a regular file are refused, and so is a\n"
		   "terminal without --force.",
	.examples = "  aisearch token print mint:ci --header-file auth && curl -H @auth https://...",
	.options = options,
	.max_args = 1,
	.hushed = true,
	.run = print,
};
