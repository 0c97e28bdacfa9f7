/* SPDX-License-Identifier: MIT */
/* manifest.c -- the file, read strictly, and found again by names. */
#include "provision/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "cloudflare/client.h"
#include "json/keys.h"
#include "provision/provision.h"

void manifest_clear(struct manifest *m)
{
	free(m->namespaces);
	free(m->tokens);
	free(m->instances);
	json_object_put(m->root);
	memset(m, 0, sizeof(*m));
}

struct manifest_namespace *manifest_namespace(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->namespace_count; i++)
		if (!strcmp(m->namespaces[i].name, name))
			return &m->namespaces[i];
	return NULL;
}

struct manifest_token *manifest_token(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->token_count; i++)
		if (!strcmp(m->tokens[i].name, name))
			return &m->tokens[i];
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct manifest_instance *x = a, *y = b;
	int order = strcmp(x->namespace, y->namespace);

	return order ? order : strcmp(x->id, y->id);
}

struct manifest_instance *manifest_instance(const struct manifest *m, const char *namespace,
					    const char *id)
{
	const struct manifest_instance key = { .namespace = namespace, .id = id };

	if (m->instance_count == 0)
		return NULL;
	return bsearch(&key, m->instances, m->instance_count, sizeof(key), by_name);
}

/* --- reading ---------------------------------------------------------------- */

static int text_of(struct json_object *o, const char *key, const char *where, const char **out,
		   struct err *err)
{
	struct json_object *value;

	*out = NULL;
	if (!json_object_object_get_ex(o, key, &value) || !value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return err_set(err, ERR_CONFIG, "%s: '%s' is not a text", where, key);
	*out = json_object_get_string(value);
	if (strlen(*out) != (size_t)json_object_get_string_len(value))
		return err_set(err, ERR_CONFIG, "%s: '%s' holds a NUL byte", where, key);
	return 0;
}

/* The messages of the checks of single words, in the words of a file. */
static int in_file(const char *where, struct err *err)
{
	if (err->kind == ERR_USAGE)
		err->kind = ERR_CONFIG;
	return err_context(err, "%s", where);
}

static int read_namespace(struct manifest *m, struct json_object *o, const char *where,
			  struct err *err)
{
	struct manifest_namespace n = { .object = o };

	if (text_of(o, "name", where, &n.name, err) < 0)
		return -1;
	if (!n.name)
		return err_set(err, ERR_CONFIG, "%s has no name", where);
	if (client_check_namespace(n.name, err) < 0)
		return in_file(where, err);
	if (manifest_namespace(m, n.name))
		return err_set(err, ERR_CONFIG, "%s: '%s' stands there twice", where, n.name);
	m->namespaces[m->namespace_count++] = n;
	return 0;
}

static int read_token(struct manifest *m, struct json_object *o, const char *where, struct err *err)
{
	struct manifest_token t = { 0 };

	json_object_object_foreach(o, key, value) {
		(void)value;
		if (strcmp(key, "name") && strcmp(key, "owner") && strcmp(key, "credential"))
			return err_set(err, ERR_CONFIG, "%s: there is no member '%s'", where, key);
	}
	if (text_of(o, "name", where, &t.name, err) < 0 || text_of(o, "owner", where, &t.owner, err) < 0 ||
	    text_of(o, "credential", where, &t.credential, err) < 0)
		return -1;
	if (!t.name)
		return err_set(err, ERR_CONFIG, "%s has no name", where);
	if (provision_check_service(t.name, err) < 0)
		return in_file(where, err);
	if (t.owner && strcmp(t.owner, "user") && strcmp(t.owner, "account"))
		return err_set(err, ERR_CONFIG, "%s: 'owner' is neither user nor account", where);
	if (manifest_token(m, t.name))
		return err_set(err, ERR_CONFIG, "%s: '%s' stands there twice", where, t.name);
	m->tokens[m->token_count++] = t;
	return 0;
}

static int read_instance(struct manifest *m, struct json_object *o, const char *where,
			 struct err *err)
{
	struct manifest_instance i = { .object = o };
	const char *credential;

