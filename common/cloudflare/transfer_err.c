/* SPDX-License-Identifier: MIT */
#include "cloudflare/transfer.h"

#include <string.h>

#include "cloudflare/pem.h"

static bool names_address(const struct transfer *t)
{
	char *url = NULL, host[256];
	struct err err = { 0 };

	curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
	return url && url_host(url, host, sizeof(host), &err) == 0 &&
	       (host[0] == '[' || strspn(host, "0123456789.:") == strlen(host));
}

static bool looked_up(const struct transfer *t)
{
	curl_off_t us = 0;

	curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &us);
	return us > 0;
}

static int not_reached_hint(const struct transfer *t, struct err *err)
{
	static const char *const only[] = { [HTTP_FAMILY_IPV4] = "ipv4",
					    [HTTP_FAMILY_IPV6] = "ipv6" };
	enum http_family family = t->peer->family;

	if (family == HTTP_FAMILY_ANY)
		return err_hint(err, "check the network, the proxy and the base URL");
	return err_hint(err, "AddressFamily allows %s only: does the host have such an address, and"
			" this machine a way to it?  otherwise check the network", only[family]);
}

/* libcurl blames the name for some time-outs of a connection, even where an address stands. */
static int timeout_err(const struct transfer *t, const char *why, struct err *err)
{
	if (!t->put_off && transfer_was_sent(t))
		return err_set(err, ERR_TIMEOUT, "no complete answer in time: %s", why);
	if (t->put_off || looked_up(t) || names_address(t))
		err_set(err, ERR_TIMEOUT, "no connection in time");
	else
		err_set(err, ERR_TIMEOUT, "no connection in time: the name was not resolved");
	return not_reached_hint(t, err);
}

/* The server is blamed last: what does not work may be a file of ours. */
static int tls_err(const struct transfer *t, CURLcode code, const char *why, struct err *err)
{
	const struct http_peer *p = t->peer;
	struct pem_files files = { p->ca_file, p->client_cert, p->client_key };

	if (pem_check(&files, err) < 0)
		return -1;
	/* GnuTLS has no code of its own for them */
	if (p->client_cert && (code == CURLE_SSL_CERTPROBLEM || strstr(why, "X.509 "))) {
		err_set(err, ERR_TLS, "ClientCert '%.100s' cannot be used: %.100s",
			p->client_cert, why);
		return err_hint(err, p->client_key
				? "ClientKey '%.60s' has to be its key, and ClientKeyPass has to open that"
				: "'%.60s' has to hold its key too, not locked", p->client_key ? p->client_key : p->client_cert);
	}
	err_set(err, ERR_TLS, "the server's certificate or TLS was refused: %s", why);
	return err_hint(err,
			"check the host name and the clock; a private authority needs its CA file");
}

int transfer_err(const struct transfer *t, CURLcode code, struct err *err)
{
	const char *why = t->why[0] ? t->why : curl_easy_strerror(code);

	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return timeout_err(t, why, err);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
		return tls_err(t, code, why, err);
	case CURLE_WRITE_ERROR:
		if (t->body.failed)
			return err_set(err, ERR_PROTOCOL, "the answer is longer than %zu bytes",
				       t->body.max);
		if (t->stopped)
			return err_set(err, ERR_CANCELLED, "the answer was not read to its end");
		break;
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return err_set(err, ERR_NETWORK, "the connection was cut off: %s", why);
	case CURLE_ABORTED_BY_CALLBACK:
		return err_set(err, ERR_NETWORK,
			       "the connection was cut off, and there were no requests left to ask again");
	case CURLE_BAD_CONTENT_ENCODING:
		return err_set(err, ERR_PROTOCOL, "the answer's compression is damaged: %s", why);
	default:
		break;
	}
	err_set(err, ERR_NETWORK, "the API was not reached: %s", why);
	return not_reached_hint(t, err);
}
