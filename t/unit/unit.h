/* SPDX-License-Identifier: MIT */
/*
 * unit.h -- CUnit speaking TAP.
 *
 * A test is a function whose name in the output is a sentence:
 *
 *	static void counts_are_known_or_absent(void) { ... CU_ASSERT_EQUAL(...) ... }
 *	UNIT_SUITE(stats,
 *		{ "counts are known or absent, never guessed", counts_are_known_or_absent },
 *		{ ... });
 *
 * The suite registers itself; `unit NAME` runs one, `unit` lists them.
 */
#ifndef T_UNIT_H
#define T_UNIT_H

#include <CUnit/CUnit.h>
#include <stddef.h>

struct unit_test {
	const char *sentence;
	void (*run)(void);
};

void unit_register(const char *suite, const struct unit_test *tests, size_t count);

#define UNIT_SUITE(name, ...) \
	static const struct unit_test name##_tests_[] = { __VA_ARGS__ }; \
	__attribute__((constructor)) static void name##_register_(void) \
	{ \
		unit_register(#name, name##_tests_, \
			      sizeof(name##_tests_) / sizeof(name##_tests_[0])); \
	} \
	struct unit_swallow_semicolon_

/* Prints a diagnostic line of TAP, to say which row of a table failed. */
void unit_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* As CU_ASSERT_STRING_EQUAL, but shows both and takes NULL. */
#define UNIT_STR(got, want) \
	do { \
		const char *got_ = (got), *want_ = (want); \
		int same_ = got_ && want_ ? !__builtin_strcmp(got_, want_) : got_ == want_; \
		if (!same_) \
			unit_note("%s:%d: got '%s', want '%s'", __FILE__, __LINE__, \
				  got_ ? got_ : "(null)", want_ ? want_ : "(null)"); \
		CU_ASSERT(same_); \
	} while (0)

/* Checks a condition and names the row of the table when it fails. */
#define UNIT_ROW(row, condition) \
	do { \
		int ok_ = (condition); \
		if (!ok_) \
			unit_note("%s:%d: row %zu: %s", __FILE__, __LINE__, (size_t)(row), \
				  #condition); \
		CU_ASSERT(ok_); \
	} while (0)

#endif