	if (text_of(o, "id", where, &i.id, err) < 0 ||
	    text_of(o, "namespace", where, &i.namespace, err) < 0 ||
	    text_of(o, "token", where, &i.token, err) < 0 ||
	    text_of(o, "token_id", where, &credential, err) < 0)
		return -1;
	if (!i.id)
		return err_set(err, ERR_CONFIG, "%s has no id", where);
	if (!i.namespace)
		i.namespace = CLIENT_NAMESPACE_DEFAULT;
	if (client_check_instance(i.id, err) < 0 || client_check_namespace(i.namespace, err) < 0)
		return in_file(where, err);
	if (i.token && credential)
		return err_set(err, ERR_CONFIG, "%s has a token and a token_id: one of them", where);
	if (i.token && provision_check_service(i.token, err) < 0)
		return in_file(where, err);
	m->instances[m->instance_count++] = i;
	return 0;
}

struct part {
	const char *key, *one;
	size_t max;
	int (*read)(struct manifest *m, struct json_object *o, const char *where, struct err *err);
};

static int read_part(struct manifest *m, const struct part *part, struct err *err)
{
	struct json_object *list;
	char where[64];

	if (!json_object_object_get_ex(m->root, part->key, &list))
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return err_set(err, ERR_CONFIG, "'%s' is not a list", part->key);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		snprintf(where, sizeof(where), "%s %zu", part->one, i + 1);
		if (!json_object_is_type(o, json_type_object))
			return err_set(err, ERR_CONFIG, "%s is not an object", where);
		if (part->read(m, o, where, err) < 0)
			return -1;
	}
	return 0;
}

static size_t length(const struct manifest *m, const char *key)
{
	struct json_object *list;

	return json_object_object_get_ex(m->root, key, &list) &&
	       json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static int check_root(struct manifest *m, struct err *err)
{
	struct json_object *version = NULL;

	if (!json_object_is_type(m->root, json_type_object))
		return err_set(err, ERR_CONFIG, "it is not a JSON object");
	json_object_object_foreach(m->root, key, value) {
		(void)value;
		if (!strcmp(key, "version") || !strcmp(key, "namespaces") || !strcmp(key, "tokens") ||
		    !strcmp(key, "instances"))
			continue;
		err_set(err, ERR_CONFIG, "there is no member '%.40s'", key);
		return err_hint(err, "version, namespaces, tokens, instances");
	}
	json_object_object_get_ex(m->root, "version", &version);
	if (!json_object_is_type(version, json_type_int) || json_object_get_int64(version) != 1) {
		err_set(err, ERR_CONFIG, "'version' is not 1");
		return err_hint(err, "this program knows version 1");
	}
	m->whole = json_object_object_get_ex(m->root, "namespaces", &version);
	return 0;
}

static int no_twins(const struct manifest *m, struct err *err)
{
	for (size_t i = 1; i < m->instance_count; i++)
		if (by_name(&m->instances[i - 1], &m->instances[i]) == 0)
			return err_set(err, ERR_CONFIG, "instance '%s' of namespace '%s' stands there twice",
				       m->instances[i].id, m->instances[i].namespace);
	return 0;
}

int manifest_index(struct manifest *m, struct err *err)
{
	static const struct part parts[] = {
		{ "namespaces", "namespace", MANIFEST_NAMESPACES_MAX + 1, read_namespace },
		{ "tokens", "token", MANIFEST_TOKENS_MAX, read_token },
		{ "instances", "instance", MANIFEST_INSTANCES_MAX, read_instance },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (length(m, parts[i].key) > parts[i].max)
			return err_set(err, ERR_CONFIG, "'%s' has more than %zu", parts[i].key, parts[i].max);
	m->namespaces = calloc(length(m, "namespaces") + 1, sizeof(*m->namespaces));
	m->tokens = calloc(length(m, "tokens") + 1, sizeof(*m->tokens));
	m->instances = calloc(length(m, "instances") + 1, sizeof(*m->instances));
	if (!m->namespaces || !m->tokens || !m->instances)
		return err_nomem(err);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (read_part(m, &parts[i], err) < 0)
			return -1;
	qsort(m->instances, m->instance_count, sizeof(*m->instances), by_name);
	return no_twins(m, err);
}

int manifest_decode(const char *text, size_t len, struct manifest *out, struct err *err)
{
	if (json_read("the file", text, len, &out->root, err) < 0) {
		err->kind = ERR_CONFIG;
		return -1;
	}
	if (json_check_keys(text, len, err) < 0)
		return -1;
	if (!json_has_whole_escapes(text, len))
		return err_set(err, ERR_CONFIG, "the file holds half of a surrogate pair (\\ud800 alone)");
	if (check_root(out, err) < 0 || manifest_index(out, err) < 0)
		return -1;
	for (size_t i = 0; i < out->token_count; i++)
		if (out->tokens[i].credential)
			return err_set(err, ERR_CONFIG, "token %zu: there is no member 'credential'", i + 1);
	return 0;
}
