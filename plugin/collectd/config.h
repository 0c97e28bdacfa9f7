/* SPDX-License-Identifier: MIT */
/*
 * config.h -- <Plugin aisearch> -> accounts.
 *
 * Every option is a row of one table in config.c.  An error is for a mistake
 * that only the user can mend, because it keeps the whole daemon from starting;
 * it names the block and the option.
 */
#ifndef COLLECTD_AISEARCH_CONFIG_H
#define COLLECTD_AISEARCH_CONFIG_H

#include "account.h"
#include "host.h"

/*
 * Adds the blocks' accounts to the end of *list, which may hold those of earlier
 * <Plugin> blocks.  -1: *list is as it was.
 */
int config_read(const oconfig_item_t *plugin, struct account **list, struct err *err);

#endif
