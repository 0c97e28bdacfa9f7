/* SPDX-License-Identifier: MIT */
#include "door.h"

#include <string.h>

#include "base/buf.h"
#include "query.h"

#define ANSWER_MAX (4 * 1024 * 1024)

/* Stands for the user of an entry that has none: git would prompt for one. */
#define NOBODY "aisearch"

/* The protocol has no quoting: a value that would end its line is not sent at all. */
static int add(struct buf *answer, const char *key, const char *value, size_t len,
	       struct err *err)
{
	if (memchr(value, '\n', len) || memchr(value, '\r', len) || memchr(value, '\0', len))
		return err_set(err, ERR_STORAGE, "the stored %s holds a line break or a NUL byte",
			       key);
	buf_adds(answer, key);
	buf_add(answer, "=", 1);
	buf_add(answer, value, len);
	return buf_add(answer, "\n", 1) < 0 ? err_nomem(err) : 0;
}

static int add_text(struct buf *answer, const char *key, const char *value, struct err *err)
{
	return add(answer, key, value, strlen(value), err);
}

static int add_secret(struct buf *answer, const char *key, const struct secret *value,
		      struct err *err)
{
	return value ? add(answer, key, secret_bytes(value), secret_len(value), err) : 0;
}

static int compose(const struct query *q, const struct vault_item *item, int64_t now,
		   struct buf *answer, struct err *err)
{
	bool expired = item->expires_at > 0 && item->expires_at <= now;

	if (!q->username &&
	    add_text(answer, "username", item->username ? item->username : NOBODY, err) < 0)
		return -1;
	if (!expired && add_secret(answer, "password", item->secret, err) < 0)
		return -1;
	if (!expired && item->expires_at > 0)
		buf_addf(answer, "password_expiry_utc=%lld\n", (long long)item->expires_at);
	/* also of an expired one: git hands it to the next helper, which may refresh it */
	if (add_secret(answer, "oauth_refresh_token", item->refresh, err) < 0)
		return -1;
	return answer->failed ? err_nomem(err) : 0;
}

static int get(const struct door *door, struct err *err)
{
	scoped_query struct query q = { 0 };
	scoped_vault struct vault *vault = NULL;
	scoped_vault_item struct vault_item *item = NULL;
	scoped_buf struct buf answer = BUF(ANSWER_MAX);

	if (query_read(door->in, &q, err) < 0)
		return -1;
	const struct vault_id id = query_id(&q);
	if (door_open(door, true, &vault, err) < 0 ||
	    vault_get(vault, &id, false, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (compose(&q, item, clock_wall_s(door->clock), &answer, err) < 0)
		return -1;
	return door_answer(door, &answer, err);
}

static int store(const struct door *door, struct err *err)
{
	scoped_query struct query q = { 0 };
	scoped_vault struct vault *vault = NULL;

	if (query_read(door->in, &q, err) < 0)
		return -1;
	/* git tells every helper about every success, also what is none of our business */
	if (!q.username || !q.password || q.ephemeral)
		return 0;
	const struct vault_id id = query_id(&q);
	const struct vault_meta meta = { .expires_at = q.expires_at, .origin = "git" };
	const struct vault_value value = { .secret = q.password, .refresh = q.refresh };
	if (door_open(door, false, &vault, err) < 0 ||
	    vault_put(vault, &id, &value, &meta, clock_wall_s(door->clock), err) < 0)
		return err_context(err, "not stored");
	return 0;
}

static int erase(const struct door *door, struct err *err)
{
	scoped_query struct query q = { 0 };
	scoped_vault struct vault *look = NULL;
	scoped_vault struct vault *vault = NULL;

	if (query_read(door->in, &q, err) < 0)
		return -1;
	const struct vault_id id = query_id(&q);
	const struct vault_value only = { .secret = q.password, .bearer = q.credential };
	/* nothing is made for the sake of taking something away */
	if (door_open(door, true, &look, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : err_context(err, "not erased");
	vault_close(STEAL(look));
	if (door_open(door, false, &vault, err) < 0 ||
	    vault_reject(vault, &id, &only, clock_wall_s(door->clock), NULL, err) < 0)
		return err_context(err, "not erased");
	return 0;
}

static int capability(const struct door *door, struct err *err)
{
	scoped_buf struct buf answer = BUF(ANSWER_MAX);

	/* no line `capability authtype`: this version keeps user names and passwords only */
	buf_adds(&answer, "version 0\n");
	return door_answer(door, &answer, err);
}

struct operation {
	const char *name;
	int (*run)(const struct door *door, struct err *err);
};

static const struct operation operations[] = {
	{ "get", get },
	{ "store", store },
	{ "erase", erase },
	{ "capability", capability },
};

static int run(const struct door *door, int count, char **words, struct err *err)
{
	if (count != 1)	/* none, or words after it: options come first */
		return err_set(err, ERR_USAGE, "one operation is needed: get, store, erase or capability");
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, words[0]))
			return operations[i].run(door, err);
	return 0;	/* a word that is not (yet) one of git's: to be ignored quietly */
}

const struct protocol protocol_git = { "git", "git-credential-aisearch", run };
