/* SPDX-License-Identifier: MIT */
/* namespace.h -- "default" is always there, and never listed. */
#ifndef EMULATOR_NAMESPACE_H
#define EMULATOR_NAMESPACE_H

#include "request.h"

bool namespace_exists(struct request *req, const char *name);
/* false after having answered 404/7063 */
bool namespace_require(struct request *req, const char *name);

#endif
