/* SPDX-License-Identifier: MIT */
/*
 * contact.h -- one request without a token, step by step: how far does one get towards
 * the API, and what do its clock and certificate say.  For `aisearch doctor`.
 *
 * Trust, proxy and protocols are those of http.h.  Of a certificate that is refused its dates
 * and issuer are looked at over a second connection, which trusts it and on which nothing is
 * sent: TLS libraries do not tell one that has expired from one of an unknown authority.
 */
#ifndef CLOUDFLARE_CONTACT_H
#define CLOUDFLARE_CONTACT_H

#include "cloudflare/http.h"

enum contact_step {		/* at which it ended */
	CONTACT_RESOLVE,
	CONTACT_CONNECT,	/* TCP, and the way through a proxy */
	CONTACT_TLS,
	CONTACT_ANSWER,
	CONTACT_DONE,		/* there was an answer, whatever it says */
};

struct contact {
	enum contact_step step;
	bool timed_out;
	char why[256];		/* of libcurl; "" when it is done */
	char address[64];	/* of the peer, or of the proxy; "" = none was reached */
	char proxy_variable[32];	/* that named a proxy which was taken; "" = none was */
	int status;		/* HTTP */
	bool json;		/* an object as the API's are */
	bool tls;
	/* Of the server's certificate, also of one that is refused; Unix seconds, 0 = not known. */
	int64_t certificate_begin, certificate_end;
	char issuer[128];	/* of it; "" = not known */
	bool own_ca;		/* trust is what a file of the caller's says... */
	bool ca_unusable;	/* ... which is none: why says so */
	int64_t date;		/* what its Date says, Unix seconds; 0 = none */
	int64_t before, after;	/* of our clock, around the answer */
	double resolve_s, connect_s, tls_s, answer_s;	/* since the beginning */
};

/* -1 only when it could not even be tried.  base_url was checked by url_check_base(). */
int contact_try(const char *base_url, const struct http_config *config, int64_t timeout_ms,
		struct contact *out, struct err *err);

/* Pure: how a certificate's end is written by libcurl's TLS libraries; 0 = not understood. */
int64_t contact_read_end(const char *text);

#endif
