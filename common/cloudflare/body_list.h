/* SPDX-License-Identifier: MIT */
/*
 * body_list.h -- the rules of those members of a body that are lists of small objects
 * (BODY_JSON); for body.c alone.
 */
#ifndef CLOUDFLARE_BODY_LIST_H
#define CLOUDFLARE_BODY_LIST_H

#include "cloudflare/body.h"

/* ERR_USAGE when value is not what field->path asks for.  A path without rules passes. */
int body_check_list(const struct body_field *field, struct json_object *value, struct err *err);

#endif
