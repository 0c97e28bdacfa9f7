/* SPDX-License-Identifier: MIT */
/* text.h -- a copy of a text that may be absent. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <string.h>

#include "base/err.h"

/* *out is yours: free().  NULL stays NULL. */
static inline int text_copy(const char *text, char **out, struct err *err)
{
	*out = text ? strdup(text) : NULL;
	return text && !*out ? err_nomem(err) : 0;
}

#endif
