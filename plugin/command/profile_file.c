/* SPDX-License-Identifier: MIT */
#include "profile_file.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "lock.h"

#define LOCK_WAIT_MS 10000

static int check_path(const struct cli *cli, struct err *err)
{
	if (cli->profiles_path)
		return 0;
	err_set(err, ERR_CONFIG, "there is no place for profiles: HOME is not set");
	return err_hint(err, "set HOME or XDG_CONFIG_HOME to an absolute path");
}

static int folder(const struct cli *cli, struct err *err)
{
	scoped_free char *copy = strdup(cli->profiles_path);

	if (!copy)
		return err_nomem(err);
	*strrchr(copy, '/') = '\0';
	return file_private_folder(copy, err);
}

int profile_file_read(const struct cli *cli, struct profiles *out, struct err *err)
{
	/* no secret in it, but read as private as one: others could widen what is minted */
	scoped_secret struct secret *text = NULL;

	if (check_path(cli, err) < 0)
		return -1;
	if (file_read_secret(cli->profiles_path, PROFILE_FILE_MAX, false, &text, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		*err = (struct err){ 0 };
		return 0;
	}
	if (folder(cli, err) < 0)
		return -1;
	if (profiles_decode(secret_bytes(text), secret_len(text), out, err) < 0)
		return err_context(err, "'%s'", cli->profiles_path);
	return 0;
}

int profile_file_lock(const struct cli *cli, int *fd, struct err *err)
{
	scoped_free char *path = NULL;

	if (check_path(cli, err) < 0 || folder(cli, err) < 0)
		return -1;
	if (asprintf(&path, "%s.lock", cli->profiles_path) < 0) {
		path = NULL;
		return err_nomem(err);
	}
	return lock_take(path, LOCK_WAIT_MS, NULL, NULL, fd, err);
}

int profile_file_write(const struct cli *cli, const struct profiles *profiles, struct err *err)
{
	scoped_buf struct buf text = BUF(PROFILE_FILE_MAX);

	if (profiles_encode(profiles, &text, err) < 0)
		return err_context(err, "the profiles are more than %d bytes", PROFILE_FILE_MAX);
	return file_replace(cli->profiles_path, text.data, text.len, err);
}

int profile_file_find(const struct cli *cli, const char *name, struct profile *out,
		      struct err *err)
{
	scoped_profiles struct profiles all = { 0 };

	if (profile_check_name(name, err) < 0 || profile_file_read(cli, &all, err) < 0)
		return -1;
	struct profile *found = profiles_find(&all, name);
	if (!found) {
		err_set(err, ERR_NOT_FOUND, "there is no profile '%s'", name);
		return err_hint(err, "aisearch token profile add %s ..., or list", name);
	}
	*out = *found;
	memset(found, 0, sizeof(*found));
	return 0;
}
