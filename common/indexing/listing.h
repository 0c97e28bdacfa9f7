/* SPDX-License-Identifier: MIT */
/*
 * listing.h -- the list of instances, all its pages, into a roster_list.
 *
 * The first page goes alone; when it tells how many there are, the rest go at
 * once.  One malformed row does not hide the others; a list of such rows only is
 * no list.
 */
#ifndef INDEXING_LISTING_H
#define INDEXING_LISTING_H

#include "indexing/fetch.h"
#include "indexing/roster.h"
#include "indexing/select.h"

#define LISTING_PAGES_MAX 100	/* 10,000 instances, twice what an account may hold */

struct listing {		/* {.fetch, .paths, .instances} .. listing_clear() */
	struct fetch *fetch;
	const struct client *paths;		/* knows them; sends nothing */
	const struct selection *instances;	/* NULL = all */

	/* what listing_read() found */
	struct roster_list found;
	size_t pages;
	bool whole;		/* false without an error: the budget did not allow it */
	struct err bad_row;	/* the first malformed one, or kind ERR_NONE */

	/* its own */
	int first_page, last_page;	/* of the batch; of the list, 0 = not told */
	bool more;			/* after the batch's last page */
	size_t good_rows;
	struct err failure;		/* the first page that failed */
};

int listing_read(struct listing *listing, struct err *err);
void listing_clear(struct listing *listing);

#endif
