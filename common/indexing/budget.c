/* SPDX-License-Identifier: MIT */
#include "indexing/budget.h"

#include <stdlib.h>
#include <string.h>

#define RESERVE_PART 10		/* one request in so many is left to other users of the token */
#define ROOM_FIRST 1024		/* of the ring; it doubles while more are in the window */

int budget_init(struct budget *b, int limit, int64_t window_ms, struct err *err)
{
	memset(b, 0, sizeof(*b));
	if (limit < 1 || limit > BUDGET_MAX || window_ms < 1)
		return err_set(err, ERR_CONFIG, "a budget is 1 to %d requests", BUDGET_MAX);
	b->room = limit < ROOM_FIRST ? limit : ROOM_FIRST;
	b->sent = calloc((size_t)b->room, sizeof(*b->sent));
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

void budget_tighten(struct budget *b, int limit)
{
	if (limit >= 1 && limit < b->limit)
		b->limit = limit;
}

void budget_allow(struct budget *b, int limit)
{
	b->limit = limit < 1 ? 1 : limit < BUDGET_MAX ? limit : BUDGET_MAX;
}

/* The k-th last request, k = 1..used. */
static int64_t kept(const struct budget *b, int k)
{
	return b->sent[(b->next - k + b->room) % b->room];
}

static int64_t sent_at(const struct budget *b, int k)
{
	return kept(b, k) >> 1;
}

int budget_used(const struct budget *b, int64_t now)
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

int budget_marked(const struct budget *b, int64_t now)
{
	int n = 0;

	for (int k = budget_used(b, now); k > 0; k--)
		n += kept(b, k) & 1;
	return n;
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
	left = b->limit - b->held - budget_used(b, now);
	if (left < 0)
		left = 0;
	if (b->advised && now < b->advice_until && b->advice_left < left)
		left = (int)b->advice_left;
	return left;
}

int64_t budget_wait_ms(const struct budget *b, int64_t now)
{
	int64_t until = now;
	int limit = b->limit - b->held;

	if (budget_left(b, now) > 0)
		return 0;
	if (b->blocked_until > until)
		until = b->blocked_until;
	if (b->advised && now < b->advice_until && b->advice_left <= 0 && b->advice_until > until)
		until = b->advice_until;
	if (limit <= 0 && now + b->window_ms + 1 > until)
		until = now + b->window_ms + 1;
	if (limit > 0 && b->used >= limit && sent_at(b, limit) + b->window_ms + 1 > until)
		until = sent_at(b, limit) + b->window_ms + 1;
	return until - now;
}

/* Without memory the limit is what there is room for. */
static void grow(struct budget *b)
{
	int more = b->room > b->limit / 2 ? b->limit : 2 * b->room;
	int64_t *sent = calloc((size_t)more, sizeof(*sent));

	if (!sent) {
		budget_tighten(b, b->room);
		return;
	}
	for (int k = b->used; k > 0; k--)
		sent[b->used - k] = kept(b, k);
	free(b->sent);
	b->sent = sent;
	b->room = more;
	b->next = b->used;
}

int64_t budget_spend(struct budget *b, bool marked, int64_t now)
{
	if (b->used == b->room && b->room < b->limit && budget_used(b, now) == b->used)
		grow(b);
	b->sent[b->next] = now * 2 + marked;
	b->next = (b->next + 1) % b->room;
	if (b->used < b->room)
		b->used++;
	if (b->advised && b->advice_left > 0)
		b->advice_left--;
	return ++b->sent_ever;
}

void budget_hold(struct budget *b)
{
	b->held++;
}

void budget_give_back(struct budget *b)
{
	b->held--;
}

void budget_move(struct budget *b, bool marked, int64_t then, int64_t now)
{
	int k = 1;

	if (then == now)
		return;
	while (k <= b->used && sent_at(b, k) >= then && kept(b, k) != then * 2 + marked)
		k++;
	if (k > b->used || sent_at(b, k) != then) {
		budget_spend(b, marked, now);
		return;
	}
	for (; k > 1; k--)
		b->sent[(b->next - k + b->room) % b->room] = kept(b, k - 1);
	b->sent[(b->next - 1 + b->room) % b->room] = now * 2 + marked;
}

void budget_block(struct budget *b, int64_t until, int64_t now)
{
	if (until > now + BUDGET_BLOCK_MAX_MS)
		until = now + BUDGET_BLOCK_MAX_MS;
	if (until > b->blocked_until)
		b->blocked_until = until;
}

void budget_advise(struct budget *b, const struct ratelimit *limit, int64_t number, int64_t now)
{
	int64_t left, reserve;

	if (!limit->remaining.known || !limit->reset_s.known)
		return;
	if (b->advised && number < b->advice_of)
		return;
	reserve = (limit->quota.known ? limit->quota.value : limit->remaining.value) / RESERVE_PART;
	left = limit->remaining.value - reserve - (b->sent_ever - number);
	b->advised = true;
	b->advice_of = number;
	b->advice_left = left > 0 ? left : 0;
	b->advice_until = now + limit->reset_s.value * 1000;
}
