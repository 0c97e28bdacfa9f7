/* SPDX-License-Identifier: MIT */
/* token.h -- what token.c and token_list.c share. */
#ifndef EMULATOR_TOKEN_H
#define EMULATOR_TOKEN_H

#include "request.h"

#define TOKEN_VALUE_SIZE 41
#define TOKEN_COLUMNS "id,name,status,policies,condition,issued,modified,used,expires,not_before"

/* row holds TOKEN_COLUMNS */
struct json_object *token_object(struct request *req, sqlite3_stmt *row);

#endif
