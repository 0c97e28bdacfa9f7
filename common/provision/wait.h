/* SPDX-License-Identifier: MIT */
/*
 * wait.h -- has the indexing of an instance come to its end?  Asked in growing
 * intervals; used by provision() and by everything else that waits.
 */
#ifndef PROVISION_WAIT_H
#define PROVISION_WAIT_H

#include "cloudflare/stats.h"

#define WAIT_FIRST_MS 500
#define WAIT_LONGEST_MS 5000

/* The pause after one of previous_ms (0 = there was none). */
int64_t wait_pause_ms(int64_t previous_ms);

/*
 * Does the wait go on after a look that failed for this?  It outlives an outage: not reached, cut
 * off, no answer in time, HTTP 429 and 5xx, an answer that is not the API's; but no refusal,
 * and no outage of more than WAIT_OUTAGE_MS.  Zeroed once; wait_answered() after a look.
 */
#define WAIT_OUTAGE_MS (10 * 60 * 1000)
struct wait_outage {
	int64_t since_ms;	/* its first failure */
	bool lasts;
};
bool wait_goes_on(struct wait_outage *outage, int64_t now_ms, const struct err *why);
void wait_answered(struct wait_outage *outage);

/*
 * As client_sleep_ms(), but no longer than the client's time limit: ERR_TIMEOUT, soon after it has
 * passed.
 */
int wait_sleep_ms(struct client *client, int64_t ms, struct err *err);

/*
 * Asks once.  Finished is: stats_finished(), or nothing to index: built-in
 * storage without items, or a source whose jobs have all ended with none
 * (asked for only when elapsed_ms since the creation or the first look is past
 * its first seconds, when the counts of a new instance are still all 0).
 */
int wait_look(struct client *client, const char *instance, bool builtin, int64_t elapsed_ms,
	      struct stats *stats, bool *finished, struct err *err);

#endif
