/* SPDX-License-Identifier: MIT */
#include "paged.h"

#include <stdio.h>
#include <string.h>

#include "cloudflare/call.h"
#include "cloudflare/instance.h"
#include "cloudflare/page.h"

struct printing {
	const struct paged *list;
	struct table table;
	int64_t rows;		/* of JSON */
};

static int put_page(struct printing *p, struct json_object *rows, struct err *err)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (p->list->row(p->list->json ? NULL : &p->table, row, err) < 0)
			return -1;
		if (!p->list->json)
			continue;
		fputs(p->rows++ ? ",\n" : "[\n", stdout);
		if (output_json(row, err) < 0)
			return -1;
	}
	if (!p->list->json && table_print(&p->table, err) < 0)
		return -1;
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
	struct client_call call = { .method = "GET", .path = path.data,
				    .permission = p->list->permission };
	if (client_call(client, &call, &e, err) < 0)
		return -1;
	if (!json_object_is_type(e.result, json_type_array))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
			       json_type_to_name(json_object_get_type(e.result)));
	if (put_page(p, e.result, err) < 0)
		return -1;
	return !set->page && instance_more_pages(&e, page, json_object_array_length(e.result));
}

static int all_pages(struct client *client, struct printing *p, struct err *err)
{
	const struct paged_settings *set = p->list->set;
	int page = set->page ? (int)set->page : 1, first = page, r;

	while ((r = one_page(client, p, page, err)) > 0)
		if (++page - first >= PAGE_MAX)
			return err_set(err, ERR_PROTOCOL, "the list did not end after %d pages",
				       PAGE_MAX);
	return r;
}

int paged_print(struct client *client, const struct paged *list, struct err *err)
{
	struct printing p = { .list = list };
	int r;

	table_init(&p.table, list->heads, list->columns);
	p.table.dispensable = list->dispensable;
	r = all_pages(client, &p, err);
	table_clear(&p.table);
	if (r == 0 && list->json)
		puts(p.rows ? "]" : "[]");
	return r;
}
