/* SPDX-License-Identifier: MIT */
/* status_table.c -- the table, as long as there is room for, and the JSON. */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "status.h"

enum column { INSTANCE, TYPE, STATUS, QUEUED, RUNNING, COMPLETED, ERROR, SKIPPED, OUTDATED, DONE };
static const char *const heads[] = {
	"INSTANCE", "TYPE", "STATUS", ">QUEUED", ">RUNNING", ">COMPLETED", ">ERROR", ">SKIPPED",
	">OUTDATED", ">DONE",
};
static const unsigned char dispensable[] = {
	TYPE, OUTDATED, SKIPPED, COMPLETED, RUNNING, QUEUED, ERROR, STATUS, TABLE_END
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

static enum colour colour_of(const struct status_row *row)
{
	if (row->failed)
		return COLOUR_BAD;
	if (row->known.paused.known && row->known.paused.value)
		return COLOUR_FAINT;
	if (!row->known.has_stats)
		return COLOUR_NONE;
	if (row->known.stats.degraded)
		return COLOUR_DOUBT;
	return row->finished ? COLOUR_GOOD : COLOUR_WARNING;
}

static void add_count(struct table *t, enum column c, const struct status_row *row)
{
	struct count n = stats_statuses[c - QUEUED].get(&row->known.stats);
	char text[24] = "";

	if (row->known.has_stats && n.known)
		snprintf(text, sizeof(text), "%lld", (long long)n.value);
	table_add_coloured(t, c == ERROR && *text && n.value > 0 ? COLOUR_BAD : COLOUR_NONE, text);
}

static void add_row(struct table *t, const struct status_row *row)
{
	char done[24] = "";
	double percent;

	/* 100 % is only said of all */
	if (row->known.has_stats && stats_percent_processed(&row->known.stats, &percent))
		snprintf(done, sizeof(done), "%d%%", (int)percent);
	table_add(t, row->known.id);
	table_add(t, row->type[0] ? row->type : "builtin");
	table_add_coloured(t, colour_of(row), status_word(row));
	for (enum column c = QUEUED; c <= OUTDATED; c++)
		add_count(t, c, row);
	table_add_coloured(t, colour_of(row), done);
}

/* Those that matter first; a line is kept to say how many are missing. */
static void put_some(const struct status *s, const struct table *t, size_t most, size_t columns)
{
	size_t shown = 0, count = s->snapshot.count;
	char text[80];

	for (int rest = 0; rest < 2; rest++)
		for (size_t i = 0; i < count && shown + 1 < most; i++) {
			const struct status_row *row = status_row(s, i);

			if ((row->finished && !row->failed) == rest) {
				table_put_row(t, i);
				shown++;
			}
		}
	snprintf(text, sizeof(text), "and %zu more", count - shown);
	if (columns && strlen(text) > columns)
		text[columns] = '\0';
	puts(text);
}

int status_draw_table(const struct status *s, size_t columns, size_t lines, struct err *err)
{
	size_t count = s->snapshot.count, most = lines ? lines - 1 : count;
	scoped_table struct table t;

	table_init(&t, heads, sizeof(heads) / sizeof(heads[0]));
	t.dispensable = dispensable;
	for (size_t i = 0; i < count; i++)
		add_row(&t, status_row(s, i));
	if (t.failed)
		return err_nomem(err);
	table_lay_out(&t, columns);
	table_put_heads(&t);
	for (size_t i = 0; i < count && count <= most; i++)
		table_put_row(&t, i);
	if (count > most)
		put_some(s, &t, most, columns);
	return 0;
}

int status_print_table(const struct status *s, const struct status_set *set, struct err *err)
{
	(void)set;
	return status_draw_table(s, output_columns(), 0, err);
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
		json_object_object_add(o, "finished",
				       read ? json_object_new_boolean(row->finished) : NULL);
		if (read)
			json_put_stats(o, "stats", &k->stats);
		else
			json_object_object_add(o, "stats", NULL);
		json_object_array_add(list, o);
	}
	json_object_object_add(all, "not_asked", json_object_new_int64((int64_t)s->unasked));
	return output_json(all, err);
}
