/* SPDX-License-Identifier: MIT */
#include "cloudflare/body.h"

#include <stdio.h>
#include <string.h>

#include "cloudflare/body_list.h"
#include "cloudflare/client.h"
#include "json/parse.h"

const struct body_field *body_field(const struct body_field *table, const char *path)
{
	for (; table->path; table++)
		if (!strcmp(table->path, path))
			return table;
	return NULL;
}

static bool is_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (const char *word = words; *word; word += *word == '|') {
		size_t n = strcspn(word, "|");

		if (n == len && !memcmp(word, text, n))
			return true;
		word += n;
	}
	return false;
}

/* "a whole number from 1 to 50": what is allowed; buf is for it. */
static const char *allowed(const struct body_field *f, char *buf, size_t size)
{
	static const char *const kinds[] = { "a text", "a whole number", "a number", "true or false",
					     "a list of texts", "a list" };
	const char *kind = kinds[f->type];
	long long min = f->min, max = f->max;

	if (f->words && f->type != BODY_JSON)
		snprintf(buf, size, "%s", f->words);
	else if (f->type == BODY_TEXT && f->max)
		snprintf(buf, size, "%s of %lld to %lld bytes", kind, min, max);
	else if (!f->max)
		snprintf(buf, size, "%s", kind);
	else if (f->max == INT64_MAX)
		snprintf(buf, size, "%s, at least %lld", kind, min);
	else
		snprintf(buf, size, "%s from %lld to %lld", kind, min, max);
	return buf;
}

static int refuse(const struct body_field *f, struct json_object *value, struct err *err)
{
	const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE);
	char buf[128];

	err_set(err, ERR_USAGE, "%s may not be %.60s%s", f->path, text, strlen(text) > 60 ? "..." : "");
	return err_hint(err, "%s%s%s", allowed(f, buf, sizeof(buf)), f->flag ? "; as an option --" : "",
			f->flag ? f->flag : "");
}

static bool is_plain(struct json_object *value)	/* a text without NUL */
{
	return json_object_is_type(value, json_type_string) &&
	       strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value);
}

static bool text_fits(const struct body_field *f, struct json_object *value)
{
	if (!is_plain(value))
		return false;
	int64_t len = json_object_get_string_len(value);
	return (!f->max || (len >= f->min && len <= f->max)) &&
	       (!f->words || is_word(f->words, json_object_get_string(value)));
}

static bool number_fits(const struct body_field *f, struct json_object *value)
{
	char text[32];

	if (!json_object_is_type(value, json_type_int))
		return false;
	int64_t n = json_object_get_int64(value);
	/* where json-c ends: it was larger */
	if (n == INT64_MAX || n == INT64_MIN)
		return false;
	snprintf(text, sizeof(text), "%lld", (long long)n);
	return f->words ? is_word(f->words, text) : !f->max || (n >= f->min && n <= f->max);
}

static bool decimal_fits(const struct body_field *f, struct json_object *value)
{
	double d = json_object_get_double(value);

	return (json_object_is_type(value, json_type_int) ||
		json_object_is_type(value, json_type_double)) &&
	       (!f->max || (d >= (double)f->min && d <= (double)f->max));
}

static bool flag_fits(const struct body_field *f, struct json_object *value)
{
	return json_object_is_type(value, json_type_boolean) &&
	       (!f->words || is_word(f->words, json_object_get_boolean(value) ? "true" : "false"));
}

