/* SPDX-License-Identifier: MIT */
/*
 * paged.h -- a list of the API on stdout, page by page: what has come is printed and
 * forgotten before the next page is asked for, so that thousands of rows need the memory of
 * a hundred.
 *
 * The table's parts are the pages (output.h).  JSON is one array; when a page fails its end
 * is missing, and so nobody takes the part for the whole.
 */
#ifndef COMMAND_PAGED_H
#define COMMAND_PAGED_H

#include "cloudflare/client.h"
#include "output.h"

struct paged_settings {		/* of the options below */
	int64_t page, per_page;	/* 0 = not given: all pages, 100 rows each */
	const char *search;
};

struct paged {
	const char *path;	/* without page and per_page; a '?' in it is noticed */
	const char *permission;
	const struct paged_settings *set;
	bool json;
	const char *const *heads;
	size_t columns;
	const unsigned char *dispensable;	/* see struct table; NULL = none */
	/* Adds a row's cells; NULL = only look whether it is sound.  -1 ends it with err. */
	int (*row)(struct table *table, struct json_object *row, struct err *err);
};

/* Rows of a table of options whose settings are a struct paged_settings. */
#define PAGED_OPTIONS \
	{ "page", 0, OPTION_NUMBER, "N", "only this page (default: all of them)", \
	  OPTION_IN(paged_settings, page), 1, 1000000 }, \
	{ "per-page", 0, OPTION_NUMBER, "N", "rows of a page (default: 100, the most)", \
	  OPTION_IN(paged_settings, per_page), 1, 100 }

int paged_print(struct client *client, const struct paged *list, struct err *err);

#endif
