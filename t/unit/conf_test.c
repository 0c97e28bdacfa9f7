/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "indexing/conf.h"

/* Foo 1 "a" true; <B "x">{ C 2; } */
static void dump(const struct setting *s, struct buf *out)
{
	for (size_t i = 0; i < s->child_count; i++) {
		const struct setting *c = &s->children[i];

		buf_addf(out, "%s%s", out->len ? " " : "", c->key);
		for (size_t k = 0; k < c->value_count; k++) {
			const struct setting_value *v = &c->values[k];

			if (v->type == SETTING_TEXT)
				buf_addf(out, " \"%s\"", v->text);
			else if (v->type == SETTING_NUMBER)
				buf_addf(out, " %.10g", v->number);
			else
				buf_addf(out, " %s", v->boolean ? "true" : "false");
		}
		if (c->child_count > 0) {
			buf_adds(out, " {");
			dump(c, out);
			buf_adds(out, " }");
		} else {
			buf_adds(out, ";");
		}
	}
}

static int parse(const char *text, size_t len, struct buf *out, struct err *err)
{
	scoped_conf struct conf conf = { 0 };
	/* not NUL-terminated: the sanitizer sees a step beyond the end */
	scoped_free char *exact = malloc(len ? len : 1);

	memcpy(exact, text, len);
	if (conf_parse(exact, len, &conf, err) < 0)
		return -1;
	dump(&conf.root, out);
	return 0;
}

