/* SPDX-License-Identifier: MIT */
/* profile_json.c -- profiles <-> the text of their file. */
#include <stddef.h>
#include <string.h>

#include "cloudflare/json.h"
#include "provision/profile.h"

#define FORMAT 1

enum kind { TEXT, LIST, SECONDS };

/* The members of a profile; nothing else is one. */
static const struct field {
	const char *key;
	enum kind kind;
	size_t at;
} fields[] = {
	{ "account", TEXT, offsetof(struct profile, account) },
	{ "owner", TEXT, offsetof(struct profile, owner) },
	{ "url", TEXT, offsetof(struct profile, url) },
	{ "ca_cert", TEXT, offsetof(struct profile, ca_cert) },
	{ "permissions", LIST, offsetof(struct profile, permissions) },
	{ "resources", LIST, offsetof(struct profile, resources) },
	{ "allow_ip", LIST, offsetof(struct profile, allow_ip) },
	{ "deny_ip", LIST, offsetof(struct profile, deny_ip) },
	{ "ttl", SECONDS, offsetof(struct profile, ttl_s) },
	{ "host", TEXT, offsetof(struct profile, host) },
	{ "path", TEXT, offsetof(struct profile, path) },
	{ "username", TEXT, offsetof(struct profile, username) },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static int take_text(struct json_object *obj, const char *key, char **out, struct err *err)
{
	return json_copy_needed(obj, key, out, err);
}

static int take_list(struct json_object *obj, const char *key, struct profile_list *out,
		     struct err *err)
{
	struct json_object *list;

	if (json_get_array(obj, key, &list, err) < 0)
		return -1;
	if (!list)		/* null */
		return err_set(err, ERR_CONFIG, "'%s' is null, expected a list", key);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (!json_object_is_type(one, json_type_string) ||
		    strlen(json_object_get_string(one)) !=
			    (size_t)json_object_get_string_len(one))
			return err_set(err, ERR_CONFIG, "'%s' holds something else than texts", key);
		if (out->count == PROFILE_LIST_MAX)
			return err_set(err, ERR_CONFIG, "'%s' has more than %d entries", key,
				       PROFILE_LIST_MAX);
		out->item[out->count] = strdup(json_object_get_string(one));
		if (!out->item[out->count])
			return err_nomem(err);
		out->count++;
	}
	return 0;
}

static int take_seconds(struct json_object *obj, const char *key, int64_t *out, struct err *err)
{
	struct count n;

	if (json_get_count(obj, key, &n, err) < 0)
		return -1;
	if (!n.known)
		return err_set(err, ERR_CONFIG, "'%s' is null, expected seconds", key);
	*out = n.value;
	return 0;
}

static int take_field(struct json_object *obj, const char *key, struct profile *out,
		      struct err *err)
{
	for (size_t i = 0; i < FIELDS; i++) {
		void *to = (char *)out + fields[i].at;

		if (strcmp(fields[i].key, key))
			continue;
		switch (fields[i].kind) {
		case TEXT:
			return take_text(obj, key, to, err);
		case LIST:
			return take_list(obj, key, to, err);
		case SECONDS:
			return take_seconds(obj, key, to, err);
		}
	}
	return err_set(err, ERR_CONFIG, "'%.40s' is no member of a profile", key);
}

static int decode_one(const char *name, struct json_object *obj, struct profile *out,
		      struct err *err)
{
	out->name = strdup(name);
	if (!out->name)
		return err_nomem(err);
	if (!json_object_is_type(obj, json_type_object))
		return err_set(err, ERR_CONFIG, "it is %s, expected an object",
			       json_type_to_name(json_object_get_type(obj)));
	json_object_object_foreach(obj, key, value) {
		(void)value;
		if (take_field(obj, key, out, err) < 0)
			return -1;
	}
	return profile_complete(out, err);
}

