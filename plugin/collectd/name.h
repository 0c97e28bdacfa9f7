/* SPDX-License-Identifier: MIT */
/*
 * name.h -- pure: plugin instances, short enough to be shown.
 */
#ifndef COLLECTD_NAME_H
#define COLLECTD_NAME_H

#define NAME_MAX_BYTES 63	/* of a plugin instance: collectdctl shows no more */

/*
 * front + rest; when that is too long it is cut and ends in '~' and a hash of
 * the whole.  Both are ASCII: a cut splits no character.
 */
void name_fit(const char *front, const char *rest, char out[NAME_MAX_BYTES + 1]);

#endif
