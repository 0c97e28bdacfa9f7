/* SPDX-License-Identifier: MIT */
/*
 * server.h -- a server as docker, Bazel, Kubernetes and Terraform spell it -> an identity of
 * the vault.
 *
 * "https://HOST[:PORT][/PATH]", where http may stand for https and, with
 * SERVER_SCHEME_OPTIONAL, nothing or "//".  No scheme means https.  A query is dropped, and so
 * are slashes at the end of the path; a path of nothing else is none.  HOST is letters, digits,
 * dots, hyphens and underscores, or an IPv6 address in brackets; the port is digits.  Nothing is
 * folded: "Host" and "host", "host" and "host:443" are different servers.
 *
 * Refused (ERR_INPUT, quoting nothing): another scheme, a user name before the host, a
 * control character anywhere, a fragment, any other byte in the host.
 */
#ifndef CREDENTIAL_SERVER_H
#define CREDENTIAL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "vault/vault.h"

struct server {			/* owned: server_clear() */
	const char *protocol;	/* "https" or "http" */
	char *host;		/* with its port */
	char *path;		/* without a slash in front; NULL = none */
};

#define SERVER_SCHEME_OPTIONAL 1
#define SERVER_SAFE 2		/* http to this machine only: a secret shall not cross a net in the clear */

int server_parse(const char *text, size_t len, unsigned rules, struct server *out, struct err *err);

/* HOST[:PORT] and nothing else. */
int server_check_host(const char *host, struct err *err);

static inline void server_clear(struct server *server)
{
	free(server->host);
	free(server->path);
	server->host = server->path = NULL;
}
#define scoped_server SCOPED(server_clear)

/* Only what was stored for just this path, or for none. */
static inline struct vault_id server_query(const struct server *s, const char *username)
{
	return (struct vault_id){ s->protocol, s->host,
				  s->path ? s->path : vault_no_path, username };
}

#endif
