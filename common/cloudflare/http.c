/* SPDX-License-Identifier: MIT */
#include "cloudflare/http.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "cloudflare/transfer.h"

/*
 * libcurl 7.88 can sleep through an answer that has arrived on another stream;
 * short polls cure it at the same CPU.
 */
#define POLL_MS 50

struct http {
	CURLM *multi;
	struct transfer *active, *pool;
	size_t pending;
	size_t put_off;		/* of these */
	bool connected;		/* some peer, since http_run() last looked */
	atomic_bool woken;
};

int http_global_init(struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_NETWORK, "libcurl could not be initialised");
	return 0;
}

void http_global_cleanup(void)
{
	curl_global_cleanup();
}

int http_new(struct http **out, struct err *err)
{
	scoped_http struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return err_nomem(err);
	h->multi = curl_multi_init();
	if (!h->multi)
		return err_nomem(err);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HTTP_CONNECTIONS);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)HTTP_STREAMS);
	*out = STEAL(h);
	return 0;
}

static void retire(struct http *h, struct transfer *t)
{
	if (!t->put_off)
		curl_multi_remove_handle(h->multi, t->easy);
	if (t->prev)
		t->prev->next = t->next;
	else
		h->active = t->next;
	if (t->next)
		t->next->prev = t->prev;
	h->pending--;
	h->put_off -= t->put_off;
	http_peer_forget(t->peer, t);
	transfer_reset(t);
	t->prev = NULL;
	t->next = h->pool;
	h->pool = t;
}

void http_abort(struct http *h)
{
	while (h->active)
		retire(h, h->active);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	http_abort(h);
	while (h->pool) {
		struct transfer *t = h->pool;
		h->pool = t->next;
		transfer_free(t);
	}
	curl_multi_cleanup(h->multi);
	free(h);
}

int http_submit(struct http *h, const struct http_request *r, http_done *done, void *ctx,
		struct err *err)
{
	struct transfer *t = h->pool;

	if (url_check(r->url, err) < 0)
		return -1;
	if (t) {
		h->pool = t->next;
	} else {
		t = calloc(1, sizeof(*t));
		if (!t)
			return err_nomem(err);
		t->body = (struct buf)BUF(0);
		t->easy = curl_easy_init();
		if (!t->easy) {
			transfer_free(t);
			return err_nomem(err);
		}
	}
	t->next = t->prev = NULL;
	t->peer = r->peer;
	t->done = done;
	t->leaves = r->leaves;
	t->on_data = r->on_data;
	t->data_type = r->data_type;
	t->streamed = 0;
	t->stopped = false;
	t->ctx = ctx;
	t->connected = &h->connected;
	t->body.max = r->max_body ? r->max_body : HTTP_BODY_MAX;
	t->why[0] = t->content_type[0] = t->cf_ray[0] = '\0';
	t->retry_after = 0;
	t->put_off = t->refused = t->sent = false;
	memset(&t->ratelimit, 0, sizeof(t->ratelimit));
	if (transfer_prepare(t, r, err) < 0) {
		transfer_free(t);
		return -1;
	}
	if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK) {
		transfer_free(t);
		return err_nomem(err);
	}
	t->next = h->active;
	if (h->active)
		h->active->prev = t;
	h->active = t;
	h->pending++;
	return 0;
}

size_t http_pending(const struct http *h)
{
	return h->pending;
}

static void finish(struct http *h, struct transfer *t, CURLcode code)
{
	struct err err = { 0 };
	struct http_response r = { .body = &t->body, .ratelimit = t->ratelimit };
	curl_off_t total = 0;
	long status = 0, connects = 0, version = 0;
	http_done *done = t->done;
	void *ctx = t->ctx;

	if (code != CURLE_OK) {
		bool sent = transfer_was_sent(t);

		transfer_err(t, code, &err);
		retire(h, t);
		done(ctx, NULL, sent, &err);
		return;
	}
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &total);
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
	t->peer->http1 = version < CURL_HTTP_VERSION_2_0;
	r.status = (int)status;
	r.content_type = t->content_type[0] ? t->content_type : NULL;
	r.cf_ray = t->cf_ray[0] ? t->cf_ray : NULL;
	r.retry_after = t->retry_after;
	r.seconds = (double)total / 1e6 + (double)(t->started - t->submitted) / 1e3;
	r.new_connection = connects > 0;
	r.streamed = transfer_streams(t);
	done(ctx, &r, true, &err);
	retire(h, t);
}

