/* SPDX-License-Identifier: MIT */
/*
 * body_options.h -- options that stand for the members of a request's body.
 *
 * The rows are made of the body's table (cloudflare/body.h) before main(), so that help,
 * completion and manual see them like any others:
 *
 *	static struct body_settings set;
 *	static struct option options[BODY_ROWS];
 *
 *	__attribute__((constructor)) static void fill_options(void)
 *	{
 *		body_options(options, &set, body_instance, true, own);
 *	}
 */
#ifndef COMMAND_BODY_OPTIONS_H
#define COMMAND_BODY_OPTIONS_H

#include "cloudflare/body.h"
#include "command.h"

#define BODY_FIELDS 80		/* rows of a body's table at most */
#define BODY_ROWS (BODY_FIELDS + 8)

union body_value {
	const char *text;
	int64_t number;		/* INT64_MIN = not given */
	struct option_decimal decimal;
	struct flag flag;
	struct option_list list;
};

struct body_settings {		/* what options of such a command are stored in */
	const char *body_file;
	bool if_missing, dry_run, yes;
	union body_value value[BODY_FIELDS];	/* of the table's row with the same index */
};

/*
 * Fills rows: those of own (ended by a NULL name, offsets in struct body_settings), then
 * the table's.
 */
void body_options(struct option *rows, struct body_settings *set, const struct body_field *table,
		  bool create, const struct option *own);

/* The options that read a file and that end an `own` table. */
#define BODY_FILE_OPTION \
	{ "body-file", 0, OPTION_TEXT, "FILE", "JSON to begin with, - = stdin; options go over it", \
	  OPTION_IN(body_settings, body_file), 0, 0 }

/* What --body-file names: a JSON object; "-" is stdin.  *out is yours, also when it fails. */
int body_read_file(const char *path, struct json_object **out, struct err *err);

/* The body: the file's, with the options laid over it.  Yours; not yet checked as a whole. */
int body_take(const struct body_settings *set, const struct body_field *table,
	      struct json_object **out, struct err *err);

/* The same for an update by this command: checked, and ERR_USAGE when it is empty. */
int body_take_changes(const struct body_settings *set, const struct body_field *table,
		      const char *command, struct json_object **out, struct err *err);

#endif
