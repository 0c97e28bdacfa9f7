/* SPDX-License-Identifier: MIT */
#include "json/parse.h"

#include <json-c/printbuf.h>
#include <string.h>

static void free_tokener(struct json_tokener **t)
{
	if (!*t)
		return;
	/* the scratch buffer may hold a secret */
	if ((*t)->pb && (*t)->pb->buf)
		secret_wipe((*t)->pb->buf, (size_t)(*t)->pb->size);
	json_tokener_free(*t);
}

/* Makes the scratch buffer as large as it can get: growing, it would leave copies behind. */
static int make_room(struct json_tokener *t, size_t len)
{
	if (printbuf_memset(t->pb, 0, 0, (int)len + 1) < 0)
		return -1;
	printbuf_reset(t->pb);
	return 0;
}

int json_read(const char *what, const char *text, size_t len, struct json_object **out,
	      struct err *err)
{
	SCOPED(free_tokener) struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX);
	scoped_json struct json_object *obj = NULL;

	if (!t)
		return err_nomem(err);
	if (len == 0)
		return err_set(err, ERR_PROTOCOL, "%s is empty, expected JSON", what);
	if (len >= INT32_MAX / 2)
		return err_set(err, ERR_PROTOCOL, "%s is too long for JSON", what);
	if (make_room(t, len) < 0)
		return err_nomem(err);
	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(t, text, (int)len);

	enum json_tokener_error why = json_tokener_get_error(t);
	size_t end = json_tokener_get_parse_end(t);
	if (why == json_tokener_continue) {
		/* a bare number needs a byte behind it to be known complete */
		struct json_object *last = json_tokener_parse_ex(t, "\n", 1);
		if (json_tokener_get_error(t) != json_tokener_success)
			return err_set(err, ERR_PROTOCOL,
				       "%s ends in the middle of its JSON", what);
		obj = last;
		end = len;
	} else if (why != json_tokener_success) {
		return err_set(err, ERR_PROTOCOL, "%s is not JSON: %s at byte %zu", what,
			       json_tokener_error_desc(why), end);
	}
	for (; end < len; end++)
		if (!strchr(" \t\r\n", text[end]) || !text[end])
			return err_set(err, ERR_PROTOCOL,
				       "%s is not JSON: something follows it at byte %zu", what, end);
	if (!obj)
		return err_set(err, ERR_PROTOCOL, "%s is null, expected an object", what);
	*out = STEAL(obj);
	return 0;
}

int json_move_secret(struct json_object *string, struct secret **out, struct err *err)
{
	char *text = (char *)json_object_get_string(string);
	size_t len = (size_t)json_object_get_string_len(string);
	int r = secret_new(text, len, out, err);

	secret_wipe(text, len);
	return r;
}

/* -1 when there are not four hex digits; that is for json-c to refuse. */
static int code_unit(const char *text, size_t len)
{
	int unit = 0;

	if (len < 6 || text[0] != '\\' || text[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, text[i] | 0x20);

		if (!text[i] || !at)
			return -1;
		unit = unit * 16 + (int)(at - digits);
	}
	return unit;
}

bool json_has_whole_escapes(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\\')
			continue;
		int unit = code_unit(text + i, len - i);
		if (unit >= 0xdc00 && unit <= 0xdfff)
			return false;
		if (unit >= 0xd800 && unit < 0xdc00) {
			int low = code_unit(text + i + 6, len - i - 6);

			if (low < 0xdc00 || low > 0xdfff)
				return false;
			i += 6;
		}
		i += unit < 0 ? 1 : 5;	/* a quoted backslash begins nothing */
	}
	return true;
}
