/* SPDX-License-Identifier: MIT */
/*
 * roster.h -- pure: what the poller knows of each instance from cycle to cycle.
 *
 * A list (collected row by row, in any order, doubles included) is merged into
 * the roster; stats are put to single rows; a snapshot is a view of them.  A row
 * remembers what the list said when its stats were fetched: as long as the list
 * says the same and nothing was under way, the stats are proved unchanged.
 */
#ifndef INDEXING_ROSTER_H
#define INDEXING_ROSTER_H

#include "indexing/schedule.h"
#include "indexing/snapshot.h"

struct roster_mark {		/* what a list says and what moves with the stats */
	struct instant last_activity, modified_at;
	uint32_t status;	/* a hash of the word */
	struct flag paused, enable;
};

struct roster_row {
	struct snapshot_instance known;	/* as it will be published */
	struct roster_mark listed;	/* by the last list */
	/* by the list before the stats were fetched, or by its first one */
	struct roster_mark asked;
	int64_t tried_at;		/* when its stats were last asked, whatever came of it */
	bool failing;			/* they could not be read then */
	int missing;			/* lists in a row that did not have it */
};

struct roster {			/* {0} .. roster_clear() */
	struct roster_row *rows;	/* sorted by namespace, id */
	size_t count;
};
void roster_clear(struct roster *roster);

struct roster_listed {		/* one row of a list */
	struct roster_mark mark;
	struct count sync_interval_s;	/* no mark: it moves with modified_at */
	const char *namespace, *status;	/* behind the id */
	char id[];
};

struct roster_list {		/* {0} .. roster_list_clear() */
	struct roster_listed **rows;	/* owned, each */
	size_t count, capacity;
};
int roster_list_add(struct roster_list *list, const struct instance *instance,
		    const char *namespace, struct err *err);
void roster_list_clear(struct roster_list *list);

/*
 * Takes the list in, in place; it is empty afterwards.  atomic = it came in one answer:
 * what is not in it is gone.  One of several pages can lose a row between two of
 * them, so there an instance goes only when two lists in a row miss it.
 */
int roster_merge(struct roster *roster, struct roster_list *list, bool atomic, int64_t now,
		 struct err *err);

void roster_put_stats(struct roster_row *row, const struct stats *stats, int64_t now);
void roster_put_failure(struct roster_row *row, int64_t now);	/* they could not be read */
/* rows that could not be read when last asked */
size_t roster_failing(const struct roster *roster);
void roster_put_jobs(struct roster_row *row, const struct snapshot_jobs *jobs);
void roster_remove(struct roster *roster, size_t index);

/* Which of the row's data the list proves, and how it is to be asked (schedule.h). */
enum schedule_class roster_class(const struct roster_row *row);

/*
 * The API's own word for "at work" in a list; seen in use, the set is open.  A
 * row that says so is known to be indexing before its stats have been asked.
 */
#define ROSTER_INDEXING "indexing"

/* Lets the snapshot show the rows: until the roster is changed or cleared. */
void roster_show(struct roster *roster, struct snapshot *snapshot);

#endif
