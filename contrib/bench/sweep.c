/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 65536
#define POLL_MS 20	/* a longer curl_multi_poll() may sleep through answers (7.88.1) */

const char *const sweep_names[SWEEP_COUNTS] = { "queued",  "running", "completed",
						"error",   "skipped", "outdated" };

struct slot {			/* one stream */
	CURL *easy;
	size_t instance;
	size_t len;
	char body[BODY_MAX];
};

struct sweep {
	CURLM *multi;
	struct curl_slist *headers;
	const char *url;
	struct json_tokener *tokener;
	struct sweep_stats *stats;
	size_t count, next, failed;
	struct slot slots[SWEEP_STREAMS];
};

static size_t take(char *data, size_t one, size_t n, void *ctx)
{
	struct slot *s = ctx;

	if (n > BODY_MAX - s->len)
		return 0;
	memcpy(s->body + s->len, data, n);
	s->len += n;
	return one * n;
}

static void ask(struct sweep *w, struct slot *s)
{
	char url[512];

	s->instance = w->next++;
	s->len = 0;
	snprintf(url, sizeof(url), "%s/idle-%05zu/stats", w->url, s->instance + 1);
	curl_easy_setopt(s->easy, CURLOPT_URL, url);
	curl_multi_add_handle(w->multi, s->easy);
}

static void decode(struct sweep *w, const struct slot *s)
{
	struct sweep_stats *out = &w->stats[s->instance];
	struct json_object *body, *result, *v;

	json_tokener_reset(w->tokener);
	body = json_tokener_parse_ex(w->tokener, s->body, (int)s->len);
	if (body && json_object_object_get_ex(body, "result", &result)) {
		for (size_t i = 0; i < SWEEP_COUNTS; i++)
			out->count[i] = json_object_object_get_ex(result, sweep_names[i], &v)
						? json_object_get_double(v) : 0;
		out->degraded = json_object_object_get_ex(result, "degraded", &v) &&
				json_object_get_boolean(v);
		out->known = true;
	}
	json_object_put(body);
}

static void finish(struct sweep *w, const CURLMsg *msg)
{
	struct slot *s;
	long status = 0;

	curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&s);
	curl_easy_getinfo(msg->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(w->multi, s->easy);
	w->stats[s->instance].known = false;
	if (msg->data.result == CURLE_OK && status == 200)
		decode(w, s);
	w->failed += !w->stats[s->instance].known;
	if (w->next < w->count)
		ask(w, s);
}

size_t sweep_run(struct sweep *w)
{
	int running = 0, left;
	CURLMsg *msg;

	w->next = w->failed = 0;
	for (size_t i = 0; i < SWEEP_STREAMS && w->next < w->count; i++)
		ask(w, &w->slots[i]);
	do {
		curl_multi_perform(w->multi, &running);
		while ((msg = curl_multi_info_read(w->multi, &left)) != NULL)
			if (msg->msg == CURLMSG_DONE) {
				finish(w, msg);
				running = 1;
			}
		if (running)
			curl_multi_poll(w->multi, NULL, 0, POLL_MS, NULL);
	} while (running);
	return w->failed;
}

static CURL *new_easy(const struct sweep *w, struct slot *s)
{
	CURL *e = curl_easy_init();

	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, 60000L);
	curl_easy_setopt(e, CURLOPT_CAINFO, getenv("BENCH_CA"));
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);	/* or GnuTLS reads all of /etc/ssl/certs */
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, w->headers);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(e, CURLOPT_PRIVATE, s);
	return e;
}

static struct curl_slist *bearer(void)
{
	const char *file = getenv("BENCH_TOKEN_FILE");
	FILE *f = file ? fopen(file, "re") : NULL;
	char token[128] = "", line[160];

	if (!f)
		return NULL;
	if (!fgets(token, sizeof(token), f))
		token[0] = '\0';
	fclose(f);
	token[strcspn(token, "\n")] = '\0';
	snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
	return curl_slist_append(NULL, line);
}

struct sweep *sweep_new(void)
{
	const char *n = getenv("BENCH_N");
	struct sweep *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->url = getenv("BENCH_URL");
	w->count = n ? strtoul(n, NULL, 10) : 0;
	w->headers = bearer();
	w->stats = calloc(w->count + 1, sizeof(*w->stats));
	w->tokener = json_tokener_new();
	w->multi = curl_multi_init();
	if (!w->url || !w->count || !w->headers || !w->stats || !w->tokener || !w->multi) {
		sweep_free(w);
		return NULL;
	}
	curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(w->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
	curl_multi_setopt(w->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)SWEEP_STREAMS);
	for (size_t i = 0; i < SWEEP_STREAMS; i++)
		w->slots[i].easy = new_easy(w, &w->slots[i]);
	return w;
}

void sweep_free(struct sweep *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < SWEEP_STREAMS; i++)
		curl_easy_cleanup(w->slots[i].easy);
	curl_multi_cleanup(w->multi);
	curl_slist_free_all(w->headers);
	if (w->tokener)
		json_tokener_free(w->tokener);
	free(w->stats);
	free(w);
}

size_t sweep_count(const struct sweep *w)
{
	return w->count;
}

const struct sweep_stats *sweep_stats(const struct sweep *w, size_t i)
{
	return &w->stats[i];
}
