/* SPDX-License-Identifier: MIT */
#include "cloudflare/contact.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cloudflare/json.h"
#include "cloudflare/peer.h"
#include "cloudflare/pem.h"
#include "json/parse.h"

#define PATH "/user/tokens/verify"	/* answers anybody, with 400 or 401 */
#define BODY_MAX (64u * 1024)

static void clean_easy(CURL **e)
{
	curl_easy_cleanup(*e);
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct contact *c = ctx;
	size_t len = size * n;
	char text[128];

	if (len < sizeof(text) && len > 5 && !strncasecmp(line, "date:", 5)) {
		memcpy(text, line, len);
		text[len] = '\0';
		c->date = (int64_t)curl_getdate(text + 5, NULL);
		if (c->date < 0)
			c->date = 0;
		c->after = clock_wall_s(&clock_system);
	}
	return len;
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	return buf_add(ctx, data, size * n) < 0 ? 0 : size * n;
}

/* Every answer of the API has this member. */
static bool is_envelope(const struct buf *body)
{
	scoped_json struct json_object *o = NULL;
	struct err err = { 0 };

	return json_parse(body->data, body->len, &o, &err) == 0 &&
	       json_object_is_type(o, json_type_object) && json_object_object_get(o, "success");
}

/*
 * libcurl before 8.7 tells nobody else whether it took a proxy; the variable's value may
 * hold a password.
 */
static int on_debug(CURL *e, curl_infotype type, char *data, size_t len, void *ctx)
{
	static const char says[] = "Uses proxy env variable ";
	struct contact *c = ctx;

	(void)e;
	if (type == CURLINFO_TEXT && len > strlen(says) && !strncmp(data, says, strlen(says)))
		snprintf(c->proxy_variable, sizeof(c->proxy_variable), "%.*s",
			 (int)strcspn(data + strlen(says), " ="), data + strlen(says));
	return 0;
}

int64_t contact_read_end(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);	/* GnuTLS */

	if (!end)
		end = strptime(text, "%b %d %H:%M:%S %Y", &tm);	/* OpenSSL */
	if (!end || strcmp(end, " GMT") != 0)
		return 0;
	return (int64_t)timegm(&tm);
}

/* What stands behind the key, or NULL; OpenSSL has small letters in "date". */
static const char *behind(const char *line, const char *key)
{
	return strncasecmp(line, key, strlen(key)) ? NULL : line + strlen(key);
}

