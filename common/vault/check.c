/* SPDX-License-Identifier: MIT */
#include "vault/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/db.h"
#include "vault/schema.h"

#define PROBES 4096		/* numbers that are tried one by one behind a damaged page */

struct rows {
	sqlite3_int64 *seq;
	size_t count, room;
};

static void clear_rows(struct rows *rows)
{
	free(rows->seq);
}

static int add_row(struct rows *rows, sqlite3_int64 seq, struct err *err)
{
	if (rows->count == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 64;
		void *bigger = reallocarray(rows->seq, room, sizeof(rows->seq[0]));

		if (!bigger)
			return err_nomem(err);
		rows->seq = bigger;
		rows->room = room;
	}
	rows->seq[rows->count++] = seq;
	return 0;
}

/*
 * 0 at the end, 1 where the file cannot be read any further.  direction: 1 up, -1 down, 0 any;
 * a page whose end is zeros has rows, but not in order.
 */
static int walk_from(const struct vault *v, const char *sql, sqlite3_int64 until, int direction,
		     struct rows *out, struct err *err)
{
	const size_t start = out->count;
	scoped_stmt sqlite3_stmt *row = NULL;
	int rc;

	/* the text is prepared without looking at any page but those of the schema */
	if (db_prepare(v, sql, &row, err) < 0)
		return -1;
	sqlite3_bind_int64(row, 1, until);
	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		sqlite3_int64 seq = sqlite3_column_int64(row, 0);
		if (direction && out->count > start &&
		    (direction > 0 ? seq <= out->seq[out->count - 1] : seq >= out->seq[out->count - 1]))
			return 1;
		if (add_row(out, seq, err) < 0)
			return -1;
	}
	if (rc == SQLITE_DONE)
		return 0;
	db_err(v, "read", err);
	return (rc & 0xff) == SQLITE_CORRUPT ? 1 : -1;
}

/* The first number behind `from` from which something can be read again; 0 = there is none. */
static int skip(const struct vault *v, sqlite3_int64 from, sqlite3_int64 *out, struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	sqlite3_int64 at = from < 0 ? 0 : from, step = 1;

	*out = 0;
	if (db_prepare(v,
		       "SELECT seq FROM credential NOT INDEXED WHERE seq>=?1 ORDER BY seq LIMIT 1",
		       &row, err) < 0)
		return -1;
	/* a page has less rows than that, unless many were deleted */
	for (int i = 0; at <= INT64_MAX - step; i++) {
		at += step;
		step *= i < PROBES ? 1 : 2;
		sqlite3_reset(row);
		sqlite3_bind_int64(row, 1, at);
		int rc = sqlite3_step(row);
		bool found = rc == SQLITE_ROW && sqlite3_column_int64(row, 0) >= at;
		if (found)
			*out = at;
		if (found || rc == SQLITE_DONE)
			return 0;
		if (rc != SQLITE_ROW && (rc & 0xff) != SQLITE_CORRUPT)
			return db_err(v, "read", err);
		if (step > INT64_MAX / 2)
			return 0;
	}
	return 0;
}

/* What lies before it, as far as that goes: the steps may have been large ones. */
static int walk_back(const struct vault *v, sqlite3_int64 at, sqlite3_int64 until, struct rows *all,
		     struct err *err)
{
	SCOPED(clear_rows) struct rows back = { 0 };
	char sql[128];

	snprintf(sql, sizeof(sql),
		 "SELECT seq FROM credential NOT INDEXED WHERE seq>?1 AND seq<%lld"
		 " ORDER BY seq DESC", (long long)at);
	if (walk_from(v, sql, until, -1, &back, err) < 0)
		return -1;
	while (back.count > 0)
		if (add_row(all, back.seq[--back.count], err) < 0)
			return -1;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const sqlite3_int64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The index has the number of each row, so what is lost can be counted. */
static int add_from_index(const struct vault *v, struct rows *all, struct vault_gaps *gaps,
			  struct err *err)
{
	SCOPED(clear_rows) struct rows known = { 0 };
	struct err ignored = { 0 };
	size_t count = all->count, kept = 0;