/*
 * After a GOAWAY libcurl itself sends anew, on a new connection, what the server did
 * not take.  7.88 makes one for each, up to the limit for a host: CURLOPT_PIPEWAIT
 * sees none before its TCP handshake is over.  All would live on, so one transfer
 * makes the connection, and the others come after it.
 */
static void put_off(struct http *h, struct transfer *t)
{
	t->sent |= transfer_was_sent(t);
	curl_multi_remove_handle(h->multi, t->easy);
	t->put_off = true;
	h->put_off++;
}

/* Back to the multi handle, with what is left of its time. */
static CURLcode let_go(struct http *h, struct transfer *t, int64_t now)
{
	if (now >= t->deadline)
		return CURLE_OPERATION_TIMEDOUT;
	transfer_set_timeout(t, t->deadline - now);
	if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	t->started = now;
	t->refused = t->put_off = false;
	h->put_off--;
	return CURLE_OK;
}

/* Those whose peer has a connection now, or none in the making any more; true: some have ended. */
static bool let_all_go(struct http *h)
{
	int64_t now = clock_mono_ms(&clock_system);
	bool ended = false;

	for (struct transfer *t = h->active, *next; t && h->put_off > 0; t = next) {
		next = t->next;
		if (!t->put_off || (now < t->deadline && !http_peer_may_connect(t->peer, NULL)))
			continue;
		CURLcode code = let_go(h, t, now);
		if (code == CURLE_OK)
			continue;
		finish(h, t, code);
		ended = true;
		next = h->active;	/* the callback may have changed all of it */
	}
	return ended;
}

int http_run(struct http *h, int64_t timeout_ms, struct err *err)
{
	int64_t end = clock_mono_ms(&clock_system) + timeout_ms;
	int running, left_messages;

	for (;;) {
		CURLMcode m = curl_multi_perform(h->multi, &running);
		if (m != CURLM_OK)
			return err_set(err, ERR_NETWORK, "libcurl: %s", curl_multi_strerror(m));
		bool moved = h->connected;
		h->connected = false;
		for (CURLMsg *msg; (msg = curl_multi_info_read(h->multi, &left_messages));) {
			struct transfer *t = NULL;

			if (msg->msg != CURLMSG_DONE)
				continue;
			CURLcode code = msg->data.result;
			curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
			if (code != CURLE_OK && t->refused) {
				put_off(h, t);
				continue;
			}
			finish(h, t, code);
			moved = true;
		}
		moved |= let_all_go(h);
		if (atomic_exchange(&h->woken, false) || moved || h->pending == 0)
			return 0;
		int64_t left = end - clock_mono_ms(&clock_system);
		if (left <= 0)
			return 0;
		m = curl_multi_poll(h->multi, NULL, 0, left < POLL_MS ? (int)left : POLL_MS, NULL);
		if (m != CURLM_OK)
			return err_set(err, ERR_NETWORK, "libcurl: %s", curl_multi_strerror(m));
	}
}

int http_idle(struct http *h, int64_t timeout_ms, struct err *err)
{
	CURLMcode m = CURLM_OK;

	if (!atomic_exchange(&h->woken, false) && timeout_ms > 0)
		m = curl_multi_poll(h->multi, NULL, 0,
				    timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX,
				    NULL);
	atomic_store(&h->woken, false);
	return m == CURLM_OK ? 0 : err_set(err, ERR_NETWORK, "libcurl: %s", curl_multi_strerror(m));
}

void http_wake(struct http *h)
{
	atomic_store(&h->woken, true);
	curl_multi_wakeup(h->multi);
}
