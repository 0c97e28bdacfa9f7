/* SPDX-License-Identifier: MIT */
/* address.h -- is an IP address in a list of addresses and CIDR ranges? */
#ifndef EMULATOR_ADDRESS_H
#define EMULATOR_ADDRESS_H

#include "json.h"

bool address_in_list(const char *address, struct json_object *ranges);
bool address_range_valid(const char *range);

#endif
