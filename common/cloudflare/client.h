/* SPDX-License-Identifier: MIT */
/*
 * client.h -- account + token + base URL: one API call, waited for.
 *
 * For programs that do one thing after another (the command); the poller uses
 * http.h and client_path() directly.  Repeats what is safe to repeat (retry.h),
 * obeying Retry-After, or refused for its token when there is another one (bearer.h), and
 * stops when `cancelled` says so.
 */
#ifndef CLOUDFLARE_CLIENT_H
#define CLOUDFLARE_CLIENT_H

#include "base/clock.h"
#include "cloudflare/bearer.h"
#include "cloudflare/envelope.h"
#include "cloudflare/http.h"

#define CLIENT_URL_DEFAULT "https://api.cloudflare.com/client/v4"
#define CLIENT_NAMESPACE_DEFAULT "default"

struct client_config {		/* strings are copied, the token is borrowed for the client's life */
	const char *base_url;	/* NULL = CLIENT_URL_DEFAULT; a trailing slash is dropped */
	const char *account;	/* 32 hex digits, or NULL for calls that need none */
	const char *namespace;	/* NULL = "default" */
	bool flat;		/* the deprecated /ai-search/instances paths */
	const struct secret *token;
	struct bearer_source source;	/* asked when the API refuses it */
	int64_t timeout_ms;	/* of one request; 0 = HTTP_TIMEOUT_MS */
	struct http_config http;
	const struct clock *clock;	/* NULL = clock_system */
	/* Asked between requests and during waits; true ends the call with ERR_CANCELLED. */
	bool (*cancelled)(void *ctx);
	void *cancelled_ctx;
};

struct client;

int client_new(const struct client_config *config, struct client **out, struct err *err);
void client_free(struct client *client);

/*
 * Another token in the config's place: from now on, or (set) until the one that client_token()
 * has told is set again.  Refused, one that was only set is not replaced.
 */
void client_take_token(struct client *client, const struct secret *token);
void client_set_token(struct client *client, const struct secret *token);
const struct secret *client_token(const struct client *client);

/*
 * No call goes on beyond this moment (clock_system's monotonic ms, 0 = none),
 * repetitions included: ERR_TIMEOUT.
 */
void client_set_deadline(struct client *client, int64_t mono_ms);
bool client_expired(const struct client *client);

/* ERR_USAGE when it is not 32 hex digits / not an instance id / not a namespace name (api.md, 1). */
int client_check_account(const char *account, struct err *err);
int client_check_instance(const char *id, struct err *err);
int client_check_namespace(const char *name, struct err *err);

struct client_call {
	const char *method;
	const char *path;	/* from client_path(), starts with '/', query included */
	const struct buf *body;	/* NULL = none */
	const char *content_type;	/* NULL = application/json */
	const char *permission;	/* what a 403 is about */
	bool bare;
	size_t max_body;
	int64_t timeout_ms;	/* 0 = the client's */
	/*
	 * As http_request's, with data_ctx: then *out stays empty.  What on_data() has seen is
	 * not asked for again.
	 */
	bool (*on_data)(void *ctx, const char *data, size_t len);
	const char *data_type;
	void *data_ctx;
};

/* Runs it.  *out is yours: envelope_clear(). */
int client_call(struct client *client, const struct client_call *call, struct envelope *out,
		struct err *err);

/*
 * The instances' collection: "/accounts/A/ai-search/namespaces/N/instances", or
 * the flat one.  Appends to path.
 */
void client_add_instances(const struct client *client, struct buf *path);
void client_add_instance(const struct client *client, const char *id, struct buf *path);
void client_add_account(const struct client *client, struct buf *path);	/* "/accounts/A" */

const char *client_base_url(const struct client *client);
const char *client_namespace(const struct client *client);

/* Waits, in slices, unless cancelled.  ERR_CANCELLED. */
int client_sleep_ms(struct client *client, int64_t ms, struct err *err);

/* What the last answer said about the rate limit. */
const struct ratelimit *client_ratelimit(const struct client *client);

static inline void cleanup_client(struct client **c)
{
	client_free(*c);
}
#define scoped_client SCOPED(cleanup_client)

#endif
