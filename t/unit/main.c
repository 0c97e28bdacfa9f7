/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <CUnit/TestRun.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct {
	const char *name;
	const struct unit_test *tests;
	size_t count;
} suites[64];
static size_t suite_count;
static unsigned done;

void unit_register(const char *suite, const struct unit_test *tests, size_t count)
{
	if (suite_count == sizeof(suites) / sizeof(suites[0]))
		return;
	suites[suite_count].name = suite;
	suites[suite_count].tests = tests;
	suites[suite_count++].count = count;
}

void unit_note(const char *fmt, ...)
{
	va_list ap;
	char line[1024];

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("# %s\n", line);
}

static void test_complete(const CU_pTest test, const CU_pSuite suite,
			  const CU_pFailureRecord failure)
{
	(void)suite;
	for (CU_pFailureRecord f = failure; f; f = f->pNext)
		unit_note("%s:%u: %s", f->strFileName ? f->strFileName : "?", f->uiLineNumber,
			  f->strCondition ? f->strCondition : "?");
	printf("%sok %u - %s\n", failure ? "not " : "", ++done, test->pName);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc < 2 && i < suite_count; i++)
		puts(suites[i].name);
	if (argc < 2)
		return 0;
	for (size_t i = 0; i < suite_count; i++) {
		if (strcmp(suites[i].name, argv[1]))
			continue;
		signal(SIGPIPE, SIG_IGN);	/* as every host of the rooms does */
		if (CU_initialize_registry() != CUE_SUCCESS)
			return 1;
		CU_pSuite s = CU_add_suite(argv[1], NULL, NULL);
		for (size_t k = 0; s && k < suites[i].count; k++)
			if (!CU_add_test(s, suites[i].tests[k].sentence, suites[i].tests[k].run))
				return 1;
		printf("1..%zu\n", suites[i].count);
		CU_set_test_complete_handler(test_complete);
		CU_run_all_tests();
		unsigned failed = CU_get_number_of_tests_failed();
		CU_cleanup_registry();
		return failed ? 1 : 0;
	}
	fprintf(stderr, "unit: no suite '%s'\n", argv[1]);
	return 2;
}
