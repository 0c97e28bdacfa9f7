/* SPDX-License-Identifier: MIT */
#include "query.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

#define EXPIRY_MAX (INT64_C(1) << 53)

struct value {			/* of the line being read; wiped after it */
	const char *data;
	size_t len;
};

static int set_text(char **field, const struct value *v, struct err *err)
{
	free(*field);
	*field = strndup(v->data, v->len);
	return *field ? 0 : err_nomem(err);
}

static int set_secret(struct secret **field, const struct value *v, struct err *err)
{
	secret_free(*field);
	*field = NULL;
	return secret_new(v->data, v->len, field, err);
}

static int protocol(struct query *q, const struct value *v, struct err *err)
{
	return set_text(&q->protocol, v, err);
}

static int host(struct query *q, const struct value *v, struct err *err)
{
	return set_text(&q->host, v, err);
}

static int path(struct query *q, const struct value *v, struct err *err)
{
	return set_text(&q->path, v, err);
}

static int username(struct query *q, const struct value *v, struct err *err)
{
	return set_text(&q->username, v, err);
}

static int password(struct query *q, const struct value *v, struct err *err)
{
	return set_secret(&q->password, v, err);
}

static int refresh(struct query *q, const struct value *v, struct err *err)
{
	return set_secret(&q->refresh, v, err);
}

/* It stands in front of the credential in the header: a token as RFC 9110 means it. */
static int authtype(struct query *q, const struct value *v, struct err *err)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	if (v->len == 0 || strspn(v->data, token) != v->len)
		return err_set(err, ERR_INPUT, "authtype is not a word like 'Bearer'");
	return set_text(&q->authtype, v, err);
}

static int credential(struct query *q, const struct value *v, struct err *err)
{
	return set_secret(&q->credential, v, err);
}

static int expiry(struct query *q, const struct value *v, struct err *err)
{
	int64_t seconds = 0;

	bool digits = v->len > 0 && v->len <= 16;	/* 2^53 has 16 */

	for (size_t i = 0; digits && i < v->len; i++) {
		digits = v->data[i] >= '0' && v->data[i] <= '9';
		seconds = seconds * 10 + (v->data[i] - '0');
	}
	if (!digits || seconds < 1 || seconds > EXPIRY_MAX) {
		err_set(err, ERR_INPUT, "password_expiry_utc is not a number of seconds");
		return err_hint(err, "expected digits only, from 1 to 2^53");
	}
	q->expires_at = seconds;
	return 0;
}

/* What git takes for false; anything else forbids storing. */
static int ephemeral(struct query *q, const struct value *v, struct err *err)
{
	static const char *const no[] = { "", "0", "false", "no", "off" };

	(void)err;
	q->ephemeral = true;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (!strcasecmp(v->data, no[i]))
			q->ephemeral = false;
	return 0;
}

static int capability(struct query *q, const struct value *v, struct err *err)
{
	(void)err;
	if (v->len == 0)	/* the documented reset */
		q->can_authtype = false;
	else if (!strcmp(v->data, "authtype"))
		q->can_authtype = true;
	return 0;
}

static int url(struct query *q, const struct value *v, struct err *err)
{
	(void)q;
	(void)v;
	err_set(err, ERR_INPUT, "attribute 'url' is not accepted");
	return err_hint(err, "give protocol, host and path, as git does");
}

static const struct attribute {
	const char *key;
	int (*set)(struct query *q, const struct value *v, struct err *err);
} attributes[] = {
	{ "protocol", protocol },
	{ "host", host },
	{ "path", path },
	{ "username", username },
	{ "password", password },
	{ "password_expiry_utc", expiry },
	{ "oauth_refresh_token", refresh },
	{ "authtype", authtype },
	{ "credential", credential },
	{ "ephemeral", ephemeral },
	{ "capability[]", capability },
	{ "url", url },
};

static const struct attribute *find(const char *key, size_t len)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (strlen(attributes[i].key) == len && !memcmp(attributes[i].key, key, len))
			return &attributes[i];
	return NULL;
}

