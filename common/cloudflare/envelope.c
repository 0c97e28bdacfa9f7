/* SPDX-License-Identifier: MIT */
#include "cloudflare/envelope.h"

#include <stdio.h>
#include <string.h>

void envelope_clear(struct envelope *e)
{
	json_object_put(e->root);
	memset(e, 0, sizeof(*e));
}

/* Codes that mean more than their status; the rest follows from the status. */
static const struct {
	int code;
	enum err_kind kind;
	const char *hint;
} known_codes[] = {
	{ 7012, ERR_REMOTE, "the service token is unknown, rolled, revoked, not spread yet, or"
			    " lacks 'AI Search Index Engine': try again in a minute" },
	{ 7013, ERR_REMOTE, "the account's limit of instances is reached: delete one" },
	{ 7022, ERR_EXISTS, "" },
	{ 7042, ERR_EXISTS, "" },
	{ 7062, ERR_REMOTE, "the account's limit of namespaces is reached: delete one" },
	{ 7064, ERR_EXISTS, "" },
	{ 7020, ERR_LIMIT, "a job was started less than 30 seconds ago" },
	{ 7069, ERR_LIMIT, "the month's quota of queries is used up" },
	{ 7076, ERR_REMOTE, "instances still use it: delete or re-point them first" },
	{ 9106, ERR_AUTH, "no token was sent: aisearch login" },
	{ 6003, ERR_AUTH, "the token is malformed: aisearch login" },
	{ 10042, ERR_REMOTE, "enable R2 for the account in the dashboard" },
};

static enum err_kind kind_of(int status)
{
	switch (status) {
	case 401: return ERR_AUTH;
	case 403: return ERR_FORBIDDEN;
	case 404: return ERR_NOT_FOUND;
	case 409: return ERR_REMOTE;
	case 429: return ERR_LIMIT;
	default:  return ERR_REMOTE;
	}
}

static void hint_for(const struct envelope_input *in, struct err *err)
{
	for (size_t i = 0; i < sizeof(known_codes) / sizeof(known_codes[0]); i++) {
		if (known_codes[i].code != err->code || in->status < 400)
			continue;
		err->kind = known_codes[i].kind;
		if (known_codes[i].hint[0]) {
			err_hint(err, "%s", known_codes[i].hint);
			return;
		}
	}
	if (err->kind == ERR_AUTH && !err->hint[0])
		err_hint(err, "the token is wrong, revoked or expired: store a new one with"
			      " aisearch login");
	else if (err->kind == ERR_FORBIDDEN && in->permission)
		err_hint(err, "the token lacks the permission '%s' for this account",
			 in->permission);
	else if (err->kind == ERR_FORBIDDEN)
		err_hint(err, "the token lacks a permission, or belongs to another account");
	else if (err->kind == ERR_LIMIT && in->retry_after > 0)
		err_hint(err, "try again in %d second%s", in->retry_after,
			 in->retry_after == 1 ? "" : "s");
	else if (in->status >= 500)
		err_hint(err, "the fault is on the API's side: try again later%s%.40s",
			 in->cf_ray ? "; cf-ray " : "", in->cf_ray ? in->cf_ray : "");
}

/* "body.id" from ["body","id"] */
static void path_text(struct json_object *item, char *out, size_t size)
{
	struct json_object *path = NULL;
	struct err ignored = { 0 };

	out[0] = '\0';
	if (json_get_array(item, "path", &path, &ignored) < 0 || !path)
		return;
	for (size_t i = 0, o = 0; i < json_object_array_length(path) && o < size; i++) {
		const char *part = json_object_get_string(json_object_array_get_idx(path, i));
		int n = snprintf(out + o, size - o, "%s%.60s", i ? "." : "", part ? part : "?");
		o += n > 0 ? (size_t)n : 0;
	}
}

