/* SPDX-License-Identifier: MIT */
/*
 * The reader of git-credential's lines; what it read, written down again, reads the same.
 * In an input that begins with a byte 2, each further one stands for 16,384 letters: long
 * lines from short seeds, and no time spent on them in all the others.
 */
#include "fuzz.h"

#include "../../plugin/credential/query.h"
#include "base/buf.h"

static int read_bytes(const void *data, size_t size, struct query *q, struct err *err)
{
	return query_read(input_fd(data, size), q, err);
}

static void line(struct buf *out, const char *key, const char *value, size_t len)
{
	if (!value)
		return;
	NEVER(memchr(value, '\n', len) || memchr(value, '\r', len) || memchr(value, '\0', len));
	NEVER(strlen(key) + 1 + len + 1 > QUERY_LINE_MAX);
	buf_adds(out, key);
	buf_adds(out, "=");
	buf_add(out, value, len);
	buf_adds(out, "\n");
}

static void text(struct buf *out, const char *key, const char *value)
{
	line(out, key, value, value ? strlen(value) : 0);
}

static void secret(struct buf *out, const char *key, const struct secret *value)
{
	line(out, key, value ? secret_bytes(value) : NULL, value ? secret_len(value) : 0);
}

static void check_promises(const struct query *q)
{
	NEVER(!q->protocol || !q->protocol[0] || !q->host);
	NEVER(!q->host[0] && (strcmp(q->protocol, "cert") != 0 || !q->path));
	NEVER(has_controls(q->protocol) || has_controls(q->host));
	NEVER(q->expires_at < 0 || q->expires_at > INT64_C(1) << 53);
	NEVER(q->authtype && (!q->authtype[0] || strpbrk(q->authtype, " \t:=\"")));
}

static void check_again(const struct query *q)
{
	scoped_buf struct buf out = BUF(2 * QUERY_MAX);
	scoped_query struct query again = { 0 };
	struct err err = { 0 };

	text(&out, "protocol", q->protocol);
	text(&out, "host", q->host);
	text(&out, "path", q->path);
	text(&out, "username", q->username);
	text(&out, "authtype", q->authtype);
	secret(&out, "password", q->password);
	secret(&out, "oauth_refresh_token", q->refresh);
	secret(&out, "credential", q->credential);
	if (q->expires_at)
		buf_addf(&out, "password_expiry_utc=%lld\n", (long long)q->expires_at);
	buf_adds(&out, q->ephemeral ? "ephemeral=1\n" : "");
	buf_adds(&out, q->can_authtype ? "capability[]=authtype\n" : "");
	NEVER(out.failed || read_bytes(out.data, out.len, &again, &err) < 0);
	NEVER(!same_text(q->protocol, again.protocol) || !same_text(q->host, again.host) ||
	      !same_text(q->path, again.path) || !same_text(q->username, again.username) ||
	      !same_text(q->authtype, again.authtype));
	NEVER(!same_secret(q->password, again.password) ||
	      !same_secret(q->refresh, again.refresh) ||
	      !same_secret(q->credential, again.credential));
	NEVER(q->expires_at != again.expires_at || q->ephemeral != again.ephemeral ||
	      q->can_authtype != again.can_authtype);
}

static void expand(const uint8_t *in, size_t size, struct buf *out)
{
	static char letters[16384];
	int times = in[0] == 2 ? 0 : 16;

	memset(letters, 'x', sizeof(letters));
	for (size_t i = times == 0; i < size; i++) {
		const uint8_t *two = times < 16 ? memchr(in + i, 2, size - i) : NULL;
		size_t plain = two ? (size_t)(two - in) - i : size - i;

		buf_add(out, in + i, plain);
		i += plain;
		if (two && ++times)
			buf_add(out, letters, sizeof(letters));
	}
	NEVER(out->failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t in_size)
{
	scoped_buf struct buf bytes = BUF(2 * QUERY_MAX);
	scoped_query struct query q = { 0 };
	struct err err = { 0 };

	if (in_size > 0)
		expand(in, in_size, &bytes);
	const char *data = bytes.data;
	const size_t size = bytes.len;
	if (read_bytes(data, size, &q, &err) < 0) {
		check_err(&err);
		return 0;
	}
	/* what ends a request stands before any CR or NUL */
	const char *end = size && data[0] != '\n' ? memmem(data, size, "\n\n", 2) : data;
	size_t used = end ? (size_t)(end - data) : size;
	NEVER(memchr(data, '\r', used) || memchr(data, '\0', used));
	check_promises(&q);
	check_again(&q);
	return 0;
}
