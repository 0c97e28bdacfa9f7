/* SPDX-License-Identifier: MIT */
#include "cloudflare/client_parts.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cloudflare/retry.h"

#define CALL_MARGIN_MS 2000	/* beyond curl's own deadline, as a safety net */

int client_check_account(const char *account, struct err *err)
{
	size_t n = strspn(account, "0123456789abcdef");

	if (n == 32 && !account[n])
		return 0;
	err_set(err, ERR_USAGE, "account id '%.64s' is not 32 hex digits in lower case", account);
	return err_hint(err, "it is the first part of the dashboard's address");
}

int client_check_instance(const char *id, struct err *err)
{
	size_t n = strlen(id);
	bool good = n >= 1 && n <= 64 && id[0] != '-' && id[n - 1] != '-' && !strstr(id, "--") &&
		    strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;

	if (good)
		return 0;
	err_set(err, ERR_USAGE, "'%.80s' is not an instance id", id);
	return err_hint(err, "1 to 64 of a-z 0-9 _ and single hyphens between them");
}

int client_check_namespace(const char *name, struct err *err)
{
	size_t n = strlen(name);
	bool good = n >= 1 && n <= 28 && name[0] != '-' && name[n - 1] != '-' &&
		    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;

	if (good)
		return 0;
	err_set(err, ERR_USAGE, "'%.80s' is not a namespace", name);
	return err_hint(err, "1 to 28 of a-z 0-9 and hyphens, none at the ends");
}

int client_new(const struct client_config *config, struct client **out, struct err *err)
{
	scoped_client struct client *c = calloc(1, sizeof(*c));
	const char *url = config->base_url ? config->base_url : CLIENT_URL_DEFAULT;
	const char *namespace = config->namespace ? config->namespace : CLIENT_NAMESPACE_DEFAULT;

	if (!c)
		return err_nomem(err);
	if (url_check_base(url, err) < 0 || client_check_namespace(namespace, err) < 0)
		return -1;
	if (config->account && client_check_account(config->account, err) < 0)
		return -1;
	if (text_copy(url, &c->base_url, err) < 0 ||
	    text_copy(config->account, &c->account, err) < 0 ||
	    text_copy(namespace, &c->namespace, err) < 0)
		return -1;
	for (size_t n = strlen(c->base_url); n > 0 && c->base_url[n - 1] == '/'; n--)
		c->base_url[n - 1] = '\0';
	c->flat = config->flat;
	bearer_init(&c->bearer, config->token, &config->source);
	c->timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : HTTP_TIMEOUT_MS;
	c->clock = config->clock ? config->clock : &clock_system;
	c->cancelled = config->cancelled;
	c->cancelled_ctx = config->cancelled_ctx;
	c->jitter = (unsigned)clock_mono_ms(&clock_system);
	if (http_peer_new(&config->http, &c->peer, err) < 0)
		return -1;
	*out = STEAL(c);
	return 0;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	http_free(c->http);
	http_peer_free(c->peer);
	bearer_clear(&c->bearer);
	free(c->base_url);
	free(c->account);
	free(c->namespace);
	free(c);
}

void client_set_token(struct client *c, const struct secret *token)
{
	c->stands_in = token != c->bearer.token;
	c->stand_in = token;
}

void client_take_token(struct client *c, const struct secret *token)
{
	const struct bearer_source source = c->bearer.source;
	unsigned turn = c->bearer.turn;

	bearer_clear(&c->bearer);
	bearer_init(&c->bearer, token, &source);
	c->bearer.turn = turn + 1;
	c->stands_in = false;
}

const struct secret *client_token(const struct client *c)
{
	return c->stands_in ? c->stand_in : c->bearer.token;
}

void client_set_deadline(struct client *c, int64_t mono_ms)
{
	c->deadline = mono_ms;
}

bool client_expired(const struct client *c)
{
	return c->deadline > 0 && clock_mono_ms(&clock_system) >= c->deadline;
}

static int64_t call_timeout(const struct client *c, const struct client_call *call)
{
	return call->timeout_ms > 0 ? call->timeout_ms : c->timeout_ms;
}

/* Milliseconds that the next request may take; <= 0 when the time is up. */
static int64_t time_left(const struct client *c, const struct client_call *call)
{
	int64_t left = c->deadline > 0 ? c->deadline - clock_mono_ms(&clock_system) : INT64_MAX;
	int64_t timeout = call_timeout(c, call);

	return left < timeout ? left : timeout;
}

const char *client_base_url(const struct client *c)
{
	return c->base_url;
}

const char *client_namespace(const struct client *c)
{
	return c->namespace;
}

const struct ratelimit *client_ratelimit(const struct client *c)
{
	return &c->ratelimit;
}

void client_add_account(const struct client *c, struct buf *path)
{
	buf_addf(path, "/accounts/%s", c->account ? c->account : "");
}

void client_add_instances(const struct client *c, struct buf *path)
{
	client_add_account(c, path);
	if (c->flat)
		buf_adds(path, "/ai-search/instances");
	else
		buf_addf(path, "/ai-search/namespaces/%s/instances", c->namespace);
}

void client_add_instance(const struct client *c, const char *id, struct buf *path)
{
	client_add_instances(c, path);
	buf_adds(path, "/");
	buf_add_urlencoded(path, id);
}