static void words_are_told_apart(void)
{
	static const struct {
		const char *values, *tree;
	} cases[] = {
		{ "1", "1" }, { "-5", "-5" }, { "+5", "5" }, { "010", "10" }, { "0x1F", "31" },
		{ "1.5", "1.5" }, { ".5", "0.5" }, { "-.5", "-0.5" }, { "1.5e+2", "150" },
		{ "1.5e22", "1.5 \"e22\"" },		/* an exponent has a sign */
		{ "1e3", "\"1e3\"" }, { "1e+3", "\"1e\" 3" }, { "1.", "1" }, { "1.2.3", "1.2 0.3" },
		{ "0x", "\"0x\"" }, { "0xfg", "\"0xfg\"" }, { "-0x1", "-0 \"x1\"" },
		{ "5s", "\"5s\"" },
		{ "true yes on", "true true true" }, { "false no off", "false false false" },
		{ "TRUE True trueish", "\"TRUE\" \"True\" \"trueish\"" },
		{ "a_b 1a", "\"a_b\" \"1a\"" },
		{ "a-b a.b", "\"a\" \"b\" \"a\" \"b\"" },	/* what means nothing is skipped */
		{ "a\xc3\xa9" "b;", "\"a\" \"b\"" },
		{ "127.0.0.1 127.0.0.1:80", "\"127.0.0.1\" \"127.0.0.1:80\"" },
		{ "127.0.0.1:99999", "\"127.0.0.1:9999\" 9" },
		{ "1.2.3.256", "\"1.2.3.25\" 6" }, { "1.2.3.04", "\"1.2.3.0\" 4" },
		{ "::1 [::1]:80 fe80::a:b", "\"::1\" \"[::1]:80\" \"fe80::a:b\"" },
		{ "1:2:3:4:5:6:7:8 ::ffff:1.2.3.4", "\"1:2:3:4:5:6:7:8\" \"::ffff:1.2.3.4\"" },
		{ "12:34", "12 34" }, { "[::1", "\"::1\"" }, { "g::1", "\"g\" \"::1\"" },
		{ "\"\"", "\"\"" }, { "\"a b\"", "\"a b\"" }, { "\"a\"\"b\"", "\"a\" \"b\"" },
		{ "\"a#b\" # c", "\"a#b\"" }, { "5#6", "5" },
		{ "\"\\\"\"", "\"\"\"" }, { "\"a\\\\b\"", "\"a\\b\"" }, { "\"a\\nb\"", "\"anb\"" },
		{ "\"a\nb\"", "\"a\nb\"" },			/* a line end in quotes stays */
		{ "\"a\\\n  b\"", "\"ab\"" }, { "\"a\\\n\\\\b\"", "\"a\\b\"" },
		/* a continuation's first character */
		{ "\"a\\\n\"b\"", "\"a\"b\"" },
		{ "\"a\\\r\n  b\"", "\"a\r\n  b\"" },
		{ "1 \\\n 2", "1 2" }, { "1 \\\r\n 2", "1 2" }, { "1 \\ 2", "1 2" },
		{ "1\t2\b3\r", "1 2 3" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf out = BUF(4096), want = BUF(4096), text = BUF(4096);
		struct err err = { 0 };

		buf_addf(&text, "Key %s\n", cases[i].values);
		buf_addf(&want, "Key %s;", cases[i].tree);
		UNIT_ROW(i, parse(text.data, text.len, &out, &err) == 0);
		UNIT_STR(out.data, want.data);
	}
}

static void statements_make_a_tree(void)
{
	static const struct {
		const char *text, *tree;
	} cases[] = {
		{ "", "" }, { "\n\n", "" }, { "# only\n#a comment", "" }, { "   ", "" },
		{ "A 1\nB 2\n", "A 1; B 2;" },
		{ "A 1\r\nB 2\r\n", "A 1; B 2;" },
		{ "<A>\nB 1\n</A>\n", "A { B 1; }" },
		{ "<A \"x\" 2>\n<B y>\nC 1\n</B>\nD 1\n</A>\n",
		  "A \"x\" 2 { B \"y\" { C 1; } D 1; }" },
		{ "<A x>\n</A>\nB 1\n", "A \"x\"; B 1;" },
		{ "<A>\n</A>\nB 1\n", "B 1;" },			/* nothing in it: dropped */
		{ "<A>\n<B>\n</B>\n</A>\nC 1\n<D>\n</D>\nE 1\n", "C 1; E 1;" },
		{ "< A x >\n< / A >\n", "A \"x\";" },
		{ "127.0.0.1 5\n", "127.0.0.1 5;" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf out = BUF(4096);
		struct err err = { 0 };

		UNIT_ROW(i, parse(cases[i].text, strlen(cases[i].text), &out, &err) == 0);
		UNIT_STR(out.data, cases[i].tree);
	}
}

static void lines_and_skipped_characters_are_known(void)
{
	static const char text[] = "# c\nA \"x\ny\" \\\n 1\n\n<B>\n  C ; 1\n</B>\nD \"\\\n\"\" 1\nE 1,\n";
	scoped_conf struct conf conf = { 0 };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(conf_parse(text, strlen(text), &conf, &err), 0);
	CU_ASSERT_EQUAL_FATAL(conf.root.child_count, 4);
	CU_ASSERT_EQUAL(conf.root.children[0].line, 2);
	CU_ASSERT_EQUAL(conf.root.children[1].line, 6);
	CU_ASSERT_EQUAL(conf.root.children[1].children[0].line, 7);
	CU_ASSERT_EQUAL(conf.root.children[2].line, 9);
	CU_ASSERT_EQUAL(conf.root.children[3].line, 11);
	CU_ASSERT_EQUAL(conf.skipped_line, 7);
	CU_ASSERT_EQUAL(conf.skipped, ';');
}

static void mistakes_are_named_with_their_line(void)
{
	static const struct {
		const char *text;
		int line;
		const char *what;
	} cases[] = {
		{ "A 1", 1, "expected the end of the line, not the end of the file" },
		{ "\nA\n", 2, "expected a value, not the end of the line" },
		{ "5 6\n", 1, "expected an option or a block, not a number" },
		{ "on 6\n", 1, "expected an option or a block, not a boolean" },
		{ "\"A\" 6\n", 1, "expected an option or a block, not a string in quotes" },
		{ "A /x\n", 1, "expected a value, not '/'" },
		{ "A b/x\n", 1, "expected the end of the line, not '/'" },
		{ "A >\n", 1, "expected a value, not '>'" },
		{ "<A>B 1\n</A>\n", 1, "expected the end of the line, not a word" },
		{ "<A>\nB 1</A>\n", 2, "expected the end of the line, not '<'" },
		{ "<A>\n</A> 5\n", 2, "expected the end of the line, not a number" },
		{ "<A>\n</A>", 2, "expected the end of the line, not the end of the file" },
		{ "<A>\n</A\n", 2, "expected '>', not the end of the line" },
		{ "<A\n>\n", 1, "expected '>', not the end of the line" },
		{ "<5>\n</5>\n", 1, "expected a name after '<', not a number" },
		{ "<A>\n</5>\n", 2, "expected the name of a block after '</', not a number" },
		{ "<A>\nB 1\n", 3, "<A> of line 1 is not closed" },
		{ "<A>\nB 1\n</a>\n", 3, "</a> does not close <A> of line 1" },
		{ "<A>\n<B>\n</A>\n</B>\n", 3, "</A> does not close <B> of line 2" },
		{ "A 1\n</A>\n", 2, "</A> closes nothing" },
		{ "A 1\nB \"x\n\n", 2, "a string is not closed" },
		{ "A \"x\\", 1, "a string is not closed" },
		{ "A \"x\\\n", 1, "a string is not closed" },
		{ "A \"x\\\n\"", 1, "a string is not closed" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf out = BUF(4096);
		struct err err = { 0 };

		UNIT_ROW(i, parse(cases[i].text, strlen(cases[i].text), &out, &err) < 0);
		UNIT_ROW(i, err.kind == ERR_INPUT && err.line == cases[i].line);
		UNIT_STR(err.what, cases[i].what);
	}
	scoped_buf struct buf out = BUF(4096);
	struct err err = { 0 };
	CU_ASSERT_EQUAL(parse("A 1\nB \"\0\"\n", 10, &out, &err), -1);
	CU_ASSERT_EQUAL(err.line, 2);
}

/* text, count times, in a buffer */
static void repeat(struct buf *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_adds(out, text);
}

static void ceilings_hold(void)
{
	static const struct {
		const char *front, *text, *back;
		size_t count;
		const char *what;	/* NULL = just fits */
	} cases[] = {
		{ "", "<A x>\n", "", CONF_DEPTH_MAX + 1, "more than 16 blocks in each other" },
		{ "", "<A x>\n", "", 100000, "more than 16 blocks in each other" },
		{ "", "A 1\n", "", CONF_ITEMS_MAX / 2, NULL },
		{ "", "A 1\n", "", CONF_ITEMS_MAX / 2 + 1, "more than 100000 options and values" },
		{ "A", " 1", "\n", CONF_ITEMS_MAX - 1, NULL },
		{ "A", " 1", "\n", CONF_ITEMS_MAX, "more than 100000 options and values" },
		{ "A \"", "x", "\"\n", CONF_STRING_MAX, NULL },
		{ "A \"", "x", "\"\n", CONF_STRING_MAX + 1, "a string is longer than 16384 bytes" },
		{ "A ", "x", "\n", CONF_STRING_MAX + 1, "a word is longer than 16384 bytes" },
		{ "A ", "1", "\n", CONF_STRING_MAX + 1, "a word is longer than 16384 bytes" },
		{ "", "\n", "", CONF_SIZE_MAX, NULL },
		{ "", "\n", "", CONF_SIZE_MAX + 1, "larger than 1048576 bytes" },
		{ "A \"", "\\", "\n", 100001, "a string is longer than 16384 bytes" },
		{ "A ", ":", "\n", 2 * (CONF_ITEMS_MAX - 1), NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf text = BUF(2 * CONF_SIZE_MAX);
		scoped_conf struct conf conf = { 0 };
		struct err err = { 0 };
		int r;

		buf_adds(&text, cases[i].front);
		repeat(&text, cases[i].text, cases[i].count);
		buf_adds(&text, cases[i].back);
		r = conf_parse(text.data, text.len, &conf, &err);
		UNIT_ROW(i, r == (cases[i].what ? -1 : 0));
		UNIT_STR(r < 0 ? err.what : NULL, cases[i].what);
	}
}

static void any_beginning_of_a_file_is_survived(void)
{
	static const char text[] = "# c\nA \"x\\\n  \\\"y\" 1.5e+3 0x1f \\\n [::1]:80 1.2.3.4:5 on\r\n"
				   "<B \"z\">\n;</B>\nC ::1\n";

	for (size_t n = 0; n <= strlen(text); n++) {
		scoped_buf struct buf out = BUF(4096);
		struct err err = { 0 };
		int r = parse(text, n, &out, &err);

		UNIT_ROW(n, r == 0 ? err.kind == ERR_NONE : err.kind == ERR_INPUT && err.line > 0);
	}
}

static void a_value_is_in_no_message(void)
{
	static const char *const cases[] = {
		"Token \"s3cret\n", "Token s3cret\"\n", "Token s3cret/\n", "Token s3cret",
		"<A s3cret\n", "<A>\nToken s3cret\n</B>\n",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf out = BUF(4096);
		struct err err = { 0 };

		UNIT_ROW(i, parse(cases[i], strlen(cases[i]), &out, &err) < 0);
		UNIT_ROW(i, !strstr(err.what, "s3cret") && !strstr(err.hint, "s3cret"));
	}
}

UNIT_SUITE(conf,
	{ "words are told apart as collectd's scanner does", words_are_told_apart },
	{ "statements make a tree", statements_make_a_tree },
	{ "lines and skipped characters are known", lines_and_skipped_characters_are_known },
	{ "mistakes are named with their line", mistakes_are_named_with_their_line },
	{ "ceilings hold", ceilings_hold },
	{ "any beginning of a file is survived", any_beginning_of_a_file_is_survived },
	{ "a value is in no message", a_value_is_in_no_message });
