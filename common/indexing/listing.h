/* SPDX-License-Identifier: MIT */
/*
 * listing.h -- the list of instances, all its pages, into a roster_list.
 *
 * The first page goes alone; when it tells how many there are, the rest go a few
 * at a time.  One malformed row does not hide the others; a list of such rows only is
 * no list.
 */
#ifndef INDEXING_LISTING_H
#define INDEXING_LISTING_H

#include "cloudflare/client.h"
#include "indexing/fetch.h"
#include "indexing/roster.h"
#include "indexing/select.h"

#define LISTING_PAGES_MAX 100	/* 10,000 instances, twice what an account may hold */
#define LISTING_STREAMS 8	/* pages under way at once: each is a quarter of a megabyte */

struct listing {		/* {.fetch, .paths, .instances, .over, .ctx} .. listing_clear() */
	struct fetch *fetch;
	const struct client *paths;		/* knows them; sends nothing */
	const struct selection *instances;	/* NULL = all */
	/* The end: err->kind is ERR_NONE when it was read, or `whole` is false. */
	void (*over)(void *ctx, const struct err *err);
	/* Each row that is ours, also those listed twice; NULL = nobody looks.  -1 ends it. */
	int (*each)(void *ctx, const struct instance *instance, struct err *err);
	void *ctx;

	/* what listing_start() found */
	struct roster_list found;
	size_t pages;
	struct count total;	/* of all instances, as the API counts them */
	int64_t started_at;	/* what it says is at least as new as that */
	bool whole;		/* false without an error: the budget did not allow it */
	struct err bad_row;	/* the first malformed one, or kind ERR_NONE */

	/* its own */
	int64_t until;
	int first_page, last_page;	/* of the batch; of the list, 0 = not told */
	size_t batch;			/* pages of it */
	bool more;			/* after the batch's last page */
	size_t good_rows;
	struct err failure;		/* the first page that failed */
};

/* Starts to read it; the loop pumps the fetch.  until: see fetch_batch. */
void listing_start(struct listing *listing, int64_t until);
void listing_clear(struct listing *listing);

#endif
