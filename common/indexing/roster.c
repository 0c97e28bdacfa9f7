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
	for (size_t i = 0; i < l->count; i++)
		free(l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof(*l));
}

/* FNV-1a */
static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

static struct roster_listed *listed_new(const char *id, const char *namespace, const char *status)
{
	size_t id_size = strlen(id) + 1, namespace_size = strlen(namespace) + 1;
	size_t status_size = strlen(status) + 1;
	struct roster_listed *row = malloc(sizeof(*row) + id_size + namespace_size + status_size);

	if (!row)
		return NULL;
	row->namespace = memcpy(row->id + id_size, namespace, namespace_size);
	row->status = memcpy(row->id + id_size + namespace_size, status, status_size);
	memcpy(row->id, id, id_size);
	return row;
}

int roster_list_add(struct roster_list *l, const struct instance *i, const char *namespace,
		    struct err *err)
{
	struct roster_listed *row;

	if (l->count == l->capacity) {
		size_t more = l->capacity ? 2 * l->capacity : 64;
		struct roster_listed **rows = reallocarray(l->rows, more, sizeof(*rows));

		if (!rows)
			return err_nomem(err);
		l->rows = rows;
		l->capacity = more;
	}
	row = listed_new(i->id, namespace, i->status);
	if (!row)
		return err_nomem(err);
	row->mark = (struct roster_mark){ .last_activity = i->last_activity,
					  .modified_at = i->modified_at, .status = hash(i->status),
					  .paused = i->paused, .enable = i->enable };
	row->sync_interval_s = i->sync_interval_s;
	l->rows[l->count++] = row;
	return 0;
}

static int order(const char *namespace, const char *id, const char *namespace2, const char *id2)
{
	int r = strcmp(namespace, namespace2);

	return r ? r : strcmp(id, id2);
}

static int by_name(const void *a, const void *b)
{
	const struct snapshot_instance *x = &((const struct roster_row *)a)->known;
	const struct snapshot_instance *y = &((const struct roster_row *)b)->known;

	return order(x->namespace, x->id, y->namespace, y->id);
}

static int listed_by_name(const void *a, const void *b)
{
	const struct roster_listed *x = *(struct roster_listed *const *)a;
	const struct roster_listed *y = *(struct roster_listed *const *)b;

	return order(x->namespace, x->id, y->namespace, y->id);
}

static bool same_instant(struct instant a, struct instant b)
{
	return a.known == b.known && (!a.known || a.unix_s == b.unix_s);
}

static bool same_flag(struct flag a, struct flag b)
{
	return a.known == b.known && (!a.known || a.value == b.value);
}

static bool same_mark(const struct roster_mark *a, const struct roster_mark *b)
{
	return same_instant(a->last_activity, b->last_activity) &&
	       same_instant(a->modified_at, b->modified_at) && a->status == b->status &&
	       same_flag(a->paused, b->paused) && same_flag(a->enable, b->enable);
}

static bool above_zero(struct count c)
{
	return c.known && c.value > 0;
}

static bool at_work(const struct roster_row *row)
{
	const struct stats *s = &row->known.stats;

	return s->degraded || above_zero(s->queued) || above_zero(s->running) ||
	       above_zero(s->outdated);
}

static bool says_indexing(const struct roster_row *row)
{
	return !strcmp(row->known.status, ROSTER_INDEXING);
}

enum schedule_class roster_class(const struct roster_row *row)
{
	bool indexing = says_indexing(row), same = same_mark(&row->listed, &row->asked);

	if (!row->known.has_stats && !indexing && same)
		return SCHEDULE_NEW;
	if (row->failing || at_work(row) || (indexing && !row->known.has_stats))
		return SCHEDULE_OPEN;
	if (!same)
		return indexing ? SCHEDULE_OPEN : SCHEDULE_FIRST;
	/* a list without last_activity proves nothing */
	return row->listed.last_activity.known ? SCHEDULE_IDLE : SCHEDULE_OPEN;
}

static void younger(struct instant *have, struct instant other)
{
	if (other.known && (!have->known || other.unix_s > have->unix_s))
		*have = other;
}

/* Its beginning, the first list, is kept in .asked until there are stats. */
static bool has_stirred(const struct roster_row *row)
{
	struct instant was = row->asked.last_activity, is = row->listed.last_activity;

	return row->listed.status != row->asked.status ||
	       (is.known && (!was.known || is.unix_s > was.unix_s));
}

