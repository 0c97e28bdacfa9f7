/* SPDX-License-Identifier: MIT */
#include "vault/check.h"

#include <stdio.h>
#include <string.h>

#include "vault/db.h"

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

/* 0 at the end, 1 where the file cannot be read any further. */
static int walk_from(const struct vault *v, const char *sql, sqlite3_int64 until, struct rows *out,
		     struct err *err)
{
	scoped_stmt sqlite3_stmt *row = NULL;
	int rc;

	/* the text is prepared without looking at any page but those of the schema */
	if (db_prepare(v, sql, &row, err) < 0)
		return -1;
	sqlite3_bind_int64(row, 1, until);
	while ((rc = sqlite3_step(row)) == SQLITE_ROW)
		if (add_row(out, sqlite3_column_int64(row, 0), err) < 0)
			return -1;
	if (rc == SQLITE_DONE)
		return 0;
	db_err(v, "read", err);
	return (rc & 0xff) == SQLITE_CORRUPT ? 1 : -1;
}

static int collect(const struct vault *v, struct rows *all, bool *cut_short, struct err *err)
{
	SCOPED(clear_rows) struct rows back = { 0 };

	*cut_short = false;
	int r = walk_from(v, "SELECT seq FROM credential NOT INDEXED WHERE seq>?1 ORDER BY seq",
			  INT64_MIN, all, err);
	if (r <= 0)
		return r;
	*cut_short = true;
	r = walk_from(v, "SELECT seq FROM credential NOT INDEXED WHERE seq>?1 ORDER BY seq DESC",
		      all->count ? all->seq[all->count - 1] : INT64_MIN, &back, err);
	if (r < 0)
		return -1;
	while (back.count > 0)
		if (add_row(all, back.seq[--back.count], err) < 0)
			return -1;
	return 0;
}

int vault_walk(struct vault *v,
	       int (*each)(void *ctx, const struct vault_item *item, const struct err *why),
	       void *ctx, bool *cut_short, struct err *err)
{
	SCOPED(clear_rows) struct rows rows = { 0 };

	if (collect(v, &rows, cut_short, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		scoped_vault_item struct vault_item *item = NULL;
		struct err why = { 0 };
		bool opens = db_get_row(v, rows.seq[i], !v->keyless, &item, &why) == 0;

		if (!opens && why.kind == ERR_NOT_FOUND)
			continue;	/* deleted since */
		if (!opens && why.kind != ERR_STORAGE) {
			*err = why;
			return -1;
		}
		if (!opens && db_get_row(v, rows.seq[i], false, &item, err) < 0) {
			*cut_short = true;	/* a long field continues on a page that is gone */
			continue;
		}
		int r = each(ctx, item, opens ? NULL : &why);
		if (r != 0)
			return r;
	}
	return 0;
}

struct count {
	struct vault_report *report;
	int64_t now;
	int (*damaged)(void *ctx, const struct vault_item *item);
	void *ctx;
};

static int count_one(void *ctx, const struct vault_item *item, const struct err *why)
{
	const struct count *c = ctx;
	struct vault_report *r = c->report;

	if (item->state == VAULT_PENDING)
		r->pending++;
	else if (item->state == VAULT_REJECTED)
		r->rejected++;
	else if (item->expires_at > 0 && item->expires_at <= c->now)
		r->expired++;
	else
		r->active++;
	r->damaged += why != NULL;
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
		snprintf(out->trouble, sizeof(out->trouble), "%s", text ? text : sqlite3_errstr(rc));
	out->trouble[strcspn(out->trouble, "\n")] = '\0';
	return 0;
}

int vault_check(struct vault *v, int64_t now,
		int (*damaged)(void *ctx, const struct vault_item *item), void *ctx,
		struct vault_report *out, struct err *err)
{
	struct count c = { out, now, damaged, ctx };

	*out = (struct vault_report){ .schema = v->schema };
	if (check_file(v, out, err) < 0)
		return -1;
	return vault_walk(v, count_one, &c, &out->cut_short, err);
}
