/* SPDX-License-Identifier: MIT */
/*
 * output.h -- stdout: a table for people, JSON for programs.
 *
 * Foreign text is escaped in tables (escape_text) and, in JSON, written so that
 * a terminal sees no control character either.  Nothing is certain before
 * output_flush() said so: a full disk is a failed operation.
 */
#ifndef COMMAND_OUTPUT_H
#define COMMAND_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/rfc3339.h"
#include "cloudflare/json.h"
#include "cloudflare/stats.h"

#define TABLE_COLUMNS 12

struct table {			/* table_clear() */
	size_t columns;
	const char *heads[TABLE_COLUMNS];	/* a head that begins with '>' aligns to the right */
	char **cells;		/* row after row */
	size_t count, room;
	bool failed;		/* no memory: table_print() says so */
};

void table_init(struct table *table, const char *const *heads, size_t columns);
/* The next cell, left to right; NULL and "" show as "-".  Escapes, copies. */
void table_add(struct table *table, const char *text);
void table_addf(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_add_count(struct table *table, struct count count);
void table_add_instant(struct table *table, struct instant instant);
void table_add_unix(struct table *table, int64_t unix_s);	/* 0 shows as "-" */
int table_print(const struct table *table, struct err *err);
void table_clear(struct table *table);
#define scoped_table SCOPED(table_clear)

/* Columns that text takes on a terminal. */
size_t text_width(const char *text);

/* One line, escaped. */
void output_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same on stderr. */
void output_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Foreign text of several lines: line feeds stay, the rest is escaped.  A line end is added when it has none. */
int output_prose(const char *text, struct err *err);

int output_json(struct json_object *object, struct err *err);
int output_flush(struct err *err);

/* Members for JSON; unknown and NULL become null. */
void json_put_text(struct json_object *object, const char *key, const char *text);
void json_put_count(struct json_object *object, const char *key, struct count count);
void json_put_instant(struct json_object *object, const char *key, struct instant instant);
void json_put_flag(struct json_object *object, const char *key, struct flag flag);
void json_put_stats(struct json_object *object, const char *key, const struct stats *stats);

#endif
