/* SPDX-License-Identifier: MIT */
#include "indexing/select.h"
#include "unit.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void names_are_exact_or_regex(void)
{
	static const struct {
		const char *patterns[3];
		bool ignore;
		const char *name;
		bool selected;
	} cases[] = {
		{ { NULL }, false, "docs", true },		/* no entry selects all */
		{ { NULL }, true, "docs", true },
		{ { "docs" }, false, "docs", true },
		{ { "docs" }, false, "docs2", false },		/* exact, not a prefix */
		{ { "docs" }, false, "Docs", false },		/* case-sensitive */
		{ { "docs" }, true, "docs", false },
		{ { "docs" }, true, "docs2", true },
		{ { "/oc/" }, false, "docs", true },		/* not anchored */
		{ { "/^oc/" }, false, "docs", false },
		{ { "/^(a|b)+$/" }, false, "abba", true },	/* extended */
		{ { "a", "/^d/" }, false, "docs", true },	/* any entry will do */
		{ { "a", "/^d/" }, true, "docs", false },
		{ { "a", "/^d/" }, true, "x", true },
		{ { "/" }, false, "a", false },			/* too short for a regex */
		{ { "//" }, false, "a", false },
	};

	for (size_t i = 0; i < ROWS(cases); i++) {
		struct selection *s = selection_new();
		struct err err = { 0 };

		for (size_t k = 0; k < 3 && cases[i].patterns[k]; k++)
			UNIT_ROW(i, selection_add(s, cases[i].patterns[k], &err) == 0);
		selection_ignore(s, cases[i].ignore);
		UNIT_ROW(i, selection_matches(s, cases[i].name) == cases[i].selected);
		selection_free(s);
	}
	CU_ASSERT(selection_matches(NULL, "x"));
}

static void a_bad_regex_is_refused(void)
{
	static const char *const bad[] = { "", "/(/", "/[/", "/a{2,1}/" };

	for (size_t i = 0; i < ROWS(bad); i++) {
		struct selection *s = selection_new();
		struct err err = { 0 };

		UNIT_ROW(i, selection_add(s, bad[i], &err) == -1 && err.kind == ERR_CONFIG);
		UNIT_ROW(i, selection_matches(s, "x"));	/* as if it had not been given */
		selection_free(s);
	}
}

UNIT_SUITE(select,
	{ "a name is selected exactly or by regex, like collectd's ignorelist",
	  names_are_exact_or_regex },
	{ "a bad regular expression is refused with its reason", a_bad_regex_is_refused });
