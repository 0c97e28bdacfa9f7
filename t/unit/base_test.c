/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/rfc3339.h"
#include "base/secret.h"
#include "unit.h"

static void foreign_text_is_escaped(void)
{
	static const struct { const char *in; size_t len; const char *out; } rows[] = {
		{ "plain", 5, "plain" },
		{ "", 0, "" },
		{ "a\x1b[31mb", 7, "a\\x1b[31mb" },
		{ "nul\0here", 8, "nul\\x00here" },
		{ "line\r\n", 6, "line\\x0d\\x0a" },
		{ "gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 6, "\xe6\x97\xa5\xe6\x9c\xac" },
		{ "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80" },
		{ "cut\xc3", 4, "cut\\xc3" },
		{ "\xc0\xaf", 2, "\\xc0\\xaf" },		/* overlong */
		{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80" },	/* surrogate */
		{ "\xc2\x9b", 2, "\\xc2\\x9b" },		/* C1: CSI */
		{ "\xe2\x80\xae", 3, "\\xe2\\x80\\xae" },	/* right-to-left override */
		{ "\xd8\x9c", 2, "\\xd8\\x9c" },		/* Arabic letter mark: it reorders, too */
		{ "\x7f", 1, "\\x7f" },
	};
	char out[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		escape_text(out, sizeof(out), rows[i].in, rows[i].len);
		UNIT_STR(out, rows[i].out);
	}
	CU_ASSERT_EQUAL(escape_text(out, 4, "gr\xc3\xbc\xc3\x9f", 6), 2);
	UNIT_STR(out, "gr");	/* cut before a character, not inside */
	escape_text(out, 4, "\x1b", 1);
	UNIT_STR(out, "");
}

static void json_is_shown_as_json(void)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "{\"a\":\"gr\xc3\xbc\xc3\x9f\"}", "{\"a\":\"gr\xc3\xbc\xc3\x9f\"}" },
		{ "{\n\"a\"}", "{\n\"a\"}" },
		{ "\"\\u001b\\n\"", "\"\\u001b\\n\"" },	/* as json-c writes them */
		{ "\"\xc2\x9b\"", "\"\\u009b\"" },
		{ "\"\xe2\x80\xae\xe2\x81\xa6\"", "\"\\u202e\\u2066\"" },
		{ "\"\xd8\x9c\xef\xbb\xbf\xe2\x80\xa8\"", "\"\\u061c\\ufeff\\u2028\"" },
		{ "\"\x7f\x1b\r\"", "\"\\u007f\\u001b\\u000d\"" },
		{ "\"\xed\xa0\x80\"", "\"\\ufffd\\ufffd\\ufffd\"" },	/* a surrogate alone */
		{ "\"\xff\xc3\"", "\"\\ufffd\\ufffd\"" },
		{ "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\"" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = rows[i].in;
		char out[64] = "", one[8];

		for (size_t left = strlen(at), n; left > 0; left -= n, at += n) {
			n = escape_json(one, at, left);
			strcat(out, one);
		}
		UNIT_STR(out, rows[i].out);
	}
}

static void an_error_keeps_kind_and_gains_context(void)
{
	struct err err = { 0 };

	CU_ASSERT_EQUAL(err_set(&err, ERR_NOT_FOUND, "no row '%s'", "a\nb"), -1);
	err_hint(&err, "look at %d", 7);
	err.status = 404;
	CU_ASSERT_EQUAL(err_context(&err, "reading '%s'", "vault"), -1);
	UNIT_STR(err.what, "reading 'vault': no row 'a\\x0ab'");
	UNIT_STR(err.hint, "look at 7");
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(err.status, 404);
	err_set(&err, ERR_CONFIG, "again: %s", err.what);	/* its own text as argument */
	UNIT_STR(err.what, "again: reading 'vault': no row 'a\\x0ab'");
	CU_ASSERT_EQUAL(err.status, 0);
	for (int i = 0; i < 20; i++)
		err_context(&err, "a rather long context that fills the sentence");
	CU_ASSERT(strlen(err.what) < sizeof(err.what));
}

