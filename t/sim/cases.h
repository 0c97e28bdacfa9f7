/* SPDX-License-Identifier: MIT */
/*
 * cases.h -- what one watch does when its token, its helper or its API is slow
 * or bad: cases that real time would make long, or a matter of luck.
 */
#ifndef SIM_CASES_H
#define SIM_CASES_H

#include <stddef.h>

extern const size_t cases_count;

/* A line of TAP for each, numbered after `first`; how many failed. */
int cases_run(size_t first);

#endif