static int api_error(const struct envelope_input *in, struct json_object *root, struct err *err)
{
	struct json_object *errors = NULL, *item = NULL;
	const char *message = NULL, *url = NULL;
	struct count code = { 0 };
	struct err ignored = { 0 };
	char where[160];

	where[0] = '\0';
	json_get_array(root, "errors", &errors, &ignored);
	if (errors && json_object_array_length(errors) > 0)
		item = json_object_array_get_idx(errors, 0);
	if (json_object_is_type(item, json_type_object)) {
		json_get_text(item, "message", &message, &ignored);
		json_get_text(item, "documentation_url", &url, &ignored);
		json_get_count(item, "code", &code, &ignored);
		path_text(item, where, sizeof(where));
	}
	char number[32] = "";
	if (code.known)
		snprintf(number, sizeof(number), ", code %lld", (long long)code.value);
	err_set(err, kind_of(in->status), "HTTP %d%s: %s%s%.120s%s%.80s%s", in->status,
		number, where,
		where[0] ? ": " : "", message ? message : "the API gave no reason",
		url ? " (" : "", url ? url : "", url ? ")" : "");
	err->status = in->status;
	err->code = code.known && code.value < INT32_MAX ? (int)code.value : 0;
	err->retry_after = in->retry_after;
	hint_for(in, err);
	return -1;
}

static int not_json(const struct envelope_input *in, const struct err *why, struct err *err)
{
	const char *type = in->content_type ? in->content_type : "no content type";

	if (in->status >= 200 && in->status < 300) {
		*err = *why;
		err_context(err, "HTTP %d", in->status);
		err->status = in->status;
		return err_hint(err, "is the base URL that of the API? it ends in /client/v4");
	}
	err_set(err, kind_of(in->status), "HTTP %d (%.60s), without the API's JSON",
		in->status, type);
	err->status = in->status;
	err->retry_after = in->retry_after;
	hint_for(in, err);
	return -1;
}

static int paging(struct json_object *root, struct envelope *out, struct err *err)
{
	struct json_object *info;

	if (json_get_object(root, "result_info", &info, err) < 0)
		return -1;
	if (!info)
		return 0;
	return json_get_count(info, "page", &out->page, err) ||
	       json_get_count(info, "per_page", &out->per_page, err) ||
	       json_get_count(info, "count", &out->count, err) ||
	       json_get_count(info, "total_count", &out->total_count, err) ? -1 : 0;
}

int envelope_decode(const struct envelope_input *in, struct envelope *out, struct err *err)
{
	scoped_json struct json_object *root = NULL;
	struct err why = { 0 };
	struct flag success;

	memset(out, 0, sizeof(*out));
	if (in->status == 204 && in->len == 0)
		return 0;
	if (json_parse(in->body, in->len, &root, &why) < 0)
		return not_json(in, &why, err);
	if (!json_object_is_type(root, json_type_object)) {
		err_set(&why, ERR_PROTOCOL, "the answer is a JSON %s, expected an object",
			json_type_to_name(json_object_get_type(root)));
		return not_json(in, &why, err);
	}
	bool good = in->status >= 200 && in->status < 300;
	if (!in->bare || !good) {
		int r = json_get_flag(root, "success", &success, err);
		if (r == 0 && good && !success.known)
			r = err_set(err, ERR_PROTOCOL, "'success' is missing");
		if (r < 0) {
			err->status = in->status;
			return err_context(err, "HTTP %d", in->status);
		}
		if (!good || !success.value)
			return api_error(in, root, err);
	}
	if (in->bare) {
		/* not by its status, but by what it says */
		if (json_get_flag(root, "success", &success, err) == 0 && success.known && !success.value)
			return api_error(in, root, err);
		*err = (struct err){ 0 };
		out->result = root;
	} else {
		json_object_object_get_ex(root, "result", &out->result);
		if (paging(root, out, err) < 0)
			return -1;
	}
	out->root = STEAL(root);
	return 0;
}
