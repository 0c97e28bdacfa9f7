/* SPDX-License-Identifier: MIT */
#include "cloudflare/url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

static void free_url(CURLU **u)
{
	curl_url_cleanup(*u);
}

static void free_curl(char **s)
{
	curl_free(*s);
}

/* A literal of 127.0.0.0/8, [::1], or the name that libcurl itself binds to them. */
static bool loopback(const char *host)
{
	unsigned a, b, c, d;
	char rest;

	if (!strcasecmp(host, "localhost") || !strcmp(host, "[::1]"))
		return true;
	return sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &rest) == 4 && a == 127 &&
	       b < 256 && c < 256 && d < 256;
}

int url_check(const char *url, struct err *err)
{
	SCOPED(free_url) CURLU *u = curl_url();
	SCOPED(free_curl) char *scheme = NULL, *host = NULL, *user = NULL;

	if (!u)
		return err_nomem(err);
	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return err_set(err, ERR_CONFIG, "'%.120s' is not a URL", url);
	if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		return err_set(err, ERR_CONFIG, "the URL must not contain a user name");
	if (!strcasecmp(scheme, "https") || (!strcasecmp(scheme, "http") && loopback(host)))
		return 0;
	if (!strcasecmp(scheme, "http")) {
		err_set(err, ERR_CONFIG, "'%.120s' would send the token unencrypted", url);
		return err_hint(err, "use https://; http:// is for loopback addresses only");
	}
	return err_set(err, ERR_CONFIG, "'%.120s' is not an https:// URL", url);
}

int url_check_base(const char *url, struct err *err)
{
	if (url_check(url, err) < 0)
		return -1;
	if (strpbrk(url, "?#"))
		return err_set(err, ERR_CONFIG, "the base URL must have no query and no fragment");
	return 0;
}

int url_host(const char *url, char *out, size_t size, struct err *err)
{
	SCOPED(free_url) CURLU *u = curl_url();
	SCOPED(free_curl) char *host = NULL, *port = NULL;

	if (url_check(url, err) < 0)
		return -1;
	if (!u || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return err_nomem(err);
	curl_url_get(u, CURLUPART_PORT, &port, 0);	/* absent unless the URL names one */
	for (char *c = host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (snprintf(out, size, "%s%s%s", host, port ? ":" : "", port ? port : "") >= (int)size)
		return err_set(err, ERR_CONFIG, "the URL's host is too long");
	return 0;
}
