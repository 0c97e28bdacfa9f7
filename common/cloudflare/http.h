/* SPDX-License-Identifier: MIT */
/*
 * http.h -- the only place that sets curl options (peer.c those of the trust, contact.c
 * those of the doctor's one request): one multi handle, HTTP/2, one connection per host
 * and trust, kept between cycles.
 *
 * Requests are submitted with a callback and run by http_run() in the caller's
 * thread.  Always: TLS >= 1.2 verified (unless told otherwise), no redirects,
 * http:// only to a loopback address, a total deadline, a ceiling on the body,
 * gzip, no signals.  A handle belongs to one thread; only http_wake() may be
 * called from another.
 *
 * A server that speaks HTTP/1.1 only is asked over HTTP_CONNECTIONS connections
 * at the most: keep no more requests than http_streams() under way.
 *
 * Call http_global_init() once, from the door, before any thread.
 */
#ifndef CLOUDFLARE_HTTP_H
#define CLOUDFLARE_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "cloudflare/ratelimit.h"
#include "cloudflare/url.h"

#define HTTP_BODY_MAX (16u * 1024 * 1024)	/* bytes of one answer, after decompression */
#define HTTP_TIMEOUT_MS 30000			/* default total deadline of one request */
#define HTTP_STREAMS 100			/* under way at once over HTTP/2 */
#define HTTP_CONNECTIONS 6			/* to one host that speaks HTTP/1.1 only */

struct http;
struct http_peer;

/* How to reach a peer and whom to trust.  NULL and 0 = the default; strings without control characters. */
struct http_config {
	const char *user_agent;	/* NULL = "aisearch/VERSION" */
	const char *ca_file;	/* trust exactly this PEM file; NULL = the system's store */
	const char *ca_path;	/* and this folder of hashed certificates; with either, no others */
	const char *client_cert, *client_key;	/* PEM files, shown when the server asks */
	const char *const *headers;	/* more "Name: value" lines, ended by NULL; or NULL */
	const struct secret *client_key_pass;
	bool no_verify_peer;	/* accept any certificate */
	bool no_verify_host;	/* accept any name in it */
	enum http_family { HTTP_FAMILY_ANY, HTTP_FAMILY_IPV4, HTTP_FAMILY_IPV6 } family;
	enum http_tls { HTTP_TLS_DEFAULT, HTTP_TLS_1_2, HTTP_TLS_1_3 } tls;	/* the lowest; 1.2 by default */
};

struct http_request {		/* borrowed until the callback ran, except method and bearer */
	struct http_peer *peer;
	const char *method;	/* GET POST PUT PATCH DELETE */
	const char *url;
	const struct secret *bearer;	/* NULL = no Authorization */
	const char *content_type;	/* of the body; NULL = application/json */
	const void *body;	/* NULL = none */
	size_t body_len;
	int64_t timeout_ms;	/* total, 0 = HTTP_TIMEOUT_MS */
	size_t max_body;	/* 0 = HTTP_BODY_MAX */
	/*
	 * NULL, or for a GET: called by http_run(), with the callback's ctx, when the
	 * request is about to be written to a connection; `again`: libcurl has sent it
	 * before, and the connection was lost or the server had not begun with it.
	 * false: it is not written, and ends with ERR_NETWORK.
	 * Before libcurl 7.80 it hears only of `again`, and not of those that went to
	 * another connection which was there already.
	 */
	bool (*leaves)(void *ctx, bool again);
	/*
	 * NULL, or called with the callback's ctx for each piece of a 2xx answer's body as it
	 * comes; it is not kept then.  Only for answers of this content type (NULL = any); max_body
	 * counts all the same.  false: enough, the request ends with ERR_CANCELLED.
	 */
	bool (*on_data)(void *ctx, const char *data, size_t len);
	const char *data_type;
};

struct http_response {		/* lives during the callback */
	int status;
	const char *content_type;	/* or NULL */
	const char *cf_ray;	/* or NULL */
	struct ratelimit ratelimit;
	int retry_after;	/* seconds, 0 = none */
	struct buf *body;	/* may be stolen by swapping */
	double seconds;		/* from start to the last byte */
	bool new_connection;	/* one had to be made */
	bool streamed;		/* on_data() had the body */
};

/*
 * Called once for each submitted request.  response is NULL when there was none
 * (err tells; *sent whether the server may have acted).  May submit more.
 */
typedef void http_done(void *ctx, const struct http_response *response, bool sent,
		       const struct err *err);

int http_global_init(struct err *err);
void http_global_cleanup(void);

int http_new(struct http **out, struct err *err);
void http_free(struct http *http);	/* unfinished requests are dropped without a callback */

/* A copy of the config; outlives every request made with it. */
int http_peer_new(const struct http_config *config, struct http_peer **out, struct err *err);
void http_peer_free(struct http_peer *peer);	/* NULL is fine */

/*
 * Requests that may usefully be under way to this peer: HTTP_STREAMS, or
 * HTTP_CONNECTIONS.  1 as long as its connection is being made: others would only
 * wait for it, and then leave all at once.
 */
size_t http_streams(const struct http_peer *peer);

int http_submit(struct http *http, const struct http_request *request, http_done *done,
		void *ctx, struct err *err);
size_t http_pending(const struct http *http);

/*
 * Runs until a request has come to its end (all callbacks that were due have run),
 * a connection stands (http_streams() has grown), or timeout_ms passed, or
 * http_wake(): returns 0 in all cases (ask http_pending()), -1 when curl itself failed.
 */
int http_run(struct http *http, int64_t timeout_ms, struct err *err);

/* Sleeps, with nothing pending, at most timeout_ms or until http_wake(). */
int http_idle(struct http *http, int64_t timeout_ms, struct err *err);

void http_abort(struct http *http);	/* drops everything pending, without callbacks */
void http_wake(struct http *http);	/* from any thread; makes the current or next http_run() return */

static inline void cleanup_http(struct http **h)
{
	http_free(*h);
}
#define scoped_http SCOPED(cleanup_http)

static inline void cleanup_http_peer(struct http_peer **p)
{
	http_peer_free(*p);
}
#define scoped_http_peer SCOPED(cleanup_http_peer)

#endif