static bool texts_fit(struct json_object *value)
{
	if (!json_object_is_type(value, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *one = json_object_array_get_idx(value, i);

		if (!is_plain(one) || json_object_get_string_len(one) == 0)
			return false;
	}
	return true;
}

static int no_null(const char *path, const char *instead, struct err *err)
{
	err_set(err, ERR_USAGE, "%s cannot be null", path);
	return err_hint(err, "leave it out, or say %s", instead);
}

static int check(const struct body_field *f, struct json_object *value, struct err *err)
{
	bool fits = true;
	char buf[128];

	if (!value)
		return f->null ? 0 : no_null(f->path, allowed(f, buf, sizeof(buf)), err);
	switch (f->type) {
	case BODY_TEXT:
		fits = text_fits(f, value);
		break;
	case BODY_NUMBER:
		fits = number_fits(f, value);
		break;
	case BODY_DECIMAL:
		fits = decimal_fits(f, value);
		break;
	case BODY_FLAG:
		fits = flag_fits(f, value);
		break;
	case BODY_TEXTS:
		fits = texts_fit(value);
		break;
	case BODY_JSON:
		return body_check_list(f, value, err);
	}
	return fits ? 0 : refuse(f, value, err);
}

/* The next name of a dotted path into name; what follows it, or NULL.  Too long a name is "". */
static const char *next_name(const char *path, char name[64])
{
	size_t n = strcspn(path, ".");

	snprintf(name, 64, "%.*s", n < 64 ? (int)n : 0, path);
	return path[n] ? path + n + 1 : NULL;
}

int body_set(struct json_object *body, const struct body_field *field, struct json_object *value,
	     struct err *err)
{
	scoped_json struct json_object *owned = value;
	struct json_object *at = body, *in;
	const char *rest = field->path;
	char name[64];

	if (check(field, value, err) < 0)
		return -1;
	while ((rest = next_name(rest, name))) {
		if (!json_object_object_get_ex(at, name, &in) || !in) {
			in = json_object_new_object();
			if (!in || json_object_object_add(at, name, in) < 0)
				return err_nomem(err);
		}
		if (!json_object_is_type(in, json_type_object))
			return err_set(err, ERR_USAGE, "%s: '%s' is not an object", field->path, name);
		at = in;
	}
	if (json_object_object_add(at, name, owned) < 0)
		return err_nomem(err);
	owned = NULL;
	return 0;
}

/* Is it said at all?  *value is borrowed; ERR_USAGE when something on the way is no object. */
static int find(struct json_object *body, const char *path, bool *said, struct json_object **value,
		struct err *err)
{
	const char *rest = path;
	char name[64];

	*said = false;
	*value = body;
	while (rest) {
		if (*value && !json_object_is_type(*value, json_type_object))
			return err_set(err, ERR_USAGE, "'%s' is no object, but should hold %s", name, path);
		rest = next_name(rest, name);
		if (!*value || !json_object_object_get_ex(*value, name, value))
			return 0;
	}
	*said = true;
	return 0;
}

/* Objects that the contract has as nullable; a namespace's endpoint only in an update. */
static bool may_be_null(const struct body_field *table, const char *object, bool create)
{
	static const char *const all[] = { "source_params", "indexing_options", "retrieval_options" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(object, all[i]))
			return true;
	return table == body_namespace && !create && !strcmp(object, "public_endpoint_params");
}

/* Is an object on the way to this member null, and may not be? */
static int check_way(const struct body_field *table, struct json_object *body, const char *path,
		     bool create, struct err *err)
{
	const char *rest = path;
	char name[64], way[128];

	while ((rest = next_name(rest, name))) {
		snprintf(way, sizeof(way), "%.*s", (int)(rest - path - 1), path);
		if (!json_object_object_get_ex(body, name, &body))
			return 0;
		if (!body)
			return may_be_null(table, way, create) ? 0 : no_null(way, "an object", err);
	}
	return 0;
}

/* A member that is said and not null; borrowed. */
static struct json_object *said(struct json_object *body, const char *path)
{
	struct json_object *value;
	struct err err = { 0 };
	bool there;

	return find(body, path, &there, &value, &err) < 0 || !there ? NULL : value;
}

static bool is_builtin(struct json_object *type)
{
	return !type || !strcmp(json_object_get_string(type), "builtin");
}

/* What no single member shows. */
static int check_together(struct json_object *body, bool create, struct err *err)
{
	struct json_object *type = said(body, "type"), *source = said(body, "source");
	struct json_object *vector = said(body, "index_method.vector");
	struct json_object *keyword = said(body, "index_method.keyword");

	if (create && type && is_builtin(type) && source) {
		err_set(err, ERR_USAGE, "a built-in instance has no source");
		return err_hint(err, "r2 or web-crawler as its type, or no source: files are uploaded then");
	}
	if (create && !is_builtin(type) && !source)
		return err_set(err, ERR_USAGE, "an instance of type %s needs a source",
			       json_object_get_string(type));
	if (create && !vector != !keyword) {
		err_set(err, ERR_USAGE, "index_method needs both its members, vector and keyword");
		return err_hint(err, "--vector-index and --keyword-index, each perhaps with --no-");
	}
	if (said(body, "hybrid_search_enabled") && (vector || keyword))
		return err_set(err, ERR_USAGE,
			       "hybrid_search_enabled and index_method say the same thing: give one of them");
	if (create && said(body, "id"))
		return client_check_instance(json_object_get_string(said(body, "id")), err);
	return 0;
}

int body_check(const struct body_field *table, struct json_object *body, bool create, struct err *err)
{
	struct json_object *value;
	bool there;

	if (!json_object_is_type(body, json_type_object))
		return err_set(err, ERR_USAGE, "the body is not a JSON object");
	for (const struct body_field *f = table; f->path; f++) {
		if (find(body, f->path, &there, &value, err) < 0 ||
		    check_way(table, body, f->path, create, err) < 0)
			return -1;
		if (!there)
			continue;
		if (!(create ? f->create : f->update)) {
			err_set(err, ERR_USAGE, "%s cannot be %s", f->path,
				create ? "said when it is created" : "changed");
			return err_hint(err, create ? "create it, then update it"
						    : "take it out; another one has to be created for that");
		}
		if (check(f, value, err) < 0)
			return -1;
	}
	return check_together(body, create, err);
}

static bool is_leaf(const char *path, struct json_object *value)
{
	const struct body_field *f = body_field(body_instance, path);

	return !json_object_is_type(value, json_type_object) || (f && f->type == BODY_JSON);
}

static bool is_number(struct json_object *v)
{
	return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
}

/* "https://example.com/" and "example.com" are one site; a bucket's name has neither. */
static bool same_source(const char *a, const char *b)
{
	static const char *const schemes[] = { "https://", "http://" };
	size_t m, n;

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(schemes[i]);

		a += strncmp(a, schemes[i], len) ? 0 : len;
		b += strncmp(b, schemes[i], len) ? 0 : len;
	}
	for (m = strlen(a); m > 0 && a[m - 1] == '/'; m--)
		;
	for (n = strlen(b); n > 0 && b[n - 1] == '/'; n--)
		;
	return m == n && !memcmp(a, b, m);
}

