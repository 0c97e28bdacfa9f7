/* SPDX-License-Identifier: MIT */
/* actions.h -- how `plan` and `apply` tell what is to be done. */
#ifndef COMMAND_ACTIONS_H
#define COMMAND_ACTIONS_H

#include "provision/manifest.h"

/* "instance docs/handbook" */
void action_name(const struct action *action, char *out, size_t size);

/* Are both about the same thing, whatever is to be done with it? */
bool action_same_thing(const struct action *a, const struct action *b);

size_t actions_count(const struct actions *actions, enum action_kind kind);

/* A line for each, with its changes below it, and a sum. */
void actions_print(const struct actions *actions);

/* [{"action":"update","kind":"instance","namespace":...,"name":...,"changes":[...]}]; yours. */
struct json_object *actions_json(const struct actions *actions);

#endif
