/* SPDX-License-Identifier: MIT */
#include "cloudflare/job.h"

#include <string.h>

#include "cloudflare/page.h"

void job_clear(struct job *j)
{
	free(j->id);
	free(j->source);
	free(j->description);
	free(j->end_reason);
	memset(j, 0, sizeof(*j));
}

int job_decode(struct json_object *o, struct job *out, struct err *err)
{
	scoped_job struct job j = { 0 };

	if (json_copy_needed(o, "id", &j.id, err) < 0 ||
	    json_copy_text(o, "source", &j.source, err) < 0 ||
	    json_copy_text(o, "description", &j.description, err) < 0 ||
	    json_copy_text(o, "end_reason", &j.end_reason, err) < 0 ||
	    json_get_instant(o, "started_at", &j.started_at, err) < 0 ||
	    json_get_instant(o, "ended_at", &j.ended_at, err) < 0)
		return -1;
	*out = j;
	memset(&j, 0, sizeof(j));
	return 0;
}

static void add_collection(struct client *client, const char *instance, struct buf *path)
{
	client_add_instance(client, instance, path);
	buf_adds(path, "/jobs");
}

struct each_job {
	int (*each)(void *ctx, const struct job *job);
	void *ctx;
};

static int job_row(void *ctx, struct json_object *row, struct err *err)
{
	struct each_job *e = ctx;
	scoped_job struct job j = { 0 };

	return job_decode(row, &j, err) < 0 ? -1 : e->each(e->ctx, &j);
}

int job_list(struct client *client, const char *instance,
	     int (*each)(void *ctx, const struct job *job), void *ctx, struct err *err)
{
	scoped_buf struct buf path = BUF(1024);
	struct each_job e = { each, ctx };

	add_collection(client, instance, &path);
	struct page_walk walk = { .path = path.data, .permission = "AI Search Read",
				  .per_page = 100, .row = job_row, .ctx = &e };
	int r = page_walk(client, &walk, err);
	return r < 0 && err->kind ? err_context(err, "listing jobs of '%s'", instance) : r;
}

int job_create(struct client *client, const char *instance, const char *description,
	       struct job *out, struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf path = BUF(1024), body = BUF(4096);

	add_collection(client, instance, &path);
	buf_adds(&body, "{");
	if (description) {
		buf_adds(&body, "\"description\":");
		buf_add_json(&body, description, strlen(description));
	}
	buf_adds(&body, "}");
	struct client_call call = { .method = "POST", .path = path.data, .body = &body,
				    .permission = "AI Search Edit" };
	if (client_call(client, &call, &e, err) < 0 || job_decode(e.result, out, err) < 0)
		return err_context(err, "starting a job for '%s'", instance);
	return 0;
}
