/* SPDX-License-Identifier: MIT */
/*
 * envelope.h -- HTTP status and body -> result or err.  Pure.
 *
 * Success is a 2xx status *and* "success":true.  Everything else becomes an err
 * that a person can act on: HTTP status, API code, the API's message, its
 * documentation_url, and a hint (a 403 names the permission that is missing).
 */
#ifndef CLOUDFLARE_ENVELOPE_H
#define CLOUDFLARE_ENVELOPE_H

#include "cloudflare/json.h"

struct envelope {
	struct json_object *root;	/* owned; NULL for 204 */
	struct json_object *result;	/* borrowed from root; NULL when null or absent */
	struct count page, per_page, count, total_count;	/* result_info */
};

struct envelope_input {
	int status;		/* HTTP status */
	const char *content_type;	/* or NULL */
	const char *body;
	size_t len;
	int retry_after;	/* seconds, 0 = none */
	const char *cf_ray;	/* identifies the request in Cloudflare's logs, or NULL */
	const char *permission;	/* what a 403 is about: "AI Search Edit", or NULL */
	bool bare;		/* the answer has no envelope (chat completions) */
};

int envelope_decode(const struct envelope_input *in, struct envelope *out, struct err *err);
void envelope_clear(struct envelope *envelope);

#define scoped_envelope SCOPED(envelope_clear)

#endif
