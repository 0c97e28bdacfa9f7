/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h -- a variable that owns something gives it back by itself.
 *
 *	scoped_free char *path = NULL;
 *	...
 *	*out = STEAL(path);
 *	return 0;
 *
 * Each room that makes things defines its own scoped_x beside x_free() with
 * SCOPED(); here are only the ones that libc makes.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCOPED(fn) __attribute__((cleanup(fn)))

/* Takes the value out of an owning pointer and leaves NULL behind. */
#define STEAL(p) ({ __typeof__(p) stolen_ = (p); (p) = NULL; stolen_; })

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define scoped_free SCOPED(cleanup_free)
#define scoped_fd   SCOPED(cleanup_close)
#define scoped_file SCOPED(cleanup_fclose)

#endif
