/* SPDX-License-Identifier: MIT */
/*
 * vault_entry.h -- what the commands `vault ...` share: how an entry is named and shown.
 */
#ifndef COMMAND_VAULT_ENTRY_H
#define COMMAND_VAULT_ENTRY_H

#include <json-c/json.h>

#include "command.h"

/*
 * An entry is named by its row ("12", from `vault list`) or by its URL,
 * "https://host/path", and --user.  What the URL lacks matches anything.
 */
struct entry_name {		/* entry_clear() */
	int64_t row;		/* 0 = by URL */
	char *text;		/* owned; protocol, host and path point into it */
	struct vault_id id;	/* protocol NULL = any entry at all */
};
int entry_parse(const struct cli *cli, const char *word, struct entry_name *out, struct err *err);
void entry_clear(struct entry_name *name);
#define scoped_entry SCOPED(entry_clear)

/* "active", "expired", "pending" or "rejected". */
const char *entry_state(const struct vault_item *item);
/* "https://host/path"; free() it.  NULL when there is no memory. */
char *entry_url(const struct vault_item *item);
/* Without secrets. */
struct json_object *entry_json(const struct vault_item *item);

#endif
