/* SPDX-License-Identifier: MIT */
/*
 * filter.h -- metadata filters.
 *
 * Either {"key": value or {"$eq|$ne|$gt|$gte|$lt|$lte|$in|$nin": operand}, ...}
 * with all of them to hold, or {"type": "eq|ne|gt|gte|lt|lte|in|nin", "key", "value"}
 * and {"type": "and|or", "filters": [...]}.
 */
#ifndef EMULATOR_FILTER_H
#define EMULATOR_FILTER_H

#include "json.h"

bool filter_valid(struct json_object *filter);
/* filter NULL matches everything */
bool filter_matches(struct json_object *filter, struct json_object *attributes);

#endif
