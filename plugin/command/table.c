/* SPDX-License-Identifier: MIT */
/* table.c -- rows in columns, no wider than the terminal, part after part. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "output.h"

#define CELL_MAX 512
#define GAP 2			/* between columns */
#define NAME_LEAST 2		/* of a name: less does not even show where it begins */
#define ELLIPSIS "\u2026"

/* The next character: its bytes, and the columns that it takes; 0 at the end. */
static size_t next_character(const char *text, size_t *columns, mbstate_t *state)
{
	wchar_t c;

	output_locale();
	size_t n = mbrtowc(&c, text, MB_CUR_MAX, state);

	if (n == 0)
		return 0;
	if (n > MB_CUR_MAX) {	/* not in this locale: one column a byte */
		memset(state, 0, sizeof(*state));
		*columns = 1;
		return 1;
	}
	int width = wcwidth(c);
	*columns = width > 0 ? (size_t)width : 0;
	return n;
}

size_t text_width(const char *text)
{
	mbstate_t state = {0};
	size_t width = 0, columns, n;

	while ((n = next_character(text, &columns, &state)) > 0) {
		width += columns;
		text += n;
	}
	return width;
}

const char *text_shorten(const char *text, size_t width, char *out, size_t size)
{
	mbstate_t state = {0};
	size_t used = 0, kept = 0, columns, n;

	if (text_width(text) <= width)
		return text;
	/* what takes no column belongs to the character before it, and stays with it */
	while ((n = next_character(text + kept, &columns, &state)) > 0 && used + columns + 1 <= width) {
		used += columns;
		kept += n;
	}
	snprintf(out, size, "%.*s%s", (int)kept, text, width > 0 ? ELLIPSIS : "");
	return out;
}

void table_init(struct table *table, const char *const *heads, size_t columns)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	memcpy(table->heads, heads, columns * sizeof(heads[0]));
}

static void forget_rows(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	table->count = 0;
}

void table_clear(struct table *table)
{
	forget_rows(table);
	free(table->cells);
	free(table->colours);
	memset(table, 0, sizeof(*table));
}

static int make_room(struct table *table)
{
	size_t room = table->room ? table->room * 2 : 64;

	if (table->count < table->room)
		return 0;
	char **cells = reallocarray(table->cells, room, sizeof(*cells));
	if (!cells)
		return -1;
	table->cells = cells;
	enum colour *colours = reallocarray(table->colours, room, sizeof(*colours));
	if (!colours)
		return -1;
	table->colours = colours;
	table->room = room;
	return 0;
}

void table_add_coloured(struct table *table, enum colour colour, const char *text)
{
	if (!text || !*text)
		text = "-";
	size_t len = strlen(text), size = 4 * len + 1;	/* \xNN for each byte */
	char *cell = malloc(size);

	if (!cell || make_room(table) < 0) {
		free(cell);
		table->failed = true;
		return;
	}
	escape_text(cell, size, text, len);
	table->cells[table->count] = cell;
	table->colours[table->count++] = colour;
}

void table_add(struct table *table, const char *text)
{
	table_add_coloured(table, COLOUR_NONE, text);
}

