/* SPDX-License-Identifier: MIT */
/* namespace_call.h -- what the namespace commands share. */
#ifndef COMMAND_NAMESPACE_CALL_H
#define COMMAND_NAMESPACE_CALL_H

#include "cloudflare/call.h"
#include "command.h"

/* "/accounts/A/ai-search/namespaces", with "/name" unless that is NULL. */
void namespace_path(const struct client *client, const char *name, struct buf *path);

/*
 * One call about a namespace.  *out is an object with a name, yours; errors begin with
 * doing and the name.
 */
int namespace_call(struct client *client, const char *method, const char *name,
		   struct json_object *body, const char *doing, struct json_object **out,
		   struct err *err);

/* The object with --json, else "name: done". */
int namespace_finish(const struct cli *cli, struct json_object *namespace, const char *name,
		     const char *done, struct err *err);

#endif
