/* SPDX-License-Identifier: MIT */
/* seed.h -- what is there before the first request: the known tokens, --instances. */
#ifndef EMULATOR_SEED_H
#define EMULATOR_SEED_H

#include "emulator.h"

int seed(struct emulator *em, struct err *err);

#endif
