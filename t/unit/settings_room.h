/* SPDX-License-Identifier: MIT */
/*
 * settings_room.h -- blocks of text for the settings' suites, with files that they name.
 */
#ifndef T_UNIT_SETTINGS_ROOM_H
#define T_UNIT_SETTINGS_ROOM_H

#include "base/buf.h"
#include "indexing/settings.h"

#define ID "AccountId \"023e105f4ecef8ad9ca31a8372d0c353\"\n"

extern char settings_folder[64];	/* while there are the files: "public" and "private" */
void settings_make_files(void);
void settings_remove_files(void);

/* test_, which runs test with the files. */
#define WITH_FILES(test) \
	static void test##_(void) \
	{ \
		settings_make_files(); \
		test(); \
		settings_remove_files(); \
	} \
	struct unit_swallow_semicolon_

/* text with the folder in place of each '@' */
void settings_fill(struct buf *out, const char *text);

/* What stands inside <Plugin>; lines count from 1 there. */
int settings_of_text(const char *text, struct settings **list, struct err *err);

/* One block; its first line is 3, after <Account> and AccountId. */
int settings_of_block(const char *options, struct settings **list, struct err *err);

#endif
