/* SPDX-License-Identifier: MIT */
#include "cloudflare/usage.h"

#include "cloudflare/page.h"

struct walking {
	int (*each)(void *ctx, struct instance *instance);
	void *ctx;
};

static int on_row(void *ctx, struct json_object *row, struct err *err)
{
	struct walking *w = ctx;
	scoped_instance struct instance i = { 0 };

	return instance_decode(row, &i, err) < 0 ? -1 : w->each(w->ctx, &i);
}

int usage_walk(struct client *client, int (*each)(void *ctx, struct instance *instance), void *ctx,
	       struct err *err)
{
	struct walking w = { each, ctx };
	scoped_buf struct buf path = BUF(512);
	struct page_walk walk = { .permission = "AI Search Read", .per_page = INSTANCE_PAGE,
				  .row = on_row, .ctx = &w };

	client_add_account(client, &path);
	buf_adds(&path, "/ai-search/instances");
	walk.path = path.data;
	int r = page_walk(client, &walk, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	buf_reset(&path);
	client_add_instances(client, &path);
	walk.path = path.data;
	return page_walk(client, &walk, err);
}
