/* SPDX-License-Identifier: MIT */
#include "provision/upload_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

struct walk {
	struct upload_scan *scan;
	void (*told)(void *ctx, const char *file, const struct err *why);
	void *ctx;
	char path[PATH_BYTES];	/* inside the folder */
};

void upload_scan_clear(struct upload_scan *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->files[i].key);
	free(s->files);
	if (s->fd >= 0)
		close(s->fd);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

static int add(struct upload_scan *s, const char *key, int64_t size, struct err *err)
{
	if (s->count == UPLOAD_FILES_MAX)
		return err_set(err, ERR_INPUT, "the folder has more than %d files", UPLOAD_FILES_MAX);
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct upload_file *more = reallocarray(s->files, room, sizeof(*more));

		if (!more)
			return err_nomem(err);
		s->files = more;
		s->room = room;
	}
	char *copy = strdup(key);
	if (!copy)
		return err_nomem(err);
	s->files[s->count++] = (struct upload_file){ copy, size };
	return 0;
}

static void tell(struct walk *w, int why)
{
	struct err err = { 0 };

	w->scan->unread++;
	err_errno(&err, ERR_INPUT, why, "cannot read it");
	if (w->told)
		w->told(w->ctx, w->path[0] ? w->path : ".", &err);
}

/* The folder fd is taken over; its path ends at w->path[len]. */
static int walk(struct walk *w, int fd, size_t len, int depth, struct err *err)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		close(fd);
		return err_nomem(err);
	}
	while (r == 0 && (entry = readdir(dir))) {
		size_t n = strlen(entry->d_name);
		struct stat st;

		if (entry->d_name[0] == '.')	/* also "." and ".." */
			continue;
		if (len + n + 2 > sizeof(w->path)) {
			tell(w, ENAMETOOLONG);
			continue;
		}
		memcpy(w->path + len, entry->d_name, n + 1);
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno != ENOENT)
				tell(w, errno);
		} else if (S_ISREG(st.st_mode)) {
			r = add(w->scan, w->path, st.st_size, err);
		} else if (S_ISDIR(st.st_mode) && depth == UPLOAD_DEPTH_MAX) {
			tell(w, ENAMETOOLONG);	/* as the path of what is in it will be */
		} else if (S_ISDIR(st.st_mode)) {
			int sub = openat(dirfd(dir), entry->d_name,
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (sub < 0) {
				tell(w, errno);
			} else {
				memcpy(w->path + len + n, "/", 2);
				r = walk(w, sub, len + n + 1, depth + 1, err);
			}
		}
		w->path[len] = '\0';
	}
	closedir(dir);
	return r;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct upload_file *)a)->key, ((const struct upload_file *)b)->key);
}

int upload_scan(const char *folder, void (*told)(void *ctx, const char *file, const struct err *why),
		void *ctx, struct upload_scan *out, struct err *err)
{
	struct walk w = { .scan = out, .told = told, .ctx = ctx };

	memset(out, 0, sizeof(*out));
	out->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_INPUT, errno,
				 "cannot open folder '%s'", folder);
	int fd = openat(out->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_INPUT, errno, "cannot open folder '%s'", folder);
	if (walk(&w, fd, 0, 0, err) < 0)
		return -1;
	if (out->count > 0)
		qsort(out->files, out->count, sizeof(*out->files), by_key);
	return 0;
}
