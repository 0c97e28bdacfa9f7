/* SPDX-License-Identifier: MIT */
/*
 * request.h -- the one strict reader of requests that are a text or a JSON object.
 *
 * Refused as a whole (ERR_INPUT, no message quotes a value): more than REQUEST_MAX bytes, a NUL
 * byte, also as \u0000, anything but one JSON object, a member of interest that is not a text.
 */
#ifndef CREDENTIAL_REQUEST_H
#define CREDENTIAL_REQUEST_H

#include "base/buf.h"
#include "base/err.h"
#include "json/parse.h"

#define REQUEST_MAX (1024 * 1024)		/* bytes */

/*
 * Reads fd to its end, also when it is refused for its length, so that the writer is not
 * cut off; REQUEST_DRAIN bytes at the most.
 */
#define REQUEST_DRAIN (64 * REQUEST_MAX)
int request_read(int fd, struct buf *out, struct err *err);

struct request_member {		/* text or secret is set when the member is there and not null */
	const char *name;
	char **text;		/* owned by the caller: free() */
	struct secret **secret;
};

#define REQUEST_ANY_CASE 1	/* of the members' names, as Go's decoder has it */
#define REQUEST_NO_OTHERS 2	/* an unknown member refuses the request; else it is skipped */

/* Of members that are there twice the last one counts. */
int request_decode(const struct buf *text, const struct request_member *members, size_t count,
		   unsigned rules, struct err *err);

/* text as one JSON object, what: "the request". */
int request_object(const char *what, const char *text, size_t len, struct json_object **out,
		   struct err *err);

#endif
