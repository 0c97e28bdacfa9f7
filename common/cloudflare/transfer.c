/* SPDX-License-Identifier: MIT */
#include "cloudflare/transfer.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define CONNECT_TIMEOUT_MS 10000
#define IDLE_S 90000L		/* a connection is kept between cycles: an interval is a day at most */
#define LOOKUP_S 10L		/* the connection is kept, so a new one asks for the address anew */

/* The Authorization line holds the token: wiped before it goes back to the heap. */
static void free_headers(struct curl_slist **headers)
{
	for (struct curl_slist *l = *headers; l; l = l->next)
		secret_wipe(l->data, strlen(l->data));
	curl_slist_free_all(*headers);
	*headers = NULL;
}

void transfer_free(struct transfer *t)
{
	if (!t)
		return;
	curl_easy_cleanup(t->easy);
	free_headers(&t->headers);
	buf_clear(&t->body);
	free(t);
}

void transfer_reset(struct transfer *t)
{
	curl_easy_reset(t->easy);	/* keeps the connection's caches, drops our pointers */
	free_headers(&t->headers);
	buf_clear(&t->body);
}

bool transfer_streams(const struct transfer *t)
{
	size_t n = t->data_type ? strlen(t->data_type) : 0;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return t->on_data && status >= 200 && status < 300 &&
	       (!n || (!strncasecmp(t->content_type, t->data_type, n) &&
		       !strchr("-+./", t->content_type[n] ? t->content_type[n] : ';')));
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;

	if (transfer_streams(t)) {
		if (size * n > t->body.max - t->streamed) {
			t->body.failed = true;
			return 0;
		}
		t->streamed += size * n;
		t->stopped = !t->on_data(t->ctx, data, size * n);
		return t->stopped ? 0 : size * n;
	}
	return buf_add(&t->body, data, size * n) < 0 ? 0 : size * n;
}

static bool header_is(const char *line, size_t len, const char *name, char *value, size_t size)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n))
		return false;
	line += n + 1;
	len -= n + 1;
	while (len > 0 && (*line == ' ' || *line == '\t'))
		line++, len--;
	while (len > 0 && strchr("\r\n \t", line[len - 1]))
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(value, line, len);
	value[len] = '\0';
	return true;
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n;
	char value[512];

	*t->connected |= http_peer_connected(t->peer, t);
	if (len > 5 && !strncmp(line, "HTTP/", 5)) {	/* a 1xx may have come before */
		memset(&t->ratelimit, 0, sizeof(t->ratelimit));
		t->content_type[0] = t->cf_ray[0] = '\0';
		t->retry_after = 0;
	} else if (header_is(line, len, "ratelimit", value, sizeof(value))) {
		ratelimit_read(&t->ratelimit, value);
	} else if (header_is(line, len, "ratelimit-policy", value, sizeof(value))) {
		ratelimit_read_policy(&t->ratelimit, value);
	} else if (header_is(line, len, "retry-after", value, sizeof(value))) {
		t->retry_after = retry_after_read(value, clock_wall_s(&clock_system));
	}
	header_is(line, len, "content-type", t->content_type, sizeof(t->content_type));
	header_is(line, len, "cf-ray", t->cf_ray, sizeof(t->cf_ray));
	return len;
}

static int make_headers(struct transfer *t, const struct http_request *r, struct err *err)
{
	scoped_buf struct buf line = BUF(8192);

	if (r->bearer) {
		if (secret_check_token(r->bearer, err) < 0)
			return -1;
		buf_adds(&line, "Authorization: Bearer ");
		buf_add(&line, secret_bytes(r->bearer), secret_len(r->bearer));
		if (line.failed)
			return err_nomem(err);
		if (http_add_header(&t->headers, line.data, err) < 0)
			return -1;
	}
	if (r->body) {
		buf_reset(&line);
		buf_addf(&line, "Content-Type: %s",
			 r->content_type ? r->content_type : "application/json");
		if (http_add_header(&t->headers, line.data, err) < 0)
			return -1;
	}
	if (http_add_header(&t->headers, "Expect:", err) < 0)
		return -1;
	for (const struct curl_slist *l = r->peer->headers; l; l = l->next)
		if (http_add_header(&t->headers, l->data, err) < 0)
			return -1;
	return http_add_header(&t->headers, "Accept: application/json", err);
}

static bool leaves(struct transfer *t)
{
	if (t->leaves && !t->leaves(t->ctx, t->sent))
		return false;
	t->sent = true;
	return true;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = ctx;

	(void)purpose;
#if LIBCURL_VERSION_NUM < 0x075000
	t->sent = transfer_was_sent(t);
	if (t->sent && !leaves(t))
		return CURL_SOCKET_BAD;
#endif
	t->refused = !http_peer_may_connect(t->peer, t);
	if (t->refused)
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

#if LIBCURL_VERSION_NUM >= 0x075000
/* There is a connection, and the request is about to be written to it. */
static int on_connected(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct transfer *t = ctx;

	(void)to, (void)from, (void)to_port, (void)from_port;
	*t->connected |= http_peer_connected(t->peer, t);
	return leaves(t) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}
#endif

void transfer_set_timeout(const struct transfer *t, int64_t ms)
{
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)ms);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)(ms < CONNECT_TIMEOUT_MS ? ms : CONNECT_TIMEOUT_MS));
}

static void set_options(struct transfer *t, const struct http_request *r)
{
	CURL *e = t->easy;
	int64_t timeout = r->timeout_ms > 0 ? r->timeout_ms : HTTP_TIMEOUT_MS;
	bool once = !strcmp(r->method, "POST") || !strcmp(r->method, "PATCH");

	t->submitted = t->started = clock_mono_ms(&clock_system);
	t->deadline = t->submitted + timeout;
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_URL, r->url);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* else dropping a transfer waits for its name lookup, up to half a minute */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 1L);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	transfer_set_timeout(t, timeout);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, IDLE_S);
	curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, LOOKUP_S);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	http_peer_apply(r->peer, e);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(e, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	/* http:// is loopback (url_check): through a proxy the token would leave the machine */
	if (!strncasecmp(r->url, "http:", 5))
		curl_easy_setopt(e, CURLOPT_PROXY, "");
	if (r->body) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body);	/* borrowed until done */
	}
	/*
	 * On a reused connection libcurl repeats even a POST when nothing came
	 * back; a mint would then happen twice.  A fresh one is never repeated.
	 */
	if (once) {
		curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	} else {
		curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
		curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
#if LIBCURL_VERSION_NUM >= 0x075000
		curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
		curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
#endif
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
}

int transfer_prepare(struct transfer *t, const struct http_request *r, struct err *err)
{
	if (make_headers(t, r, err) < 0)
		return -1;
	set_options(t, r);
	return 0;
}

bool transfer_was_sent(const struct transfer *t)
{
	curl_off_t us = 0;

	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &us);
	return t->sent || us > 0;
}