static bool same(const char *path, struct json_object *a, struct json_object *b)
{
	if (!strcmp(path, "type"))
		a = is_builtin(a) ? NULL : a, b = is_builtin(b) ? NULL : b;
	if (is_plain(a) && is_plain(b) && !strcmp(path, "source"))
		return same_source(json_object_get_string(a), json_object_get_string(b));
	if (is_plain(a) && is_plain(b) && !strcmp(path, "token_id"))
		return !strcasecmp(json_object_get_string(a), json_object_get_string(b));
	if (is_number(a) && is_number(b) &&
	    json_object_get_type(a) != json_object_get_type(b))
		return !(json_object_get_double(a) < json_object_get_double(b)) &&
		       !(json_object_get_double(a) > json_object_get_double(b));
	return json_object_equal(a, b);
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

struct comparison {
	void (*each)(void *ctx, const struct body_change *change);
	void *ctx;
	int count;
};

static void compare(struct comparison *c, const char *under, struct json_object *wanted,
		    struct json_object *there)
{
	json_object_object_foreach(wanted, key, to) {
		struct body_change change = { .to = to, .from = member(there, key) };
		char path[256];

		snprintf(path, sizeof(path), "%s%s%s", under, *under ? "." : "", key);
		change.path = path;
		if (!is_leaf(path, to)) {
			compare(c, path, to, change.from);
		} else if (!same(path, change.from, to)) {
			c->count++;
			if (c->each)
				c->each(c->ctx, &change);
		}
	}
}

int body_changes(struct json_object *wanted, struct json_object *there,
		 void (*each)(void *ctx, const struct body_change *change), void *ctx)
{
	struct comparison c = { each, ctx, 0 };

	if (json_object_is_type(wanted, json_type_object))
		compare(&c, "", wanted, there);
	return c.count;
}

static struct json_object *copy(struct json_object *value)
{
	struct json_object *out = NULL;

	return json_object_deep_copy(value, &out, NULL) < 0 ? NULL : out;
}

struct json_object *body_for_create(struct json_object *wanted)
{
	struct json_object *out = copy(wanted), *type = member(out, "type");

	if (type && is_builtin(type))
		json_object_object_del(out, "type");
	return out;
}

/* What of a thing that is there an update may say of the object at path; NULL = nothing. */
static struct json_object *sayable(const struct body_field *table, const char *path,
				   struct json_object *there)
{
	scoped_json struct json_object *out = json_object_new_object();
	size_t len = strlen(path);
	struct err err = { 0 };

	for (const struct body_field *f = table; out && f->path; f++) {
		struct json_object *value = said(there, f->path);

		if (f->update && value && !strncmp(f->path, path, len) && f->path[len] == '.' &&
		    body_set(out, f, copy(value), &err) < 0 && err.kind == ERR_NOMEM)
			return NULL;
	}
	return json_object_get(member(out, path));
}

/* Lays over into base, which is an object; -1 = no memory. */
static int lay_over(struct json_object *base, const char *under, struct json_object *over)
{
	json_object_object_foreach(over, key, value) {
		struct json_object *below = member(base, key), *own;
		char path[256];

		snprintf(path, sizeof(path), "%s.%s", under, key);
		if (value && !is_leaf(path, value) && json_object_is_type(below, json_type_object)) {
			if (lay_over(below, path, value) < 0)
				return -1;
			continue;
		}
		own = copy(value);
		if ((value && !own) || json_object_object_add(base, key, own) < 0)
			return -1;
	}
	return 0;
}

struct json_object *body_for_update(const struct body_field *table, struct json_object *there,
				    struct json_object *wanted)
{
	scoped_json struct json_object *out = json_object_new_object();

	if (!out)
		return NULL;
	json_object_object_foreach(wanted, key, value) {
		struct json_object *whole = NULL;

		if (value && !is_leaf(key, value)) {
			whole = sayable(table, key, there);
			if (whole && lay_over(whole, key, value) < 0) {
				json_object_put(whole);
				return NULL;
			}
		}
		if (!whole)
			whole = copy(value);
		if ((value && !whole) || json_object_object_add(out, key, whole) < 0)
			return NULL;
	}
	return STEAL(out);
}
