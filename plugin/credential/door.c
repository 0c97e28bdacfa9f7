/* SPDX-License-Identifier: MIT */
#include "door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "vault/life.h"

/* A relative path would mean the working folder, which may be a stranger's repository. */
static const char *absolute_env(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] == '/' ? value : NULL;
}

static int default_vault(char **out, struct err *err)
{
	const char *set = getenv("AISEARCH_VAULT");
	const char *data = absolute_env("XDG_DATA_HOME");
	const char *home = absolute_env("HOME");
	int n;

	if (set && set[0] && set[0] != '/') {
		err_set(err, ERR_CONFIG, "AISEARCH_VAULT is not an absolute path");
		return err_hint(err, "it would mean another file in every folder");
	}
	if (set && set[0])
		n = asprintf(out, "%s", set);
	else if (data)
		n = asprintf(out, "%s/aisearch/vault.db", data);
	else if (home)
		n = asprintf(out, "%s/.local/share/aisearch/vault.db", home);
	else {
		err_set(err, ERR_CONFIG, "there is no vault to look in: HOME is not set");
		return err_hint(err, "give --vault PATH or set AISEARCH_VAULT");
	}
	if (n >= 0)
		return 0;
	*out = NULL;
	return err_nomem(err);
}

/* The answer stays what it is. */
static void warn(const struct door *door, const struct err *why, const char *hint)
{
	fprintf(stderr, "%s: warning: %s\n  hint: %s\n", door->name ? door->name : "aisearch",
		why->what, hint);
}

int door_open(const struct door *door, bool read_only, struct vault **out, struct err *err)
{
	struct vault_config config = door->vault;
	scoped_free char *path = NULL;
	struct err told = { 0 };

	if (!config.path && default_vault(&path, err) < 0)
		return -1;
	if (!config.path)
		config.path = path;
	config.credentials_dir = absolute_env("CREDENTIALS_DIRECTORY");
	config.read_only = read_only;
	if (vault_open(&config, out, err) < 0)
		return -1;
	if (!vault_had_key(*out))
		return 0;
	err_set(&told, ERR_STORAGE,
		"vault '%s' was missing, though not its key: a new one was made",
		vault_path(*out));
	warn(door, &told, "if it was lost, restore a backup");
	return 0;
}

void door_no_vault(const struct door *door, const struct err *why)
{
	if (door->vault.path)
		warn(door, why, "is --vault right? a store would make it");
}

int door_put(const struct door *door, struct vault *vault, const struct vault_id *id,
	     const struct vault_value *value, const struct vault_meta *meta, struct err *err)
{
	struct vault_displaced old;
	struct err told = { 0 };

	if (vault_put_telling(vault, id, value, meta, clock_wall_s(door->clock), &old, err) < 0)
		return -1;
	if (!old.token_id[0])
		return 0;
	err_set(&told, ERR_NONE, "this takes the place of token %s, which is still alive",
		old.token_id);
	err_hint(&told, "aisearch token revoke %s %s", old.origin + strlen(LIFE_ORIGIN_MINT),
		 old.token_id);
	warn(door, &told, told.hint);
	return 0;
}

int door_no_mint(const struct door *door, struct err *err)
{
	if (!door->mint)
		return 0;
	err_set(err, ERR_USAGE, "--mint works with git's protocol only");
	return err_hint(err, "mint first (aisearch token mint), or leave it out");
}

int door_answer(const struct door *door, const struct buf *answer, struct err *err)
{
	for (size_t done = 0; done < answer->len;) {
		ssize_t n = write(door->out, answer->data + done, answer->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_STORAGE, errno, "cannot write the answer");
		done += (size_t)n;
	}
	return 0;
}
