/* SPDX-License-Identifier: MIT */
#include "door.h"

#include <string.h>

#include "base/buf.h"
#include "mint.h"
#include "query.h"

#define ANSWER_MAX (4 * 1024 * 1024)

/* Stands for the user of an entry that has none: git would prompt for one. */
#define NOBODY "aisearch"

/* Git would print it, and a vault of an older version may have it. */
static int check_shown(const char *key, const char *value, struct err *err)
{
	for (const char *c = value; *c; c++) {
		if ((unsigned char)*c >= 0x20 && *c != 0x7f)
			continue;
		err_set(err, ERR_STORAGE, "the stored %s contains a control character", key);
		return err_hint(err, "find its row and erase it: aisearch vault list");
	}
	return 0;
}

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
	return check_shown(key, value, err) < 0 ? -1 : add(answer, key, value, strlen(value), err);
}

static int add_secret(struct buf *answer, const char *key, const struct secret *value,
		      struct err *err)
{
	return value ? add(answer, key, secret_bytes(value), secret_len(value), err) : 0;
}

/*
 * One form, or neither: given both, git sends the bearer only and never tries the
 * password.  Without the capability a bearer is poison: git takes it, asks nobody else
 * and does not send it.
 */
enum form { NOTHING, PASSWORD, BEARER };

static enum form choose_form(const struct query *q, const struct vault_item *item, int64_t now)
{
	if (item->expires_at > 0 && item->expires_at <= now)
		return NOTHING;
	if (q->password || q->credential)
		return NOTHING;
	return q->can_authtype && item->bearer ? BEARER : item->secret ? PASSWORD : NOTHING;
}

/* The request is in the middle of an exchange of another kind (NTLM, Negotiate). */
static bool is_taken(const struct query *q, const struct vault_item *item)
{
	return q->can_authtype && q->authtype &&
	       (!item->bearer || strcmp(q->authtype, item->authtype) != 0);
}

static int compose(const struct query *q, const struct vault_item *item, enum form form,
		   struct buf *answer, struct err *err)
{
	if (form == BEARER) {
		buf_adds(answer, "capability[]=authtype\n");	/* before what depends on it */
		if (add_text(answer, "authtype", item->authtype, err) < 0 ||
		    add_secret(answer, "credential", item->bearer, err) < 0)
			return -1;
	}
	const char *user = item->username ? item->username : form == PASSWORD ? NOBODY : NULL;
	if (!q->username && user && add_text(answer, "username", user, err) < 0)
		return -1;
	if (form == PASSWORD && add_secret(answer, "password", item->secret, err) < 0)
		return -1;
	if (form != NOTHING && item->expires_at > 0)
		buf_addf(answer, "password_expiry_utc=%lld\n", (long long)item->expires_at);
	/*
	 * Also of an expired one: git hands it to the next helper, which may refresh it.
	 * One that an earlier helper found gives way to ours only with its secret.
	 */
	if ((form != NOTHING || !q->refresh) &&
	    add_secret(answer, "oauth_refresh_token", item->refresh, err) < 0)
		return -1;
	return answer->failed ? err_nomem(err) : 0;
}

/* What the vault has; *vault stays NULL when the profile's minter looked there. */
static int find(const struct door *door, const struct vault_id *id, unsigned want,
		struct vault **vault, struct vault_item **out, struct err *err)
{
	if (door->mint)
		return mint_get(door, id, want, out, err);
	if (door_open(door, true, vault, err) == 0)
		return vault_get_valid(*vault, id, want, clock_wall_s(door->clock), out, err);
	if (err->kind == ERR_NOT_FOUND)
		door_no_vault(door, err);
	return -1;
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
	const unsigned want = q.can_authtype ? VAULT_WANT_BEARER : 0;
	if (find(door, &id, want, &vault, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (is_taken(&q, item))
		return 0;
	const int64_t now = clock_wall_s(door->clock);
	const enum form form = choose_form(&q, item, now);
	if (compose(&q, item, form, &answer, err) < 0 || door_answer(door, &answer, err) < 0)
		return -1;
	if (form != NOTHING && vault)
		vault_note_use(vault, item, now);
	return 0;
}

/* git was told that an entry without a user is NOBODY's, and says so ever after. */
static bool is_nobody(const struct query *q)
{
	return q->username && !strcmp(q->username, NOBODY) && q->password;
}

/* 1 when the password is that of an entry without a user: nothing new to be stored. */
static int is_nameless(struct vault *vault, const struct query *q, struct err *err)
{
	const struct vault_id nobody = { q->protocol, q->host, q->path, vault_no_user };
	scoped_vault_item struct vault_item *item = NULL;

	if (vault_get(vault, &nobody, 0, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	return item->secret && secret_equal(item->secret, q->password);
}

static int store(const struct door *door, struct err *err)
{
	scoped_query struct query q = { 0 };
	scoped_vault struct vault *vault = NULL;

	if (query_read(door->in, &q, err) < 0)
		return -1;
	const bool bearer = q.can_authtype && q.authtype && q.credential;
	const struct vault_value value = {
		.secret = q.username ? q.password : NULL,
		.bearer = bearer ? q.credential : NULL,
		.authtype = bearer ? q.authtype : NULL,
		.refresh = q.refresh,
	};
	/* git tells every helper about every success, also what is none of our business */
	if (q.ephemeral || (!value.secret && !value.bearer))
		return 0;
	const struct vault_id id = query_id(&q);
	const struct vault_meta meta = { .expires_at = q.expires_at, .origin = "git" };
	if (door_open(door, false, &vault, err) < 0)
		return err_context(err, "not stored");
	int known = is_nobody(&q) && !bearer ? is_nameless(vault, &q, err) : 0;
	if (known > 0)
		return 0;
	if (known < 0 || door_put(door, vault, &id, &value, &meta, err) < 0)
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
	struct vault_id id = query_id(&q);
	/* with or without the capability: who names a secret wants no other one gone */
	const struct vault_value only = { .secret = q.password, .bearer = q.credential };
	/* nothing is made for the sake of taking something away */
	if (door_open(door, true, &look, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return err_context(err, "not erased");
		door_no_vault(door, err);
		return 0;
	}
	int nameless = is_nobody(&q) ? is_nameless(look, &q, err) : 0;
	vault_close(STEAL(look));
	if (nameless < 0)
		return err_context(err, "not erased");
	if (nameless > 0)
		id.username = vault_no_user;
	if (door->mint)
		return mint_reject(door, &id, &only, err);
	if (door_open(door, false, &vault, err) < 0 ||
	    vault_reject(vault, &id, &only, clock_wall_s(door->clock), NULL, err) < 0)
		return err_context(err, "not erased");
	return 0;
}

static int capability(const struct door *door, struct err *err)
{
	scoped_buf struct buf answer = BUF(ANSWER_MAX);

	/* no `state`: what we handed out is told by comparing it */
	buf_adds(&answer, "version 0\ncapability authtype\n");
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
		return err_set(err, ERR_USAGE,
			       "one operation is needed: get, store, erase or capability");
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, words[0]))
			return operations[i].run(door, err);
	return 0;	/* a word that is not (yet) one of git's: to be ignored quietly */
}

const struct protocol protocol_git = {
	.name = "git",
	.program = "git-credential-aisearch",
	.run = run,
};
