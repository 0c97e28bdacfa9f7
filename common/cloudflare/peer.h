/* SPDX-License-Identifier: MIT */
/*
 * peer.h -- what http.c knows of a peer: a copy of its configuration, and the
 * curl options that come of it.  Everybody else takes http.h.
 */
#ifndef CLOUDFLARE_PEER_H
#define CLOUDFLARE_PEER_H

#include <curl/curl.h>

#include "cloudflare/http.h"

struct http_peer {
	char *user_agent, *ca_file, *ca_path, *client_cert, *client_key;
	struct curl_slist *headers;
	struct secret *client_key_pass;
	bool no_verify_peer, no_verify_host;
	enum http_family family;
	enum http_tls tls;
	bool http1;		/* the last answer was one of HTTP/1 */
	bool connected;		/* it has been; nobody tells of a connection's end */
	const void *connecting;	/* who makes a connection; the others wait for it */
	bool failing;		/* the last one was not made: nobody waits any more */
};

/* Who is asked, in which family, and whom to trust; easy borrows from the peer. */
void http_peer_apply(const struct http_peer *peer, CURL *easy);

/*
 * One connection at a time is made to a peer that speaks HTTP/2.  Who asks, and may,
 * makes it from now on, until http_peer_connected() or http_peer_forget(); NULL only
 * asks.  When one was not made, all may try, until one is: so a peer that is not
 * reached costs the time of two attempts, not of one for each request.
 */
bool http_peer_may_connect(struct http_peer *peer, const void *who);
/* true: it was not before */
bool http_peer_connected(struct http_peer *peer, const void *who);
void http_peer_forget(struct http_peer *peer, const void *who);	/* its end, with or without */

/* Appends a copy of the line; on failure the list is as it was. */
int http_add_header(struct curl_slist **list, const char *line, struct err *err);

#endif
