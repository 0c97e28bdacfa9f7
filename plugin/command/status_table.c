/* SPDX-License-Identifier: MIT */
/*
 * status_table.c -- the table, as wide and as long as there is room for, and the JSON.
 *
 * On a terminal columns go, the least telling first, and then the names are cut;
 * elsewhere everything is there.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"
#include "status.h"

#define GAP 2

enum column { INSTANCE, TYPE, STATUS, QUEUED, RUNNING, COMPLETED, ERROR, SKIPPED, OUTDATED, DONE, COLUMNS };
static const char *const heads[COLUMNS] = {
	"INSTANCE", "TYPE", "STATUS", "QUEUED", "RUNNING", "COMPLETED", "ERROR", "SKIPPED", "OUTDATED",
	"DONE",
};
static const enum column dispensable[] = {
	TYPE, OUTDATED, SKIPPED, COMPLETED, RUNNING, QUEUED, ERROR, STATUS
};

struct layout {
	size_t width[COLUMNS];	/* 0 = not shown */
};

const char *status_word(const struct status_row *row)
{
	const struct snapshot_instance *k = &row->known;

	if (k->paused.known && k->paused.value)
		return "paused";
	if (row->failed)
		return "?";
	if (k->has_stats && k->stats.degraded)
		return "degraded";
	return k->status[0] ? k->status : "-";
}

static void cell(const struct status_row *row, enum column c, char *out, size_t size)
{
	struct count n;
	double percent;

	switch (c) {
	case INSTANCE:
		escape_text(out, size, row->known.id, strlen(row->known.id));
		return;
	case TYPE:
		escape_text(out, size, row->type, strlen(row->type));
		if (!row->type[0])
			snprintf(out, size, "builtin");
		return;
	case STATUS:
		escape_text(out, size, status_word(row), strlen(status_word(row)));
		return;
	case DONE:
		if (row->known.has_stats && stats_percent_processed(&row->known.stats, &percent))
			snprintf(out, size, "%d%%", (int)percent);	/* 100 % is only said of all */
		else
			snprintf(out, size, "-");
		return;
	default:
		n = stats_statuses[c - QUEUED].get(&row->known.stats);
		if (row->known.has_stats && n.known)
			snprintf(out, size, "%lld", (long long)n.value);
		else
			snprintf(out, size, "-");
	}
}

static size_t total_width(const struct layout *l)
{
	size_t sum = 0;

	for (int c = 0; c < COLUMNS; c++)
		sum += l->width[c] ? l->width[c] + GAP : 0;
	return sum > GAP ? sum - GAP : 0;
}

static void lay_out(const struct status *s, size_t columns, struct layout *l)
{
	char text[300];

	for (int c = 0; c < COLUMNS; c++) {
		l->width[c] = strlen(heads[c]);
		for (size_t i = 0; i < s->snapshot.count; i++) {
			size_t width;

			cell(status_row(s, i), (enum column)c, text, sizeof(text));
			width = text_width(text);
			if (width > l->width[c])
				l->width[c] = width;
		}
	}
	if (columns == 0)
		return;
	for (size_t i = 0; i < sizeof(dispensable) / sizeof(dispensable[0]); i++)
		if (total_width(l) > columns)
			l->width[dispensable[i]] = 0;
	size_t all = total_width(l);
	if (all > columns) {
		size_t rest = all - l->width[INSTANCE];

		l->width[INSTANCE] = columns > rest + 1 ? columns - rest : 0;
		if (l->width[INSTANCE] == 0) {
			l->width[DONE] = 0;
			l->width[INSTANCE] = columns;
		}
	}
}

static const char *color_of(const struct status_row *row, enum column c)
{
	const struct stats *st = &row->known.stats;

	if (c == ERROR && row->known.has_stats && st->error.known && st->error.value > 0)
		return "31";
	if (c != STATUS && c != DONE)
		return NULL;
	if (row->failed)
		return "31";
	if (row->known.paused.known && row->known.paused.value)
		return "2";
	if (!row->known.has_stats)
		return NULL;
	if (st->degraded)
		return "35";
	return row->finished ? "32" : "33";
}

