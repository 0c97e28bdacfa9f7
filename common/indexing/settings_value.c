/* SPDX-License-Identifier: MIT */
/* settings_value.c -- may a single value stand there? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "indexing/settings_table.h"

#define HEADER_MAX 4096		/* bytes of one line */

int settings_check_printable(const char *text, struct err *err)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return err_set(err, ERR_CONFIG, "must not have control characters in it");
	return 0;
}

/* A relative name would be another file: collectd goes to its BaseDir after it was read. */
int settings_check_absolute(const char *path, struct err *err)
{
	if (path[0] == '/')
		return 0;
	return err_set(err, ERR_CONFIG, "'%.100s' is not an absolute path", path);
}

int settings_check_readable(const char *path, bool folder, struct err *err)
{
	struct stat st;
	scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, ERR_CONFIG, errno, "cannot read '%.150s'", path);
	if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, "'%.150s' is not a %s", path,
			       folder ? "folder" : "file");
	return 0;
}

#define TCHAR "!#$%&'*+-.^_`|~0123456789" \
	      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* The line may hold a secret: no message repeats more than the name of a header of ours. */
int settings_check_header(const char *line, struct err *err)
{
	static const char *const ours[] = { "Authorization", "Host", "Content-Length",
					    "Transfer-Encoding" };
	size_t name = strspn(line, TCHAR);

	if (settings_check_printable(line, err) < 0)
		return -1;
	if (strlen(line) > HEADER_MAX)
		return err_set(err, ERR_CONFIG, "is longer than %d bytes", HEADER_MAX);
	if (name == 0 || line[name] != ':') {
		err_set(err, ERR_CONFIG, "is not a name, a colon and a value");
		return err_hint(err, "Header \"X-Name: value\"");
	}
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strlen(ours[i]) != name || strncasecmp(line, ours[i], name) != 0)
			continue;
		err_set(err, ERR_CONFIG, "'%s' is not to be set, the plugin sends its own",
			ours[i]);
		return i == 0 ? err_hint(err, "for the token there is TokenFile or CredentialHelper") : -1;
	}
	/* libcurl would take that for the wish to send no such header at all */
	if (!line[name + 1 + strspn(line + name + 1, " ")])
		return err_set(err, ERR_CONFIG, "has no value after the colon");
	return 0;
}

int credential_command(const char *helper, char *out, size_t size, struct err *err)
{
	int n;

	if (helper[0] == '!')
		n = snprintf(out, size, "%s get", helper + 1);
	else if (helper[0] == '/')
		n = snprintf(out, size, "%s get", helper);
	else
		n = snprintf(out, size, "git-credential-%s get", helper);
	if (helper[0] == '\0' || (helper[0] == '!' && !helper[1]))
		return err_set(err, ERR_CONFIG, "the credential helper's name is empty");
	if (strpbrk(helper, "\r\n"))
		return err_set(err, ERR_CONFIG,
			       "the credential helper's name has a line end in it");
	if (n < 0 || (size_t)n >= size)
		return err_set(err, ERR_CONFIG, "the credential helper's command is too long");
	return 0;
}
