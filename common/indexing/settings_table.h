/* SPDX-License-Identifier: MIT */
/*
 * settings_table.h -- the rooms of settings.h among themselves: one row for each
 * option (settings_table.c), what a single value must be (settings_value.c), and
 * what has no row and what only whole blocks show (settings_check.c).
 */
#ifndef INDEXING_SETTINGS_TABLE_H
#define INDEXING_SETTINGS_TABLE_H

#include "indexing/settings.h"

struct settings_row {
	const char *key;
	const char *takes;	/* a placeholder, or "this | that" */
	enum setting_type type;
	bool repeatable;
	/* v is of the row's type.  Its error need not name the option. */
	int (*set)(struct settings *s, const struct settings_row *row,
		   const struct setting_value *v, struct err *err);
	size_t to;		/* offset in struct settings */
	unsigned group;		/* of a boolean that switches one: enum metric_group */
	struct {		/* of a number */
		double min, max;
		const char *unit;
		int scale;	/* stored = given * scale */
		bool whole;
	} range;
};

extern const struct settings_row settings_rows[];	/* ends with a NULL key; by name */
#define SETTINGS_ROWS_MAX 64

/*
 * -1: users know the option from another plugin, and it makes no sense here for the
 * reason in err.
 */
int settings_refused(const char *key, struct err *err);

int settings_check_printable(const char *text, struct err *err);	/* no control characters */
int settings_check_absolute(const char *path, struct err *err);
int settings_check_readable(const char *path, bool folder, struct err *err);
int settings_check_header(const char *line, struct err *err);

/* What only the whole block shows, and what only two of them. */
int settings_check_block(const struct settings *s, struct err *err);
int settings_check_pair(const struct settings *a, const struct settings *b, struct err *err);

#endif