static void bytes_grow_up_to_their_ceiling(void)
{
	scoped_buf struct buf b = BUF(10);

	UNIT_STR(b.data, "");
	CU_ASSERT_EQUAL(buf_adds(&b, "12345"), 0);
	CU_ASSERT_EQUAL(buf_addf(&b, "%d", 67890), 0);
	UNIT_STR(b.data, "1234567890");
	CU_ASSERT_EQUAL(buf_adds(&b, "x"), -1);
	CU_ASSERT(b.failed);
	UNIT_STR(b.data, "1234567890");
	buf_reset(&b);
	CU_ASSERT(!b.failed);
	CU_ASSERT_EQUAL(buf_add(&b, "a\0b", 3), 0);
	CU_ASSERT_EQUAL(b.len, 3);

	scoped_buf struct buf big = BUF(1 << 20);
	for (int i = 0; i < 1000; i++)
		buf_addf(&big, "%03d,", i);
	CU_ASSERT_EQUAL(big.len, 4000);
	CU_ASSERT_NSTRING_EQUAL(big.data + 3996, "999,", 4);
}

static void text_is_quoted_for_json_and_urls(void)
{
	scoped_buf struct buf b = BUF(256);

	buf_add_json(&b, "a\"b\\c\n\x01\xc3\xbc", 9);
	UNIT_STR(b.data, "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xbc\"");
	buf_reset(&b);
	buf_add_urlencoded(&b, "AI Search/\xc3\xbc?&=~-._");
	UNIT_STR(b.data, "AI%20Search%2F%C3%BC%3F%26%3D~-._");
}

static void times_are_read_in_every_form_the_api_uses(void)
{
	static const struct { const char *text; int ok; int64_t unix_s; } rows[] = {
		{ "2025-12-25T01:52:28Z", 1, 1766627548 },
		{ "2025-12-25 01:52:28", 1, 1766627548 },
		{ "2025-12-25T01:52:28.123456Z", 1, 1766627548 },
		{ "2025-12-25T02:52:28+01:00", 1, 1766627548 },
		{ "2025-12-24T20:22:28-0530", 1, 1766627548 },
		{ "1970-01-01T00:00:00Z", 1, 0 },
		{ "2024-02-29T00:00:00Z", 1, 1709164800 },
		{ "2025-02-29T00:00:00Z", 0, 0 },
		{ "2025-13-01T00:00:00Z", 0, 0 },
		{ "2025-12-25", 0, 0 },
		{ "2025-12-25T01:52:28.Z", 0, 0 },
		{ "2025-12-25T01:52:28Zx", 0, 0 },
		{ "2025-12-25T25:52:28Z", 0, 0 },
		{ "", 0, 0 },
		{ "yesterday", 0, 0 },
	};
	char text[RFC3339_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t t = 0;
		int r = rfc3339_parse(rows[i].text, &t);
		UNIT_ROW(i, (r == 0) == rows[i].ok);
		UNIT_ROW(i, !rows[i].ok || t == rows[i].unix_s);
	}
	rfc3339_format(1766627548, text);
	UNIT_STR(text, "2025-12-25T01:52:28Z");
}

static void a_token_is_visible_ascii(void)
{
	static const struct { const char *bytes; size_t len; const char *fails; } rows[] = {
		{ "abcDEF_-0123", 12, NULL },
		{ "", 0, "the token is empty" },
		{ "a\nb", 3, "the token contains a line break" },
		{ "a\rb", 3, "the token contains a line break" },
		{ "a\0b", 3, "the token contains a NUL byte" },
		{ "a b", 3, "the token contains a space or a byte that is not ASCII" },
		{ "a\xc3\xbc", 3, "the token contains a space or a byte that is not ASCII" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped_secret struct secret *s = NULL;
		struct err err = { 0 };

		CU_ASSERT_EQUAL_FATAL(secret_new(rows[i].bytes, rows[i].len, &s, &err), 0);
		int r = secret_check_token(s, &err);
		UNIT_ROW(i, (r < 0) == (rows[i].fails != NULL));
		if (rows[i].fails)
			UNIT_STR(err.what, rows[i].fails);
	}
}

static void secrets_compare_by_length_and_bytes(void)
{
	struct err err = { 0 };
	scoped_secret struct secret *a = NULL, *b = NULL, *c = NULL;

	secret_new("same", 4, &a, &err);
	secret_new("same", 4, &b, &err);
	secret_new("sama", 4, &c, &err);
	CU_ASSERT(secret_equal(a, b));
	CU_ASSERT(!secret_equal(a, c));
	UNIT_STR(secret_bytes(a), "same");
	struct secret *large = NULL;
	CU_ASSERT_EQUAL(secret_new("", SECRET_MAX + 1ul, &large, &err), -1);
}

/* Where a byte of this process is mapped: rights, and what the kernel does with it. */
struct mapping {
	uintptr_t from, to;
	char rights[8];
	bool dumped, locked;
};

static bool find_mapping(uintptr_t byte, struct mapping *out)
{
	scoped_file FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool here = false;
	unsigned long from, to;

	while (f && fgets(line, sizeof(line), f)) {
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3) {
			if (here)
				return true;
			here = from <= byte && byte < to;
			if (here) {
				*out = (struct mapping){ .from = from, .to = to, .dumped = true };
				memcpy(out->rights, rights, sizeof(rights));
			}
		} else if (here && !strncmp(line, "VmFlags:", 8)) {
			out->dumped = !strstr(line, " dd");
			out->locked = strstr(line, " lo");
		}
	}
	return here;
}

