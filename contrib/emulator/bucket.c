/* SPDX-License-Identifier: MIT */
/* bucket.c -- the R2 buckets that --bucket made. */
#include <strings.h>

#include "handlers.h"

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct folder *const *)a)->name,
		      (*(const struct folder *const *)b)->name);
}

static struct json_object *object(const struct folder *bucket)
{
	struct json_object *obj = json_object_new_object();

	js_str(obj, "name", bucket->name);
	js_str(obj, "creation_date", "2025-01-01T00:00:00.000Z");
	js_str(obj, "location", "weur");
	js_str(obj, "jurisdiction", "default");
	js_str(obj, "storage_class", "Standard");
	return obj;
}

void bucket_list(struct request *req)
{
	static const char *const directions[] = { "asc", "desc", NULL };
	static const char *const orders[] = { "name", NULL };
	const struct settings *set = req->em->set;
	const char *contains = request_param(req, "name_contains"), *direction, *order;
	const char *after = request_param(req, "cursor");
	const struct folder *sorted[MAX_FOLDERS];
	struct json_object *result, *rows, *info;
	const char *last = NULL;
	bool more = false, desc;
	int64_t per_page;

	if (request_int(req, "per_page", 20, 1, 1000, &per_page) < 0 ||
	    request_enum(req, "direction", directions, &direction) < 0 ||
	    request_enum(req, "order", orders, &order) < 0)
		return;
	if (!set->nbuckets) {
		answer_error(req, 403, 10042, "Please enable R2 through the Cloudflare Dashboard.");
		return;
	}
	if (!after)
		after = request_param(req, "start_after");
	desc = direction && !strcmp(direction, "desc");
	for (int i = 0; i < set->nbuckets; i++)
		sorted[i] = &set->buckets[i];
	qsort(sorted, (size_t)set->nbuckets, sizeof(sorted[0]), by_name);
	rows = json_object_new_array();
	for (int i = 0; i < set->nbuckets; i++) {
		const struct folder *b = sorted[desc ? set->nbuckets - 1 - i : i];
		int cmp = after ? strcmp(b->name, after) : 0;

		if ((contains && !strstr(b->name, contains)) ||
		    (after && (desc ? cmp >= 0 : cmp <= 0)))
			continue;
		more = (int64_t)json_object_array_length(rows) == per_page;
		if (more)
			break;
		json_object_array_add(rows, object(b));
		last = b->name;
	}
	result = json_object_new_object();
	json_object_object_add(result, "buckets", rows);
	info = json_object_new_object();
	js_int(info, "per_page", per_page);
	if (more)
		js_str(info, "cursor", last);
	answer_ok(req, 200, result, info);
}
