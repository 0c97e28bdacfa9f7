/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <ctype.h>
#include <errno.h>

#include "route.h"

static const char base_path[] = "/client/v4/";

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place.  false for a broken escape, or one that hides a NUL. */
static bool decode(char *text, bool plus_is_space)
{
	char *out = text;

	for (; *text; text++) {
		char c = *text;

		if (c == '%') {
			int hi = hex_digit(text[1]), lo = hi < 0 ? -1 : hex_digit(text[2]);

			if (lo < 0 || !(hi | lo))
				return false;
			c = (char)(hi * 16 + lo);
			text += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		*out++ = c;
	}
	*out = '\0';
	return true;
}

static bool parse_query(struct request *req, char *query)
{
	char *save = NULL;

	for (char *one = strtok_r(query, "&", &save); one; one = strtok_r(NULL, "&", &save)) {
		char *value = strchr(one, '=');

		if (value)
			*value++ = '\0';
		if (req->nparam == MAX_PARAMS || !decode(one, true) ||
		    (value && !decode(value, true)))
			return false;
		req->param[req->nparam++] = (struct param){ one, value ? value : "" };
	}
	return true;
}

bool request_parse_target(struct request *req)
{
	char *path, *query, *save = NULL;

	req->text = strdup(req->target);
	if (!req->text || strncmp(req->text, base_path, sizeof(base_path) - 1))
		return false;
	path = req->text + sizeof(base_path) - 1;
	query = strchr(path, '?');
	if (query) {
		*query++ = '\0';
		if (!parse_query(req, query))
			return false;
	}
	for (char *one = strtok_r(path, "/", &save); one; one = strtok_r(NULL, "/", &save)) {
		if (req->nseg == MAX_SEGMENTS || !decode(one, false))
			return false;
		req->seg[req->nseg++] = one;
	}
	return true;
}

void request_free(struct request *req)
{
	free(req->target);
	free(req->text);
	buf_clear(&req->body);
	free(req->upload.name);
	free(req->upload.metadata);
	buf_clear(&req->upload.file);
	json_object_put(req->caller.policies);
	json_object_put(req->json);
	json_object_put(req->answer.body);
	buf_clear(&req->answer.raw);
	free(req);
}

const char *request_param(const struct request *req, const char *name)
{
	for (int i = 0; i < req->nparam; i++)
		if (!strcmp(req->param[i].name, name))
			return req->param[i].value;
	return NULL;
}

int request_int(struct request *req, const char *name, int64_t otherwise, int64_t min,
		int64_t max, int64_t *out)
{
	const char *text = request_param(req, name);
	char message[120], *end;

	*out = otherwise;
	if (!text)
		return 0;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (*text && !*end && !errno && *out >= min && *out <= max)
		return 0;
	snprintf(message, sizeof(message), "Expected an integer from %lld to %lld", (long long)min,
		 (long long)max);
	answer_invalid_at(req, "query", name, message);
	return -1;
}

int request_enum(struct request *req, const char *name, const char *const *words,
		 const char **out)
{
	*out = request_param(req, name);
	if (!*out)
		return 0;
	for (; *words; words++)
		if (!strcmp(*words, *out))
			return 0;
	answer_invalid_at(req, "query", name, "Invalid enum value");
	return -1;
}

int request_page(struct request *req, int64_t min, int64_t max, int64_t max_page,
		 struct page *page)
{
	if (request_int(req, "page", 1, 1, max_page, &page->page) < 0)
		return -1;
	return request_int(req, "per_page", 20, min, max, &page->per_page);
}

struct json_object *page_info(const struct page *page, struct json_object *rows)
{
	struct json_object *info = json_object_new_object();

	js_int(info, "page", page->page);
	js_int(info, "per_page", page->per_page);
	js_int(info, "count", (int64_t)json_object_array_length(rows));
	js_int(info, "total_count", page->total);
	return info;
}

/* --- answers --------------------------------------------------------------- */

static bool classic(const struct request *req)
{
	return !req->route || req->route->classic;
}

static void answer_json(struct request *req, int status, struct json_object *body)
{
	json_object_put(req->answer.body);
	req->answer.status = status;
	req->answer.body = body;
	req->answer.type = "application/json";
}

void answer_ok(struct request *req, int status, struct json_object *result,
	       struct json_object *info)
{
	struct json_object *body = json_object_new_object();

	js_bool(body, "success", true);
	json_object_object_add(body, "result", result);
	if (info)
		json_object_object_add(body, "result_info", info);
	if (classic(req)) {
		json_object_object_add(body, "errors", json_object_new_array());
		json_object_object_add(body, "messages", json_object_new_array());
	}
	answer_json(req, status, body);
}

static struct json_object *failure(struct request *req, int status, int code,
				   const char *message)
{
	struct json_object *body = json_object_new_object(), *errors = json_object_new_array(),
			   *one = json_object_new_object();
	/* The edge answers these for every family, in the classic shape. */
	bool edge = classic(req) || status == 401 || code == 971 || code == 9109 || code == 9106 ||
		    code == 6003 || code == 10000;

	js_bool(body, "success", false);
	js_int(one, "code", code);
	js_str(one, "message", message);
	json_object_array_add(errors, one);
	json_object_object_add(body, "errors", errors);
	if (edge)
		json_object_object_add(body, "messages", json_object_new_array());
	json_object_object_add(body, "result", edge ? NULL : json_object_new_object());
	answer_json(req, status, body);
	return one;
}

void answer_error(struct request *req, int status, int code, const char *message)
{
	failure(req, status, code, message);
}

void answer_invalid(struct request *req, const char *message, struct json_object *path)
{
	struct json_object *one = failure(req, 400, classic(req) ? 1001 : 7001, message);

	json_object_object_add(one, "path", path);
}

void answer_invalid_at(struct request *req, const char *where, const char *key,
		       const char *message)
{
	struct json_object *path = json_object_new_array();

	json_object_array_add(path, json_object_new_string(where));
	if (key)
		json_object_array_add(path, json_object_new_string(key));
	answer_invalid(req, message, path);
}
