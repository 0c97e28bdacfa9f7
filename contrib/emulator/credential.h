/* SPDX-License-Identifier: MIT */
/* credential.h -- API tokens registered with AI Search. */
#ifndef EMULATOR_CREDENTIAL_H
#define EMULATOR_CREDENTIAL_H

#include "request.h"

/*
 * Is the registered value still the live value of a token that may index?
 * Under the database's lock.  id is a credential's; NULL or unknown is false.
 */
bool credential_alive(struct emulator *em, const char *id);
/* The one a new instance gets when it names none; yours: free().  NULL: none is registered. */
char *credential_default(struct emulator *em);

#endif
