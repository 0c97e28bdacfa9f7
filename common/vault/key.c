/* SPDX-License-Identifier: MIT */
#include "vault/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "vault/seal.h"

#define FILE_MAX 4096		/* a key is smaller; more is a wrong file */

static int decode(const struct secret *text, const char *path, struct secret **out,
		  struct err *err)
{
	scoped_secret struct secret *key = NULL;
	unsigned char *bytes = NULL;
	size_t got = 0;

	if (secret_alloc(SEAL_KEY_BYTES, &key, &bytes, err) < 0)
		return -1;
	if (secret_len(text) == SEAL_KEY_BYTES) {
		memcpy(bytes, secret_bytes(text), SEAL_KEY_BYTES);
	} else if (secret_len(text) != 2 * SEAL_KEY_BYTES ||
		   sodium_hex2bin(bytes, SEAL_KEY_BYTES, secret_bytes(text), secret_len(text), NULL,
				  &got, NULL) < 0 ||
		   got != SEAL_KEY_BYTES) {
		err_set(err, ERR_STORAGE, "'%s' does not hold a vault key", path);
		return err_hint(err, "a key is 64 hex digits or 32 bytes; restore it from a backup");
	}
	*out = STEAL(key);
	return 0;
}

/* Drops the line feed at the end of a text key; a raw key may end in that byte. */
static int read_key(int fd, const char *path, struct secret **out, struct err *err)
{
	scoped_secret struct secret *raw = NULL;
	scoped_secret struct secret *line = NULL;

	if (file_read_fd_secret(fd, FILE_MAX, false, &raw, err) < 0)
		return err_context(err, "vault key '%s'", path);
	size_t len = secret_len(raw);
	if (len == 2 * SEAL_KEY_BYTES + 1 && secret_bytes(raw)[len - 1] == '\n') {
		if (secret_new(secret_bytes(raw), len - 1, &line, err) < 0)
			return -1;
		return decode(line, path, out, err);
	}
	return decode(raw, path, out, err);
}

static int not_ours(const struct stat *st)
{
	return st->st_uid != 0 && st->st_uid != geteuid();
}

static int load_credential(const char *folder, struct secret **out, struct err *err)
{
	scoped_free char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/%s", folder, KEY_CREDENTIAL) < 0) {
		path = NULL;
		return err_nomem(err);
	}
	if (lstat(path, &st) < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE, errno,
				 "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_CONFIG, "vault key '%s' is not a regular file", path);
		return err_hint(err, "put a real file in its place");
	}
	scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, ERR_CONFIG, errno, "cannot open vault key '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode) || not_ours(&st) || (st.st_mode & 027)) {
		err_set(err, ERR_CONFIG, "vault key '%s' is open to others (owner %ld, mode %04o)",
			path, (long)st.st_uid, (unsigned)(st.st_mode & 07777));
		return err_hint(err, "chmod 400 '%s'; it belongs to root or to user %ld", path,
				(long)geteuid());
	}
	if (stat(folder, &st) < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot look at '%s'", folder);
	if (not_ours(&st) || (st.st_mode & 022)) {
		err_set(err, ERR_CONFIG, "others may write in credentials folder '%s'", folder);
		return err_hint(err, "chmod 500 '%s'; it belongs to root or to user %ld", folder,
				(long)geteuid());
	}
	return read_key(fd, path, out, err);
}

static int load_file(const char *path, struct secret **out, struct err *err)
{
	if (file_check_private(path, err) < 0)
		return err->kind == ERR_NOT_FOUND ? -1 : err_context(err, "vault key");
	/* as file_read_secret() opens it; that one would drop the last byte of a raw key */
	scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_CONFIG, errno,
				 "cannot open vault key '%s'", path);
	return read_key(fd, path, out, err);
}

int key_load(const struct key_source *from, struct secret **out, struct err *err)
{
	if (from->credentials_dir) {
		if (load_credential(from->credentials_dir, out, err) == 0)
			return 0;
		if (err->kind != ERR_NOT_FOUND)
			return -1;
	}
	return load_file(from->file, out, err);
}

int key_load_or_make(const struct key_source *from, struct secret **out, struct err *err)
{
	unsigned char raw[SEAL_KEY_BYTES];
	char text[2 * SEAL_KEY_BYTES + 2];

	if (key_load(from, out, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	if (sodium_init() < 0)
		return err_set(err, ERR_STORAGE, "libsodium could not be initialised");
	randombytes_buf(raw, sizeof(raw));
	sodium_bin2hex(text, sizeof(text), raw, sizeof(raw));
	text[2 * SEAL_KEY_BYTES] = '\n';
	int r = file_create(from->file, text, 2 * SEAL_KEY_BYTES + 1, err);
	secret_wipe(raw, sizeof(raw));
	secret_wipe(text, sizeof(text));
	if (r < 0 && err->kind != ERR_EXISTS)
		return err_context(err, "vault key");
	return key_load(from, out, err);
}
