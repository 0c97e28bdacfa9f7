/* SPDX-License-Identifier: MIT */
#include "indexing/roster.h"

#include <stdlib.h>
#include <string.h>

#define MISSING_MAX 2		/* lists in a row, when they have several pages */

void roster_clear(struct roster *r)
{
	free(r->rows);
	memset(r, 0, sizeof(*r));
}

void roster_list_clear(struct roster_list *l)
{
	free(l->rows);
	memset(l, 0, sizeof(*l));
}

int roster_list_add(struct roster_list *l, const struct instance *i, const char *namespace,
		    struct err *err)
{
	if (l->count == l->capacity) {
		size_t more = l->capacity ? 2 * l->capacity : 64;
		struct roster_row *rows = reallocarray(l->rows, more, sizeof(*rows));

		if (!rows)
			return err_nomem(err);
		l->rows = rows;
		l->capacity = more;
	}
	struct roster_row *row = &l->rows[l->count++];
	memset(row, 0, sizeof(*row));
	snprintf(row->known.id, sizeof(row->known.id), "%s", i->id);
	snprintf(row->known.namespace, sizeof(row->known.namespace), "%s", namespace);
	snprintf(row->listed.status, sizeof(row->listed.status), "%s", i->status);
	row->listed.paused = i->paused;
	row->listed.last_activity = i->last_activity;
	row->listed.modified_at = i->modified_at;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct snapshot_instance *x = &((const struct roster_row *)a)->known;
	const struct snapshot_instance *y = &((const struct roster_row *)b)->known;
	int r = strcmp(x->namespace, y->namespace);

	return r ? r : strcmp(x->id, y->id);
}

static bool same_instant(struct instant a, struct instant b)
{
	return a.known == b.known && (!a.known || a.unix_s == b.unix_s);
}

static bool same_mark(const struct roster_mark *a, const struct roster_mark *b)
{
	return same_instant(a->last_activity, b->last_activity) &&
	       same_instant(a->modified_at, b->modified_at) && !strcmp(a->status, b->status) &&
	       a->paused.known == b->paused.known &&
	       (!a->paused.known || a->paused.value == b->paused.value);
}

static bool above_zero(struct count c)
{
	return c.known && c.value > 0;
}

enum schedule_class roster_class(const struct roster_row *row)
{
	const struct stats *s = &row->known.stats;

	if (!row->known.has_stats)
		return SCHEDULE_NEW;
	if (!same_mark(&row->listed, &row->asked))
		return SCHEDULE_CHANGED;
	if (s->degraded || above_zero(s->queued) || above_zero(s->running) ||
	    above_zero(s->outdated))
		return SCHEDULE_BUSY;
	return SCHEDULE_IDLE;
}

static void younger(struct instant *have, struct instant other)
{
	if (other.known && (!have->known || other.unix_s > have->unix_s))
		*have = other;
}

/* What the list says of a row, old or new. */
static void apply_list(struct roster_row *row, int64_t now)
{
	struct snapshot_instance *k = &row->known;

	memcpy(k->status, row->listed.status, sizeof(k->status));
	k->paused = row->listed.paused;
	k->last_activity = row->listed.last_activity;
	younger(&k->last_activity, k->stats.last_activity);
	row->missing = 0;
	/* a list without last_activity proves nothing */
	if (roster_class(row) == SCHEDULE_IDLE && row->listed.last_activity.known)
		k->fresh_at = now;
}

int roster_merge(struct roster *r, struct roster_list *l, bool atomic, int64_t now,
		 struct err *err)
{
	struct roster_row *merged = calloc(r->count + l->count + 1, sizeof(*merged));
	size_t n = 0, i = 0, k = 0;

	if (!merged)
		return err_nomem(err);
	if (l->count > 0)
		qsort(l->rows, l->count, sizeof(*l->rows), by_name);
	while (i < r->count || k < l->count) {
		int order = i == r->count ? 1 : k == l->count ? -1 :
			    by_name(&r->rows[i], &l->rows[k]);

		if (order < 0) {
			struct roster_row *lost = &r->rows[i++];
			if (!atomic && ++lost->missing < MISSING_MAX)
				merged[n++] = *lost;
			continue;
		}
		if (n > 0 && by_name(&merged[n - 1], &l->rows[k]) == 0) {
			k++;	/* listed twice: the first one counts */
			continue;
		}
		merged[n] = order == 0 ? r->rows[i] : l->rows[k];
		merged[n].listed = l->rows[k].listed;
		apply_list(&merged[n++], now);
		i += order == 0;
		k++;
	}
	free(r->rows);
	r->rows = merged;
	r->count = n;
	roster_list_clear(l);
	return 0;
}

void roster_put_stats(struct roster_row *row, const struct stats *s, int64_t now)
{
	struct snapshot_instance *k = &row->known;

	k->has_stats = true;
	k->stats = *s;
	k->stats_at = k->fresh_at = now;
	younger(&k->last_activity, s->last_activity);
	row->asked = row->listed;
	if (s->degraded)
		return;
	if (s->queued.known && s->running.known) {
		k->indexing.known = true;
		k->indexing.value = s->queued.value > 0 || s->running.value > 0;
	}
	if (s->error.known)
		k->errors = s->error;
}

void roster_remove(struct roster *r, size_t index)
{
	r->count--;
	memmove(&r->rows[index], &r->rows[index + 1], (r->count - index) * sizeof(*r->rows));
}

int roster_publish(const struct roster *r, struct snapshot *s, struct err *err)
{
	s->instances = calloc(r->count + 1, sizeof(*s->instances));
	if (!s->instances)
		return err_nomem(err);
	for (size_t i = 0; i < r->count; i++)
		s->instances[i] = r->rows[i].known;
	s->count = r->count;
	return 0;
}
