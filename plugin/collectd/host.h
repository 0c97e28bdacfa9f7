/* SPDX-License-Identifier: MIT */
/*
 * host.h -- collectd's headers, in the order they need.
 *
 * The build passes -DHAVE_CONFIG_H and -isystem /usr/include/collectd: Debian's
 * headers include each other as collectd/core/..., but oconfig.h is elsewhere.
 * Use only what the daemon exports: the ignorelist and curl_stats utilities have
 * headers and no symbols (t/rules.t checks).
 */
#ifndef COLLECTD_HOST_H
#define COLLECTD_HOST_H

#include <collectd/core/daemon/collectd.h>

#include <collectd/core/daemon/configfile.h>
#include <collectd/core/daemon/globals.h>
#include <collectd/core/daemon/plugin.h>
#include <collectd/core/utils/common/common.h>

#define PLUGIN_NAME "aisearch"

#endif
