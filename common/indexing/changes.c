/* SPDX-License-Identifier: MIT */
#include "indexing/changes.h"

#include <string.h>

struct finder {
	const struct snapshot *after;
	void (*each)(void *ctx, const struct change *change);
	void *ctx;
};

static void tell(const struct finder *f, enum change_kind kind,
		 const struct snapshot_instance *instance, int64_t new_errors)
{
	struct change c = { .kind = kind, .after = f->after, .instance = instance,
			    .new_errors = new_errors };

	f->each(f->ctx, &c);
}

static void api(const struct finder *f, const struct snapshot *before)
{
	bool was_up = !before || before->up;

	if (was_up && !f->after->up)
		tell(f, CHANGE_API_DOWN, NULL, 0);
	else if (!was_up && f->after->up)
		tell(f, CHANGE_API_UP, NULL, 0);
}

static void both(const struct finder *f, const struct snapshot_instance *was,
		 const struct snapshot_instance *is)
{
	if (was->indexing.known && is->indexing.known && was->indexing.value != is->indexing.value)
		tell(f, is->indexing.value ? CHANGE_STARTED : CHANGE_FINISHED, is, 0);
	if (was->errors.known && is->errors.known && is->errors.value > was->errors.value)
		tell(f, CHANGE_ERRORS, is, is->errors.value - was->errors.value);
	if (was->has_stats && is->has_stats && was->stats.degraded != is->stats.degraded)
		tell(f, is->stats.degraded ? CHANGE_DEGRADED : CHANGE_RESTORED, is, 0);
}

static void appeared(const struct finder *f, const struct snapshot_instance *is)
{
	tell(f, CHANGE_APPEARED, is, 0);
	if (is->indexing.known && is->indexing.value)
		tell(f, CHANGE_STARTED, is, 0);
	if (is->errors.known && is->errors.value > 0)
		tell(f, CHANGE_ERRORS, is, is->errors.value);
}

static int order(const struct snapshot_instance *a, const struct snapshot_instance *b)
{
	int r = strcmp(a->namespace, b->namespace);

	return r ? r : strcmp(a->id, b->id);
}

void changes_find(const struct snapshot *before, const struct snapshot *after,
		  void (*each)(void *ctx, const struct change *change), void *ctx)
{
	struct finder f = { after, each, ctx };
	size_t i = 0, k = 0;

	api(&f, before);
	if (!before || !before->listed)
		return;
	while (i < before->count || k < after->count) {
		const struct snapshot_instance *was = i < before->count ? &before->instances[i] : NULL;
		const struct snapshot_instance *is = k < after->count ? &after->instances[k] : NULL;
		int r = !was ? 1 : !is ? -1 : order(was, is);

		if (r < 0)
			tell(&f, CHANGE_DISAPPEARED, was, 0);
		else if (r > 0)
			appeared(&f, is);
		else
			both(&f, was, is);
		i += r <= 0;
		k += r >= 0;
	}
}
