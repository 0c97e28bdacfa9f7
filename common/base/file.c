/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int check_private(const struct stat *st, const char *path, bool folder, struct err *err)
{
	const char *kind = folder ? "folder" : "file";

	if (S_ISLNK(st->st_mode)) {
		err_set(err, ERR_CONFIG, "'%s' is a symbolic link, expected a %s", path, kind);
		return err_hint(err, "put a real %s in its place", kind);
	}
	if (folder ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode)) {
		err_set(err, ERR_CONFIG, "'%s' is not a %s", path,
			folder ? "folder" : "regular file");
		return err_hint(err, "move it away");
	}
	if (st->st_uid != geteuid()) {
		err_set(err, ERR_CONFIG, "%s '%s' belongs to user %ld, not to the current user %ld",
			kind, path, (long)st->st_uid, (long)geteuid());
		return err_hint(err, "chown %ld '%s'", (long)geteuid(), path);
	}
	if (st->st_mode & 077) {
		err_set(err, ERR_CONFIG, "%s '%s' is accessible to others (mode %04o)", kind, path,
			(unsigned)(st->st_mode & 07777));
		return err_hint(err, "chmod %s '%s'", folder ? "700" : "600", path);
	}
	return 0;
}

static int make_folders(char *path, struct err *err)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		int r = mkdir(path, 0700);
		int why = errno;
		if (r < 0 && why != EEXIST) {
			err_errno(err, ERR_STORAGE, why, "cannot make folder '%s'", path);
			if (slash)
				*slash = '/';
			return -1;
		}
		if (!slash)
			return 0;
		*slash = '/';
	}
}

int file_private_folder(const char *path, struct err *err)
{
	struct stat st;
	scoped_free char *copy = NULL;

	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			return err_errno(err, ERR_STORAGE, errno, "cannot look at '%s'", path);
		copy = strdup(path);
		if (!copy)
			return err_nomem(err);
		if (make_folders(copy, err) < 0)
			return -1;
		if (lstat(path, &st) < 0)
			return err_errno(err, ERR_STORAGE, errno, "cannot look at '%s'", path);
	}
	return check_private(&st, path, true, err);
}

int file_check_private(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE, errno,
				 "cannot look at '%s'", path);
	return check_private(&st, path, false, err);
}

int file_read_fd_secret(int fd, size_t max, bool line, struct secret **out, struct err *err)
{
	scoped_buf struct buf all = BUF(max + 1);
	char chunk[4096];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int why = errno;
			secret_wipe(chunk, sizeof(chunk));
			return err_errno(err, ERR_STORAGE, why, "cannot read");
		}
		if (n == 0)
			break;
		int r = buf_add(&all, chunk, (size_t)n);
		secret_wipe(chunk, (size_t)n);
		if (r < 0)
			return err_set(err, ERR_INPUT, "more than %zu bytes", max);
	}
	size_t len = all.len;
	if (line && len > 0 && all.data[len - 1] == '\n')
		len--;
	if (len > max)
		return err_set(err, ERR_INPUT, "more than %zu bytes", max);
	return secret_new(all.data, len, out, err);
}

/* O_NONBLOCK: a FIFO in the file's place must not hang us; regular files ignore it. */
static int open_regular(const char *path, int flags, struct stat *st, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);

	if (fd < 0) {
		enum err_kind kind = errno == ENOENT ? ERR_NOT_FOUND :
				     errno == ELOOP || errno == EACCES ? ERR_CONFIG : ERR_STORAGE;
		return err_errno(err, kind, errno, "cannot open '%s'", path);
	}
	if (fstat(fd, st) < 0) {
		int why = errno;
		close(fd);
		return err_errno(err, ERR_STORAGE, why, "cannot look at '%s'", path);
	}
	return fd;
}

int file_read_secret(const char *path, size_t max, bool line, struct secret **out,
		     struct err *err)
{
	struct stat st;

	if (file_check_private(path, err) < 0)
		return -1;
	scoped_fd int fd = open_regular(path, O_NOFOLLOW, &st, err);
	if (fd < 0)
		return -1;
	if (check_private(&st, path, false, err) < 0)
		return -1;
	if (file_read_fd_secret(fd, max, line, out, err) < 0)
		return err_context(err, "'%s'", path);
	return 0;
}

int file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	struct stat st;
	char chunk[16384];
	scoped_fd int fd = open_regular(path, 0, &st, err);

	if (fd < 0)
		return -1;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "'%s' is not a regular file", path);
	out->max = out->len + max;
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_STORAGE, errno, "cannot read '%s'", path);
		if (n == 0)
			return 0;
		int added = buf_add(out, chunk, (size_t)n);
		secret_wipe(chunk, (size_t)n);	/* it may be a key */
		if (added < 0)
			return err_set(err, ERR_INPUT, "'%s' is larger than %zu bytes", path, max);
	}
}

int file_sync_folder(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash)
		strcpy(folder, ".");
	else
		snprintf(folder, sizeof(folder), "%.*s",
			 slash == path ? 1 : (int)(slash - path), path);
	scoped_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot sync folder '%s'", folder);
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int put(const char *path, const void *data, size_t len, bool replace, struct err *err)
{
	char tmp[PATH_MAX];

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp))
		return err_set(err, ERR_CONFIG, "path '%s' is too long", path);
	scoped_fd int fd = mkostemp(tmp, O_CLOEXEC);	/* 0600 */
	if (fd < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot write beside '%s'", path);
	if (write_all(fd, data, len) < 0 || fsync(fd) < 0) {
		err_errno(err, ERR_STORAGE, errno, "cannot write '%s'", path);
		unlink(tmp);
		return -1;
	}
	if ((replace ? rename(tmp, path) : link(tmp, path)) < 0) {
		err_errno(err, errno == EEXIST ? ERR_EXISTS : ERR_STORAGE, errno,
			  "cannot put '%s' in place", path);
		unlink(tmp);
		return -1;
	}
	if (!replace)
		unlink(tmp);
	return file_sync_folder(path, err);
}

int file_replace(const char *path, const void *data, size_t len, struct err *err)
{
	return put(path, data, len, true, err);
}

int file_create(const char *path, const void *data, size_t len, struct err *err)
{
	return put(path, data, len, false, err);
}

int file_rename(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot put '%s' in place", to);
	return file_sync_folder(to, err);
}

int file_remove(const char *path, struct err *err)
{
	if (unlink(path) == 0)
		return file_sync_folder(path, err);
	return errno == ENOENT ? 0 : err_errno(err, ERR_STORAGE, errno, "cannot remove '%s'", path);
}
