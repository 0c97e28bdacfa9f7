/* SPDX-License-Identifier: MIT */
/* output_file.c -- a file for other programs, in place of stdout: the old one or the new. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "output.h"

int output_file_check(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return err_set(err, ERR_USAGE, "'%.80s' is there and is no file", path);
	return 0;
}

int output_file_begin(struct output_file *file, const char *path, struct err *err)
{
	if (output_file_check(path, err) < 0)
		return -1;
	file->path = strdup(path);
	if (!file->path || asprintf(&file->tmp, "%s.XXXXXX", path) < 0) {
		file->tmp = NULL;
		return err_nomem(err);
	}
	scoped_fd int fd = mkostemp(file->tmp, O_CLOEXEC);
	if (fd < 0) {
		err_errno(err, ERR_STORAGE, errno, "cannot write beside '%.80s'", path);
		free(STEAL(file->tmp));
		return -1;
	}
	fflush(stdout);
	if (dup2(fd, STDOUT_FILENO) < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot write '%.80s'", path);
	output_call(path);
	return 0;
}

int output_file_end(struct output_file *file, struct err *err)
{
	if (output_flush(err) < 0)
		return -1;
	if (fchmod(STDOUT_FILENO, 0644) < 0 || fsync(STDOUT_FILENO) < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot write '%.80s'", file->path);
	if (file_rename(file->tmp, file->path, err) < 0)
		return -1;
	free(STEAL(file->tmp));
	return 0;
}

void output_file_clear(struct output_file *file)
{
	if (file->tmp)
		unlink(file->tmp);
	free(file->tmp);
	free(file->path);
	memset(file, 0, sizeof(*file));
}
