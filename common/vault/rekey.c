/* SPDX-License-Identifier: MIT */
/*
 * Another key for everything.  With a key file, the new one is on disk under a second
 * name before the transaction that seals with it commits, and takes the first name
 * after it; who opens the vault in between finds the one that fits (unlock.c).  All
 * of it happens under the write lock, so that two rekeys never mix their files.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "vault/db.h"
#include "vault/key.h"
#include "vault/keyring.h"
#include "vault/passphrase.h"

static int entry_damaged(const struct vault *v, const struct vault_id *id, int64_t seq,
			 struct err *err)
{
	err_set(err, ERR_STORAGE, "row %lld, for %s://%s, in vault '%s' does not open; nothing was"
		" changed", (long long)seq, id->protocol, id->host, v->path);
	return err_hint(err, "erase it (aisearch vault erase %lld), or restore a backup",
			(long long)seq);
}

struct columns { struct secret *secret, *refresh, *bearer; };

static void clear_columns(struct columns *c)
{
	secret_free(c->secret);
	secret_free(c->refresh);
	secret_free(c->bearer);
}

static int seal_one(const struct secret *key, const struct vault_id *id, struct db_version *version,
		    const char *field, const struct secret *plain, sqlite3_stmt *put, int at,
		    struct buf *sealed, struct err *err)
{
	const struct seal_context context = db_context(id, version, field);

	if (!plain)
		return 0;	/* an unbound parameter is NULL */
	if (seal(key, &context, plain, sealed, err) < 0)
		return -1;
	return sqlite3_bind_blob64(put, at, sealed->data, sealed->len, SQLITE_STATIC) == SQLITE_OK ?
	       0 : err_nomem(err);
}

/* The row that stmt stands on. */
static int reseal_row(const struct vault *v, const struct secret *fresh, sqlite3_stmt *row,
		      sqlite3_stmt *put, struct err *err)
{
	SCOPED(clear_columns) struct columns c = { 0 };
	scoped_buf struct buf secret = BUF(SECRET_MAX + SEAL_OVERHEAD);
	scoped_buf struct buf refresh = BUF(SECRET_MAX + SEAL_OVERHEAD);
	scoped_buf struct buf bearer = BUF(SECRET_MAX + SEAL_OVERHEAD);
	const struct vault_id id = {
		(const char *)sqlite3_column_text(row, 1), (const char *)sqlite3_column_text(row, 2),
		(const char *)sqlite3_column_text(row, 3), (const char *)sqlite3_column_text(row, 4),
	};
	struct db_version version = {
		sqlite3_column_int64(row, 5), sqlite3_column_int64(row, 6),
		(const char *)sqlite3_column_text(row, 7),
		(const char *)sqlite3_column_text(row, 8), { "", "" },
	};

	if (db_open_column(v, &id, &version, row, 9, "secret", &c.secret, err) < 0 ||
	    db_open_column(v, &id, &version, row, 10, "refresh", &c.refresh, err) < 0 ||
	    db_open_column(v, &id, &version, row, 11, "bearer", &c.bearer, err) < 0)
		return -1;
	if ((sqlite3_column_type(row, 9) != SQLITE_NULL && !c.secret) ||
	    (sqlite3_column_type(row, 10) != SQLITE_NULL && !c.refresh) ||
	    (sqlite3_column_type(row, 11) != SQLITE_NULL && !c.bearer))
		return entry_damaged(v, &id, sqlite3_column_int64(row, 0), err);
	randombytes_buf(&version.serial, sizeof(version.serial));
	sqlite3_reset(put);
	sqlite3_clear_bindings(put);
	sqlite3_bind_int64(put, 1, sqlite3_column_int64(row, 0));
	sqlite3_bind_int64(put, 2, version.serial);
	if (seal_one(fresh, &id, &version, "secret", c.secret, put, 3, &secret, err) < 0 ||
	    seal_one(fresh, &id, &version, "refresh", c.refresh, put, 4, &refresh, err) < 0 ||
	    seal_one(fresh, &id, &version, "bearer", c.bearer, put, 5, &bearer, err) < 0)
		return -1;
	int r = db_run(v, put, err);
	sqlite3_reset(put);
	sqlite3_clear_bindings(put);	/* they point to what ends here */
	return r;
}

