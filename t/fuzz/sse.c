/* SPDX-License-Identifier: MIT */
/*
 * An event stream, at once and in pieces: the events are the same, whatever a read has cut
 * apart, and so is the end that a ceiling or the listener puts to them.
 *
 * The input: a byte for the ceilings, one for the event after which the listener has enough,
 * how many pieces are told (a byte), their lengths (a byte each, over and over), the stream.
 * '0' is 0 in each of them, so that a seed is a text.
 */
#include "fuzz.h"

#include "cloudflare/sse.h"

#define NUMBER(byte) ((uint8_t)((byte) - '0'))
#define ENOUGH 7		/* what the listener says then */

struct listener {
	struct buf heard;	/* type, NUL, length, data of each event */
	size_t events, patience;
};

static int hear(void *ctx, const struct sse_event *e, struct err *err)
{
	struct listener *l = ctx;

	(void)err;
	NEVER(!e->event[0] || strlen(e->event) > SSE_EVENT_MAX);
	NEVER(strpbrk(e->event, "\r\n") || memchr(e->data, '\r', e->len));
	NEVER(e->data[e->len] != '\0');
	NEVER(buf_add(&l->heard, e->event, strlen(e->event) + 1) < 0 ||
	      buf_add(&l->heard, &e->len, sizeof(e->len)) < 0 ||
	      buf_add(&l->heard, e->data, e->len) < 0);
	return ++l->events == l->patience ? ENOUGH : 0;
}

/* In memory of its own: looking at one byte more than there is shows. */
static int feed_piece(struct sse *sse, const uint8_t *bytes, size_t len, struct listener *l,
		      struct err *err)
{
	scoped_free char *exact = malloc(len ? len : 1);

	NEVER(!exact);
	memcpy(exact, bytes, len);
	return sse_feed(sse, exact, len, hear, l, err);
}

static int feed(const uint8_t *bytes, size_t len, const uint8_t *pieces, size_t count,
		unsigned ceilings, struct listener *l, struct err *err)
{
	scoped_sse struct sse sse = SSE;
	int r = 0;

	if (ceilings & 1)
		sse.line.max = 16 + (ceilings >> 2);
	if (ceilings & 2)
		sse.data.max = 16 + (ceilings >> 2);
	for (size_t i = 0, at = 0; at < len && r == 0; i++) {
		size_t piece = count == 0 ? len : NUMBER(pieces[i % count]);

		/* one of nothing, too; but not for ever */
		if (piece == 0 && i % 2)
			piece = 1;
		if (piece > len - at)
			piece = len - at;
		r = feed_piece(&sse, bytes + at, piece, l, err);
		at += piece;
	}
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3 || size - 3 < NUMBER(data[2]))
		return 0;
	size_t count = NUMBER(data[2]);
	const uint8_t *pieces = data + 3, *stream = pieces + count;
	size_t len = size - (size_t)(stream - data);
	struct listener whole = { .heard = BUF(1 << 24), .patience = NUMBER(data[1]) };
	struct listener cut = { .heard = BUF(1 << 24), .patience = NUMBER(data[1]) };
	struct err why = { 0 }, why_cut = { 0 };
	int r = feed(stream, len, NULL, 0, NUMBER(data[0]), &whole, &why);

	NEVER(feed(stream, len, pieces, count, NUMBER(data[0]), &cut, &why_cut) != r);
	NEVER(r != 0 && r != -1 && r != ENOUGH);
	NEVER(whole.events != cut.events || whole.heard.len != cut.heard.len ||
	      memcmp(whole.heard.data, cut.heard.data, cut.heard.len) != 0);
	NEVER(why.kind != why_cut.kind || strcmp(why.what, why_cut.what) != 0);
	if (r < 0)
		check_err(&why);
	NEVER(r >= 0 && why.kind != ERR_NONE);
	buf_clear(&whole.heard);
	buf_clear(&cut.heard);
	return 0;
}
