/* SPDX-License-Identifier: MIT */
/*
 * route.h -- which handler answers a request, and what its token must be
 * allowed to do.
 *
 * Both instance path families are brought to one form before the table is
 * searched (request.flat remembers which it was), and so are /user/tokens and
 * /accounts/{id}/tokens (request.owner).
 */
#ifndef EMULATOR_ROUTE_H
#define EMULATOR_ROUTE_H

#include "request.h"

enum need {			/* any one of the named permission groups is enough */
	NEED_NOTHING,		/* any live token */
	NEED_READ,		/* AI Search Read or Write */
	NEED_WRITE,		/* AI Search Write */
	NEED_RUN,		/* AI Search Run or Write */
	NEED_R2,		/* Workers R2 Storage Read or Write */
	NEED_TOKENS_READ,	/* (Account) API Tokens Read or Write, by the path's owner */
	NEED_TOKENS_WRITE,
};

enum body_kind { BODY_NONE, BODY_JSON, BODY_OPTIONAL, BODY_MULTIPART };

struct route {
	const char *method, *path;	/* * stands for one segment */
	enum need need;
	enum body_kind body;
	const char *schema;
	void (*run)(struct request *req);
	bool classic;		/* envelope with errors and messages, errors coded 10xx */
};

/* Fills req->answer, always. */
void route_request(struct request *req);
/* The route for its path and method, before the body has arrived; NULL when there is none. */
const struct route *route_find(struct request *req);

#endif
