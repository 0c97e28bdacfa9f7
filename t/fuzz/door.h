/* SPDX-License-Identifier: MIT */
/*
 * door.h -- what the fuzzers of the doors that name a server have in common.
 */
#ifndef T_FUZZ_DOOR_H
#define T_FUZZ_DOOR_H

#include "../../plugin/credential/server.h"
#include "base/buf.h"
#include "fuzz.h"

/* Written down again it is the same server; parse is the door's own reader of a spelling. */
static inline void check_server(const struct server *s,
				int (*parse)(const char *text, size_t len, struct server *out,
					     struct err *err))
{
	scoped_server struct server again = { 0 };
	scoped_buf struct buf url = BUF(4 * 1024 * 1024);
	struct err err = { 0 };

	NEVER(strcmp(s->protocol, "https") != 0 && strcmp(s->protocol, "http") != 0);
	NEVER(!s->host || server_check_host(s->host, &err) < 0);
	NEVER(s->path && (!s->path[0] || strpbrk(s->path, "?#") ||
			  s->path[strlen(s->path) - 1] == '/'));
	NEVER(has_controls(s->path));
	buf_adds(&url, s->protocol);
	buf_adds(&url, "://");
	buf_adds(&url, s->host);
	buf_adds(&url, s->path ? "/" : "");
	buf_adds(&url, s->path ? s->path : "");
	NEVER(url.failed || parse(url.data, url.len, &again, &err) < 0);
	NEVER(!same_text(s->protocol, again.protocol) || !same_text(s->host, again.host) ||
	      !same_text(s->path, again.path));
}

/* What Bazel and Kubernetes ask for. */
static inline int parse_safe(const char *text, size_t len, struct server *out, struct err *err)
{
	return server_parse(text, len, SERVER_SAFE, out, err);
}

static inline void check_safe(const struct server *s)
{
	check_server(s, parse_safe);
	NEVER(!strcmp(s->protocol, "http") && strncmp(s->host, "localhost", 9) != 0 &&
	      strncmp(s->host, "127.0.0.1", 9) != 0 && strncmp(s->host, "[::1]", 5) != 0);
}

#endif
