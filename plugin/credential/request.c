/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

int request_read(int fd, struct buf *out, struct err *err)
{
	char chunk[4096];

	for (size_t total = 0; total < REQUEST_DRAIN;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_INPUT, errno, "cannot read the request");
		if (n == 0)
			break;
		total += (size_t)n;
		if (total <= REQUEST_MAX && buf_add(out, chunk, (size_t)n) < 0)
			return err_nomem(err);
		secret_wipe(chunk, (size_t)n);
		if (total > REQUEST_MAX)
			out->failed = true;
	}
	if (out->failed)
		return err_set(err, ERR_INPUT, "the request is longer than %d bytes", REQUEST_MAX);
	if (memchr(out->data, '\0', out->len))
		return err_set(err, ERR_INPUT, "the request contains a NUL byte");
	return 0;
}

int request_object(const char *what, const char *text, size_t len, struct json_object **out,
		   struct err *err)
{
	scoped_json struct json_object *o = NULL;

	if (!utf8_valid(text, len))	/* json-c lets overlong forms pass */
		return err_set(err, ERR_INPUT, "%s is not UTF-8", what);
	if (!json_has_whole_escapes(text, len))
		return err_set(err, ERR_INPUT, "%s has half a surrogate pair", what);
	if (json_read(what, text, len, &o, err) < 0) {
		if (err->kind == ERR_PROTOCOL)
			err->kind = ERR_INPUT;
		return -1;
	}
	if (!json_object_is_type(o, json_type_object))
		return err_set(err, ERR_INPUT, "%s is %s, expected an object", what,
			       json_type_to_name(json_object_get_type(o)));
	*out = STEAL(o);
	return 0;
}

static int take(const struct request_member *m, struct json_object *value, struct err *err)
{
	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return err_set(err, ERR_INPUT, "'%s' is %s, expected a string", m->name,
			       json_type_to_name(json_object_get_type(value)));
	size_t len = (size_t)json_object_get_string_len(value);
	if (memchr(json_object_get_string(value), '\0', len))
		return err_set(err, ERR_INPUT, "'%s' contains a NUL character", m->name);
	if (m->secret) {
		secret_free(STEAL(*m->secret));
		return json_move_secret(value, m->secret, err);
	}
	free(*m->text);
	*m->text = strndup(json_object_get_string(value), len);
	return *m->text ? 0 : err_nomem(err);
}

static const struct request_member *find(const struct request_member *members, size_t count,
					 const char *name, unsigned rules)
{
	for (size_t i = 0; i < count; i++)
		if (rules & REQUEST_ANY_CASE ? !strcasecmp(members[i].name, name) :
					       !strcmp(members[i].name, name))
			return &members[i];
	return NULL;
}

static int decode(struct json_object *o, const struct request_member *members, size_t count,
		  unsigned rules, struct err *err)
{
	json_object_object_foreach(o, name, value) {
		const struct request_member *m = find(members, count, name, rules);

		if (!m && (rules & REQUEST_NO_OTHERS))
			return err_set(err, ERR_INPUT,
				       "the request has a member '%.40s', which cannot"
				       " be kept", name);
		if (m && take(m, value, err) < 0)
			return -1;
	}
	return 0;
}

/* Also what was refused, or was not asked for, may be a secret. */
static void wipe(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string)) {
		secret_wipe((char *)json_object_get_string(value),
			    (size_t)json_object_get_string_len(value));
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			wipe(json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member) {
			(void)name;
			wipe(member);
		}
	}
}

int request_decode(const struct buf *text, const struct request_member *members, size_t count,
		   unsigned rules, struct err *err)
{
	scoped_json struct json_object *o = NULL;

	if (request_object("the request", text->data, text->len, &o, err) < 0)
		return -1;
	int r = decode(o, members, count, rules, err);
	wipe(o);
	return r;
}
