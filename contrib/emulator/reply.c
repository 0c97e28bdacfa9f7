/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <unistd.h>

#define BIG_BODY (65 * 1024 * 1024)

const struct fault *reply_fault(struct request *req)
{
	struct emulator *em = req->em;
	char path[1024];
	size_t skip = strlen("/client/v4");

	if (!em->set->nfaults || !req->target || strlen(req->target) < skip)
		return NULL;
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(req->target + skip, "?"),
		 req->target + skip);
	return fault_take(em->set->faults, em->set->nfaults, req->method, path);
}

/* A client that puts its token into a URL is wrong; the log shall not make it worse. */
static void hide_values(char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	enum { VALUE_MIN = 40 };	/* the shortest token value; ids and UUIDs are shorter */

	while (*text) {
		size_t n = strspn(text, alphabet);

		if (n >= VALUE_MIN)
			memset(text, '*', n);
		text += n > 0 ? n : 1;
	}
}

/* One write per line, so that lines of different threads do not mix. */
static void log_request(struct request *req, int status, uint64_t bytes)
{
	char target[2048], line[2400], when[RFC3339_SIZE];
	int len;

	if (req->em->log_fd < 0)
		return;
	rfc3339_format(now_s(), when);
	escape_text(target, sizeof(target), req->target ? req->target : "",
		    req->target ? strlen(req->target) : 0);
	hide_values(target);
	len = snprintf(line, sizeof(line), "%s %s %s %d %s %llu %lld\n", when, req->method, target,
		       status, *req->caller.id ? req->caller.id : "-",
		       (unsigned long long)bytes, (long long)(now_ms() - req->started_ms));
	if (len > 0 && write(req->em->log_fd, line, (size_t)len) < 0)
		return;		/* a full disk must not end the emulator */
}

static struct json_object *swap_types(struct json_object *value)
{
	struct json_object *out;

	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_double:
	case json_type_boolean:
		return json_object_new_string(json_object_get_string(value));
	case json_type_string:
		return json_object_new_int(7);
	case json_type_array:
		out = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(value); i++)
			json_object_array_add(out,
					      swap_types(json_object_array_get_idx(value, i)));
		return out;
	case json_type_object:
		out = json_object_new_object();
		json_object_object_foreach(value, key, member)
			json_object_object_add(out, key, swap_types(member));
		return out;
	default:
		return NULL;
	}
}

static void spoil_json(struct request *req, enum fault_action action)
{
	struct json_object *body = req->answer.body, *result;

	if (action == FAULT_SUCCESS_FALSE) {
		answer_error(req, 200, 7001, "fault on demand");
	} else if (action == FAULT_NULL_RESULT) {
		json_object_object_add(body, "result", NULL);
	} else if (action == FAULT_WRONG_TYPES) {
		result = swap_types(js_get(body, "result"));
		json_object_object_add(body, "result", result);
	} else if (action == FAULT_DEGRADED) {
		result = json_object_new_object();
		js_bool(result, "degraded", true);
		js_raw(result, "file_embed_errors", "{}");
		js_raw(result, "index_source_errors", "{}");
		json_object_object_add(body, "result", result);
	}
}

struct stream {			/* a body that is not simply in memory */
	char *data;
	size_t len, stop;	/* bytes; where it breaks off */
	bool big;
	struct emulator *stalls;	/* does not break off there, but waits; or NULL */
};

static ssize_t stream_read(void *cls, uint64_t pos, char *out, size_t max)
{
	struct stream *s = cls;

	if (pos >= s->stop) {
		if (s->stalls)
			emulator_sleep(s->stalls, -1, NULL);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (max > s->stop - pos)
		max = (size_t)(s->stop - pos);
	if (s->big)
		memset(out, pos ? ' ' : '{', max);
	else
		memcpy(out, s->data + pos, max);
	return (ssize_t)max;
}

static void stream_free(void *cls)
{
	struct stream *s = cls;

	free(s->data);
	free(s);
}

static struct MHD_Response *stream(const void *data, size_t len, size_t stop, bool big,
				   struct emulator *stalls)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct MHD_Response *response;

	if (!s)
		return NULL;
	*s = (struct stream){ .data = big ? NULL : malloc(len + 1), .len = len, .stop = stop,
			      .big = big, .stalls = stalls };
	if (!big && !s->data) {
		free(s);
		return NULL;
	}
	if (!big)
		memcpy(s->data, data, len);
	response = MHD_create_response_from_callback(len, 65536, stream_read, s, stream_free);
	if (!response)
		stream_free(s);
	return response;
}

static void add_headers(struct request *req, struct MHD_Response *response, const char *type)
{
	const struct limit_state *limit = &req->answer.limit;
	char text[80], ray[HEX_SIZE];

	MHD_add_response_header(response, "Content-Type", type);
	random_hex(ray);
	snprintf(text, sizeof(text), "%.16s-EMU", ray);
	MHD_add_response_header(response, "cf-ray", text);
	snprintf(text, sizeof(text), "\"default\";r=%d;t=%d", limit->left, limit->reset_s);
	MHD_add_response_header(response, "Ratelimit", text);
	snprintf(text, sizeof(text), "\"default\";q=%d;w=%d", limit->requests, limit->seconds);
	MHD_add_response_header(response, "Ratelimit-Policy", text);
	if (req->answer.retry_after) {
		snprintf(text, sizeof(text), "%d", req->answer.retry_after);
		MHD_add_response_header(response, "Retry-After", text);
	}
}

static struct MHD_Response *plain(const void *data, size_t len)
{
	return MHD_create_response_from_buffer(len, (void *)data, MHD_RESPMEM_MUST_COPY);
}

enum MHD_Result reply(struct request *req)
{
	static const char html[] = "<html><head><title>502 Bad Gateway</title></head>"
				   "<body><center><h1>502 Bad Gateway</h1></center></body></html>\n";
	enum fault_action action = req->fault ? req->fault->action : FAULT_NONE;
	struct answer *answer = &req->answer;
	struct MHD_Response *response;
	const char *data, *type;
	enum MHD_Result r;
	size_t len;

	if (action == FAULT_HANG || action == FAULT_DROP) {
		log_request(req, 0, 0);	/* a story may wait for the line of a request that hangs */
		if (action == FAULT_HANG)
			emulator_sleep(req->em, -1, NULL);
		return MHD_NO;
	}
	if (answer->body)
		spoil_json(req, action);
	data = answer->body ? js_text(answer->body) : answer->raw.data;
	len = answer->body ? strlen(data) : answer->raw.len;
	type = answer->type ? answer->type : "application/octet-stream";
	switch (action) {
	case FAULT_HTML:
		answer->status = 502;
		type = "text/html; charset=UTF-8";
		len = sizeof(html) - 1;
		response = plain(html, len);
		break;
	case FAULT_EMPTY:
		len = 0;
		response = plain("", 0);
		break;
	case FAULT_NOTJSON:
		len = 21;
		response = plain("this is not JSON {]\r\n", len);
		break;
	case FAULT_TRUNCATE:
		response = stream(data, len, len / 2, false, NULL);
		break;
	case FAULT_STALL:
		response = stream(data, len, len / 2, false, req->em);
		break;
	case FAULT_BIG:
		len = BIG_BODY;
		response = stream(NULL, len, len, true, NULL);
		break;
	default:
		response = plain(data, len);
	}
	if (!response)
		return MHD_NO;
	add_headers(req, response, type);
	/* Logged before it is sent: who has the answer can rely on finding the line. */
	log_request(req, answer->status, len);
	r = MHD_queue_response(req->conn, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return r;
}
