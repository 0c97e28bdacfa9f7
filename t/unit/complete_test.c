/* SPDX-License-Identifier: MIT */
#include "../../plugin/command/complete.h"
#include "unit.h"

#include <string.h>

static void what_an_argument_is_stands_in_the_usage(void)
{
	static const struct {
		const char *args;
		size_t at;
		enum complete_kind kind;
		const char *words;
	} cases[] = {
		{ "", 0, COMPLETE_NOTHING, "" },
		{ "INSTANCE", 0, COMPLETE_NOTHING, "" },
		{ "FILE", 0, COMPLETE_FILE, "" },
		{ "FILE", 1, COMPLETE_NOTHING, "" },
		{ "[FILE]", 0, COMPLETE_FILE, "" },
		{ "INSTANCE FILE...", 0, COMPLETE_NOTHING, "" },
		{ "INSTANCE FILE...", 1, COMPLETE_FILE, "" },
		{ "INSTANCE FILE...", 7, COMPLETE_FILE, "" },
		{ "INSTANCE [PATH ...]", 3, COMPLETE_FILE, "" },
		{ "INSTANCE DIR", 2, COMPLETE_NOTHING, "" },
		{ "ROW|URL", 0, COMPLETE_NOTHING, "" },
		{ "ROW|FILE", 0, COMPLETE_FILE, "" },
		{ "PROFILE", 0, COMPLETE_NOTHING, "" },	/* ends like a file, is none */
		{ "bash|zsh|fish", 0, COMPLETE_WORDS, "bash zsh fish " },
		{ "bash|zsh|fish", 1, COMPLETE_NOTHING, "" },
		{ "add NAME | list | show FILE", 0, COMPLETE_WORDS, "add list show " },
		{ "add NAME | list | show FILE", 1, COMPLETE_FILE, "" },
		{ "[COMMAND...]", 1, COMPLETE_COMMAND, "" },
		{ "on|$(off)|o;ff", 0, COMPLETE_WORDS, "on " },
		{ "...", 0, COMPLETE_NOTHING, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf words = BUF(256);
		enum complete_kind kind = complete_argument(cases[i].args, cases[i].at, &words);

		CU_ASSERT_EQUAL(kind, cases[i].kind);
		CU_ASSERT_STRING_EQUAL(words.data, cases[i].words);
		if (kind != cases[i].kind || strcmp(words.data, cases[i].words))
			unit_note("'%s' at %zu: %d '%s'", cases[i].args, cases[i].at,
				  (int)kind, words.data);
		CU_ASSERT_EQUAL(complete_argument(cases[i].args, cases[i].at, NULL), cases[i].kind);
	}
}

static void the_value_of_an_option_is_a_word_of_its_choice_or_a_file(void)
{
	static const struct {
		struct option option;
		enum complete_kind kind;
		const char *words;
	} cases[] = {
		{ { .name = "a", .type = OPTION_CHOICE, .arg = "table|json" },
		  COMPLETE_WORDS, "table json " },
		{ { .name = "a", .type = OPTION_CHOICE, .arg = "a b|c`d`|@cf/x-1.5" },
		  COMPLETE_WORDS, "@cf/x-1.5 " },
		{ { .name = "a", .type = OPTION_TEXT, .arg = "FILE" }, COMPLETE_FILE, "" },
		{ { .name = "a", .type = OPTION_TEXT, .arg = "FD|PATH" }, COMPLETE_FILE, "" },
		{ { .name = "a", .type = OPTION_TEXT, .arg = "NAME" }, COMPLETE_NOTHING, "" },
		{ { .name = "a", .type = OPTION_NUMBER, .arg = "N" }, COMPLETE_NOTHING, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf words = BUF(256);

		CU_ASSERT_EQUAL(complete_value(&cases[i].option, &words), cases[i].kind);
		CU_ASSERT_STRING_EQUAL(words.data, cases[i].words);
	}
}

static void only_plain_words_get_into_a_script(void)
{
	static const char *const bad[] = { "", "-x", "a b", "a'b", "a\"b", "$x", "`x`",
					   "a;b", "a&b", "a*",
					   "~", "a\nb", "\xc3\xa9", "a\\b", "(x)", "{a,b}", "a#", "!x", "a=b" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_FALSE(complete_is_plain(bad[i], strlen(bad[i])));
		if (complete_is_plain(bad[i], strlen(bad[i])))
			unit_note("'%s'", bad[i]);
	}
	CU_ASSERT(complete_is_plain("web-crawler", 11));
}

UNIT_SUITE(complete,
	{ "what an argument is stands in the usage", what_an_argument_is_stands_in_the_usage },
	{ "the value of an option is a word of its choice, or a file",
	  the_value_of_an_option_is_a_word_of_its_choice_or_a_file },
	{ "only plain words get into a script", only_plain_words_get_into_a_script });