void table_addf(struct table *table, const char *fmt, ...)
{
	char text[CELL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	table_add(table, text);
}

void table_add_count(struct table *table, struct count count)
{
	if (count.known)
		table_addf(table, "%lld", (long long)count.value);
	else
		table_add(table, NULL);
}

void table_add_unix(struct table *table, int64_t unix_s)
{
	char text[RFC3339_SIZE];

	if (unix_s <= 0) {
		table_add(table, NULL);
		return;
	}
	rfc3339_format(unix_s, text);
	table_add(table, text);
}

void table_add_instant(struct table *table, struct instant instant)
{
	table_add_unix(table, instant.known ? instant.unix_s : 0);
}

size_t table_rows(const struct table *table)
{
	return table->count / table->columns;
}

/* --- how wide ---------------------------------------------------------------- */

/* What is right-aligned are numbers: a number that is cut is a wrong one. */
static bool is_number(const struct table *t, size_t c)
{
	return t->heads[c][0] == '>';
}

static const char *head(const struct table *t, size_t c)
{
	return t->heads[c] + is_number(t, c);
}

void table_fit(size_t *widths, const bool *fixed, size_t columns, size_t room)
{
	size_t total = columns ? GAP * (columns - 1) : 0;

	for (size_t c = 0; c < columns; c++)
		total += widths[c];
	while (total > room) {
		size_t widest = columns;

		for (size_t c = 0; c < columns; c++)
			if (!fixed[c] && widths[c] > TABLE_NARROWEST &&
			    (widest == columns || widths[c] > widths[widest]))
				widest = c;
		if (widest == columns)
			return;
		widths[widest]--;
		total--;
	}
}

/* What a row takes, of the columns that are shown. */
static size_t total_width(const struct table *t)
{
	size_t sum = 0;

	for (size_t c = 0; c < t->columns; c++)
		sum += t->width[c] ? t->width[c] + GAP : 0;
	return sum > GAP ? sum - GAP : 0;
}

static void needed(const struct table *t, size_t *widths)
{
	for (size_t c = 0; c < t->columns; c++)
		widths[c] = text_width(head(t, c));
	for (size_t i = 0; i < t->count; i++) {
		size_t width = text_width(t->cells[i]);

		if (width > widths[i % t->columns])
			widths[i % t->columns] = width;
	}
}

/* table_fit() knows no columns that are missing: without them, and back. */
static void cut_text(struct table *t, size_t room)
{
	size_t widths[TABLE_COLUMNS], at[TABLE_COLUMNS], shown = 0;
	bool fixed[TABLE_COLUMNS];

	for (size_t c = 0; c < t->columns; c++) {
		if (t->width[c] == 0)
			continue;
		widths[shown] = t->width[c];
		fixed[shown] = is_number(t, c);
		at[shown++] = c;
	}
	table_fit(widths, fixed, shown, room);
	for (size_t i = 0; i < shown; i++)
		t->width[at[i]] = widths[i];
}

/* The first column of text that is left. */
static size_t find_name(const struct table *t)
{
	size_t name = 0;

	while (name < t->columns && (t->width[name] == 0 || is_number(t, name)))
		name++;
	return name;
}

/* The name in what the others leave, or alone. */
static void cut_name(struct table *t, size_t room)
{
	size_t name = find_name(t), rest;

	if (name == t->columns)
		return;
	rest = total_width(t) - t->width[name];
	if (room >= rest + NAME_LEAST) {
		t->width[name] = room - rest;
		return;
	}
	memset(t->width, 0, sizeof(t->width));
	t->width[name] = room;
}

/* What a row takes at least, with all of its text cut. */
static size_t least_width(const struct table *t)
{
	size_t sum = total_width(t);

	for (size_t c = 0; c < t->columns; c++)
		if (!is_number(t, c) && t->width[c] > TABLE_NARROWEST)
			sum -= t->width[c] - TABLE_NARROWEST;
	return sum;
}

static void fit(struct table *t, size_t room)
{
	size_t name = find_name(t);

	for (const unsigned char *c = t->dispensable; c && *c != TABLE_END; c++)
		if (total_width(t) > room)
			t->width[*c] = 0;
	for (size_t c = t->columns; !t->dispensable && c-- > name + 1;)
		if (least_width(t) > room)
			t->width[c] = 0;
	if (total_width(t) > room)
		cut_text(t, room);
	if (total_width(t) > room)
		cut_name(t, room);
}

/* Another part: what is longer has what is left of the line. */
static void widen(struct table *t, const size_t *widths, size_t room)
{
	size_t all = total_width(t), left = room == 0 ? SIZE_MAX : room > all ? room - all : 0;

	for (size_t c = 0; c < t->columns; c++) {
		size_t more = t->width[c] && widths[c] > t->width[c] ? widths[c] - t->width[c] : 0;

		if (more > left)
			more = left;
		t->width[c] += more;
		left -= more;
	}
}

void table_lay_out(struct table *t, size_t room)
{
	size_t widths[TABLE_COLUMNS];

	needed(t, widths);
	if (t->laid_out) {
		widen(t, widths, room);
		return;
	}
	memcpy(t->width, widths, t->columns * sizeof(widths[0]));
	if (room > 0)
		fit(t, room);
	t->laid_out = true;
}

/* --- what is printed --------------------------------------------------------- */

static void put_cell(const struct table *t, size_t c, const char *text, enum colour colour,
		     bool last)
{
	bool right = is_number(t, c);
	size_t size = strlen(text) + sizeof(ELLIPSIS), width = t->width[c];
	scoped_free char *cut = !right && text_width(text) > width ? malloc(size) : NULL;

	if (cut)
		text = text_shorten(text, width, cut, size);
	size_t shown = text_width(text);
	int pad = shown < width ? (int)(width - shown) : 0;

	printf("%*s%s%s%s%*s", right ? pad : 0, "", colour_on(stdout, colour), text,
	       colour_off(stdout, colour), last ? 0 : right ? GAP : pad + GAP, "");
}

/* cells NULL: the heads. */
static void put_cells(const struct table *t, char *const *cells, const enum colour *colours)
{
	size_t last = t->columns;

	while (last > 0 && t->width[last - 1] == 0)
		last--;
	for (size_t c = 0; c < last; c++)
		if (t->width[c] > 0)
			put_cell(t, c, cells ? cells[c] : head(t, c),
				 cells ? colours[c] : COLOUR_NONE, c + 1 == last);
	putchar('\n');
}

void table_put_heads(const struct table *t)
{
	put_cells(t, NULL, NULL);
}

void table_put_row(const struct table *t, size_t row)
{
	put_cells(t, t->cells + row * t->columns, t->colours + row * t->columns);
}

int table_print(struct table *t, struct err *err)
{
	bool first = !t->laid_out;

	if (t->failed)
		return err_nomem(err);
	table_lay_out(t, output_columns());
	if (first)
		table_put_heads(t);
	for (size_t i = 0; i < table_rows(t); i++)
		table_put_row(t, i);
	forget_rows(t);
	return 0;
}