	int r = walk_from(v, "SELECT seq FROM credential INDEXED BY credential_host WHERE seq>?1",
			  INT64_MIN, 0, &known, &ignored);
	gaps->counted = r == 0;
	for (size_t i = 0; i < known.count; i++)
		if (!count ||
		    !bsearch(&known.seq[i], all->seq, count, sizeof(all->seq[0]), by_number))
			if (add_row(all, known.seq[i], err) < 0)
				return -1;
	if (all->count > 0)
		qsort(all->seq, all->count, sizeof(all->seq[0]), by_number);
	/* a damaged index may have one twice */
	for (size_t i = 0; i < all->count; i++)
		if (!kept || all->seq[i] != all->seq[kept - 1])
			all->seq[kept++] = all->seq[i];
	all->count = kept;
	return 0;
}

static int collect(const struct vault *v, struct rows *all, struct vault_gaps *gaps,
		   struct err *err)
{
	/* from the number itself: what is before it may not be readable */
	const char *sql = "SELECT seq FROM credential NOT INDEXED WHERE seq>=?1 ORDER BY seq";
	sqlite3_int64 from = INT64_MIN, next;
	int r;

	*gaps = (struct vault_gaps){ .counted = true };
	while ((r = walk_from(v, sql, from, 1, all, err)) > 0) {
		gaps->cut_short = true;
		if (all->count > 0 && all->seq[all->count - 1] > from)
			from = all->seq[all->count - 1];
		if (skip(v, from, &next, err) < 0)
			return -1;
		if (next <= from)
			break;
		if (walk_back(v, next, from, all, err) < 0)
			return -1;
		from = next;
	}
	if (r < 0)
		return -1;
	return gaps->cut_short ? add_from_index(v, all, gaps, err) : 0;
}

int vault_walk(struct vault *v,
	       int (*each)(void *ctx, const struct vault_item *item, const struct err *why),
	       void *ctx, struct vault_gaps *gaps, struct err *err)
{
	SCOPED(clear_rows) struct rows rows = { 0 };

	if (collect(v, &rows, gaps, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		scoped_vault_item struct vault_item *item = NULL;
		struct err why = { 0 };
		bool opens = db_get_row(v, rows.seq[i], !v->keyless, &item, &why) == 0;

		if (!opens && why.kind == ERR_NOT_FOUND) {
			gaps->lost += gaps->cut_short;	/* the index knows it, its page is gone */
			continue;	/* or it was deleted since */
		}
		if (!opens && why.kind != ERR_STORAGE) {
			*err = why;
			return -1;
		}
		if (!opens && db_get_row(v, rows.seq[i], false, &item, err) < 0) {
			/* its page, or one that a long field continues on */
			gaps->cut_short = true;
			gaps->lost++;
			continue;
		}
		if (!item->protocol || !item->host) {
			gaps->cut_short = true;
			gaps->lost++;
			continue;
		}
		int r = each(ctx, item, opens ? NULL : &why);
		if (r != 0)
			return r;
	}
	return 0;
}

struct count {
	struct vault *vault;
	struct vault_report *report;
	int64_t opened, reached;	/* active ones; found again by their names */
	int64_t now;
	int (*damaged)(void *ctx, const struct vault_item *item);
	void *ctx;
};

static bool is_reached(struct vault *v, const struct vault_item *item)
{
	scoped_vault_item struct vault_item *found = NULL;
	struct vault_id id = { item->protocol, item->host, item->path ? item->path : vault_no_path,
			       item->username ? item->username : vault_no_user };
	struct err ignored = { 0 };

	if (vault_get(v, &id, VAULT_WANT_BEARER, &found, &ignored) == 0)
		return true;
	id.path = NULL;		/* as git asks, by another index */
	return vault_get(v, &id, VAULT_WANT_BEARER, &found, &ignored) == 0;
}

static int count_one(void *ctx, const struct vault_item *item, const struct err *why)
{
	struct count *c = ctx;
	struct vault_report *r = c->report;

	if (item->state == VAULT_PENDING)
		r->pending++;
	else if (item->state == VAULT_REJECTED)
		r->rejected++;
	else if (item->state != VAULT_ACTIVE)
		return 0;	/* counted by check_rows() */
	else if (item->expires_at > 0 && item->expires_at <= c->now)
		r->expired++;
	else
		r->active++;
	r->damaged += why != NULL;
	if (!why && item->state == VAULT_ACTIVE && !c->vault->keyless) {
		c->opened++;
		c->reached += is_reached(c->vault, item);
	}
	return why ? c->damaged(c->ctx, item) : 0;
}

static int check_file(const struct vault *v, struct vault_report *out, struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;

	if (db_prepare(v, "PRAGMA integrity_check(1)", &row, err) < 0)
		return -1;
	int rc = sqlite3_step(row);
	const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
	if (rc != SQLITE_ROW && (rc & 0xff) != SQLITE_CORRUPT)
		return db_err(v, "read", err);
	/* the first line names the database when there is trouble with a page */
	if (text && !strncmp(text, "***", 3) && strchr(text, '\n'))
		text = strchr(text, '\n') + 1;
	if (!text || strcmp(text, "ok") != 0)
		snprintf(out->trouble, sizeof(out->trouble), "%s",
			 text ? text : sqlite3_errstr(rc));
	out->trouble[strcspn(out->trouble, "\n")] = '\0';
	return 0;
}

/*
 * What SQLite takes, but no program of ours writes.  A page that cannot be read is told
 * elsewhere.
 */
static int check_rows(const struct vault *v, struct vault_report *out, struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	int rc;

	if (db_prepare(v, "SELECT seq FROM credential NOT INDEXED WHERE typeof(state)<>'integer'"
		       " OR state NOT IN (0, 1, 2)"
		       " OR typeof(protocol)<>'text' OR typeof(host)<>'text'"
		       " OR typeof(path) NOT IN ('text', 'null') OR typeof(username) NOT IN ('text', 'null')"
		       " OR typeof(expires_at)<>'integer' OR typeof(stored_at)<>'integer'", &row, err) < 0)
		return -1;
	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		out->unknown_row = sqlite3_column_int64(row, 0);
		out->unknown++;
	}
	return rc == SQLITE_DONE || (rc & 0xff) == SQLITE_CORRUPT ? 0 : db_err(v, "read", err);
}

/* Of one that is damaged SQLite has said so already. */
static int check_schema(const struct vault *v, struct vault_report *out, struct err *err)
{
	struct err why = { 0 };
	int64_t next;
	int rc = schema_compare(v->db, v->schema, out->difference, sizeof(out->difference));

	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_CORRUPT)
		return db_err(v, "read", err);
	/* SQLITE_CORRUPT is ERR_STORAGE, too, and then its code says so */
	out->full = db_next_seq(v, &next, &why) < 0 && sqlite3_errcode(v->db) != SQLITE_CORRUPT;
	return 0;
}

int vault_check(struct vault *v, int64_t now,
		int (*damaged)(void *ctx, const struct vault_item *item), void *ctx,
		struct vault_report *out, struct err *err)
{
	struct count c = { .vault = v, .report = out, .now = now, .damaged = damaged, .ctx = ctx };

	*out = (struct vault_report){ .schema = v->schema };
	if (check_file(v, out, err) < 0 || check_schema(v, out, err) < 0 ||
	    check_rows(v, out, err) < 0)
		return -1;
	int r = vault_walk(v, count_one, &c, &out->gaps, err);
	out->useless = c.opened > 0 ? c.reached == 0 : !v->keyless && out->damaged == 0 &&
		       (out->trouble[0] || out->gaps.cut_short) &&
		       out->pending + out->rejected == 0;
	return r;
}
