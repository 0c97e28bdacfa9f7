/* SPDX-License-Identifier: MIT */
#include "cloudflare/page.h"

#include <string.h>

#include "cloudflare/instance.h"

/* Pure; declared in instance.h because the poller asks it too. */
bool instance_more_pages(const struct envelope *e, int page, size_t rows)
{
	int64_t per_page = e->per_page.known && e->per_page.value > 0 ? e->per_page.value
								      : INSTANCE_PAGE;

	if (rows == 0)
		return false;
	if (!e->total_count.known)
		return (int64_t)rows >= per_page;
	return (int64_t)page * per_page < e->total_count.value;
}

int page_walk(struct client *client, const struct page_walk *walk, struct err *err)
{
	scoped_buf struct buf path = BUF(4096);
	int max = walk->page_max > 0 ? walk->page_max : PAGE_MAX;

	for (int page = 1; page <= max; page++) {
		scoped_envelope struct envelope e = { 0 };

		buf_reset(&path);
		buf_addf(&path, "%s%cpage=%d&per_page=%d", walk->path,
			 strchr(walk->path, '?') ? '&' : '?', page, walk->per_page);
		if (path.failed)
			return err_set(err, ERR_INPUT, "the request's URL is too long");
		struct client_call call = { .method = "GET", .path = path.data,
					    .permission = walk->permission };
		if (client_call(client, &call, &e, err) < 0)
			return -1;
		if (!json_object_is_type(e.result, json_type_array))
			return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
				       json_type_to_name(json_object_get_type(e.result)));
		size_t rows = json_object_array_length(e.result);
		for (size_t i = 0; i < rows; i++) {
			int r = walk->row(walk->ctx, json_object_array_get_idx(e.result, i), err);
			if (r != 0)
				return r;
		}
		if (!instance_more_pages(&e, page, rows))
			return 0;
	}
	return err_set(err, ERR_PROTOCOL, "the list did not end after %d pages", max);
}
