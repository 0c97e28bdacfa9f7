/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chunk.h"

#define MAX_DEPTH 48
#define MAX_FILES 1000000	/* the API's ceiling for an instance */

static int64_t mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static int add(struct scan *scan, const char *path, const struct stat *st)
{
	if (scan->n == scan->room) {
		size_t room = scan->room ? scan->room * 2 : 256;
		struct scan_file *more = realloc(scan->file, room * sizeof(*more));

		if (!more)
			return -1;
		scan->file = more;
		scan->room = room;
	}
	scan->file[scan->n] = (struct scan_file){ strdup(path), st->st_size, mtime_ns(st) };
	return scan->file[scan->n].path ? (scan->n++, 0) : -1;
}

/* Takes fd over. */
static void walk(struct scan *scan, int fd, char *path, size_t len, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		close(fd);
		return;
	}
	while (scan->n < MAX_FILES && (entry = readdir(dir))) {
		size_t name = strlen(entry->d_name);
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    len + name + 2 > 4096 || !valid_utf8(entry->d_name))
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		memcpy(path + len, entry->d_name, name + 1);
		if (S_ISREG(st.st_mode)) {
			if (add(scan, path, &st) < 0)
				break;
		} else if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH) {
			int sub = openat(dirfd(dir), entry->d_name,
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			path[len + name] = '/';
			if (sub >= 0)
				walk(scan, sub, path, len + name + 1, depth + 1);
		}
	}
	closedir(dir);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct scan_file *)a)->path, ((const struct scan_file *)b)->path);
}

int scan_folder(const char *root, struct scan *scan)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[4097];

	*scan = (struct scan){ 0 };
	if (fd < 0)
		return -1;
	walk(scan, fd, path, 0, 0);
	if (scan->n)
		qsort(scan->file, scan->n, sizeof(scan->file[0]), by_path);
	return 0;
}

void scan_clear(struct scan *scan)
{
	for (size_t i = 0; i < scan->n; i++)
		free(scan->file[i].path);
	free(scan->file);
	*scan = (struct scan){ 0 };
}

/* Opens one component after the other, so that none may be a link or lead up. */
static int open_below(const char *root, const char *path)
{
	int at = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (at >= 0) {
		size_t len = strcspn(path, "/");
		bool last = !path[len];
		char name[256];
		int next;

		if (!len || len >= sizeof(name) || (len <= 2 && !strncmp(path, "..", len))) {
			close(at);
			errno = ENOENT;
			return -1;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		next = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
				       (last ? 0 : O_DIRECTORY));
		close(at);
		if (last)
			return next;
		at = next;
		path += len + 1;
	}
	return -1;
}

int scan_read(const char *root, const char *path, size_t max, struct buf *out, int64_t *size,
	      int64_t *mtime)
{
	scoped_fd int fd = open_below(root, path);
	char piece[65536];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = ENOENT;
		return -1;
	}
	*size = st.st_size;
	*mtime = mtime_ns(&st);
	buf_reset(out);
	if (st.st_size > (off_t)max) {
		errno = EFBIG;
		return -1;
	}
	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		if (out->len + (size_t)n > max) {
			errno = EFBIG;
			return -1;
		}
		if (buf_add(out, piece, (size_t)n) < 0) {
			errno = ENOMEM;
			return -1;
		}
	}
	return n < 0 ? -1 : 0;
}
