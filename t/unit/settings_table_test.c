/* SPDX-License-Identifier: MIT */
/* The table of options, and the manual that describes them. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "indexing/settings.h"
#include "unit.h"

#define MANUAL "plugin/collectd/collectd-aisearch.5"	/* from the top of the tree, as t/run does */

/* "Ic KEY Ar what", "Ic KEY Cm this | that": what the row should be in the manual. */
static void entry(char *out, size_t size, const char *key, const char *takes)
{
	snprintf(out, size, ".It Ic %s %s %s\n", key, strchr(takes, '|') ? "Cm" : "Ar", takes);
}

static void the_manual_has_what_the_table_has(void)
{
	scoped_buf struct buf manual = BUF(1 << 20);
	struct err err = { 0 };
	const char *key, *takes, *found;
	char want[128];
	size_t rows = 0, entries = 0;

	CU_ASSERT_EQUAL_FATAL(file_read(MANUAL, 1 << 20, &manual, &err), 0);
	char *section = strstr(manual.data, "\n.Sh CONFIGURATION\n");
	CU_ASSERT_FATAL(section != NULL);
	char *end = strstr(section + 1, "\n.Sh ");
	CU_ASSERT_FATAL(end != NULL);
	end[1] = '\0';
	for (; (key = settings_option(rows, &takes)); rows++) {
		entry(want, sizeof(want), key, takes);
		if (!strstr(section, want))
			unit_note("not in the manual: %.*s", (int)strcspn(want, "\n"), want);
		CU_ASSERT(strstr(section, want) != NULL);
	}
	CU_ASSERT(rows > 30);
	for (found = section; (found = strstr(found, ".It Ic ")); found++) {
		bool known = false;

		for (size_t i = 0; !known && (key = settings_option(i, &takes)); i++) {
			entry(want, sizeof(want), key, takes);
			known = !strncmp(found, want, strlen(want));
		}
		if (!known)
			unit_note("not in the table: %.*s", (int)strcspn(found, "\n"), found);
		CU_ASSERT(known);
		entries++;
	}
	CU_ASSERT_EQUAL(entries, rows);	/* none of them twice */
}

static void the_table_is_sorted(void)
{
	const char *takes, *a, *b;

	for (size_t i = 0; (a = settings_option(i, &takes)) &&
	     (b = settings_option(i + 1, &takes)); i++)
		UNIT_ROW(i, strcasecmp(a, b) < 0);
}

UNIT_SUITE(settings_table,
	{ "the manual has what the table has, and no more", the_manual_has_what_the_table_has },
	{ "the table is sorted", the_table_is_sorted });
