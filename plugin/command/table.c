/* SPDX-License-Identifier: MIT */
/* table.c -- rows in columns, no wider than the terminal. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "output.h"

#define CELL_MAX 512
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

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
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

/* What is right-aligned are numbers: a number that is cut is a wrong one. */
static bool is_number(const struct table *t, size_t c)
{
	return t->heads[c][0] == '>';
}

void table_fit(size_t *widths, const bool *fixed, size_t columns, size_t room)
{
	size_t total = columns ? 2 * (columns - 1) : 0;

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

static void print_cell(const struct table *t, size_t c, const char *text, size_t width,
		      enum colour colour)
{
	bool right = is_number(t, c), last = c + 1 == t->columns;
	size_t size = strlen(text) + sizeof("\u2026");
	scoped_free char *cut = text_width(text) > width ? malloc(size) : NULL;

	if (cut)
		text = text_shorten(text, width, cut, size);
	size_t shown = text_width(text);
	int pad = shown < width ? (int)(width - shown) : 0;

	printf("%*s%s%s%s%*s%s", right ? pad : 0, "", colour_on(stdout, colour), text,
	       colour_off(stdout, colour), right || last ? 0 : pad, "", last ? "\n" : "  ");
}

static void print_row(const struct table *t, size_t first, const size_t *widths)
{
	for (size_t c = 0; c < t->columns; c++)
		print_cell(t, c, t->cells[first + c], widths[c], t->colours[first + c]);
}

int table_print(const struct table *t, struct err *err)
{
	size_t widths[TABLE_COLUMNS] = {0}, room = output_columns();
	bool fixed[TABLE_COLUMNS];

	if (t->failed)
		return err_nomem(err);
	for (size_t c = 0; c < t->columns; c++) {
		fixed[c] = is_number(t, c);
		widths[c] = text_width(t->heads[c] + fixed[c]);
	}
	for (size_t i = 0; i < t->count; i++) {
		size_t width = text_width(t->cells[i]);
		if (width > widths[i % t->columns])
			widths[i % t->columns] = width;
	}
	if (room > 0)
		table_fit(widths, fixed, t->columns, room);
	for (size_t c = 0; c < t->columns; c++)
		print_cell(t, c, t->heads[c] + fixed[c], widths[c], COLOUR_NONE);
	for (size_t i = 0; i + t->columns <= t->count; i += t->columns)
		print_row(t, i, widths);
	return 0;
}
