/* SPDX-License-Identifier: MIT */
/* progress_test.c -- the line of a progress bar, in windows of every width. */
#include <locale.h>
#include <string.h>

#include "../../plugin/command/output.h"
#include "../../plugin/command/progress.h"
#include "indexing/survey.h"
#include "unit.h"

static void the_line_shrinks_with_the_window(void)
{
	static const struct { int width; const char *line; } cases[] = {
		{ 120, "docs [####################....................]  50% 50/100, 3 with errors, 2.5/s, 20s left" },
		{ 61, "docs [####....]  50% 50/100, 3 with errors, 2.5/s, 20s left" },
		{ 58, "docs [##...]  50% 50/100, 3 with errors, 2.5/s, 20s left" },
		{ 57, "docs: 50% 50/100, 3 with errors, 2.5/s, 20s left" },
		{ 48, "docs [##...]  50% 50/100, 3 with errors, 2.5/s" },
		{ 40, "docs: 50% 50/100, 3 with errors, 2.5/s" },
		{ 38, "docs: 50% 50/100, 3 with errors" },
		{ 30, "docs: 50%, 3 with errors" },
		{ 24, "docs [#####.....]  50%" },
		{ 12, "docs: 50%" },
		{ 9, "docs 50%" },
		{ 7, "do 50%" },
		{ 5, "50%" },
		{ 3, "50" },
		{ 2, "5" },
	};
	struct progress_view v = { .label = "docs", .done = 50, .total = 100, .errors = 3,
				   .per_second = 2.5, .bar = true };
	char line[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		v.width = cases[i].width;
		progress_format(&v, line, sizeof(line));
		UNIT_STR(line, cases[i].line);
	}
}

static void no_line_reaches_the_last_column(void)
{
	static const char *const labels[] = { "d", "docs",
					      "3 of 12 instances, now a-long-name-of-one",
					      "\xe6\x96\x87\xe6\x9b\xb8\xe3\x81\xae\xe5\x90\x8d" };
	static const int64_t totals[] = { -1, 0, 7, 123456789 };
	char line[512];

	setlocale(LC_CTYPE, "C.UTF-8");
	for (size_t l = 0; l < sizeof(labels) / sizeof(labels[0]); l++)
		for (size_t t = 0; t < sizeof(totals) / sizeof(totals[0]); t++)
			for (int width = 2; width < 130; width++) {
				struct progress_view v = { .label = labels[l],
							   .done = totals[t] / 2,
							   .total = totals[t], .errors = 1,
							   .per_second = 12345, .bar = true,
							   .width = width };

				progress_format(&v, line, sizeof(line));
				UNIT_ROW(width, text_width(line) < (size_t)width);
				UNIT_ROW(width, mbstowcs(NULL, line, 0) != (size_t)-1);
			}
	setlocale(LC_CTYPE, "C");
}

static void looks_pause_as_the_budget_bears(void)
{
	static const struct { int cost, used, limit; int64_t interval, pause; } cases[] = {
		{ 101, 0, 600, 500, 500 },		/* half of it is there: at once */
		{ 101, 299, 600, 500, 500 },
		{ 101, 300, 600, 500, 50500 },		/* then what it bears for ever */
		{ 2, 600, 600, 5000, 5000 },
		{ 600, 600, 600, 5000, 300000 },
		{ 5, 0, 0, 5000, 5000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		UNIT_ROW(i, survey_pause_ms(cases[i].cost, cases[i].used, cases[i].limit,
					    cases[i].interval) == cases[i].pause);
}

UNIT_SUITE(progress,
	{ "the line shrinks with the window, the percentage last",
	  the_line_shrinks_with_the_window },
	{ "no line reaches the last column, whatever the label", no_line_reaches_the_last_column },
	{ "looks pause as long as the budget bears", looks_pause_as_the_budget_bears });
