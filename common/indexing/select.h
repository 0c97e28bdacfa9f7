/* SPDX-License-Identifier: MIT */
/*
 * select.h -- which names: exact or /regex/, with IgnoreSelected, as collectd's
 * ignorelist does it (which the daemon does not export).
 *
 * "name" matches exactly, case-sensitive; "/re/" is an unanchored POSIX extended
 * regular expression.  No entry selects all.  ignore = true turns it round.
 */
#ifndef INDEXING_SELECT_H
#define INDEXING_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct selection;

struct selection *selection_new(void);
void selection_free(struct selection *selection);	/* NULL is fine */
/* ERR_CONFIG: bad regex */
int selection_add(struct selection *selection, const char *pattern, struct err *err);
void selection_ignore(struct selection *selection, bool ignore);
size_t selection_count(const struct selection *selection, bool *ignore);
/* NULL selection = all */
bool selection_matches(const struct selection *selection, const char *name);

#endif
