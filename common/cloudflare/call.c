/* SPDX-License-Identifier: MIT */
#include "cloudflare/call.h"

#include <string.h>

#include "base/utf8.h"

#define BODY_MAX (1024u * 1024)

int call_json(struct client *client, const char *method, const struct buf *path,
	      struct json_object *body, const char *permission, struct json_object **out,
	      struct err *err)
{
	scoped_envelope struct envelope e = { 0 };
	scoped_buf struct buf text = BUF(BODY_MAX);
	struct client_call call = { .method = method, .path = path->data, .permission = permission };

	if (path->failed)
		return err_set(err, ERR_INPUT, "the request's URL is too long");
	if (body) {
		buf_adds(&text, json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
		if (!text.failed && !utf8_valid(text.data, text.len))
			return err_set(err, ERR_USAGE, "a text that is to be sent is not UTF-8");
		call.body = &text;
	}
	if (client_call(client, &call, &e, err) < 0)
		return -1;
	if (out)
		*out = json_object_get(e.result);
	return 0;
}

void call_add_escaped(struct buf *path, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++)
		if (strchr(plain, *text))
			buf_add(path, text, 1);
		else
			buf_addf(path, "%%%02X", (unsigned)(unsigned char)*text);
}

static void add_name(struct buf *path, const char *name)
{
	bool first = path->len == 0 || !memchr(path->data, '?', path->len);

	buf_addf(path, "%c%s=", first ? '?' : '&', name);
}

void call_add_query(struct buf *path, const char *name, const char *value)
{
	if (!value)
		return;
	add_name(path, name);
	call_add_escaped(path, value);
}

void call_add_query_number(struct buf *path, const char *name, int64_t value)
{
	add_name(path, name);
	buf_addf(path, "%lld", (long long)value);
}
