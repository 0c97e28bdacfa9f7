/* SPDX-License-Identifier: MIT */
/* watch_publish.c -- what is told of a cycle, and when. */
#include "indexing/watch_room.h"

void watch_tell(struct watch *w, unsigned what)
{
	if (what & WATCH_VALUES) {
		w->shown_at = watch_now(w);
		w->owed = false;
	}
	roster_show(&w->roster, &w->shown);
	if (w->config.published)
		w->config.published(w->config.published_ctx, &w->shown, what);
}

void watch_publish(struct watch *w)
{
	struct snapshot *s = &w->shown;
	bool answered = fetch_answered(&w->fetch);

	s->taken_at = watch_now(w);
	fetch_show(&w->fetch, s);
	/* nothing asked (no budget, nothing due) is no news */
	s->up = !w->failed && (answered || s->up);
	s->listed = w->listed;
	s->refused = w->token.refused;
	s->cycle_s = (double)(s->taken_at - w->started_at) / 1000;
	if (w->quota) {
		s->budget_used = budget_used(&w->quota->fetch.window, s->taken_at);
		s->budget_limit = w->quota->fetch.window.limit;
	}
	s->token = w->sweep.token;
	if (answered || w->first.kind != ERR_NONE)
		s->last_error = w->first;
	/* the last ones are too young: these in a moment */
	w->owed = w->shown_at && s->taken_at - w->shown_at < WATCH_VALUES_MS;
	watch_tell(w, w->owed ? WATCH_NEWS : WATCH_NEWS | WATCH_VALUES);
}

int64_t watch_values_at(const struct watch *w)
{
	if (w->owed)
		return w->shown_at + WATCH_VALUES_MS;
	if (w->state == RESTING || !w->shown_at)
		return INT64_MAX;
	return w->shown_at + w->config.interval_ms + w->config.interval_ms / 4;
}