static void read_certificate(CURL *e, struct contact *c)
{
	struct curl_certinfo *info = NULL;
	const char *text;

	if (curl_easy_getinfo(e, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
	    info->num_of_certs < 1)
		return;
	for (struct curl_slist *line = info->certinfo[0]; line; line = line->next) {
		if ((text = behind(line->data, "Expire date:")))
			c->certificate_end = contact_read_end(text);
		else if ((text = behind(line->data, "Start date:")))
			c->certificate_begin = contact_read_end(text);
		else if ((text = behind(line->data, "Issuer:")))
			snprintf(c->issuer, sizeof(c->issuer), "%s", text);
	}
}

static double seconds(CURL *e, CURLINFO what)
{
	curl_off_t us = 0;

	curl_easy_getinfo(e, what, &us);
	return (double)us / 1e6;
}

static enum contact_step step_of(CURL *e, CURLcode code, const struct contact *c)
{
	long proxy_answer = 0;

	curl_easy_getinfo(e, CURLINFO_HTTP_CONNECTCODE, &proxy_answer);
	switch (code) {
	case CURLE_OK:
		return CONTACT_DONE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return CONTACT_RESOLVE;
	case CURLE_COULDNT_CONNECT:
		return CONTACT_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
		return CONTACT_TLS;
	default:
		break;
	}
	if (c->resolve_s <= 0)
		return CONTACT_RESOLVE;
	if (c->connect_s <= 0 || (proxy_answer != 0 && proxy_answer / 100 != 2))
		return CONTACT_CONNECT;
	return c->tls && c->tls_s <= 0 ? CONTACT_TLS : CONTACT_ANSWER;
}

static void set_options(CURL *e, const char *url, const struct http_peer *peer, int64_t timeout_ms,
			char *why, struct buf *body, struct contact *c)
{
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(e, CURLOPT_DEBUGDATA, c);
	curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(e, CURLOPT_CERTINFO, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(e, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	if (!strncasecmp(url, "http:", 5))
		curl_easy_setopt(e, CURLOPT_PROXY, "");	/* as transfer.c */
	http_peer_apply(peer, e);
}

static void look_at_refused(const char *url, const struct http_config *config, int64_t timeout_ms,
			    struct contact *out)
{
	struct http_config trusting = *config;
	scoped_http_peer struct http_peer *peer = NULL;
	scoped_buf struct buf body = BUF(BODY_MAX);
	SCOPED(clean_easy) CURL *e = curl_easy_init();
	char why[CURL_ERROR_SIZE];
	struct contact ignored = { 0 };
	struct err err = { 0 };

	trusting.no_verify_peer = trusting.no_verify_host = true;
	trusting.ca_file = NULL;
	if (!e || http_peer_new(&trusting, &peer, &err) < 0)
		return;
	set_options(e, url, peer, timeout_ms, why, &body, &ignored);
	curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L);
	if (curl_easy_perform(e) == CURLE_OK)
		read_certificate(e, out);
}

static void explain_refusal(const char *url, const struct http_config *config, int64_t timeout_ms,
			    struct contact *out)
{
	const struct pem_files files = { .ca_file = config->ca_file };
	struct err err = { 0 };

	out->ca_unusable = pem_check(&files, &err) < 0;
	if (out->ca_unusable)
		snprintf(out->why, sizeof(out->why), "%s", err.what);
	else
		look_at_refused(url, config, timeout_ms, out);
}

int contact_try(const char *base_url, const struct http_config *config, int64_t timeout_ms,
		struct contact *out, struct err *err)
{
	scoped_http_peer struct http_peer *peer = NULL;
	scoped_buf struct buf url = BUF(16384), body = BUF(BODY_MAX);
	SCOPED(clean_easy) CURL *e = curl_easy_init();
	char why[CURL_ERROR_SIZE] = "", *text = NULL;
	long status = 0;

	memset(out, 0, sizeof(*out));
	if (!e)
		return err_nomem(err);
	if (http_peer_new(config, &peer, err) < 0)
		return -1;
	size_t len = strlen(base_url);
	buf_add(&url, base_url, len > 0 && base_url[len - 1] == '/' ? len - 1 : len);
	buf_adds(&url, PATH);
	if (url.failed)
		return err_set(err, ERR_INPUT, "the base URL is too long");
	out->tls = !strncasecmp(base_url, "https:", 6);
	out->own_ca = config->ca_file != NULL;
	set_options(e, url.data, peer, timeout_ms, why, &body, out);
	out->before = clock_wall_s(&clock_system);
	CURLcode code = curl_easy_perform(e);
	if (!out->after)
		out->after = clock_wall_s(&clock_system);
	out->resolve_s = seconds(e, CURLINFO_NAMELOOKUP_TIME_T);
	out->connect_s = seconds(e, CURLINFO_CONNECT_TIME_T);
	out->tls_s = seconds(e, CURLINFO_APPCONNECT_TIME_T);
	out->answer_s = seconds(e, CURLINFO_STARTTRANSFER_TIME_T);
	out->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	out->step = step_of(e, code, out);
	if (code != CURLE_OK)
		snprintf(out->why, sizeof(out->why), "%s", *why ? why : curl_easy_strerror(code));
	if (curl_easy_getinfo(e, CURLINFO_PRIMARY_IP, &text) == CURLE_OK && text)
		snprintf(out->address, sizeof(out->address), "%s", text);
	curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
	out->status = (int)status;
	text = NULL;
	curl_easy_getinfo(e, CURLINFO_CONTENT_TYPE, &text);
	out->json = text && !strncasecmp(text, "application/json", 16) && is_envelope(&body);
	read_certificate(e, out);
	if (out->step == CONTACT_TLS && !out->timed_out)
		explain_refusal(url.data, config, timeout_ms, out);
	return 0;
}
