/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../plugin/credential/query.h"
#include "base/buf.h"
#include "unit.h"

static int input(const void *data, size_t len)
{
	int fd = memfd_create("request", MFD_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0 && write(fd, data, len) == (ssize_t)len &&
			lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static int read_bytes(const void *data, size_t len, struct query *q, struct err *err)
{
	int fd = input(data, len);
	int r = query_read(fd, q, err);

	close(fd);
	return r;
}

#define AT "protocol=https\nhost=h\n"
#define LITERAL(s) (s), sizeof(s) - 1

struct bytes {
	const char *data;
	size_t len;
};
#define B(s) { LITERAL(s) }

/* NULL in fails_with: it is read. */
struct fact {
	struct bytes in;
	const char *fails_with;
};

static void check_facts(const struct fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		scoped_query struct query q = { 0 };
		struct err err = { 0 };
		int r = read_bytes(facts[i].in.data, facts[i].in.len, &q, &err);

		UNIT_ROW(i, r == (facts[i].fails_with ? -1 : 0));
		UNIT_ROW(i, !facts[i].fails_with || err.kind == ERR_INPUT);
		UNIT_STR(r < 0 ? err.what : NULL, facts[i].fails_with);
	}
}
#define CHECK_FACTS(facts) check_facts(facts, sizeof(facts) / sizeof((facts)[0]))

#define CR "the request contains a carriage return"
#define NUL "the request contains a NUL byte"
#define NO_EQUALS "a line has no '='"
#define NO_PROTOCOL "the request names no protocol"
#define NO_HOST "the request names no host"
#define EMPTY_HOST "the host is empty"
#define CONTROL "protocol or host contains a control character"
#define CONTROL_IN_NAME "path or username contains a control character"
#define WORD "authtype is not a word like 'Bearer'"

static void lines_end_at_a_line_feed(void)
{
	static const struct fact facts[] = {
		{ B("protocol=https\nhost=h"), NULL },		/* the last line may lack its LF */
		{ B(AT), NULL },
		{ B(AT "\n"), NULL },
		{ B(AT "\nbroken\r\n\0"), NULL },		/* not read any more */
		{ B(""), NO_PROTOCOL },
		{ B("\n" AT), NO_PROTOCOL },			/* ended before it began */
		{ B("protocol=https\n\nhost=h\n"), NO_HOST },
		{ B("protocol=https\r\nhost=h\r\n"), CR },
		{ B(AT "\r\n"), CR },
		{ B(AT "password=p\r\n"), CR },
		{ B(AT "password=p\r"), CR },
		{ B(AT "\r"), CR },
		{ B("protocol=https\rhost=h\n"), CR },
		{ B(AT "unknown=a\rpassword=p\n"), CR },
		{ B(AT "un\rknown=a\n"), CR },
		{ B(AT "password=p\0q\n"), NUL },
		{ B(AT "unknown=p\0q\n"), NUL },
		{ B("protocol=https\nhost=h\0.evil\n"), NUL },
		{ B(AT "\0"), NUL },
		{ B(AT "password\n"), NO_EQUALS },
		{ B(AT "password"), NO_EQUALS },
		{ B(AT " \n"), NO_EQUALS },
		{ B(AT "=\n=x\n"), NULL },			/* an empty key is an unknown one */
		{ B(AT "Password=\xff\xfe\xc3\x1b\n"), NULL },
	};
	CHECK_FACTS(facts);
}

static void protocol_and_host_are_needed(void)
{
	static const struct fact facts[] = {
		{ B("host=h\n"), NO_PROTOCOL },
		{ B("protocol=\nhost=h\n"), NO_PROTOCOL },
		{ B("protocol=https\n"), NO_HOST },
		{ B("protocol=https\npath=p\nusername=u\n"), NO_HOST },
		{ B("protocol=https\nhost=\n"), EMPTY_HOST },
		{ B("protocol=https\nhost=\npath=p\n"), EMPTY_HOST },
		{ B("protocol=cert\nhost=\n"), EMPTY_HOST },
		{ B("protocol=cert\nhost=\npath=/k\n"), NULL },
		{ B("protocol=cert\nhost=\npath=\n"), NULL },
		{ B("protocol=cert\npath=/k\n"), NO_HOST },
		{ B("protocol=certs\nhost=\npath=/k\n"), EMPTY_HOST },
		{ B("protocol=https\nhost=a\x1b[2J\n"), CONTROL },
		{ B("protocol=https\nhost=a\tb\n"), CONTROL },
		{ B("protocol=https\nhost=a\x7f\n"), CONTROL },
		{ B("protocol=ht\x01tps\nhost=a\n"), CONTROL },
		{ B("protocol=https\nhost=h\xc3\xa4usle:443\n"), NULL },
		{ B(AT "username=a\x1b[2J\n"), CONTROL_IN_NAME },
		{ B(AT "username=a\tb\n"), CONTROL_IN_NAME },
		{ B(AT "username=\x7f\npassword=p\n"), CONTROL_IN_NAME },
		{ B(AT "path=x/\x01y\n"), CONTROL_IN_NAME },
		{ B(AT "username=j\xc3\xb6rg\npath=\xe2\x82\xac\n"), NULL },
		{ B(AT "username=\xff\npassword=a\x1b\n"), NULL },	/* git sends what it has */
	};
	CHECK_FACTS(facts);
}

/* Section 2 of the field's history: what each hole would have put into a request. */
static void the_holes_of_others_are_closed(void)
{
	static const struct fact facts[] = {
		/* CVE-2020-11008: no host, or an empty one, is not any host */
		{ B("protocol=https\n"), NO_HOST },
		{ B("protocol=https\nhost=\n"), EMPTY_HOST },
		{ B("url=https:///path\n"), "attribute 'url' is not accepted" },
		/* CVE-2024-50349: escapes that forge what a terminal shows */
		{ B("protocol=https\nhost=good.example\x1b[1K\x1b[Gevil.example\n"), CONTROL },
		/* CVE-2024-52006 and 50338, CVE-2026-82249: a lone CR is no line end */
		{ B("protocol=https\nhost=evil.example\rhost=good.example\n"), CR },
		{ B("protocol=https\nhost=evil.example\r\nhost=good.example\n"), CR },
		/* CVE-2024-53263: the same from a caller that writes to us directly */
		{ B("protocol=https\nhost=h\npath=a\rhost=good.example\n"), CR },
		{ B("protocol=https\nhost=h\0\nhost=good.example\n"), NUL },
	};
	CHECK_FACTS(facts);

	/*
	 * CVE-2020-5260: a smuggled LF is a line like any other to a reader; the last one
	 * wins as in git, and the host is never made of both.
	 */
	scoped_query struct query q = { 0 };
	struct err err = { 0 };
	CU_ASSERT_EQUAL(read_bytes(LITERAL("protocol=https\nhost=evil\nhost=good\n"), &q, &err), 0);
	UNIT_STR(q.host, "good");
}

static void an_expiry_is_digits(void)
{
	static const struct {
		const char *text;
		int64_t seconds;	/* 0 = refused */
	} cases[] = {
		{ "1", 1 }, { "0001", 1 }, { "1767225600", 1767225600 },
		{ "9007199254740992", INT64_C(9007199254740992) },
		{ "9007199254740993", 0 }, { "99999999999999999999", 0 }, { "0", 0 }, { "", 0 },
		{ "-5", 0 }, { "+5", 0 }, { "1e3", 0 }, { "0x10", 0 }, { " 1", 0 }, { "1 ", 0 },
		{ "abc", 0 }, { "1.5", 0 }, { "18446744073709551617", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_query struct query q = { 0 };
		struct err err = { 0 };
		char in[128];
		int n = snprintf(in, sizeof(in), AT "password_expiry_utc=%s\n", cases[i].text);
		int r = read_bytes(in, (size_t)n, &q, &err);

		UNIT_ROW(i, r == (cases[i].seconds ? 0 : -1));
		UNIT_ROW(i, q.expires_at == cases[i].seconds);
	}
}

static void the_last_one_wins_and_lists_reset(void)
{
	static const struct {
		const char *in;
		const char *username, *password, *authtype;
		bool ephemeral, can_authtype;
	} cases[] = {
		{ AT, NULL, NULL, NULL, false, false },
		/* empty is a value */
		{ AT "username=\npassword=\n", "", "", NULL, false, false },
		{ AT "username=a\nusername=b\npassword=1\npassword=2=3=\n", "b", "2=3=", NULL,
		  false, false },
		{ AT "Username=a\nuser=a\nusername[]=a\n username=a\n", NULL, NULL, NULL,
		  false, false },
		{ AT "capability[]=authtype\n", NULL, NULL, NULL, false, true },
		{ AT "capability[]=state\ncapability[]=authtypes\ncapability=authtype\n",
		  NULL, NULL, NULL, false, false },
		{ AT "capability[]=authtype\ncapability[]=state\n", NULL, NULL, NULL, false, true },
		{ AT "capability[]=authtype\ncapability[]=\n", NULL, NULL, NULL, false, false },
		{ AT "capability[]=authtype\ncapability[]=\ncapability[]=authtype\n", NULL, NULL,
		  NULL, false, true },
		{ AT "authtype=Basic\nauthtype=x-Own_1\n", NULL, NULL, "x-Own_1", false, false },
		{ AT "ephemeral=1\n", NULL, NULL, NULL, true, false },
		{ AT "ephemeral=TRUE\n", NULL, NULL, NULL, true, false },
		{ AT "ephemeral=what\n", NULL, NULL, NULL, true, false },
		{ AT "ephemeral=1\nephemeral=0\n", NULL, NULL, NULL, false, false },
		{ AT "ephemeral=\n", NULL, NULL, NULL, false, false },
		{ AT "ephemeral=No\n", NULL, NULL, NULL, false, false },
		{ AT "state[]=a\nstate[]=\nstate[]=b\nwwwauth[]=Basic\ncontinue=1\nquit=1\n", NULL,
		  NULL, NULL, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_query struct query q = { 0 };
		struct err err = { 0 };

		UNIT_ROW(i, read_bytes(cases[i].in, strlen(cases[i].in), &q, &err) == 0);
		UNIT_STR(q.username, cases[i].username);
		UNIT_STR(q.password ? secret_bytes(q.password) : NULL, cases[i].password);
		UNIT_STR(q.authtype, cases[i].authtype);
		UNIT_ROW(i, q.ephemeral == cases[i].ephemeral);
		UNIT_ROW(i, q.can_authtype == cases[i].can_authtype);
	}
}

static void an_authtype_is_a_word(void)
{
	static const struct fact facts[] = {
		{ B(AT "authtype=Bearer\n"), NULL },
		{ B(AT "authtype=\n"), WORD },
		{ B(AT "authtype=Bearer x\n"), WORD },
		{ B(AT "authtype=Bearer:\n"), WORD },
		{ B(AT "authtype=B\x1b\n"), WORD },
		{ B(AT "authtype=B\xc3\xa4r\n"), WORD },
	};
	CHECK_FACTS(facts);
}

/* A request whose last line is KEY=777... of `len` bytes, its LF included. */
static int read_long(const char *key, size_t len, bool lf, struct query *q, struct err *err)
{
	scoped_buf struct buf in = BUF(8 * 1024 * 1024);

	buf_adds(&in, AT);
	buf_adds(&in, key);
	for (size_t i = strlen(key); i + 1 < len; i++)
		buf_add(&in, "7", 1);
	buf_adds(&in, lf ? "\n" : "");
	CU_ASSERT_FATAL(!in.failed);
	return read_bytes(in.data, in.len, q, err);
}

static void a_line_has_a_length(void)
{
	static const struct {
		const char *key;
		size_t len;
		bool lf;
		const char *fails_with;
	} cases[] = {
		{ "password=", 65535, true, NULL },
		{ "password=", 65535, false, NULL },
		{ "password=", 65536, true, "the line of 'password' is longer than 65535 bytes" },
		{ "password=", 65536, false, "the line of 'password' is longer than 65535 bytes" },
		{ "password=", 200000, true, "the line of 'password' is longer than 65535 bytes" },
		{ "host=", 65536, true, "the line of 'host' is longer than 65535 bytes" },
		{ "capability[]=", 65536, true,
		  "the line of 'capability[]' is longer than 65535 bytes" },
		{ "authtype=", 65536, true, "the line of 'authtype' is longer than 65535 bytes" },
		{ "wwwauth[]=", 65536, true, NULL },
		{ "state[]=", 1024 * 1024, true, NULL },
		{ "=", 200000, false, NULL },
		{ "unknown=", 4 * 1024 * 1024 - sizeof(AT) + 1, true, NULL },
		{ "unknown=", 4 * 1024 * 1024 - sizeof(AT) + 2, true,
		  "the request is longer than 4194304 bytes" },
		{ "", 65535, true, NO_EQUALS },
		{ "", 65536, true, "a line is longer than 65535 bytes" },
		{ "", 200000, true, "a line is longer than 65535 bytes" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_query struct query q = { 0 };
		struct err err = { 0 };
		int r = read_long(cases[i].key, cases[i].len, cases[i].lf, &q, &err);

		UNIT_STR(r < 0 ? err.what : NULL, cases[i].fails_with);
		UNIT_ROW(i, r < 0 || !q.password || secret_len(q.password) == 65534 - 9);
	}
}

static void a_long_line_is_never_taken_up_in_its_middle(void)
{
	/* wherever a reader of fixed blocks would begin anew stands a line of ours */
	static const size_t at[] = { 1024, 4096, 65534, 65535, 65536, 131072 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		scoped_query struct query q = { 0 };
		scoped_buf struct buf in = BUF(1024 * 1024);
		struct err err = { 0 };

		buf_adds(&in, "unknown=");
		while (in.len < at[i])
			buf_adds(&in, "7");
		buf_adds(&in, "host=evil\n" "protocol=https\nhost=good\nusername=u");
		UNIT_ROW(i, read_bytes(in.data, in.len, &q, &err) == 0);
		UNIT_STR(q.host, "good");
		UNIT_STR(q.username, "u");
	}
}

static void it_reads_what_comes_in_drops(void)
{
	static const char in[] = AT "username=u\npassword=p\n\nrest";
	scoped_query struct query q = { 0 };
	struct err err = { 0 };
	int fds[2];

	CU_ASSERT_FATAL(pipe(fds) == 0);
	pid_t child = fork();
	if (child == 0) {
		for (size_t i = 0; i < sizeof(in) - 1; i++)
			if (write(fds[1], in + i, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	CU_ASSERT_EQUAL(query_read(fds[0], &q, &err), 0);
	close(fds[0]);
	UNIT_STR(q.username, "u");
	UNIT_STR(q.password ? secret_bytes(q.password) : NULL, "p");
	waitpid(child, NULL, 0);
	query_clear(&q);
	CU_ASSERT(query_read(-1, &q, &err) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.what, "cannot read the request"));
}

static void no_message_quotes_a_value(void)
{
	static const struct bytes cases[] = {
		B(AT "password=geheim1\r\n"), B(AT "password=geheim1\0\n"),
		B("protocol=https\npassword=geheim1\n"), B(AT "geheim1\n"),
		B(AT "password_expiry_utc=geheim1\n"), B(AT "url=https://u:geheim1@h\n"),
		B("protocol=https\nhost=geheim1\x1b\n"), B(AT "authtype=geheim1 \n"),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_query struct query q = { 0 };
		struct err err = { 0 };

		UNIT_ROW(i, read_bytes(cases[i].data, cases[i].len, &q, &err) < 0);
		UNIT_ROW(i, !strstr(err.what, "geheim1") && !strstr(err.hint, "geheim1"));
	}
}

UNIT_SUITE(query,
	{ "lines end at a line feed and nowhere else; CR and NUL refuse the whole",
	  lines_end_at_a_line_feed },
	{ "protocol and host are needed, and are whole", protocol_and_host_are_needed },
	{ "the holes that others had are closed", the_holes_of_others_are_closed },
	{ "an expiry is digits, from 1 to 2^53", an_expiry_is_digits },
	{ "the last of repeated keys wins, an empty capability[] resets",
	  the_last_one_wins_and_lists_reset },
	{ "an authtype is a word of HTTP", an_authtype_is_a_word },
	{ "a line has a length, with or without its line feed", a_line_has_a_length },
	{ "a long line is never taken up in its middle",
	  a_long_line_is_never_taken_up_in_its_middle },
	{ "it reads what comes in drops", it_reads_what_comes_in_drops },
	{ "no message quotes a value", no_message_quotes_a_value });
