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
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6,
		  "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5,
		  "\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xa6" },
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
		{ { 30, 30, 4, 4 }, { true, false, true, true }, 20,
		  { 30, TABLE_NARROWEST, 4, 4 } },
		{ { 30, 30, 30, 30 }, { true, true, true, true }, 20, { 30, 30, 30, 30 } },
		/* nothing is made narrower than this, so the terminal wraps */
		{ { 30, 5, 30, 30 }, { 0 }, 1,
		  { TABLE_NARROWEST, 5, TABLE_NARROWEST, TABLE_NARROWEST } },
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

enum { NAME, KIND, COUNT, WHEN };	/* of the table below */

static void lay_out(struct table *t, const unsigned char *dispensable, const char *name)
{
	static const char *const heads[] = { "NAME", "KIND", ">COUNT", "WHEN" };

	table_init(t, heads, 4);
	t->dispensable = dispensable;
	table_add(t, name);
	table_add(t, "crawler");
	table_add(t, "12345678");
	table_add(t, "2026-01-01");
}

static void the_least_telling_column_goes_first(void)
{
	static const unsigned char order[] = { WHEN, KIND, TABLE_END };
	static const unsigned char all[] = { KIND, WHEN, COUNT, TABLE_END };
	/* 14 columns */
	static const char wide[] = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac"
				   "\xe8\xaa\x9e\xe6\x97\xa5";
	static const struct {
		const unsigned char *dispensable;
		const char *name;
		size_t room, wanted[4];
	} cases[] = {
		{ order, "a-name-of-14ch", 0, { 14, 7, 8, 10 } },
		{ order, "a-name-of-14ch", 45, { 14, 7, 8, 10 } },
		{ order, "a-name-of-14ch", 44, { 14, 7, 8, 0 } },
		{ order, wide, 44, { 14, 7, 8, 0 } },
		{ order, wide, 32, { 14, 0, 8, 0 } },
		/* then the name is cut, below what is left of other text too */
		{ order, wide, 23, { 13, 0, 8, 0 } },
		{ order, wide, 13, { 3, 0, 8, 0 } },
		{ order, wide, 12, { 2, 0, 8, 0 } },
		/* and is alone at last: a number is whole or not there */
		{ order, wide, 11, { 11, 0, 0, 0 } },
		{ order, wide, 1, { 1, 0, 0, 0 } },
		{ all, wide, 44, { 14, 0, 8, 10 } },
		{ all, wide, 15, { 14, 0, 0, 0 } },
		/* without an order all stay while cut text fits, then they go from the right */
		{ NULL, wide, 44, { 13, 7, 8, 10 } },
		{ NULL, wide, 37, { 8, 7, 8, 8 } },
		{ NULL, wide, 36, { 14, 7, 8, 0 } },
		{ NULL, wide, 22, { 13, 7, 0, 0 } },
		{ NULL, wide, 16, { 14, 0, 0, 0 } },
		{ NULL, wide, 10, { 10, 0, 0, 0 } },
		{ NULL, wide, 1, { 1, 0, 0, 0 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_table struct table t;

		lay_out(&t, cases[i].dispensable, cases[i].name);
		table_lay_out(&t, cases[i].room);
		CU_ASSERT_EQUAL(memcmp(t.width, cases[i].wanted, sizeof(cases[i].wanted)), 0);
		if (memcmp(t.width, cases[i].wanted, sizeof(cases[i].wanted)))
			unit_note("row %zu: %zu %zu %zu %zu", i, t.width[NAME], t.width[KIND],
				  t.width[COUNT], t.width[WHEN]);
	}
}

static void another_part_has_what_is_left_of_the_line(void)
{
	static const unsigned char order[] = { WHEN, KIND, TABLE_END };
	static const struct {
		size_t room, wanted[4];	/* after a part with "short", one with a name of 14 */
	} cases[] = {
		{ 0, { 14, 7, 8, 10 } },
		{ 45, { 14, 7, 8, 10 } },
		{ 40, { 9, 7, 8, 10 } },
		{ 36, { 5, 7, 8, 10 } },	/* held */
		{ 35, { 14, 7, 8, 0 } },	/* what went does not come back */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_table struct table t, more;

		lay_out(&t, order, "short");
		lay_out(&more, order, "a-name-of-14ch");
		table_lay_out(&t, cases[i].room);
		table_add(&t, "a-name-of-14ch");
		for (size_t c = KIND; c <= WHEN; c++)
			table_add(&t, more.cells[c]);
		table_lay_out(&t, cases[i].room);
		CU_ASSERT_EQUAL(memcmp(t.width, cases[i].wanted, sizeof(cases[i].wanted)), 0);
		if (memcmp(t.width, cases[i].wanted, sizeof(cases[i].wanted)))
			unit_note("row %zu: %zu %zu %zu %zu", i, t.width[NAME], t.width[KIND],
				  t.width[COUNT], t.width[WHEN]);
	}
}

UNIT_SUITE(table,
	{ "a text is as wide as its characters", a_text_is_as_wide_as_its_characters },
	{ "a shortened text keeps whole characters", a_shortened_text_keeps_whole_characters },
	{ "the widest columns of text give way, numbers never",
	  the_widest_columns_of_text_give_way },
	{ "the least telling column goes first, and the name is cut last",
	  the_least_telling_column_goes_first },
	{ "another part of a list has what is left of the line",
	  another_part_has_what_is_left_of_the_line });
