/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <stdlib.h>
#include <time.h>

#include "metrics.h"

#define TIMEOUT_DEFAULT_MAX_MS 60000
#define MAX_AGE_INTERVALS 5
#define MAX_AGE_LEAST_MS (15 * 60 * 1000)

struct account *account_new(const struct settings *set)
{
	struct events_config config = { .stall_after_s = set->stall_after_s };
	struct account *a = calloc(1, sizeof(*a));
	pthread_condattr_t attr;

	if (!a)
		return NULL;
	a->set = set;
	a->events = events_new(&config);
	if (!a->events) {
		free(a);
		return NULL;
	}
	settings_front(set, a->front, sizeof(a->front));
	name_fit("account.", set->name, a->own_name);
	atomic_init(&a->owners, 1);
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->published, &attr);
	pthread_condattr_destroy(&attr);
	return a;
}

struct account *account_ref(struct account *a)
{
	atomic_fetch_add_explicit(&a->owners, 1, memory_order_relaxed);
	return a;
}

void account_unref(struct account *a)
{
	if (!a || atomic_fetch_sub_explicit(&a->owners, 1, memory_order_acq_rel) > 1)
		return;
	credential_source_free(a->source);
	events_free(a->events);
	pthread_cond_destroy(&a->published);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void account_complete(struct account *a, int64_t interval_ms)
{
	const struct settings *s = a->set;

	a->interval_ms = s->interval_ms ? s->interval_ms : interval_ms < 1000 ? 1000 : interval_ms;
	a->timeout_ms = s->timeout_ms ? s->timeout_ms :
			a->interval_ms < TIMEOUT_DEFAULT_MAX_MS ? a->interval_ms
								: TIMEOUT_DEFAULT_MAX_MS;
	a->max_age_ms = s->stats_max_age_ms ? s->stats_max_age_ms
					    : MAX_AGE_INTERVALS * a->interval_ms;
	if (!s->stats_max_age_ms && a->max_age_ms < MAX_AGE_LEAST_MS)
		a->max_age_ms = MAX_AGE_LEAST_MS;
}

void account_dispatch(struct account *a, const struct snapshot *s, bool (*over)(void))
{
	struct metrics_dispatch how = {
		.host = a->set->host, .interval_ms = a->interval_ms, .max_age_ms = a->max_age_ms,
		.groups = a->set->groups, .front = a->front, .own_name = a->own_name,
		.over = over,
	};

	metrics_dispatch(&how, s, clock_mono_ms(&clock_system), clock_wall_s(&clock_system));
	pthread_mutex_lock(&a->lock);
	a->dispatched = true;
	a->up = s->up;
	pthread_cond_broadcast(&a->published);
	pthread_mutex_unlock(&a->lock);
}

bool account_await(struct account *a, int64_t ms)
{
	struct timespec end;
	bool up;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(ms / 1000);
	pthread_mutex_lock(&a->lock);
	while (!a->dispatched &&
	       pthread_cond_timedwait(&a->published, &a->lock, &end) == 0)
		;
	up = a->up;
	pthread_mutex_unlock(&a->lock);
	return up;
}
