/* SPDX-License-Identifier: MIT */
/*
 * sse.h -- pure: server-sent events (the HTML standard's event stream) out of bytes that come
 * in any pieces.  Comments, ids and retry times are read over.
 */
#ifndef CLOUDFLARE_SSE_H
#define CLOUDFLARE_SSE_H

#include "base/buf.h"
#include "base/err.h"

#define SSE_LINE_MAX (1024u * 1024)	/* bytes */
#define SSE_DATA_MAX (4u * 1024 * 1024)	/* of one event */
#define SSE_EVENT_MAX 63		/* a longer type is cut */

struct sse {			/* sse_clear() */
	struct buf line, data;
	char event[SSE_EVENT_MAX + 1];	/* "" = "message" */
	bool has_data;		/* a data line, perhaps an empty one */
	bool after_cr;		/* a line feed would belong to it */
	bool begun;		/* past the byte order mark */
};
#define SSE { .line = BUF(SSE_LINE_MAX), .data = BUF(SSE_DATA_MAX) }
void sse_clear(struct sse *sse);
#define scoped_sse SCOPED(sse_clear)

struct sse_event {		/* borrowed during the callback */
	const char *event;	/* "message" when none was named */
	const char *data;	/* lines joined by line feeds; NUL-terminated */
	size_t len;
};

/*
 * Calls each() for every event that is complete; one that the stream's end cuts off never is.
 * != 0 from it stops with that value.  ERR_PROTOCOL beyond the ceilings.
 */
int sse_feed(struct sse *sse, const char *bytes, size_t len,
	     int (*each)(void *ctx, const struct sse_event *event, struct err *err), void *ctx,
	     struct err *err);

#endif
