/* SPDX-License-Identifier: MIT */
/*
 * fault.h -- wrong answers on demand, for tests: --fault 'METHOD PATH-GLOB ACTION[*COUNT]'.
 *
 * METHOD may be *.  The glob is matched against the path without the base
 * /client/v4 and without the query; * also matches slashes.  The operation is
 * performed first (except for "status"), only its answer is spoilt.  A fault with
 * a count ends after so many requests; the first fault that matches is used.
 */
#ifndef EMULATOR_FAULT_H
#define EMULATOR_FAULT_H

#include "base/err.h"

#define MAX_FAULTS 32

enum fault_action {
	FAULT_NONE,
	FAULT_STATUS,		/* status=NNN or status=NNN/CODE: an error envelope, and nothing is performed */
	FAULT_DROP,		/* closes the connection without an answer */
	FAULT_HANG,		/* no answer until the emulator ends */
	FAULT_TRUNCATE,		/* half of the announced body */
	FAULT_STALL,		/* the same, and the rest never comes */
	FAULT_HTML,		/* 502 with an edge's HTML page */
	FAULT_EMPTY,		/* the status, no body */
	FAULT_NOTJSON,
	FAULT_SUCCESS_FALSE,	/* 200 with "success":false */
	FAULT_NULL_RESULT,
	FAULT_WRONG_TYPES,	/* numbers as strings, strings as numbers */
	FAULT_DEGRADED,		/* stats without counts, "degraded":true */
	FAULT_BIG,		/* a body of 65 MiB */
};

struct fault {
	char method[8];
	const char *glob;	/* heap: fault_clear() */
	enum fault_action action;
	int status;
	int code;		/* of the API, 0 = the status's own */
	int left;		/* times it still acts; -1 = always */
};

int fault_parse(struct fault *fault, const char *spec, struct err *err);
void fault_clear(struct fault *fault);

/* The fault for this request, counted; NULL when there is none.  Safe from any thread. */
const struct fault *fault_take(struct fault *faults, int n, const char *method,
			       const char *path);

#endif
