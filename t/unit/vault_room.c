/* SPDX-License-Identifier: MIT */
#include "vault_room.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char folder[256];
char db[300];

static int gone(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void clean(void)
{
	if (folder[0])
		nftw(folder, gone, 8, FTW_DEPTH | FTW_PHYS);
	folder[0] = '\0';
}

struct vault *fresh(void)
{
	struct vault *v = NULL;
	struct err err = { 0 };
	const char *tmp = getenv("TMPDIR");

	clean();
	snprintf(folder, sizeof(folder), "%s/aisearch-unit.XXXXXX", tmp ? tmp : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(db, sizeof(db), "%s/data/vault.db", folder);
	const struct vault_config config = { .path = db };
	int r = vault_open(&config, &v, &err);
	if (r < 0)
		unit_note("%s (%s)", err.what, err.hint);
	CU_ASSERT_EQUAL_FATAL(r, 0);
	return v;
}

struct secret *text(const char *s)
{
	struct secret *out = NULL;
	struct err err = { 0 };

	if (s)
		CU_ASSERT_EQUAL_FATAL(secret_new(s, strlen(s), &out, &err), 0);
	return out;
}

int put(struct vault *v, struct vault_id id, const char *secret, const char *refresh,
	struct vault_meta meta, int64_t now)
{
	scoped_secret struct secret *s = text(secret);
	scoped_secret struct secret *r = text(refresh);
	struct err err = { 0 };

	return vault_put(v, &id, &(struct vault_value){ .secret = s, .refresh = r }, &meta,
			 now, &err);
}

const char *got(struct vault *v, struct vault_id query, struct vault_item **item)
{
	struct err err = { 0 };

	vault_item_free(*item);
	*item = NULL;
	if (vault_get(v, &query, 0, item, &err) < 0)
		return err.kind == ERR_NOT_FOUND ? NULL : "(an error)";
	return secret_bytes((*item)->secret);
}
