/* SPDX-License-Identifier: MIT */
#include "cloudflare/sse.h"

#include <string.h>

typedef int on_event(void *ctx, const struct sse_event *event, struct err *err);

void sse_clear(struct sse *s)
{
	buf_clear(&s->line);
	buf_clear(&s->data);
}

static int dispatch(struct sse *s, on_event *each, void *ctx, struct err *err)
{
	const struct sse_event event = { s->event[0] ? s->event : "message", s->data.data, s->data.len };
	int r = s->has_data ? each(ctx, &event, err) : 0;

	buf_reset(&s->data);
	s->event[0] = '\0';
	s->has_data = false;
	return r;
}

static bool field(const char *line, size_t len, const char *name, const char **value, size_t *size)
{
	size_t n = strlen(name);

	if (len < n || memcmp(line, name, n) || (len > n && line[n] != ':'))
		return false;
	size_t skip = len > n ? n + 1 : n;
	if (skip < len && line[skip] == ' ')
		skip++;
	*value = line + skip;
	*size = len - skip;
	return true;
}

static int end_of_line(struct sse *s, on_event *each, void *ctx, struct err *err)
{
	const char *line = s->line.data, *value;
	size_t len = s->line.len, size;
	int r = 0;

	if (len == 0) {
		r = dispatch(s, each, ctx, err);
	} else if (field(line, len, "data", &value, &size)) {
		if ((s->has_data && buf_add(&s->data, "\n", 1) < 0) ||
		    buf_add(&s->data, value, size) < 0)
			return err_set(err, ERR_PROTOCOL,
				       "an event is longer than %u bytes", SSE_DATA_MAX);
		s->has_data = true;
	} else if (field(line, len, "event", &value, &size)) {
		size = size < SSE_EVENT_MAX ? size : SSE_EVENT_MAX;
		memcpy(s->event, value, size);
		s->event[size] = '\0';
	}
	buf_reset(&s->line);
	return r;
}

/* Drops a byte order mark from the first line. */
static void begin(struct sse *s)
{
	if (s->begun)
		return;
	s->begun = true;
	if (s->line.len >= 3 && !memcmp(s->line.data, "\xef\xbb\xbf", 3)) {
		memmove(s->line.data, s->line.data + 3, s->line.len - 3);
		s->line.len -= 3;
	}
}

int sse_feed(struct sse *s, const char *bytes, size_t len, on_event *each, void *ctx,
	     struct err *err)
{
	while (len > 0) {
		size_t n = 0;

		if (s->after_cr && *bytes == '\n')
			bytes++, len--;
		s->after_cr = false;
		while (n < len && bytes[n] != '\n' && bytes[n] != '\r')
			n++;
		if (n > 0 && buf_add(&s->line, bytes, n) < 0)
			return err_set(err, ERR_PROTOCOL,
				       "a line of the stream is longer than %u bytes",
				       SSE_LINE_MAX);
		if (n == len)
			return 0;
		s->after_cr = bytes[n] == '\r';
		begin(s);
		int r = end_of_line(s, each, ctx, err);
		if (r != 0)
			return r;
		bytes += n + 1;
		len -= n + 1;
	}
	return 0;
}