static int decode_all(struct json_object *list, struct profiles *out, struct err *err)
{
	json_object_object_foreach(list, name, obj) {
		scoped_profile struct profile one = { 0 };

		if (profile_check_name(name, err) < 0 || decode_one(name, obj, &one, err) < 0)
			return err_context(err, "profile '%.48s'", name);
		if (profiles_put(out, &one, err) < 0)
			return -1;
	}
	return 0;
}

static int decode_file(struct json_object *root, struct profiles *out, struct err *err)
{
	struct json_object *list;
	struct count version;

	if (!json_object_is_type(root, json_type_object))
		return err_set(err, ERR_CONFIG, "it is %s, expected an object",
			       json_type_to_name(json_object_get_type(root)));
	json_object_object_foreach(root, key, value) {
		(void)value;
		if (strcmp(key, "version") && strcmp(key, "profiles"))
			return err_set(err, ERR_CONFIG, "'%.40s' does not belong there", key);
	}
	if (json_get_count(root, "version", &version, err) < 0 ||
	    json_get_object(root, "profiles", &list, err) < 0)
		return -1;
	if (!version.known || version.value != FORMAT) {
		err_set(err, ERR_CONFIG, "'version' is not %d", FORMAT);
		return err_hint(err, "use the aisearch that wrote the file");
	}
	if (!list)
		return err_set(err, ERR_CONFIG, "'profiles' is missing");
	return decode_all(list, out, err);
}

int profiles_decode(const char *text, size_t len, struct profiles *out, struct err *err)
{
	scoped_json struct json_object *root = NULL;

	if (json_parse(text, len, &root, err) < 0) {
		/* json.h words it for an answer of the API */
		const char *answer = "the answer ";
		const size_t skip = strncmp(err->what, answer, strlen(answer)) ? 0 : strlen(answer);
		const struct err why = *err;

		return err_set(err, ERR_CONFIG, "%s%s", skip ? "it " : "", why.what + skip);
	}
	if (decode_file(root, out, err) == 0)
		return 0;
	if (err->kind == ERR_PROTOCOL || err->kind == ERR_USAGE)
		err->kind = ERR_CONFIG;
	return -1;
}

/* --- encode ------------------------------------------------------------------------ */

static struct json_object *from_list(const struct profile_list *list)
{
	struct json_object *out = json_object_new_array();

	for (size_t i = 0; i < list->count; i++)
		json_object_array_add(out, json_object_new_string(list->item[i]));
	return out;
}

static struct json_object *from_profile(const struct profile *p)
{
	struct json_object *out = json_object_new_object();

	for (size_t i = 0; i < FIELDS; i++) {
		const void *from = (const char *)p + fields[i].at;
		const char *text = fields[i].kind == TEXT ? *(char *const *)from : NULL;
		struct json_object *value = NULL;

		if (text)
			value = json_object_new_string(text);
		else if (fields[i].kind == LIST && ((const struct profile_list *)from)->count > 0)
			value = from_list(from);
		else if (fields[i].kind == SECONDS)
			value = json_object_new_int64(*(const int64_t *)from);
		if (value)
			json_object_object_add(out, fields[i].key, value);
	}
	return out;
}

static int write_json(struct json_object *obj, struct buf *out, struct err *err)
{
	buf_adds(out, json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PRETTY |
						     JSON_C_TO_STRING_SPACED |
						     JSON_C_TO_STRING_NOSLASHESCAPE));
	return buf_adds(out, "\n") < 0 ? err_nomem(err) : 0;
}

int profile_encode(const struct profile *p, struct buf *out, struct err *err)
{
	scoped_json struct json_object *obj = from_profile(p);

	return write_json(obj, out, err);
}

int profiles_encode(const struct profiles *all, struct buf *out, struct err *err)
{
	scoped_json struct json_object *root = json_object_new_object();
	struct json_object *list = json_object_new_object();

	json_object_object_add(root, "version", json_object_new_int(FORMAT));
	json_object_object_add(root, "profiles", list);
	for (size_t i = 0; i < all->count; i++)
		json_object_object_add(list, all->one[i].name, from_profile(&all->one[i]));
	return write_json(root, out, err);
}
