/* SPDX-License-Identifier: MIT */
/*
 * config_check.h -- what the plugin and collectd would make of a collectd.conf; for
 * `config check` and `doctor`.
 */
#ifndef COMMAND_CONFIG_CHECK_H
#define COMMAND_CONFIG_CHECK_H

#include "base/buf.h"
#include "indexing/settings.h"

struct config_check {		/* the first three by the caller; config_check_clear() */
	const char *path;	/* as messages name it */
	/* line 0 = of none */
	void (*warn)(void *ctx, const char *path, int line, const char *text);
	void *ctx;
	bool included;		/* it is one of several: a LoadPlugin may stand elsewhere */

	bool loaded;		/* its LoadPlugin was seen */
	/* collectd's and that of its LoadPlugin, seconds; 0 = not said */
	double interval, own_interval;
	int blocks;		/* <Plugin aisearch> with something in it */
	char *plugin_dir;	/* the last PluginDir, or NULL */
	struct settings *list;
};
void config_check_clear(struct config_check *check);

/* ERR_NOT_FOUND when there is no block; err.line where it is known. */
int config_check_text(struct config_check *check, const struct buf *text, struct err *err);

/* What will not work though it is right: tokens that are not there. */
void config_check_closer(const struct config_check *check);

#endif
