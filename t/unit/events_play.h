/* SPDX-License-Identifier: MIT */
/*
 * events_play.h -- a table of snapshots in words, played to events.h.
 *
 * A table's row is a snapshot in words, a minute after the one before, and what
 * it tells.  Parts are separated by "; ":
 *
 *	@ +600 down refused unlisted	the account: seconds since the one before, ...
 *	@ token=20 inactive		its token, in days from the epoch; "never"
 *	a q3 r1 c10 e2 s1		instance a: queued, running, ...; 0 when not said
 *	a only q3 r1			... unknown when not said
 *	a degraded paused old nostats	... old: no news
 *	a nostats stirred listed-busy	... by the list: active since it was first listed, at work
 *	a job=failed@7			its newest job that has ended, and when
 *
 * Instances are in their order, with ids of one letter.
 */
#ifndef T_EVENTS_PLAY_H
#define T_EVENTS_PLAY_H

#include "indexing/events.h"

struct step {
	const char *snapshot, *told;
};

void play_with(const struct events_config *config, const struct step *steps);
#define PLAY(...) play_with(NULL, (const struct step[]){ __VA_ARGS__, { NULL, NULL } })

void set_all(struct stats *stats, bool known);	/* its six counts, to 0 */

#endif
