/* SPDX-License-Identifier: MIT */
/* doctor_path.h -- programs on $PATH. */
#ifndef COMMAND_DOCTOR_PATH_H
#define COMMAND_DOCTOR_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Where a program is, as execvp() would find it; a name with a slash is looked at itself. */
bool path_find(const char *path, const char *name, char *out, size_t size);

#endif
