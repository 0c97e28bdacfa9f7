/* SPDX-License-Identifier: MIT */
/* compare.c -- is what exists what was asked for?  Pure. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/body.h"
#include "provision/plan.h"

/* "https://example.com/" and "example.com" are the same website. */
static bool same_site(const char *a, const char *b)
{
	size_t m, n;

	for (const char **p = (const char *[]){ "https://", "http://", NULL }; *p; p++) {
		size_t len = strlen(*p);
		if (!strncmp(a, *p, len))
			a += len;
		if (!strncmp(b, *p, len))
			b += len;
	}
	for (m = strlen(a); m > 0 && a[m - 1] == '/'; m--)
		;
	for (n = strlen(b); n > 0 && b[n - 1] == '/'; n--)
		;
	return m == n && !strncmp(a, b, m);
}

struct differences {
	struct json_object *there;
	struct buf *text;
};

/* A member that the API does not show is not known to differ. */
static bool shown(struct json_object *there, const char *path)
{
	char top[64];

	snprintf(top, sizeof(top), "%.*s", (int)strcspn(path, "."), path);
	return json_object_object_get_ex(there, top, NULL);
}

static const char *text_of(struct json_object *value)
{
	return value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN) : "unset";
}

static void on_change(void *ctx, const struct body_change *c)
{
	struct differences *d = ctx;

	if (!c->from && !shown(d->there, c->path))
		return;
	buf_addf(d->text, "%s%s is %.40s", d->text->len ? ", " : "", c->path, text_of(c->from));
	buf_addf(d->text, " instead of %.40s", text_of(c->to));
}

void compare_shown(struct json_object *wanted, struct json_object *there, struct buf *text)
{
	struct differences d = { there, text };

	body_changes(wanted, there, on_change, &d);
}

static int other(const char *id, const char *what, struct err *err)
{
	err_set(err, ERR_EXISTS, "instance '%s' exists with other settings: %s", id, what);
	return err_hint(err, "choose another id, or look and decide: aisearch instance get %s", id);
}

int create_compare(const struct provision_instance *wanted, struct json_object *body,
		   struct json_object *there, struct err *err)
{
	scoped_buf struct buf differ = BUF(4096);
	const char *type = wanted->type ? wanted->type : "", *has_type, *has;
	const char *source = wanted->source ? wanted->source : "";

	if (json_get_text(there, "type", &has_type, err) < 0 ||
	    json_get_text(there, "source", &has, err) < 0)
		return -1;
	has = has ? has : "";
	has_type = has_type ? has_type : "";
	bool same = !strcmp(type, "web-crawler") ? same_site(source, has) : !strcmp(source, has);
	/* Built-in storage tells no type; its source, if any, is of the API's making. */
	if (strcmp(type, has_type) || (!same && *type))
		buf_addf(&differ, "%s%s%s instead of %s%s%s", *has_type ? has_type : "built-in storage",
			 *has ? " from " : "", has, *type ? type : "built-in storage",
			 *source ? " from " : "", source);
	if (body)
		compare_shown(body, there, &differ);
	return differ.len > 0 ? other(wanted->id, differ.data, err) : 0;
}