/* One row at a time: what is written is not walked at the same moment, and memory stays small. */
static int reseal_all(const struct vault *v, const struct secret *fresh, int *count,
		      struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	scoped_stmt sqlite3_stmt *put = NULL;
	sqlite3_int64 last = INT64_MIN;
	int rc;

	*count = 0;
	if (db_prepare(v,
		       "SELECT seq, protocol, host, path, username, serial, expires_at, token_id,"
		       " authtype, secret, refresh, bearer FROM credential WHERE seq>?1 ORDER BY seq"
		       " LIMIT 1", &row, err) < 0 ||
	    db_prepare(v, "UPDATE credential SET serial=?2, secret=?3, refresh=?4, bearer=?5"
		       " WHERE seq=?1", &put, err) < 0)
		return -1;
	for (;;) {
		sqlite3_bind_int64(row, 1, last);
		rc = sqlite3_step(row);
		if (rc == SQLITE_DONE)
			return 0;
		if (rc != SQLITE_ROW)
			return db_err(v, "read", err);
		last = sqlite3_column_int64(row, 0);
		if (reseal_row(v, fresh, row, put, err) < 0)
			return -1;
		sqlite3_reset(row);
		++*count;
	}
}

struct plan {
	bool passphrase;	/* the vault keeps its key under one */
	bool made;		/* the key file under its second name: goes when this fails */
	char *beside;		/* that name */
	struct secret *fresh;
	unsigned char fingerprint[SEAL_FINGERPRINT_BYTES];
	struct buf wrapped;
};

struct reach {
	const struct vault *vault;
	const struct plan *plan;
};

static void clear_plan(struct plan *p)
{
	free(p->beside);
	secret_free(p->fresh);
	buf_clear(&p->wrapped);
}

/*
 * Under the write lock, which SQLite lets go of when a full disk made it undo the
 * transaction by itself: another rekey may have come in between with a file of the
 * same name.
 */
static void remove_waste(struct reach *r)
{
	scoped_secret struct secret *there = NULL;
	struct err ignored = { 0 };
	sqlite3 *db = r->vault->db;

	if (!r->plan->made || (sqlite3_get_autocommit(db) &&
			       sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK))
		return;
	if (key_load_file(r->plan->beside, &there, &ignored) == 0 && r->plan->fresh &&
	    secret_equal(there, r->plan->fresh))
		file_remove(r->plan->beside, &ignored);
}

static int no_place(const struct vault *v, struct err *err)
{
	err_set(err, ERR_CONFIG,
		"the key of vault '%s' comes from %s, which cannot be replaced from"
		" here", v->path, v->key_from == VAULT_KEY_RING ? "the kernel keyring" :
		"the service's credential");
	return err_hint(err, "add --new-key-file FILE, then put that key in its place (%s)",
			v->key_from == VAULT_KEY_RING ? "keyctl padd" : "LoadCredential=");
}

static int check_plan(struct vault *v, const struct vault_rekey *how, struct plan *p,
		      struct err *err)
{
	struct vault_keys keys;

	if (vault_keys(v, &keys, err) < 0)
		return -1;
	p->passphrase = keys.passphrase;
	if (p->passphrase && how->new_key_file) {
		err_set(err, ERR_USAGE,
			"the key of this vault is under a passphrase, not in a file");
		return err_hint(err, "leave --new-key-file out, or remove the passphrase first");
	}
	if (p->passphrase && !how->passphrase)
		return err_set(err, ERR_LOCKED, "a new key needs the passphrase");
	if (!p->passphrase && !how->new_key_file && v->key_from != VAULT_KEY_FILE)
		return no_place(v, err);
	if (asprintf(&p->beside, "%s" KEY_NEW, v->key_file) >= 0)
		return 0;
	p->beside = NULL;
	return err_nomem(err);
}

/* The key that --new-key-file names, made there when there is none. */
static int key_elsewhere(const struct vault *v, const char *path, struct plan *p, struct err *err)
{
	unsigned char its[SEAL_FINGERPRINT_BYTES];

	if (key_load_file(path, &p->fresh, err) < 0) {
		if (err->kind != ERR_NOT_FOUND || key_random(&p->fresh, err) < 0)
			return -1;
		return key_write(path, p->fresh, err);
	}
	if (seal_fingerprint(p->fresh, its, err) < 0)
		return -1;
	if (memcmp(its, v->fingerprint, sizeof(its)) == 0)
		return err_set(err, ERR_INPUT,
			       "'%s' holds the key that the vault has already", path);
	return 0;
}

