/* SPDX-License-Identifier: MIT */
/*
 * url.h -- where a token may be sent.  Pure; parses with libcurl's own parser, so
 * that what is checked is what is used.
 */
#ifndef CLOUDFLARE_URL_H
#define CLOUDFLARE_URL_H

#include <stddef.h>

#include "base/err.h"

/* ERR_CONFIG for a URL that is not https://, or http:// to anything but loopback. */
int url_check(const char *url, struct err *err);

/* As url_check(); a base URL has no query and no fragment either. */
int url_check_base(const char *url, struct err *err);

/* "api.cloudflare.com", "127.0.0.1:8787": the host, with its port when the URL names one. */
int url_host(const char *url, char *out, size_t size, struct err *err);

#endif
