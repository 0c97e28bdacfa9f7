/* SPDX-License-Identifier: MIT */
#include "../../plugin/command/output.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static void a_text_is_as_wide_as_its_characters(void)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{ "", 0 },
		{ "plain", 5 },
		{ "na\xc3\xafve", 5 },
		{ "nai\xcc\x88ve", 5 },				/* i and a combining diaeresis */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4 },		/* two wide ones */
		{ "e\xcc\x81\xcc\x81", 1 },
		{ "\xff", 1 },					/* no character at all */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(text_width(cases[i].text), cases[i].width);
}

static void a_shortened_text_keeps_whole_characters(void)
{
	static const struct {
		const char *text;
		size_t width;
		const char *wanted;
	} cases[] = {
		{ "plain", 5, "plain" },
		{ "plain", 4, "pla\xe2\x80\xa6" },
		{ "plain", 1, "\xe2\x80\xa6" },
		{ "plain", 0, "" },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, "\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xa6" },
		/* half of a wide one is none: a column stays empty */
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, "\xe6\x97\xa5\xe2\x80\xa6" },
		/* the accent stays with its letter */
		{ "ae\xcc\x81xyz", 3, "ae\xcc\x81\xe2\x80\xa6" },
		{ "ae\xcc\x81xyz", 2, "a\xe2\x80\xa6" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[64];
		const char *got = text_shorten(cases[i].text, cases[i].width, out, sizeof(out));

		CU_ASSERT_STRING_EQUAL(got, cases[i].wanted);
		CU_ASSERT(text_width(got) <= cases[i].width);
		if (strcmp(got, cases[i].wanted))
			unit_note("'%s' in %zu: '%s'", cases[i].text, cases[i].width, got);
	}
}

static void the_widest_columns_of_text_give_way(void)
{
	static const struct {
		size_t widths[4];
		bool fixed[4];
		size_t room, wanted[4];
	} cases[] = {
		/* two blanks between: 10+10+10+10 and 6 */
		{ { 10, 10, 10, 10 }, { 0 }, 46, { 10, 10, 10, 10 } },
		{ { 10, 40, 10, 10 }, { 0 }, 46, { 10, 10, 10, 10 } },
		{ { 30, 40, 4, 4 }, { 0 }, 54, { 20, 20, 4, 4 } },
		/* numbers never */
		{ { 30, 30, 4, 4 }, { true, false, true, true }, 54, { 30, 10, 4, 4 } },
		{ { 30, 30, 4, 4 }, { true, false, true, true }, 20, { 30, TABLE_NARROWEST, 4, 4 } },
		{ { 30, 30, 30, 30 }, { true, true, true, true }, 20, { 30, 30, 30, 30 } },
		/* nothing is made narrower than this, so the terminal wraps */
		{ { 30, 5, 30, 30 }, { 0 }, 1, { TABLE_NARROWEST, 5, TABLE_NARROWEST, TABLE_NARROWEST } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t widths[4], total = 6;

		memcpy(widths, cases[i].widths, sizeof(widths));
		table_fit(widths, cases[i].fixed, 4, cases[i].room);
		CU_ASSERT_EQUAL(memcmp(widths, cases[i].wanted, sizeof(widths)), 0);
		for (size_t c = 0; c < 4; c++)
			total += widths[c];
		if (memcmp(widths, cases[i].wanted, sizeof(widths)))
			unit_note("row %zu: %zu %zu %zu %zu, %zu of %zu", i, widths[0], widths[1],
				  widths[2], widths[3], total, cases[i].room);
	}
}

UNIT_SUITE(table,
	{ "a text is as wide as its characters", a_text_is_as_wide_as_its_characters },
	{ "a shortened text keeps whole characters", a_shortened_text_keeps_whole_characters },
	{ "the widest columns of text give way, numbers never", the_widest_columns_of_text_give_way });
