/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/prose.h"
#include "cloudflare/sse.h"
#include "unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* "type|data;" of each event */
static int tell(void *ctx, const struct sse_event *event, struct err *err)
{
	struct buf *out = ctx;

	(void)err;
	CU_ASSERT_EQUAL(strlen(event->data), event->len);
	return buf_addf(out, "%s|%s;", event->event, event->data);
}

static void events_are_those_of_the_standard(void)
{
	static const struct { const char *stream, *events; } rows[] = {
		{ "data: a\n\n", "message|a;" },
		{ "data:a\n\n", "message|a;" },
		{ "data:  a\n\n", "message| a;" },	/* one blank alone is dropped */
		{ "data: a\r\n\r\n", "message|a;" },
		{ "data: a\r\rdata: b\r\r", "message|a;message|b;" },
		{ "data: a\ndata: b\n\n", "message|a\nb;" },
		{ "data\ndata\n\n", "message|\n;" },
		{ "data\n\n", "message|;" },
		{ "event: chunks\ndata: []\n\ndata: x\n\n", "chunks|[];message|x;" },
		{ "event: lost\n\ndata: x\n\n", "message|x;" },	/* no data, no event */
		{ ": comment\nid: 7\nretry: 10\nunknown: z\ndata: a\n\n", "message|a;" },
		{ "database: a\ndata: b\n\n", "message|b;" },
		{ "\xef\xbb\xbf" "data: a\n\n", "message|a;" },
		{ "data: \xef\xbb\xbf\n\n", "message|\xef\xbb\xbf;" },
		{ "\n\n\n", "" },
		{ "data: cut off\n", "" },
		{ "data: cut off", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t piece = 1; piece <= 40; piece++) {
			scoped_sse struct sse sse = SSE;
			scoped_buf struct buf got = BUF(1024);
			size_t len = strlen(rows[i].stream);
			struct err err = { 0 };

			for (size_t at = 0; at < len; at += piece) {
				size_t n = len - at < piece ? len - at : piece;

				UNIT_ROW(i, sse_feed(&sse, rows[i].stream + at, n, tell, &got, &err) == 0);
			}
			if (strcmp(got.data, rows[i].events) != 0)
				unit_note("row %zu in pieces of %zu: '%s'", i, piece, got.data);
			UNIT_ROW(i, !strcmp(got.data, rows[i].events));
		}
}

static int count(void *ctx, const struct sse_event *event, struct err *err)
{
	(void)event, (void)err;
	return ++*(int *)ctx == 3 ? 7 : 0;
}

static void a_stream_has_ceilings(void)
{
	static char line[64 * 1024];
	scoped_sse struct sse sse = SSE, many = SSE, named = SSE;
	scoped_buf struct buf got = BUF(1024);
	struct err err = { 0 };
	int r = 0, lines = 0, seen = 0;

	memset(line, 'x', sizeof(line));
	for (size_t sent = 0; r == 0 && sent < 2 * SSE_LINE_MAX; sent += sizeof(line))
		r = sse_feed(&sse, line, sizeof(line), tell, &got, &err);
	CU_ASSERT_EQUAL(r, -1);
	CU_ASSERT_EQUAL(err.kind, ERR_PROTOCOL);

	memcpy(line, "data:", 5);
	line[sizeof(line) - 1] = '\n';
	for (r = 0; r == 0 && lines < 1000; lines++)
		r = sse_feed(&many, line, sizeof(line), tell, &got, &err);
	CU_ASSERT_EQUAL(r, -1);
	CU_ASSERT(lines > 60 && lines < 70);

	memcpy(line, "event:", 6);
	CU_ASSERT_EQUAL(sse_feed(&named, line, sizeof(line), tell, &got, &err), 0);
	CU_ASSERT_EQUAL(sse_feed(&named, "data: a\n\n", 9, tell, &got, &err), 0);
	CU_ASSERT_EQUAL(strlen(got.data), SSE_EVENT_MAX + strlen("|a;"));

	CU_ASSERT_EQUAL(sse_feed(&named, "data:\n\ndata:\n\ndata:\n\ndata:\n\n", 28, count, &seen, &err), 7);
	CU_ASSERT_EQUAL(seen, 3);
}

static void prose_keeps_lines_and_letters(void)
{
	static const struct { const char *text, *shown; } rows[] = {
		{ "two\nlines\tand a tab\n", "two\nlines\tand a tab\n" },
		{ "a\033[31mb", "a\\x1b[31mb" },
		{ "a\rb", "a\\x0db" },
		{ "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80", "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80" },
		{ "\xc2\x9b", "\\xc2\\x9b" },		/* CSI in one character */
		{ "\xe6\x97x", "\\xe6\\x97x" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc3", "\\xc3" },			/* the end cuts it off */
		{ "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
		{ "\xf0\x9f\x98\xc3\xa4", "\\xf0\\x9f\\x98\xc3\xa4" },
		{ "\xe6\xe6\x97\xa5", "\\xe6\xe6\x97\xa5" },
		{ "", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t piece = 1; piece <= 20; piece++) {
			scoped_buf struct buf got = BUF(1024);
			struct prose prose = { 0 };
			size_t len = strlen(rows[i].text);

			for (size_t at = 0; at < len; at += piece)
				UNIT_ROW(i, prose_add(&prose, rows[i].text + at,
						      len - at < piece ? len - at : piece, &got) == 0);
			UNIT_ROW(i, prose_end(&prose, &got) == 0);
			if (strcmp(got.data, rows[i].shown) != 0)
				unit_note("row %zu in pieces of %zu: '%s'", i, piece, got.data);
			UNIT_ROW(i, !strcmp(got.data, rows[i].shown));
		}
}

UNIT_SUITE(sse,
	{ "events are those of the standard, however the bytes are cut",
	  events_are_those_of_the_standard },
	{ "a line, an event and its name have ceilings", a_stream_has_ceilings },
	{ "prose keeps lines and letters, and nothing that moves the cursor",
	  prose_keeps_lines_and_letters });
