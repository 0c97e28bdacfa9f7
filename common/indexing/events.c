/* SPDX-License-Identifier: MIT */
#include "indexing/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indexing/event_row.h"

#define DAY_S (24 * 60 * 60)

enum health { HEALTH_GOOD, HEALTH_DOWN, HEALTH_REFUSED };	/* as told */

struct events {
	int64_t stall_after_s;
	enum health health;
	uint8_t turning;	/* streak of snapshots that contradict health */
	int64_t expires_at;	/* of the token last seen; INT64_MAX = never */
	bool inactive;
	int expiry_level;	/* the most urgent one told of it */
	bool listed;		/* the first list has been seen */
	struct event_row *rows;	/* sorted as a snapshot's instances */
	size_t count;
};

struct events *events_new(const struct events_config *config)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->stall_after_s = config && config->stall_after_s > 0 ? config->stall_after_s
							       : EVENTS_STALL_AFTER_S;
	return e;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->count; i++)
		event_row_clear(&e->rows[i]);
	free(e->rows);
	free(e);
}

/* --- the account ------------------------------------------------------------ */

static void watch_api(struct events *e, const struct event_look *look)
{
	const struct snapshot *s = look->snapshot;
	enum event_kind kind = EVENT_API_DOWN;

	if (s->refused) {
		e->turning = 0;
		if (e->health != HEALTH_REFUSED)
			event_tell(look, (struct event){ .kind = EVENT_TOKEN_REFUSED });
		e->health = HEALTH_REFUSED;
		return;
	}
	if (!event_confirmed(&e->turning, s->up != (e->health == HEALTH_GOOD)))
		return;
	if (s->up)
		kind = e->health == HEALTH_DOWN ? EVENT_API_UP : EVENT_TOKEN_ACCEPTED;
	e->health = s->up ? HEALTH_GOOD : HEALTH_DOWN;
	event_tell(look, (struct event){ .kind = kind });
}

/* Days that have begun: 0 = it is over. */
static int64_t days_left(int64_t expires_at, int64_t wall_s)
{
	int64_t left;

	if (expires_at <= wall_s || __builtin_sub_overflow(expires_at, wall_s, &left))
		return expires_at <= wall_s ? 0 : INT64_MAX;
	return (left - 1) / DAY_S + 1;
}

static int expiry_level(int64_t days)
{
	return days > 14 ? 0 : days > 3 ? 1 : days > 1 ? 2 : days > 0 ? 3 : 4;
}

static void watch_token(struct events *e, const struct event_look *look, int64_t wall_s)
{
	const struct snapshot_token *t = &look->snapshot->token;
	int64_t expires_at = t->expires_on.known ? t->expires_on.unix_s : INT64_MAX;
	int64_t days = t->active ? days_left(expires_at, wall_s) : 0;
	int level = expiry_level(days);

	if (!t->known)
		return;
	if (expires_at != e->expires_at || (e->inactive && t->active)) {
		if (level == 0 && e->expiry_level > 0)
			event_tell(look, (struct event){ .kind = EVENT_TOKEN_RENEWED });
		e->expiry_level = 0;
	}
	e->expires_at = expires_at;
	e->inactive = !t->active;
	if (level <= e->expiry_level)
		return;
	e->expiry_level = level;
	event_tell(look, (struct event){ .kind = EVENT_TOKEN_EXPIRES, .days_left = (int)days });
}

/* --- who came, who went ------------------------------------------------------ */

struct moved {			/* in one snapshot */
	size_t count, named;
	char first[EVENTS_NAMED * sizeof(((struct snapshot_instance *)0)->id) + 16];
};

static void add_moved(struct moved *m, const char *id)
{
	size_t used = strlen(m->first);

	m->count++;
	if (m->named++ < EVENTS_NAMED)
		snprintf(m->first + used, sizeof(m->first) - used, "%s%s", used ? ", " : "", id);
}

static const char *id_of(const struct event_row *row)
{
	return row->name + strlen(row->name) + 1;
}

