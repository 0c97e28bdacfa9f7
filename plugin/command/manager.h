/* SPDX-License-Identifier: MIT */
/*
 * manager.h -- whose the manager token is: of a person, who stored it, or of our making.
 */
#ifndef COMMAND_MANAGER_H
#define COMMAND_MANAGER_H

#include "cli.h"

/*
 * Is the vault's manager token ours to make: absent, begun, or made by provision before?  Never
 * when CLOUDFLARE_API_TOKEN is one.  vault may be NULL.
 */
int manager_is_ours(struct cli *cli, struct vault *vault, bool *ours, struct err *err);

#endif