/* Sanitizers make it do nothing, and the limit may be 0. */
static bool can_lock(void)
{
	struct mapping m;
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mlock(page, 4096);
	bool can = find_mapping((uintptr_t)page, &m) && m.locked;
	munmap(page, 4096);
	return can;
}

static void secrets_lie_between_guard_pages(void)
{
	static const size_t lengths[] = { 0, 1, 64, 4063, 4064, 4065, 4079, 4080, 8192, SECRET_MAX };
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		scoped_secret struct secret *s = NULL;
		unsigned char *bytes = NULL;
		struct mapping its, guard;

		CU_ASSERT_EQUAL_FATAL(secret_alloc(lengths[i], &s, &bytes, &err), 0);
		memset(bytes, 'x', lengths[i]);
		CU_ASSERT_EQUAL(secret_len(s), lengths[i]);
		CU_ASSERT_EQUAL((uintptr_t)s % 16, 0);
		CU_ASSERT_FATAL(find_mapping((uintptr_t)bytes, &its));
		CU_ASSERT(!strncmp(its.rights, "rw-p", 4));
		CU_ASSERT(its.from <= (uintptr_t)s && (uintptr_t)bytes + lengths[i] < its.to);
		CU_ASSERT(its.to - ((uintptr_t)bytes + lengths[i]) <= 16);
		CU_ASSERT(!its.dumped);
		CU_ASSERT(its.locked || !can_lock() || lengths[i] > 8192);
		CU_ASSERT(find_mapping(its.from - 1, &guard) && !strncmp(guard.rights, "---p", 4));
		CU_ASSERT(find_mapping(its.to, &guard) && !strncmp(guard.rights, "---p", 4));
	}
}

static void files_are_replaced_whole_and_created_once(void)
{
	char folder[] = "/tmp/aisearch-unit.XXXXXX";
	struct err err = { 0 };
	scoped_buf struct buf path = BUF(256), got = BUF(0);
	scoped_secret struct secret *s = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	buf_addf(&path, "%s/f", folder);
	CU_ASSERT_EQUAL(file_check_private(path.data, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(file_create(path.data, "one\n", 4, &err), 0);
	CU_ASSERT_EQUAL(file_create(path.data, "two\n", 4, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_EXISTS);
	CU_ASSERT_EQUAL(file_read_secret(path.data, 100, true, &s, &err), 0);
	UNIT_STR(s ? secret_bytes(s) : NULL, "one");
	CU_ASSERT_EQUAL(file_replace(path.data, "three", 5, &err), 0);
	CU_ASSERT_EQUAL(file_read(path.data, 100, &got, &err), 0);
	UNIT_STR(got.data, "three");
	buf_reset(&got);
	CU_ASSERT_EQUAL(file_read(path.data, 4, &got, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_INPUT);
	unlink(path.data);
	rmdir(folder);
}

UNIT_SUITE(base,
	{ "foreign text is escaped, printable UTF-8 is kept", foreign_text_is_escaped },
	{ "JSON is shown as JSON, without what a terminal would obey", json_is_shown_as_json },
	{ "an error keeps its kind and gains context", an_error_keeps_kind_and_gains_context },
	{ "bytes grow up to their ceiling and no further", bytes_grow_up_to_their_ceiling },
	{ "text is quoted for JSON and for URLs", text_is_quoted_for_json_and_urls },
	{ "times are read in every form the API uses", times_are_read_in_every_form_the_api_uses },
	{ "a token is visible ASCII and nothing else", a_token_is_visible_ascii },
	{ "secrets compare by length and bytes", secrets_compare_by_length_and_bytes },
	{ "secrets lie between guard pages, locked and left out of dumps",
	  secrets_lie_between_guard_pages },
	{ "files are replaced whole and created once", files_are_replaced_whole_and_created_once });