/* Rows and snapshot are sorted alike. */
static void compare(const struct events *e, const struct snapshot *s, struct moved *came,
		    struct moved *went)
{
	size_t i = 0;

	for (size_t k = 0; k < s->count; k++) {
		const struct snapshot_instance *is = snapshot_instance(s, k);
		int order = -1;

		while (i < e->count && (order = event_row_order(&e->rows[i], is)) < 0)
			add_moved(went, id_of(&e->rows[i++]));
		if (i == e->count || order != 0)
			add_moved(came, is->id);
		else
			i++;
	}
	while (i < e->count)
		add_moved(went, id_of(&e->rows[i++]));
}

static bool are_many(const struct event_look *look, enum event_kind kind, const struct moved *m)
{
	if (m->count <= EVENTS_MANY)
		return false;
	event_tell(look, (struct event){ .kind = kind, .many = m->count, .first = m->first });
	return true;
}

/* --- the instances ---------------------------------------------------------- */

static void disappeared(struct event_row *row, const struct event_look *look, bool told)
{
	struct snapshot_instance was = { 0 };

	if (told) {
		event_row_clear(row);
		return;
	}
	snprintf(was.namespace, sizeof(was.namespace), "%s", row->name);
	snprintf(was.id, sizeof(was.id), "%s", id_of(row));
	event_tell(look, (struct event){ .kind = EVENT_DISAPPEARED, .instance = &was });
	event_row_clear(row);
}

static void appeared(const struct snapshot_instance *is, const struct event_look *look)
{
	event_tell(look, (struct event){ .kind = EVENT_APPEARED, .instance = is });
}

/* Moves the rows up by so many, to be merged downwards into the room. */
static int make_room(struct events *e, size_t more, struct err *err)
{
	struct event_row *rows;

	if (more == 0)
		return 0;
	rows = reallocarray(e->rows, e->count + more, sizeof(*rows));
	if (!rows)
		return err_nomem(err);
	memmove(rows + more, rows, e->count * sizeof(*rows));
	e->rows = rows;
	return 0;
}

/* One walk through rows and snapshot, in place: the reader is ahead of the writer. */
static int watch_instances(struct events *e, const struct event_look *look, struct err *err)
{
	const struct snapshot *s = look->snapshot;
	struct moved came = { 0 }, went = { 0 };
	bool came_told, went_told;
	size_t i, end, n = 0;
	int result = 0;

	compare(e, s, &came, &went);
	if (make_room(e, came.count, err) < 0)
		return -1;
	i = came.count;
	end = e->count + came.count;
	went_told = are_many(look, EVENT_DISAPPEARED, &went);
	came_told = e->listed && are_many(look, EVENT_APPEARED, &came);
	for (size_t k = 0; k < s->count; k++) {
		const struct snapshot_instance *is = snapshot_instance(s, k);
		int order = -1;

		while (i < end && (order = event_row_order(&e->rows[i], is)) < 0)
			disappeared(&e->rows[i++], look, went_told);
		if (i < end && order == 0) {
			if (n != i)
				e->rows[n] = e->rows[i];
			i++;
		} else if (event_row_init(&e->rows[n], is, e->listed) < 0) {
			result = err_nomem(err);	/* it appears with the next snapshot */
			continue;
		} else if (e->listed && !came_told) {
			appeared(is, look);
		}
		event_row_look(&e->rows[n++], is, look);
	}
	while (i < end)
		disappeared(&e->rows[i++], look, went_told);
	e->count = n;
	e->listed = true;
	return result;
}

int events_observe(struct events *e, const struct snapshot *snapshot, int64_t wall_s,
		   void (*each)(void *ctx, const struct event *event), void *ctx, struct err *err)
{
	struct event_look look = { snapshot, e->stall_after_s, each, ctx };

	watch_api(e, &look);
	watch_token(e, &look, wall_s);
	return snapshot->listed ? watch_instances(e, &look, err) : 0;
}
