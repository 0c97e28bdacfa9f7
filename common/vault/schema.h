/* SPDX-License-Identifier: MIT */
/*
 * schema.h -- the tables, and how an older file becomes a newer one.
 *
 * The version stands in SQLite's user_version.  Version n+1 is step n of the
 * table in schema.c: append a step, never change one that was released.
 *
 *	meta		name -> value; "key" holds the fingerprint of the sealing key
 *	credential	one row for each identity (protocol, host, path, username), and
 *			one for each of its rejected entries
 *
 * credential.seq grows with every change, so the highest is the most recently
 * stored.  state is enum vault_state.  secret, refresh and bearer are
 * sealed (seal.h); their context is the column's name, the identity, the row's serial (a
 * random number that each writing of the row makes anew), expires_at, token_id and
 * authtype.  So neither sealed bytes nor these fields can be moved between rows, nor an
 * older state of a row put back in part.  Rows that schema 1 wrote are sealed under name
 * and identity only, until they are written again.
 */
#ifndef VAULT_SCHEMA_H
#define VAULT_SCHEMA_H

#include <sqlite3.h>

#include "base/err.h"

#define SCHEMA_NEWEST 2
#define SCHEMA_APPLICATION_ID 0x41495356	/* "AISV": what file(1) may know us by */

/*
 * *version: 0 = an empty file.  ERR_CONFIG when it is newer than this program,
 * ERR_STORAGE when it is no vault.  -1 with kind ERR_NONE: SQLite failed, ask it.
 */
int schema_version(sqlite3 *db, const char *path, int *version, struct err *err);

/*
 * Is in it what this version has, and nothing else?  *what: the first difference as a sentence,
 * or "".  An SQLite result code.
 */
int schema_compare(sqlite3 *db, int version, char *what, size_t size);

/* Brings an open write transaction from version to the newest; an SQLite result code. */
int schema_upgrade(sqlite3 *db, int version);

#endif
