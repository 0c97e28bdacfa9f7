/* SPDX-License-Identifier: MIT */
/*
 * client_parts.h -- what a client is made of, and one try of a call.  client.c makes one call after
 * another of them, flow.c several at once; nobody else takes it.
 */
#ifndef CLOUDFLARE_CLIENT_PARTS_H
#define CLOUDFLARE_CLIENT_PARTS_H

#include "cloudflare/client.h"

#define CLIENT_SLICE_MS 100	/* how soon a cancellation is noticed */

struct client {
	char *base_url, *account, *namespace;
	bool flat;
	struct bearer bearer;
	const struct secret *stand_in;	/* in place of the bearer's, if it stands in */
	bool stands_in;
	int64_t timeout_ms;
	int64_t deadline;	/* monotonic ms, 0 = none */
	struct http *http;
	struct http_peer *peer;
	const struct clock *clock;
	bool (*cancelled)(void *ctx);
	void *cancelled_ctx;
	struct ratelimit ratelimit;
	unsigned jitter;
};

struct client_answer {		/* of one try */
	const struct client_call *call;
	struct client *client;
	bool done, sent;
	bool streamed;		/* on_data() has seen something */
	unsigned turn;		/* of the bearer */
	struct ratelimit ratelimit;	/* as this answer has it; zero without one */
	int result;		/* 0, or -1: err says why */
	struct envelope envelope;	/* the taker's */
	struct err err;
};

/* Appends base URL and path.  ERR_INPUT when these or the body are too long. */
int client_url(const struct client *client, const struct client_call *call, struct buf *url,
	       struct err *err);

/* One try; the answer is filled in by http_run() on client->http.  call, url: borrowed until then. */
int client_submit(struct client *client, const struct client_call *call, const char *url,
		  struct client_answer *answer, struct err *err);

/* A failed try: was it refused for a token that has another one in its place by now? */
bool client_renewed(struct client *client, struct client_answer *answer);

bool client_cancelled(const struct client *client);
int client_cancelled_err(struct err *err);

#endif
