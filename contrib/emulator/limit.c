/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <string.h>

void limits_init(struct limits *limits, const struct quota *quota)
{
	pthread_mutex_init(&limits->lock, NULL);
	memcpy(limits->quota, quota, sizeof(limits->quota));
}

void limits_clear(struct limits *limits)
{
	pthread_mutex_destroy(&limits->lock);
}

/* The key's window, made when there is none; the one that ended first makes room. */
static struct limit_window *find(struct limits *limits, enum limit_kind kind, const char *key)
{
	struct limit_window *all = limits->window[kind], *oldest = all;

	for (int i = 0; i < limits->used[kind]; i++) {
		if (!strcmp(all[i].key, key))
			return &all[i];
		if (all[i].ends_ms < oldest->ends_ms)
			oldest = &all[i];
	}
	if (limits->used[kind] < LIMIT_KEYS)
		oldest = &all[limits->used[kind]++];
	*oldest = (struct limit_window){ 0 };
	strncpy(oldest->key, key, sizeof(oldest->key) - 1);
	return oldest;
}

struct limit_state limits_count(struct limits *limits, enum limit_kind kind,
				const char *key, int64_t now_ms)
{
	const struct quota *quota = &limits->quota[kind];
	struct limit_state state = { .requests = quota->requests, .seconds = quota->seconds };
	struct limit_window *w;

	if (!quota->requests) {
		/* No limit still shows headers: the published ones, never used up. */
		return (struct limit_state){ .requests = 1200, .seconds = 300, .left = 1200,
					     .reset_s = 300 };
	}
	pthread_mutex_lock(&limits->lock);
	w = find(limits, kind, key);
	if (now_ms >= w->ends_ms) {
		w->ends_ms = now_ms + quota->seconds * INT64_C(1000);
		w->count = 0;
	}
	if (w->count <= quota->requests)
		w->count++;
	state.blocked = w->count > quota->requests;
	state.left = state.blocked ? 0 : quota->requests - w->count;
	state.reset_s = (int)((w->ends_ms - now_ms + 999) / 1000);
	pthread_mutex_unlock(&limits->lock);
	return state;
}
