/* SPDX-License-Identifier: MIT */
/*
 * flow.h -- many calls of one client, a few of them under way at once.
 */
#ifndef CLOUDFLARE_FLOW_H
#define CLOUDFLARE_FLOW_H

#include "cloudflare/client.h"

#define FLOW_WIDTH_MAX 16

struct flow_end {		/* of one call; borrowed by done() */
	const struct envelope *envelope;	/* NULL: it failed */
	const struct err *err;	/* why it failed */
	/* an earlier try may have been carried out, though it had no answer */
	bool repeated;
};

struct flow {			/* borrowed during the run */
	size_t width;		/* 1..FLOW_WIDTH_MAX slots, each with one call */
	/* a POST may be repeated too: its second effect would be seen and refused */
	bool repeatable;
	/*
	 * The next call of a slot, which lives until its done(): 1, or 0 = there is none
	 * left; -1 stops all.
	 */
	int (*next)(void *ctx, size_t slot, struct client_call *call, struct err *err);
	/* -1 stops all. */
	int (*done)(void *ctx, size_t slot, const struct flow_end *end, struct err *err);
	/* NULL, or told when all slots are held back so long for the rate limit. */
	void (*waits)(void *ctx, int64_t ms);
	void *ctx;
};

/*
 * Until there is no next call, none is under way.  Repeats as client_call() does.  When
 * the answers say that the rate limit is nearly used up, all slots wait for the next window, and leave
 * a twentieth of it to others; a refusal for the rate (429/971) is waited out, however long it is.  When it stops early, calls under way are dropped: they may have been carried out.
 */
int flow_run(struct client *client, const struct flow *flow, struct err *err);

#endif
