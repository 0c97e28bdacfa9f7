/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/prose.h"

#define CELL_MAX 512

size_t text_width(const char *text)
{
	mbstate_t state = {0};
	size_t width = 0;

	while (*text) {
		wchar_t c;
		size_t n = mbrtowc(&c, text, MB_CUR_MAX, &state);
		int columns = 1;

		if (n == 0 || n > MB_CUR_MAX) {	/* not in this locale: one column a byte */
			memset(&state, 0, sizeof(state));
			n = 1;
		} else {
			columns = wcwidth(c);
		}
		width += columns > 0 ? (size_t)columns : 0;
		text += n;
	}
	return width;
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
	memset(table, 0, sizeof(*table));
}

void table_add(struct table *table, const char *text)
{
	char shown[CELL_MAX];

	if (table->count == table->room) {
		size_t room = table->room ? table->room * 2 : 64;
		char **more = reallocarray(table->cells, room, sizeof(*more));

		if (!more) {
			table->failed = true;
			return;
		}
		table->cells = more;
		table->room = room;
	}
	if (!text || !*text)
		text = "-";
	escape_text(shown, sizeof(shown), text, strlen(text));
	char *cell = strdup(shown);
	if (!cell) {
		table->failed = true;
		return;
	}
	table->cells[table->count++] = cell;
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

static void print_row(const struct table *t, char *const *cells, const size_t *widths)
{
	for (size_t c = 0; c < t->columns; c++) {
		const char *text = cells ? cells[c] : t->heads[c] + (t->heads[c][0] == '>');
		bool right = t->heads[c][0] == '>', last = c + 1 == t->columns;
		int pad = (int)(widths[c] - text_width(text));

		printf("%*s%s%*s%s", right ? pad : 0, "", text, right || last ? 0 : pad, "",
		       last ? "\n" : "  ");
	}
}

int table_print(const struct table *t, struct err *err)
{
	size_t widths[TABLE_COLUMNS] = {0};

	if (t->failed)
		return err_nomem(err);
	for (size_t c = 0; c < t->columns; c++)
		widths[c] = text_width(t->heads[c] + (t->heads[c][0] == '>'));
	for (size_t i = 0; i < t->count; i++) {
		size_t width = text_width(t->cells[i]);
		if (width > widths[i % t->columns])
			widths[i % t->columns] = width;
	}
	print_row(t, NULL, widths);
	for (size_t i = 0; i + t->columns <= t->count; i += t->columns)
		print_row(t, t->cells + i, widths);
	return 0;
}

void output_line(const char *fmt, ...)
{
	char text[2048], shown[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_text(shown, sizeof(shown), text, strlen(text));
	puts(shown);
}

void output_note(const char *fmt, ...)
{
	char text[2048], shown[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_text(shown, sizeof(shown), text, strlen(text));
	fprintf(stderr, "%s\n", shown);
}

int output_prose(const char *text, struct err *err)
{
	size_t len = strlen(text);
	scoped_buf struct buf shown = BUF(4 * len + 8);
	struct prose prose = { 0 };

	if (prose_add(&prose, text, len, &shown) < 0 || prose_end(&prose, &shown) < 0)
		return err_nomem(err);
	fwrite(shown.data, 1, shown.len, stdout);
	if (shown.len == 0 || shown.data[shown.len - 1] != '\n')
		putchar('\n');
	return 0;
}

/*
 * JSON leaves DEL and the C1 controls bare, and json-c passes on what is not
 * UTF-8; neither may reach a terminal.  Both can only stand inside strings.
 */
static void put_json(const char *text)
{
	mbstate_t state = {0};
	size_t left = strlen(text);

	while (left > 0) {
		unsigned char c = (unsigned char)*text;
		wchar_t wide;
		size_t n = 1;

		if (c >= 0x80) {
			n = mbrtowc(&wide, text, left, &state);
			if (n == 0 || n > left) {
				memset(&state, 0, sizeof(state));
				fputs("\\ufffd", stdout);
				n = 1;
			} else if (wide < 0xa0) {
				printf("\\u%04x", (unsigned)wide);
			} else {
				fwrite(text, 1, n, stdout);
			}
		} else if (c == 0x7f) {
			fputs("\\u007f", stdout);
		} else {
			putchar(c);
		}
		text += n;
		left -= n;
	}
	putchar('\n');
}

int output_json(struct json_object *object, struct err *err)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_SPACED |
						      JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		return err_nomem(err);
	put_json(text);
	return 0;
}

int output_flush(struct err *err)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_errno(err, ERR_STORAGE, errno ? errno : EIO, "cannot write the output");
}

void json_put_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

void json_put_count(struct json_object *object, const char *key, struct count count)
{
	json_object_object_add(object, key,
			       count.known ? json_object_new_int64(count.value) : NULL);
}

void json_put_instant(struct json_object *object, const char *key, struct instant instant)
{
	char text[RFC3339_SIZE];

	if (instant.known)
		rfc3339_format(instant.unix_s, text);
	json_put_text(object, key, instant.known ? text : NULL);
}

void json_put_flag(struct json_object *object, const char *key, struct flag flag)
{
	json_object_object_add(object, key, flag.known ? json_object_new_boolean(flag.value) : NULL);
}

void json_put_stats(struct json_object *object, const char *key, const struct stats *stats)
{
	struct json_object *o = json_object_new_object();
	double percent;

	for (size_t i = 0; i < STATS_STATUSES; i++)
		json_put_count(o, stats_statuses[i].name, stats_statuses[i].get(stats));
	json_put_count(o, "total", stats_total(stats));
	json_object_object_add(o, "percent_processed", stats_percent_processed(stats, &percent)
						       ? json_object_new_double(percent) : NULL);
	json_object_object_add(o, "percent_indexed", stats_percent_indexed(stats, &percent)
						     ? json_object_new_double(percent) : NULL);
	json_put_count(o, "vectors", stats->vectors);
	json_put_instant(o, "last_activity", stats->last_activity);
	json_object_object_add(o, "degraded", json_object_new_boolean(stats->degraded));
	json_object_object_add(object, key, o);
}
