/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h -- one reader, fed by libFuzzer: `make fuzz` (FUZZ_SECONDS each).
 *
 * A fuzzer is t/fuzz/NAME.c; its seeds are the small files of t/fuzz/corpus/NAME, what
 * it finds goes to build/fuzz/corpus/NAME.  Besides crashes and the sanitizers' findings
 * it looks for broken promises: NEVER(what must not be).
 */
#ifndef T_FUZZ_H
#define T_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NEVER(condition) \
	do { \
		if (condition) { \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, \
				#condition); \
			abort(); \
		} \
	} while (0)

/* A failure has a kind and one sentence that a terminal can show. */
static inline void check_err(const struct err *err)
{
	NEVER(err->kind == ERR_NONE || !err->what[0]);
	for (const char *s = err->what; *s; s++)
		NEVER((unsigned char)*s < 0x20 || *s == 0x7f);
	for (const char *s = err->hint; *s; s++)
		NEVER((unsigned char)*s < 0x20 || *s == 0x7f);
}

/* For a reader that reads a descriptor; the same one each time. */
static inline int input_fd(const void *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("request", MFD_CLOEXEC);
	NEVER(fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size ||
	      lseek(fd, 0, SEEK_SET) != 0);
	return fd;
}

static inline bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static inline bool same_secret(const struct secret *a, const struct secret *b)
{
	return a && b ? secret_equal(a, b) : a == b;
}

static inline bool has_controls(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

#endif