static void cut(char *text, size_t width)
{
	if (text_width(text) <= width)
		return;
	progress_cut(text, (int)width - 1);
	if (width > 0)
		strcat(text, "~");
}

static void draw_row(const struct layout *l, const struct status_row *row, bool color)
{
	bool first = true;
	int last = COLUMNS - 1;

	while (last > 0 && l->width[last] == 0)
		last--;
	for (int c = 0; c < COLUMNS; c++) {
		const char *paint = color && row ? color_of(row, (enum column)c) : NULL;
		char text[300];
		int pad;

		if (l->width[c] == 0)
			continue;
		if (row)
			cell(row, (enum column)c, text, sizeof(text));
		else
			snprintf(text, sizeof(text), "%s", heads[c]);
		cut(text, l->width[c]);
		pad = (int)(l->width[c] - text_width(text));
		printf("%*s%*s", first ? 0 : GAP, "", c >= QUEUED ? pad : 0, "");
		if (paint)
			printf("\033[%sm%s\033[0m", paint, text);
		else
			fputs(text, stdout);
		if (c < QUEUED && c != last)
			printf("%*s", pad, "");
		first = false;
	}
	putchar('\n');
}

int status_draw_table(const struct status *s, const struct status_room *room, struct err *err)
{
	struct layout l;
	size_t shown = 0, count = s->snapshot.count, most = room->lines ? room->lines - 1 : count;

	(void)err;
	lay_out(s, room->columns, &l);
	draw_row(&l, NULL, false);
	if (count <= most) {
		for (size_t i = 0; i < count; i++)
			draw_row(&l, status_row(s, i), room->color);
		return 0;
	}
	/* those that matter first; a line is kept to say how many are missing */
	for (int rest = 0; rest < 2; rest++)
		for (size_t i = 0; i < count && shown + 1 < most; i++) {
			const struct status_row *row = status_row(s, i);

			if ((row->finished && !row->failed) == rest) {
				draw_row(&l, row, room->color);
				shown++;
			}
		}
	char text[80];
	snprintf(text, sizeof(text), "and %zu more", count - shown);
	if (room->columns && strlen(text) > room->columns)
		text[room->columns] = '\0';
	puts(text);
	return 0;
}

int status_print_table(const struct status *s, const struct status_set *set, struct err *err)
{
	struct winsize size;
	struct status_room room = { .color = set->color };

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		room.columns = size.ws_col;
	return status_draw_table(s, &room, err);
}

int status_print_json(const struct status *s, const struct status_set *set, struct err *err)
{
	scoped_json struct json_object *all = json_object_new_object();
	struct json_object *list = json_object_new_array();

	(void)set;
	json_put_text(all, "account", s->account);
	json_put_text(all, "namespace", s->namespace);
	json_object_object_add(all, "instances", list);
	for (size_t i = 0; i < s->snapshot.count; i++) {
		const struct status_row *row = status_row(s, i);
		const struct snapshot_instance *k = &row->known;
		bool read = k->has_stats && !row->failed;
		struct json_object *o = json_object_new_object();

		json_put_text(o, "id", k->id);
		json_put_text(o, "type", row->type[0] ? row->type : "builtin");
		json_put_text(o, "source", row->source);
		json_put_text(o, "status", k->status[0] ? k->status : NULL);
		json_put_flag(o, "paused", k->paused);
		/* null: its stats could not be read, so nobody knows */
		json_object_object_add(o, "finished", read ? json_object_new_boolean(row->finished) : NULL);
		if (read)
			json_put_stats(o, "stats", &k->stats);
		else
			json_object_object_add(o, "stats", NULL);
		json_object_array_add(list, o);
	}
	json_object_object_add(all, "not_asked", json_object_new_int64((int64_t)s->unasked));
	return output_json(all, err);
}
