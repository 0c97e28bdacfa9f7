/* SPDX-License-Identifier: MIT */
/*
 * roster.h -- pure: what the poller knows of each instance from cycle to cycle.
 *
 * A list (collected row by row, in any order, doubles included) is merged into
 * the roster; stats are put to single rows; a snapshot is a copy of it.  A row
 * remembers what the list said when its stats were fetched: as long as the list
 * says the same and nothing was under way, the stats are proved unchanged.
 */
#ifndef INDEXING_ROSTER_H
#define INDEXING_ROSTER_H

#include "indexing/schedule.h"
#include "indexing/snapshot.h"

struct roster_mark {		/* what a list says and what moves with the stats */
	struct instant last_activity, modified_at;
	char status[32];
	struct flag paused;
};

struct roster_row {
	struct snapshot_instance known;	/* as it will be published */
	struct roster_mark listed;	/* by the last list */
	struct roster_mark asked;	/* by the list before the stats were fetched */
	int missing;			/* lists in a row that did not have it */
};

struct roster {			/* {0} .. roster_clear() */
	struct roster_row *rows;	/* sorted by namespace, id */
	size_t count;
};
void roster_clear(struct roster *roster);

struct roster_list {		/* {0} .. roster_list_clear() */
	struct roster_row *rows;
	size_t count, capacity;
};
int roster_list_add(struct roster_list *list, const struct instance *instance,
		    const char *namespace, struct err *err);
void roster_list_clear(struct roster_list *list);

/*
 * Takes the list in; it is empty afterwards.  atomic = it came in one answer:
 * what is not in it is gone.  One of several pages can lose a row between two of
 * them, so there an instance goes only when two lists in a row miss it.
 */
int roster_merge(struct roster *roster, struct roster_list *list, bool atomic, int64_t now,
		 struct err *err);

void roster_put_stats(struct roster_row *row, const struct stats *stats, int64_t now);
void roster_remove(struct roster *roster, size_t index);

enum schedule_class roster_class(const struct roster_row *row);

/* Copies the rows into the snapshot. */
int roster_publish(const struct roster *roster, struct snapshot *snapshot, struct err *err);

#endif
