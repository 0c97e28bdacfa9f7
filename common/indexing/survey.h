/* SPDX-License-Identifier: MIT */
/*
 * survey.h -- one look at all instances of a namespace, now; and again when asked to.
 *
 * For programs that end, where the poller is for those that stay: the same list,
 * the same requests over one connection within the same budget and rate, but nothing
 * is kept for later cycles: as much as the budget allows is asked at once, the most
 * urgent first (schedule.h).  Blocks in the caller's thread, asks `cancelled` ten
 * times a second.
 *
 * A token that is refused in the middle of a look is replaced by another one, when there is
 * one (bearer.h), and the look goes on.
 *
 * A second look lists again and asks only those whose stats can have changed.
 */
#ifndef INDEXING_SURVEY_H
#define INDEXING_SURVEY_H

#include "base/clock.h"
#include "cloudflare/client.h"
#include "indexing/snapshot.h"

struct survey;

struct survey_config {		/* strings are copied; the rest is borrowed for the survey's life */
	const char *base_url;	/* NULL = CLIENT_URL_DEFAULT */
	const char *account;
	const char *namespace;
	const struct http_config *http;	/* copied */
	const struct secret *token;
	struct bearer_source source;	/* asked when the API refuses it */
	const struct clock *clock;	/* NULL = clock_system */
	int budget;		/* requests in any 300 s, 0 = BUDGET_REQUESTS */
	int rate;		/* requests in any second, 0 = BUDGET_RATE */
	int64_t deadline;	/* clock ms, 0 = none: then a look ends with ERR_TIMEOUT */
	bool empty_jobs;	/* ask for the jobs of those that have a source and count nothing */
	bool (*cancelled)(void *ctx);
	/* Stats were read of so many of those to be asked in this look. */
	void (*told)(void *ctx, size_t done, size_t of);
	/* Those of this instance could not be read, and repeating did not help. */
	void (*failed)(void *ctx, const char *id, const struct err *err);
	/* Need not be asked again; NULL = all are asked that can have changed. */
	bool (*skip)(void *ctx, const struct snapshot_instance *instance);
	void *ctx;
};

/* What the list tells of an instance, and a snapshot has no use for. */
struct survey_origin {
	char id[65];
	char type[16];		/* "" = built-in storage */
	char *source;		/* or NULL */
};

int survey_new(const struct survey_config *config, struct survey **out, struct err *err);
void survey_free(struct survey *survey);	/* NULL is fine */

/*
 * patience_ms: how long to wait, in all, for a budget that is used up or closed by a 429;
 * INT64_MAX = as long as it takes.  0: the list was read, and there are stats of as
 * many as possible.  -1: the list was not read, or it was cancelled; after
 * ERR_CANCELLED and ERR_TIMEOUT no other look.
 */
int survey_look(struct survey *survey, int64_t patience_ms, struct err *err);

/* Of the last look, also of one that failed; valid until the next one. */
const struct snapshot *survey_snapshot(const struct survey *survey);
bool survey_failing(const struct survey *survey, size_t row);	/* of the snapshot */
const struct survey_origin *survey_origin(const struct survey *survey, const char *id);	/* or NULL */
size_t survey_unasked(const struct survey *survey);	/* of the last look: no budget for them */
int64_t survey_refill_ms(const struct survey *survey);	/* until the budget allows a request */
int survey_cost(const struct survey *survey);		/* requests of the last look */

/*
 * Pure: how long to pause before another look that will cost as much as the last one did:
 * interval_ms while half of the budget is left, then what the budget bears for ever.
 */
int64_t survey_pause_ms(int cost, int used, int limit, int64_t interval_ms);

static inline void cleanup_survey(struct survey **s)
{
	survey_free(*s);
}
#define scoped_survey SCOPED(cleanup_survey)

#endif
