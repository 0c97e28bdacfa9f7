/* SPDX-License-Identifier: MIT */
#include "cloudflare/job.h"

#include <string.h>

#include "cloudflare/call.h"
#include "cloudflare/page.h"

#define LOG_PAGE 500
#define LOG_PAGES_MAX 1000

void job_clear(struct job *j)
{
	free(j->id);
	free(j->source);
	free(j->description);
	free(j->end_reason);
	json_object_put(j->json);
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
	j.json = json_object_get(o);
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

static void add_job(struct client *client, const char *instance, const char *job_id,
		    struct buf *path)
{
	add_collection(client, instance, path);
	buf_adds(path, "/");
	call_add_escaped(path, job_id);
}

int job_get(struct client *client, const char *instance, const char *job_id, struct job *out,
	    struct err *err)
{
	scoped_json struct json_object *result = NULL;
	scoped_buf struct buf path = BUF(4096);

	add_job(client, instance, job_id, &path);
	if (call_json(client, "GET", &path, NULL, "AI Search Read", &result, err) < 0 ||
	    job_decode(result, out, err) < 0)
		return err_context(err, "reading job '%.64s'", job_id);
	return 0;
}

int job_cancel(struct client *client, const char *instance, const char *job_id, struct job *out,
	       struct err *err)
{
	scoped_json struct json_object *result = NULL, *body = json_object_new_object();
	scoped_buf struct buf path = BUF(4096);

	json_object_object_add(body, "action", json_object_new_string("cancel"));
	add_job(client, instance, job_id, &path);
	if (call_json(client, "PATCH", &path, body, "AI Search Edit", &result, err) < 0 ||
	    job_decode(result, out, err) < 0)
		return err_context(err, "cancelling job '%.64s'", job_id);
	return 0;
}

static int decode_log(struct json_object *o, struct job_log *out, struct err *err)
{
	struct json_object *at = NULL;
	struct count id, type;

	if (json_get_count(o, "id", &id, err) < 0 ||
	    json_get_count(o, "message_type", &type, err) < 0 ||
	    json_need_text(o, "message", &out->message, err) < 0)
		return -1;
	/* a number, perhaps with a fraction */
	json_object_object_get_ex(o, "created_at", &at);
	double when = json_object_is_type(at, json_type_int) || json_object_is_type(at, json_type_double)
		      ? json_object_get_double(at) : 0;
	out->created_at = when > 0 && when < 1e11 ? (int64_t)when : 0;
	out->id = id.known ? id.value : 0;
	out->type = type.known ? type.value : 0;
	out->json = o;
	return 0;
}

static int log_page(struct client *client, const char *instance, const char *job_id, int64_t *seen,
		    int (*each)(void *ctx, const struct job_log *line), void *ctx, size_t *rows,
		    struct err *err)
{
	scoped_json struct json_object *result = NULL;
	scoped_buf struct buf path = BUF(4096);

	add_job(client, instance, job_id, &path);
	buf_adds(&path, "/logs");
	call_add_query_number(&path, "page", *seen / LOG_PAGE + 1);
	call_add_query_number(&path, "per_page", LOG_PAGE);
	if (call_json(client, "GET", &path, NULL, "AI Search Read", &result, err) < 0)
		return -1;
	if (!json_object_is_type(result, json_type_array))
		return err_set(err, ERR_PROTOCOL, "'result' is %s, expected a list",
			       json_type_to_name(json_object_get_type(result)));
	*rows = json_object_array_length(result);
	for (size_t i = (size_t)(*seen % LOG_PAGE); i < *rows; i++) {
		struct job_log line;

		if (decode_log(json_object_array_get_idx(result, i), &line, err) < 0)
			return -1;
		int r = each(ctx, &line);
		if (r != 0)
			return r;
		++*seen;
	}
	return 0;
}

int job_logs(struct client *client, const char *instance, const char *job_id, int64_t *seen,
	     int (*each)(void *ctx, const struct job_log *line), void *ctx, struct err *err)
{
	for (int i = 0; i < LOG_PAGES_MAX; i++) {
		size_t rows = 0;
		int r = log_page(client, instance, job_id, seen, each, ctx, &rows, err);

		if (r < 0 && err->kind)
			return err_context(err, "reading the log of job '%.64s'", job_id);
		if (r != 0)
			return r;
		if (rows < LOG_PAGE)
			return 0;
	}
	return err_set(err, ERR_PROTOCOL, "the log did not end after %d pages", LOG_PAGES_MAX);
}
