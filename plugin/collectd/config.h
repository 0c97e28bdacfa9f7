/* SPDX-License-Identifier: MIT */
/*
 * config.h -- what collectd's parser read -> settings.h.
 */
#ifndef COLLECTD_AISEARCH_CONFIG_H
#define COLLECTD_AISEARCH_CONFIG_H

#include "host.h"
#include "indexing/settings.h"

/* As settings_read(), which wipes the daemon's own copy of a secret. */
int config_read(const oconfig_item_t *plugin, struct settings **list, struct err *err);

#endif
