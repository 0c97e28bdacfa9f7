/* SPDX-License-Identifier: MIT */
/*
 * index.h -- chunks and their full-text index, in the database.
 *
 * Everything here runs under the database's lock.
 */
#ifndef EMULATOR_INDEX_H
#define EMULATOR_INDEX_H

#include "instance.h"

/* Makes the instance's full-text index when it has none yet. */
void index_open(struct db *db, struct instance *in);
void index_drop_item(struct db *db, const struct instance *in, int64_t item);
/* The instance with everything it has. */
void index_drop_instance(struct db *db, const struct instance *in);

/* The two statements that add a chunk; finalize both. */
struct index_writer {
	sqlite3_stmt *chunk, *fts;
};
void index_writer_open(struct db *db, const struct instance *in, struct index_writer *w);
void index_writer_close(struct index_writer *w);
void index_add(struct db *db, struct index_writer *w, int64_t item, int64_t start, int64_t stop,
	       const char *text, size_t len);

#endif
