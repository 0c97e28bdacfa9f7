/* SPDX-License-Identifier: MIT */
/*
 * reply.h -- turns an answer into a libmicrohttpd response, spoilt by the
 * request's fault when it has one, and writes the request log.
 */
#ifndef EMULATOR_REPLY_H
#define EMULATOR_REPLY_H

#include <microhttpd.h>

#include "request.h"

/* The --fault that applies to this request; counts it. */
const struct fault *reply_fault(struct request *req);
enum MHD_Result reply(struct request *req);

#endif
