/* SPDX-License-Identifier: MIT */
/*
 * page.h -- walking a list to its end, with a ceiling on pages.
 */
#ifndef CLOUDFLARE_PAGE_H
#define CLOUDFLARE_PAGE_H

#include "cloudflare/client.h"

#define PAGE_MAX 1000		/* pages of one walk; 100,000 rows */

struct page_walk {
	const char *path;	/* without page and per_page; a '?' in it is noticed */
	const char *permission;
	int per_page;
	int page_max;		/* 0 = PAGE_MAX */
	/* One row; != 0 stops the walk with that value. */
	int (*row)(void *ctx, struct json_object *row, struct err *err);
	void *ctx;
};

int page_walk(struct client *client, const struct page_walk *walk, struct err *err);

#endif
