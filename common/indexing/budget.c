/* SPDX-License-Identifier: MIT */
#include "indexing/budget.h"

#include <stdlib.h>
#include <string.h>

#define RESERVE_PART 10		/* one request in so many is left to other users of the token */

int budget_init(struct budget *b, int limit, int64_t window_ms, struct err *err)
{
	memset(b, 0, sizeof(*b));
	if (limit < 1 || limit > BUDGET_MAX || window_ms < 1)
		return err_set(err, ERR_CONFIG, "a budget is 1 to %d requests", BUDGET_MAX);
	b->sent = calloc((size_t)limit, sizeof(*b->sent));
	if (!b->sent)
		return err_nomem(err);
	b->limit = limit;
	b->window_ms = window_ms;
	return 0;
}

void budget_clear(struct budget *b)
{
	free(b->sent);
	memset(b, 0, sizeof(*b));
}

/* When the k-th last request was sent, k = 1..used. */
static int64_t sent_at(const struct budget *b, int k)
{
	return b->sent[(b->next - k + 2 * b->limit) % b->limit];
}

/* Requests that lie inside the window that ends now; the ring is in order of time. */
static int in_window(const struct budget *b, int64_t now)
{
	int low = 0, high = b->used;

	while (low < high) {
		int middle = low + (high - low + 1) / 2;

		/* "<=": one that is exactly a window old still shares a window with us */
		if (now - sent_at(b, middle) <= b->window_ms)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

bool budget_blocked(const struct budget *b, int64_t now)
{
	return now < b->blocked_until;
}

int budget_left(const struct budget *b, int64_t now)
{
	int left;

	if (budget_blocked(b, now))
		return 0;
	left = b->limit - in_window(b, now);
	if (b->advised && now < b->advice_until && b->advice_left < left)
		left = (int)b->advice_left;
	return left;
}

int64_t budget_wait_ms(const struct budget *b, int64_t now)
{
	int64_t until = now;

	if (budget_left(b, now) > 0)
		return 0;
	if (b->blocked_until > until)
		until = b->blocked_until;
	if (b->advised && now < b->advice_until && b->advice_left <= 0 && b->advice_until > until)
		until = b->advice_until;
	if (b->used == b->limit && sent_at(b, b->limit) + b->window_ms + 1 > until)
		until = sent_at(b, b->limit) + b->window_ms + 1;
	return until - now;
}

void budget_spend(struct budget *b, int64_t now)
{
	b->sent[b->next] = now;
	b->next = (b->next + 1) % b->limit;
	if (b->used < b->limit)
		b->used++;
	if (b->advised && b->advice_left > 0)
		b->advice_left--;
}

void budget_block(struct budget *b, int64_t until)
{
	if (until > b->blocked_until)
		b->blocked_until = until;
}

void budget_advise(struct budget *b, const struct ratelimit *limit, size_t in_flight, int64_t now)
{
	int64_t left, reserve;

	if (!limit->remaining.known || !limit->reset_s.known)
		return;
	reserve = (limit->quota.known ? limit->quota.value : limit->remaining.value) / RESERVE_PART;
	left = limit->remaining.value - reserve - (int64_t)in_flight;
	if (left < 0)
		left = 0;
	/* answers overtake each other: within one window only the lowest word counts */
	if (b->advised && now < b->advice_until && b->advice_left < left)
		left = b->advice_left;
	b->advised = true;
	b->advice_left = left;
	b->advice_until = now + limit->reset_s.value * 1000;
}