/* line holds no CR, LF or NUL; `cut` when it was longer than what is kept of it. */
static int take_line(struct query *q, const struct buf *line, bool cut, struct err *err)
{
	const char *equals = memchr(line->data, '=', line->len);

	if (!equals) {
		if (cut)
			return err_set(err, ERR_INPUT, "a line is longer than %d bytes",
				       QUERY_LINE_MAX);
		return err_set(err, ERR_INPUT, "a line has no '='");
	}
	const struct attribute *a = find(line->data, (size_t)(equals - line->data));
	if (!a)
		return 0;
	if (cut)
		return err_set(err, ERR_INPUT, "the line of '%s' is longer than %d bytes", a->key,
			       QUERY_LINE_MAX);
	const struct value v = { equals + 1, line->len - (size_t)(equals + 1 - line->data) };
	return a->set(q, &v, err);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static int check(const struct query *q, struct err *err)
{
	if (!q->protocol || !q->protocol[0])
		return err_set(err, ERR_INPUT, "the request names no protocol");
	if (!q->host)
		return err_set(err, ERR_INPUT, "the request names no host");
	/* all of these are shown by somebody; secrets are not */
	if (has_control(q->protocol) || has_control(q->host))
		return err_set(err, ERR_INPUT, "protocol or host contains a control character");
	if ((q->path && has_control(q->path)) || (q->username && has_control(q->username)))
		return err_set(err, ERR_INPUT, "path or username contains a control character");
	/* git names a client certificate's file by its path alone */
	if (!q->host[0] && (strcmp(q->protocol, "cert") || !q->path))
		return err_set(err, ERR_INPUT, "the host is empty");
	return 0;
}

struct reader {
	struct buf line;	/* what is kept of the current line */
	size_t total;
	bool cut;
	bool done;
};

static int count(struct reader *r, size_t n, struct err *err)
{
	if (n > QUERY_MAX - r->total)
		return err_set(err, ERR_INPUT, "the request is longer than %d bytes", QUERY_MAX);
	r->total += n;
	return 0;
}

/* Bytes up to the first LF, CR or NUL. */
static size_t plain(const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && data[n] != '\n' && data[n] != '\r' && data[n] != '\0')
		n++;
	return n;
}

static int keep(struct reader *r, const char *data, size_t len, struct err *err)
{
	size_t room = r->line.max - r->line.len;

	if (len > room) {
		r->cut = true;
		len = room;
	}
	return buf_add(&r->line, data, len) < 0 ? err_nomem(err) : 0;
}

static int end_line(struct reader *r, struct query *q, struct err *err)
{
	if (r->line.len == 0) {
		r->done = true;
		return 0;
	}
	if (take_line(q, &r->line, r->cut, err) < 0)
		return -1;
	buf_reset(&r->line);
	r->cut = false;
	return 0;
}

static int feed(struct reader *r, struct query *q, const char *data, size_t len, struct err *err)
{
	for (size_t i = 0; i < len && !r->done; i++) {
		size_t n = plain(data + i, len - i);

		if (count(r, n, err) < 0 || keep(r, data + i, n, err) < 0)
			return -1;
		i += n;
		if (i == len)
			return 0;
		if (count(r, 1, err) < 0)
			return -1;
		if (data[i] == '\r')
			return err_set(err, ERR_INPUT, "the request contains a carriage return");
		if (data[i] == '\0')
			return err_set(err, ERR_INPUT, "the request contains a NUL byte");
		if (end_line(r, q, err) < 0)
			return -1;
	}
	return 0;
}

static void cleanup_reader(struct reader *r)
{
	buf_clear(&r->line);
}

int query_read(int fd, struct query *q, struct err *err)
{
	SCOPED(cleanup_reader) struct reader r = { .line = BUF(QUERY_LINE_MAX - 1) };
	char chunk[4096];

	while (!r.done) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_INPUT, errno, "cannot read the request");
		int fed = feed(&r, q, chunk, (size_t)n, err);
		secret_wipe(chunk, (size_t)n);
		if (fed < 0)
			return -1;
		if (n == 0) {
			if (r.line.len > 0 && take_line(q, &r.line, r.cut, err) < 0)
				return -1;
			break;
		}
	}
	return check(q, err);
}

void query_clear(struct query *q)
{
	free(q->protocol);
	free(q->host);
	free(q->path);
	free(q->username);
	secret_free(q->password);
	secret_free(q->refresh);
	free(q->authtype);
	secret_free(q->credential);
	*q = (struct query){ 0 };
}
