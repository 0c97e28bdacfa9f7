/* SPDX-License-Identifier: MIT */
#include "paged.h"

#include <stdio.h>
#include <string.h>

#include "cloudflare/call.h"
#include "cloudflare/instance.h"
#include "cloudflare/page.h"

struct printing {
	const struct paged *list;
	size_t widths[TABLE_COLUMNS];
	bool begun;		/* the heads or the bracket are printed */
	int64_t rows;
};

static const char *head(const struct paged *list, size_t column)
{
	return list->heads[column] + (list->heads[column][0] == '>');
}

static void put_row(const struct printing *p, char *const *cells)
{
	for (size_t c = 0; c < p->list->columns; c++) {
		const char *text = cells ? cells[c] : head(p->list, c);
		bool last = c + 1 == p->list->columns, right = p->list->heads[c][0] == '>';
		int pad = (int)(p->widths[c] - text_width(text));

		printf("%*s%s%*s%s", right ? pad : 0, "", text, right || last ? 0 : pad, "",
		       last ? "\n" : "  ");
	}
}

static int put_table(struct printing *p, const struct table *t, struct err *err)
{
	if (t->failed)
		return err_nomem(err);
	for (size_t c = 0; c < t->columns && !p->begun; c++)
		p->widths[c] = text_width(head(p->list, c));
	for (size_t i = 0; i < t->count; i++) {
		size_t width = text_width(t->cells[i]);

		if (width > p->widths[i % t->columns])
			p->widths[i % t->columns] = width;
	}
	if (!p->begun)
		put_row(p, NULL);
	for (size_t i = 0; i + t->columns <= t->count; i += t->columns)
		put_row(p, t->cells + i);
	return 0;
}

static int put_page(struct printing *p, struct json_object *rows, struct err *err)
{
	scoped_table struct table table;

	table_init(&table, p->list->heads, p->list->columns);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (p->list->row(p->list->json ? NULL : &table, row, err) < 0)
			return -1;
		if (!p->list->json)
			continue;
		fputs(p->rows++ ? ",\n" : "[\n", stdout);
		if (output_json(row, err) < 0)
			return -1;
	}
	if (!p->list->json && put_table(p, &table, err) < 0)
		return -1;
	p->begun = true;
	return output_flush(err);
}

/* 1 = there are more, 0 = that was all. */
static int one_page(struct client *client, struct printing *p, int page, struct err *err)
{
	const struct paged_settings *set = p->list->set;
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(4096);

	buf_adds(&path, p->list->path);
	call_add_query_number(&path, "page", page);
	call_add_query_number(&path, "per_page", set->per_page ? set->per_page : 100);
	if (path.failed)
		return err_set(err, ERR_INPUT, "the request's URL is too long");
	struct client_call call = { .method = "GET", .path = path.data, .permission = p->list->permission };
	if (client_call(client, &call, &e, err) < 0)
		return -1;
	if (!json_object_is_type(e.result, json_type_array))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
			       json_type_to_name(json_object_get_type(e.result)));
	if (put_page(p, e.result, err) < 0)
		return -1;
	return !set->page && instance_more_pages(&e, page, json_object_array_length(e.result));
}

int paged_print(struct client *client, const struct paged *list, struct err *err)
{
	struct printing p = { .list = list };
	int page = list->set->page ? (int)list->set->page : 1, first = page, r;

	while ((r = one_page(client, &p, page, err)) > 0)
		if (++page - first >= PAGE_MAX)
			return err_set(err, ERR_PROTOCOL, "the list did not end after %d pages", PAGE_MAX);
	if (r == 0 && list->json)
		puts(p.rows ? "]" : "[]");
	return r;
}
