/* SPDX-License-Identifier: MIT */
/* item.h -- one file of an instance. */
#ifndef EMULATOR_ITEM_H
#define EMULATOR_ITEM_H

#include "instance.h"

#define ITEM_COLUMNS "n,key,status,next_action,checksum,chunks,size,metadata,error,created,seen," \
		     "modified"

struct json_object *item_object(const struct instance *in, sqlite3_stmt *row);
/* What filters and search results see: the metadata, folder, filename, timestamp. */
struct json_object *item_attributes(const char *key, const char *metadata, int64_t modified);

#define ITEM_ID_SIZE UUID_SIZE
void item_id(int64_t n, char out[ITEM_ID_SIZE]);
int64_t item_row(const char *id);		/* 0: not an id of ours */

/* Waits outside of any transaction until req->wait_item is done, then answers with it. */
void item_wait(struct request *req);

#endif
