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
#include <stdio.h>

#include "base/err.h"
#include "base/rfc3339.h"
#include "cloudflare/json.h"
#include "cloudflare/stats.h"

/* --- the terminal ---------------------------------------------------------------- */

/* Before anything is printed. */
void output_begin(void);

/* What the environment says of it: COLUMNS, NO_COLOR (not empty), TERM; NULL = not set. */
void output_terminal(const char *columns, const char *no_color, const char *term);

/*
 * Sets the locale of characters, UTF-8 where the user's knows one byte only.  What needs
 * it calls it by itself, the first time: help and version never do.
 */
void output_locale(void);

/* Columns of the terminal that stdout is; 0 = it is none, or nobody knows. */
size_t output_columns(void);

/* Is stdout a terminal that can be drawn on, whatever is thought of colours? */
bool output_drawn(void);
/* Is stream (stdout or stderr) a terminal that has colours, and are they wanted? */
bool output_coloured(FILE *stream);

enum colour {
	COLOUR_NONE,
	COLOUR_GOOD, COLOUR_WARNING, COLOUR_BAD, COLOUR_DOUBT,
	COLOUR_FAINT, COLOUR_STRONG,
};
/* What to print before and behind; "" where stream is no terminal or colours are not wanted. */
const char *colour_on(FILE *stream, enum colour colour);
const char *colour_off(FILE *stream, enum colour colour);

/*
 * --- tables ----------------------------------------------------------------------
 *
 * Piped, everything is there.  On a terminal columns that may be missing go, the least
 * telling first, until a row fits; then the widest ones of text are cut, with an ellipsis,
 * and the name last.  In a table without such an order all text is cut, and when that is not
 * enough columns go from the right.  Numbers never are: one that is cut is a wrong one.
 *
 * A list that comes in parts is printed so: the first part lays the columns out, later
 * ones have them as they are, with what is left of the line for what is longer.
 */

#define TABLE_COLUMNS 12
#define TABLE_NARROWEST 8	/* columns that are left of a column of text; a name may have less */
#define TABLE_PART 100		/* rows to print together, when they come one by one */
#define TABLE_END 255		/* of an order of columns */

struct table {			/* table_clear() */
	size_t columns;
	const char *heads[TABLE_COLUMNS];	/* a head that begins with '>' aligns to the right */
	/* Borrowed, NULL = none: the columns that may be missing, the least telling first. */
	const unsigned char *dispensable;
	char **cells;		/* row after row */
	enum colour *colours;	/* of each */
	size_t count, room;
	size_t width[TABLE_COLUMNS];	/* by table_lay_out(); 0 = not shown */
	bool laid_out;
	bool failed;		/* no memory: table_print() says so */
};

void table_init(struct table *table, const char *const *heads, size_t columns);
/* The next cell, left to right; NULL and "" show as "-".  Escapes, copies. */
void table_add(struct table *table, const char *text);
void table_add_coloured(struct table *table, enum colour colour, const char *text);
void table_addf(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_add_count(struct table *table, struct count count);
void table_add_instant(struct table *table, struct instant instant);
void table_add_unix(struct table *table, int64_t unix_s);	/* 0 shows as "-" */

/* The rows since the last time, which are forgotten; at first the heads. */
int table_print(struct table *table, struct err *err);
size_t table_rows(const struct table *table);	/* not yet printed */
void table_clear(struct table *table);
#define scoped_table SCOPED(table_clear)

/* What table_print() is made of, for a picture: room in columns, 0 = as many as it takes. */
void table_lay_out(struct table *table, size_t room);
void table_put_heads(const struct table *table);
void table_put_row(const struct table *table, size_t row);

/* Pure: narrows the widest of those that are not fixed until all fit into room columns. */
void table_fit(size_t *widths, const bool *fixed, size_t columns, size_t room);

/* Columns that text takes on a terminal: 2 for a wide character, 0 for a combining one. */
size_t text_width(const char *text);

/* Text itself when it fits, else its beginning and an ellipsis in out (strlen() + 4 do). */
const char *text_shorten(const char *text, size_t width, char *out, size_t size);

/* One line, escaped. */
void output_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same on stderr. */
void output_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Foreign text of several lines: line feeds stay, the rest is escaped.  A line end is added when it has none. */
int output_prose(const char *text, struct err *err);

/*
 * A file in place of stdout (output_file.c).  From output_file_begin() on stdout is a new
 * file beside path; output_file_end(): it is whole and on disk, readable by all (0644), and
 * in path's place.  One that did not come to its end is removed.
 */
struct output_file {		/* output_file_clear() */
	char *path, *tmp;
};
/* What stdout is called in messages from now on; borrowed. */
void output_call(const char *name);

/* ERR_USAGE when a file in its place would be no old one's: rename() would replace /dev/null, too. */
int output_file_check(const char *path, struct err *err);
int output_file_begin(struct output_file *file, const char *path, struct err *err);
int output_file_end(struct output_file *file, struct err *err);
void output_file_clear(struct output_file *file);
#define scoped_output_file SCOPED(output_file_clear)

int output_json(struct json_object *object, struct err *err);
/*
 * ERR_STORAGE with the reason of the first write that failed, after output_begin(); ERR_PIPE when
 * who read it has gone.
 */
int output_flush(struct err *err);

/* A value on a line: its first max characters, escaped as in output_json(); size > 3 bounds it, too. */
void json_show(char *out, size_t size, size_t max, struct json_object *value);

/* Past stdio, whose buffer would keep a copy. */
int output_secret(int fd, const void *data, size_t len, struct err *err);

/* Members for JSON; unknown and NULL become null. */
void json_put_text(struct json_object *object, const char *key, const char *text);
void json_put_count(struct json_object *object, const char *key, struct count count);
void json_put_instant(struct json_object *object, const char *key, struct instant instant);
void json_put_flag(struct json_object *object, const char *key, struct flag flag);
void json_put_stats(struct json_object *object, const char *key, const struct stats *stats);

#endif
