/* SPDX-License-Identifier: MIT */
/*
 * docker's requests: an object is one of `store`, anything else the server of `get` and
 * `erase`.  What was read, written down again, reads the same.
 */
#include "fuzz.h"

#include "../../plugin/credential/docker.c"
#include "door.h"

static int read_bytes(const void *data, size_t size, struct login *l, struct err *err)
{
	const struct door door = { .in = input_fd(data, size) };

	return read_login(&door, l, err);
}

static void add_member(struct buf *out, const char *before, const char *text, size_t len)
{
	NEVER(memchr(text, '\0', len));
	buf_adds(out, before);
	buf_add_json(out, text, len);
}

static void check_login(const struct login *l)
{
	scoped_buf struct buf out = BUF(8 * 1024 * 1024);
	SCOPED(login_clear) struct login again = { 0 };
	struct err err = { 0 };

	buf_adds(&out, "{\"other\":[{}]");
	if (l->url)
		add_member(&out, ",\"serverurl\":", l->url, strlen(l->url));
	if (l->username)
		add_member(&out, ",\"Username\":", l->username, strlen(l->username));
	if (l->secret)
		add_member(&out, ",\"SECRET\":", secret_bytes(l->secret), secret_len(l->secret));
	buf_adds(&out, "}\n");
	NEVER(out.failed);
	if (out.len > REQUEST_MAX)
		return;
	NEVER(read_bytes(out.data, out.len, &again, &err) < 0);
	NEVER(!same_text(l->url, again.url) || !same_text(l->username, again.username) ||
	      !same_secret(l->secret, again.secret));
}

static void read_spelling(const char *data, size_t size)
{
	const struct door door = { .in = input_fd(data, size) };
	scoped_server struct server server = { 0 };
	scoped_free char *url = NULL;
	struct err err = { 0 };

	int r = read_server(&door, &url, &server, &err);
	if (r < 0) {
		check_err(&err);
		NEVER(server.host || server.path);
		return;
	}
	NEVER((r == 0) != (url == NULL));
	if (r == 0)
		return;
	NEVER(has_controls(url) || !url[0] || url[0] == ' ' || url[strlen(url) - 1] == ' ');
	check_server(&server, map);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	SCOPED(login_clear) struct login l = { 0 };
	struct err err = { 0 };
	const char *data = (const char *)in;

	if (!memchr(data, '{', size)) {
		read_spelling(data, size);
		return 0;
	}
	if (read_bytes(data, size, &l, &err) < 0) {
		check_err(&err);
		return 0;
	}
	check_login(&l);
	if (l.url)
		read_spelling(l.url, strlen(l.url));
	return 0;
}