bool client_cancelled(const struct client *c)
{
	return c->cancelled && c->cancelled(c->cancelled_ctx);
}

int client_cancelled_err(struct err *err)
{
	return err_set(err, ERR_CANCELLED, "stopped on request");
}

int client_sleep_ms(struct client *c, int64_t ms, struct err *err)
{
	int64_t end = clock_mono_ms(&clock_system) + ms;

	for (;;) {
		if (client_cancelled(c))
			return client_cancelled_err(err);
		int64_t left = end - clock_mono_ms(&clock_system);
		if (left <= 0)
			return 0;
		if (left > CLIENT_SLICE_MS)
			left = CLIENT_SLICE_MS;
		struct timespec t = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
		nanosleep(&t, NULL);
	}
}

int client_url(const struct client *c, const struct client_call *call, struct buf *url,
	       struct err *err)
{
	if (call->body && call->body->failed)
		return err_set(err, ERR_INPUT, "the request is too long");
	buf_adds(url, c->base_url);
	buf_adds(url, call->path);
	return url->failed ? err_set(err, ERR_INPUT, "the request's URL is too long") : 0;
}

static bool on_data(void *ctx, const char *data, size_t len)
{
	struct client_answer *a = ctx;

	a->streamed = true;
	return a->call->on_data(a->call->data_ctx, data, len);
}

static void on_done(void *ctx, const struct http_response *r, bool sent, const struct err *err)
{
	struct client_answer *a = ctx;

	a->done = true;
	a->sent = sent;
	a->result = -1;
	if (!r) {
		a->err = *err;
		return;
	}
	a->ratelimit = a->client->ratelimit = r->ratelimit;
	if (r->streamed) {
		a->result = 0;
		return;
	}
	struct envelope_input in = {
		.status = r->status,
		.content_type = r->content_type,
		.body = r->body->data,
		.len = r->body->len,
		.retry_after = r->retry_after,
		.cf_ray = r->cf_ray,
		.permission = a->call->permission,
		.bare = a->call->bare,
	};
	a->result = envelope_decode(&in, &a->envelope, &a->err);
	if (a->result == 0 && !a->client->stands_in)
		bearer_accepted(&a->client->bearer, a->turn);
}

bool client_renewed(struct client *c, struct client_answer *a)
{
	return a->done && a->result < 0 && a->err.kind == ERR_AUTH && !c->stands_in &&
	       bearer_refused(&c->bearer, a->turn, &a->err);
}

int client_submit(struct client *c, const struct client_call *call, const char *url,
		  struct client_answer *a, struct err *err)
{
	struct http_request r = {
		.peer = c->peer,
		.method = call->method,
		.url = url,
		.bearer = client_token(c),
		.content_type = call->content_type,
		.body = call->body ? call->body->data : NULL,
		.body_len = call->body ? call->body->len : 0,
		.timeout_ms = time_left(c, call),
		.max_body = call->max_body,
		.on_data = call->on_data ? on_data : NULL,
		.data_type = call->data_type,
	};

	*a = (struct client_answer){ .call = call, .client = c, .result = -1,
				      .turn = c->bearer.turn };
	if (r.timeout_ms <= 0)
		return err_set(err, ERR_TIMEOUT, "the time limit has passed");
	/* not before: who only asks for paths needs no descriptors */
	if (!c->http && http_new(&c->http, err) < 0)
		return -1;
	return http_submit(c->http, &r, on_done, a, err);
}

static int try_once(struct client *c, const struct client_call *call, const char *url,
		    struct client_answer *a, struct err *err)
{
	int64_t end = clock_mono_ms(&clock_system) + call_timeout(c, call) + CALL_MARGIN_MS;

	if (client_submit(c, call, url, a, err) < 0)
		return -1;
	while (!a->done) {
		a->sent = true;	/* until we know better */
		if (client_cancelled(c)) {
			http_abort(c->http);
			return client_cancelled_err(err);
		}
		if (http_run(c->http, CLIENT_SLICE_MS, err) < 0) {
			http_abort(c->http);
			return -1;
		}
		if (!a->done && clock_mono_ms(&clock_system) > end) {
			http_abort(c->http);
			return err_set(err, ERR_TIMEOUT, "no complete answer in time");
		}
	}
	return a->result;
}

int client_call(struct client *c, const struct client_call *call, struct envelope *out,
		struct err *err)
{
	scoped_buf struct buf url = BUF(16384);
	struct retry_case again = { .method = call->method };
	struct client_answer a;

	memset(out, 0, sizeof(*out));
	if (client_url(c, call, &url, err) < 0)
		return -1;
	for (;; again.attempt++) {
		if (client_cancelled(c))
			return client_cancelled_err(err);
		if (try_once(c, call, url.data, &a, err) == 0) {
			*out = a.envelope;
			return 0;
		}
		if (client_renewed(c, &a)) {
			again.attempt--;
			continue;
		}
		if (a.done)
			*err = a.err;
		again.sent = a.sent;
		again.jitter = c->jitter += 7919;
		int64_t wait = err->kind == ERR_CANCELLED || a.streamed ? -1 : retry_delay_ms(&again, err);
		if (wait < 0 || (c->deadline > 0 &&
				 clock_mono_ms(&clock_system) + wait >= c->deadline))
			return -1;
		if (client_sleep_ms(c, wait, err) < 0)
			return -1;
	}
}