/* What the list says of a row, old or new. */
static void apply_list(struct roster_row *row, const struct roster_listed *is, int64_t now)
{
	struct snapshot_instance *k = &row->known;

	row->listed = is->mark;
	snprintf(k->status, sizeof(k->status), "%s", is->status);
	k->paused = is->mark.paused;
	k->enable = is->mark.enable;
	k->sync_interval_s = is->sync_interval_s;
	k->last_activity = row->listed.last_activity;
	younger(&k->last_activity, k->stats.last_activity);
	row->missing = 0;
	if (!k->has_stats)
		k->stirred |= has_stirred(row);
	if (says_indexing(row) && (!k->has_stats || !same_mark(&row->listed, &row->asked)))
		k->indexing = (struct flag){ true, true };
	if (roster_class(row) == SCHEDULE_IDLE)
		k->fresh_at = now;
}

/* In order; of those listed twice the first one. */
static void sort_list(struct roster_list *l)
{
	size_t n = 0;

	if (l->count == 0)
		return;
	qsort(l->rows, l->count, sizeof(*l->rows), listed_by_name);
	for (size_t k = 0; k < l->count; k++) {
		if (n > 0 && listed_by_name(&l->rows[n - 1], &l->rows[k]) == 0)
			free(l->rows[k]);
		else
			l->rows[n++] = l->rows[k];
	}
	l->count = n;
}

/* Rows and list walked together: rows are updated or dropped; what is new stays in the list. */
static void update(struct roster *r, struct roster_list *l, bool atomic, int64_t now)
{
	size_t kept = 0, new = 0, i = 0, k = 0;

	while (i < r->count || k < l->count) {
		struct roster_row *row = i < r->count ? &r->rows[i] : NULL;
		struct roster_listed *is = k < l->count ? l->rows[k] : NULL;
		int o = !row ? 1 : !is ? -1 :
			order(row->known.namespace, row->known.id, is->namespace, is->id);

		if (o > 0) {
			l->rows[new++] = is;
			k++;
			continue;
		}
		if (o == 0) {
			apply_list(row, is, now);
			free(is);
			k++;
		}
		if (o == 0 || (!atomic && ++row->missing < MISSING_MAX)) {
			if (kept != i)
				r->rows[kept] = *row;
			kept++;
		}
		i++;
	}
	r->count = kept;
	l->count = new;
}

static void add_row(struct roster *r, const struct roster_listed *is, int64_t now)
{
	struct roster_row *row = &r->rows[r->count++];

	memset(row, 0, sizeof(*row));
	snprintf(row->known.id, sizeof(row->known.id), "%s", is->id);
	snprintf(row->known.namespace, sizeof(row->known.namespace), "%s", is->namespace);
	row->asked = is->mark;	/* a change from here on counts */
	apply_list(row, is, now);
}

int roster_merge(struct roster *r, struct roster_list *l, bool atomic, int64_t now,
		 struct err *err)
{
	sort_list(l);
	update(r, l, atomic, now);
	if (l->count > 0) {
		struct roster_row *rows = reallocarray(r->rows, r->count + l->count, sizeof(*rows));

		if (!rows)
			return err_nomem(err);
		r->rows = rows;
		for (size_t k = 0; k < l->count; k++)
			add_row(r, l->rows[k], now);
		qsort(r->rows, r->count, sizeof(*r->rows), by_name);
	}
	roster_list_clear(l);
	return 0;
}

void roster_put_stats(struct roster_row *row, const struct stats *s, int64_t now)
{
	struct snapshot_instance *k = &row->known;

	row->tried_at = now;
	row->failing = false;
	/* a list without last_activity is no earlier moment */
	if (!k->has_stats && s->last_activity.known && row->asked.last_activity.known)
		k->stirred |= s->last_activity.unix_s > row->asked.last_activity.unix_s;
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

void roster_put_failure(struct roster_row *row, int64_t now)
{
	row->tried_at = now;
	row->failing = true;
}

size_t roster_failing(const struct roster *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += r->rows[i].failing;
	return n;
}

void roster_put_jobs(struct roster_row *row, const struct snapshot_jobs *jobs)
{
	row->known.jobs = *jobs;
}

void roster_remove(struct roster *r, size_t index)
{
	r->count--;
	memmove(&r->rows[index], &r->rows[index + 1], (r->count - index) * sizeof(*r->rows));
}

void roster_show(struct roster *r, struct snapshot *s)
{
	s->instances = r->count > 0 ? &r->rows[0].known : NULL;
	s->stride = sizeof(*r->rows);
	s->count = r->count;
}
