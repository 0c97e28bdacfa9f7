/* SPDX-License-Identifier: MIT */
#include "vault/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "vault/seal.h"

#define TEXT_LEN (2 * SEAL_KEY_BYTES + 1)	/* with its line feed */

static int decode(const char *text, size_t len, const char *path, struct secret **out,
		  struct err *err)
{
	scoped_secret struct secret *key = NULL;
	unsigned char *bytes = NULL;
	size_t got = 0;

	if (secret_alloc(SEAL_KEY_BYTES, &key, &bytes, err) < 0)
		return -1;
	/* the line feed at the end of a text key; a raw key may end in that byte */
	if (len == TEXT_LEN && text[len - 1] == '\n')
		len--;
	if (len == SEAL_KEY_BYTES) {
		memcpy(bytes, text, SEAL_KEY_BYTES);
	} else if (len != 2 * SEAL_KEY_BYTES ||
		   sodium_hex2bin(bytes, SEAL_KEY_BYTES, text, len, NULL, &got, NULL) < 0 ||
		   got != SEAL_KEY_BYTES) {
		err_set(err, ERR_STORAGE, "'%s' does not hold a vault key", path);
		return err_hint(err,
				"a key is 64 hex digits or 32 bytes; restore it from a backup");
	}
	*out = STEAL(key);
	return 0;
}

/* Not into a secret first: each takes its time to be made, and this is on the way of each get. */
static int read_key(int fd, const char *path, struct secret **out, struct err *err)
{
	char text[TEXT_LEN + 1];	/* one more byte, and it is no key */
	size_t len = 0;
	ssize_t n = 0;

	while (len < sizeof(text) && (n = read(fd, text + len, sizeof(text) - len)) != 0) {
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			break;
	}
	int r = n < 0 ? err_errno(err, ERR_STORAGE, errno, "cannot read vault key '%s'", path)
		      : decode(text, len, path, out, err);
	secret_wipe(text, sizeof(text));
	return r;
}

static int not_ours(const struct stat *st)
{
	return st->st_uid != 0 && st->st_uid != geteuid();
}

int key_load_credential(const char *folder, struct secret **out, struct err *err)
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

int key_load_file(const char *path, struct secret **out, struct err *err)
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

static int load(const struct key_source *from, struct secret **out, struct err *err)
{
	if (from->credentials_dir) {
		if (key_load_credential(from->credentials_dir, out, err) == 0)
			return 0;
		if (err->kind != ERR_NOT_FOUND)
			return -1;
	}
	return key_load_file(from->file, out, err);
}

int key_random(struct secret **out, struct err *err)
{
	unsigned char *bytes;

	if (sodium_init() < 0)
		return err_set(err, ERR_STORAGE, "libsodium could not be initialised");
	if (secret_alloc(SEAL_KEY_BYTES, out, &bytes, err) < 0)
		return -1;
	randombytes_buf(bytes, SEAL_KEY_BYTES);
	return 0;
}

#define TEXT_LEN (2 * SEAL_KEY_BYTES + 1)

static void as_text(const struct secret *key, char text[TEXT_LEN + 1])
{
	sodium_bin2hex(text, TEXT_LEN + 1, (const unsigned char *)secret_bytes(key),
		       SEAL_KEY_BYTES);
	text[TEXT_LEN - 1] = '\n';
}

int key_load_or_make(const struct key_source *from, struct secret **out, struct err *err)
{
	scoped_secret struct secret *fresh = NULL;
	char text[TEXT_LEN + 1];

	if (load(from, out, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND || key_random(&fresh, err) < 0)
		return -1;
	as_text(fresh, text);
	int r = file_create(from->file, text, TEXT_LEN, err);
	secret_wipe(text, sizeof(text));
	if (r < 0 && err->kind != ERR_EXISTS)
		return err_context(err, "vault key");
	return load(from, out, err);
}

int key_write(const char *path, const struct secret *key, struct err *err)
{
	char text[TEXT_LEN + 1];
	struct err ignored = { 0 };

	scoped_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, errno == EEXIST ? ERR_EXISTS : ERR_STORAGE, errno,
				 "cannot make key file '%s'", path);
	as_text(key, text);
	ssize_t n = write(fd, text, TEXT_LEN);
	int why = n < 0 ? errno : ENOSPC;
	secret_wipe(text, sizeof(text));
	if (n != TEXT_LEN || fsync(fd) < 0) {
		err_errno(err, ERR_STORAGE, n != TEXT_LEN ? why : errno,
			  "cannot write key file '%s'", path);
		file_remove(path, &ignored);
		return err_hint(err, "free some space on that disk and try again");
	}
	return file_sync_folder(path, err);
}
