/* SPDX-License-Identifier: MIT */
/*
 * rfc3339.h -- the API's timestamps <-> Unix seconds, UTC.
 *
 * Reads "2025-12-25T01:52:28Z", with a fraction (dropped), with an offset
 * ("+01:00", "+0100"), and the API's "2025-12-25 01:52:28", which has no zone
 * and means UTC.  Years 1970 to 9999.
 */
#ifndef BASE_RFC3339_H
#define BASE_RFC3339_H

#include <stdint.h>

/* -1 when text is not one of the forms above, from its first byte to its last. */
int rfc3339_parse(const char *text, int64_t *unix_s);

#define RFC3339_SIZE 21		/* "2025-12-25T01:52:28Z" and NUL */
void rfc3339_format(int64_t unix_s, char out[RFC3339_SIZE]);

#endif