/* Under the write lock: what lies under the second name is either the vault's key or waste. */
static int key_beside(struct vault *v, struct plan *p, struct err *err)
{
	if (db_settle_key(v, err) < 0 || file_remove(p->beside, err) < 0 ||
	    key_random(&p->fresh, err) < 0)
		return -1;
	p->made = true;
	return key_write(p->beside, p->fresh, err);
}

/* Under the passphrase: Argon2 takes its time, so before the lock is taken. */
static int key_wrapped(const struct secret *passphrase, struct plan *p, struct err *err)
{
	if (key_random(&p->fresh, err) < 0)
		return -1;
	return passphrase_seal(passphrase, PASSPHRASE_PURPOSE, secret_bytes(p->fresh),
			       secret_len(p->fresh), &p->wrapped, err);
}

/* Set or removed by another process since we looked? */
static int same_passphrase(const struct vault *v, const struct plan *p, struct err *err)
{
	scoped_buf struct buf sealed = BUF(4096);

	int r = db_meta(v, META_PASSPHRASE, &sealed, err);
	if (r < 0 || (r == 0) == p->passphrase)
		return r < 0 ? -1 : 0;
	err_set(err, ERR_STORAGE,
		"the passphrase of vault '%s' was set or removed meanwhile", v->path);
	return err_hint(err, "try again");
}

/* The one transaction. */
static int seal_under(struct vault *v, const struct vault_rekey *how, struct plan *p, int *count,
		      struct err *err)
{
	scoped_transaction struct vault *tx = v;
	SCOPED(remove_waste) __attribute__((unused)) struct reach reach = { v, p };

	if (db_begin(v, err) < 0 || same_passphrase(v, p, err) < 0)
		return -1;
	if (how->new_key_file && key_elsewhere(v, how->new_key_file, p, err) < 0)
		return -1;
	if (!how->new_key_file && !p->passphrase && key_beside(v, p, err) < 0)
		return -1;
	if (reseal_all(v, p->fresh, count, err) < 0 ||
	    seal_fingerprint(p->fresh, p->fingerprint, err) < 0 ||
	    db_set_meta(v, META_KEY, p->fingerprint, sizeof(p->fingerprint), err) < 0 ||
	    (p->passphrase && db_set_meta(v, META_PASSPHRASE, p->wrapped.data, p->wrapped.len,
					  err) < 0))
		return -1;
	/* a commit that fails may have reached the disk all the same: the next one decides */
	p->made = false;
	return db_commit(v, err);
}

/* The lock was let go since the commit: another rekey may have done all this for us. */
static int settle(struct vault *v, struct err *err)
{
	scoped_transaction struct vault *tx = v;

	if (db_begin(v, err) < 0 || db_settle_key(v, err) < 0)
		return err_context(err, "the vault has its new key, but");
	return 0;
}

/* Whoever could use the vault until a certain time still can. */
static void move_in_keyring(const unsigned char *old, const struct vault *v, int64_t now)
{
	scoped_secret struct secret *key = NULL;
	struct err ignored = { 0 };
	int64_t until = 0;

	if (keyring_get(old, &key, &until, &ignored) < 0)
		return;
	if (until > now)
		keyring_put(v->fingerprint, v->key, until - now, now, &ignored);
	keyring_remove(old, &ignored);
}

int vault_rekey(struct vault *v, const struct vault_rekey *how, int64_t now, int *count,
		struct err *err)
{
	SCOPED(clear_plan) struct plan p = { .wrapped = BUF(4096) };
	unsigned char old[SEAL_FINGERPRINT_BYTES];
	int sealed = 0;

	if (check_plan(v, how, &p, err) < 0 ||
	    (p.passphrase && key_wrapped(how->passphrase, &p, err) < 0))
		return -1;
	if (seal_under(v, how, &p, &sealed, err) < 0)
		return -1;
	memcpy(old, v->fingerprint, sizeof(old));
	memcpy(v->fingerprint, p.fingerprint, sizeof(p.fingerprint));
	secret_free(v->key);
	v->key = STEAL(p.fresh);
	if (count)
		*count = sealed;
	move_in_keyring(old, v, now);
	return how->new_key_file || p.passphrase ? 0 : settle(v, err);
}
