/* SPDX-License-Identifier: MIT */
/*
 * transfer.h -- one request as an easy handle of curl: its options, what comes of
 * its answer, and the words for its failure (transfer_err.c).  http.c runs them; nobody else takes it.
 */
#ifndef CLOUDFLARE_TRANSFER_H
#define CLOUDFLARE_TRANSFER_H

#include "cloudflare/peer.h"

struct transfer {		/* one easy handle, reused */
	struct transfer *prev, *next;	/* in http->active, or next in http->pool */
	CURL *easy;
	struct curl_slist *headers;
	struct http_peer *peer;
	http_done *done;
	bool (*leaves)(void *ctx, bool again);
	bool (*on_data)(void *ctx, const char *data, size_t len);
	const char *data_type;
	size_t streamed;	/* bytes that on_data() took */
	bool stopped;		/* by on_data() */
	void *ctx;
	bool *connected;	/* set when a connection of its peer stands */
	int64_t submitted, deadline;	/* monotonic ms */
	int64_t started;	/* as submitted, or let go after it was put off */
	bool put_off;		/* not in the multi handle: its peer's connection is being made */
	bool refused;		/* a socket, by open_socket() */
	bool sent;		/* once, perhaps before it was put off */
	struct buf body;
	struct ratelimit ratelimit;
	int retry_after;
	char content_type[96];
	char cf_ray[64];
	char why[CURL_ERROR_SIZE];
};

/* Headers and options for the request; on failure transfer_free(). */
int transfer_prepare(struct transfer *transfer, const struct http_request *request,
		     struct err *err);
void transfer_set_timeout(const struct transfer *transfer, int64_t ms);
bool transfer_streams(const struct transfer *transfer);	/* its answer is one for on_data() */
bool transfer_was_sent(const struct transfer *transfer);	/* the server may have acted */
int transfer_err(const struct transfer *transfer, CURLcode code, struct err *err);

void transfer_reset(struct transfer *transfer);	/* for another request */
void transfer_free(struct transfer *transfer);	/* NULL is fine */

#endif
