/* SPDX-License-Identifier: MIT */
/*
 * provision_words.h -- what `aisearch provision` tells of its checks and results.
 */
#ifndef COMMAND_PROVISION_WORDS_H
#define COMMAND_PROVISION_WORDS_H

#include "cli.h"
#include "progress.h"
#include "provision/provision.h"

/* Every problem on a line of its own, when there are several. */
void provision_print_problems(struct progress *progress, const struct provision_result *r);

/* stdout, table or JSON. */
int provision_print_checks(const struct cli *cli, const struct provision_result *r,
			   struct err *err);
int provision_print_summary(const struct cli *cli, const struct provision_config *c,
			    const struct provision_result *r, struct err *err);

#endif
