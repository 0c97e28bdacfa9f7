/* SPDX-License-Identifier: MIT */
/* manifest_encode.c -- an account as a file: what a create or an update could say of it. */
#include <string.h>

#include "cloudflare/client.h"
#include "provision/manifest.h"

/* Is the member, or one below it, in the table? */
static bool settable(const char *key)
{
	size_t len = strlen(key);

	for (const struct body_field *f = body_instance; f->path; f++)
		if (!strncmp(f->path, key, len) && (!f->path[len] || f->path[len] == '.'))
			return f->create || f->update;
	return false;
}

static const char *token_named(const struct manifest *m, const char *credential)
{
	for (size_t i = 0; i < m->token_count; i++)
		if (m->tokens[i].credential && !strcmp(m->tokens[i].credential, credential))
			return m->tokens[i].name;
	return NULL;
}

static void put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

/* Without what is null or empty: the API answers with more members than it was given. */
static bool says_something(struct json_object *value)
{
	if (!value)
		return false;
	if (json_object_is_type(value, json_type_object))
		return json_object_object_length(value) > 0;
	return !json_object_is_type(value, json_type_array) || json_object_array_length(value) > 0;
}

static struct json_object *instance(const struct manifest *m, const struct manifest_instance *i)
{
	struct json_object *o = json_object_new_object(), *credential = NULL;
	const char *name;
	/* hybrid_search_enabled is the older word for it (api.md, 4); both are refused */
	bool methods = json_object_object_get_ex(i->object, "index_method", &credential) && credential;

	put_text(o, "id", i->id);
	if (strcmp(i->namespace, CLIENT_NAMESPACE_DEFAULT) != 0)
		put_text(o, "namespace", i->namespace);
	if (json_object_object_get_ex(i->object, "token_id", &credential) && credential) {
		name = token_named(m, json_object_get_string(credential));
		put_text(o, name ? "token" : "token_id", name ? name : json_object_get_string(credential));
	}
	json_object_object_foreach(i->object, key, value)
		if (strcmp(key, "id") && strcmp(key, "token_id") && settable(key) && says_something(value) &&
		    (strcmp(key, "paused") || json_object_get_boolean(value)) &&
		    (strcmp(key, "hybrid_search_enabled") || !methods))
			json_object_object_add(o, key, json_object_get(value));
	return o;
}

static struct json_object *namespace(const struct manifest_namespace *n)
{
	static const char *const members[] = { "description", "public_endpoint_params" };
	struct json_object *o = json_object_new_object(), *value;

	put_text(o, "name", n->name);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_object_get_ex(n->object, members[i], &value) && says_something(value))
			json_object_object_add(o, members[i], json_object_get(value));
	return o;
}

int manifest_encode(const struct manifest *there, struct json_object **out, struct err *err)
{
	struct json_object *root = json_object_new_object(), *namespaces = json_object_new_array(),
			   *tokens = json_object_new_array(), *instances = json_object_new_array();

	if (!root || !namespaces || !tokens || !instances) {
		json_object_put(root);
		json_object_put(namespaces);
		json_object_put(tokens);
		json_object_put(instances);
		return err_nomem(err);
	}
	json_object_object_add(root, "version", json_object_new_int(1));
	json_object_object_add(root, "namespaces", namespaces);
	json_object_object_add(root, "tokens", tokens);
	json_object_object_add(root, "instances", instances);
	for (size_t i = 0; i < there->namespace_count; i++)
		json_object_array_add(namespaces, namespace(&there->namespaces[i]));
	for (size_t i = 0; i < there->token_count; i++) {
		struct json_object *o = json_object_new_object();

		put_text(o, "name", there->tokens[i].name);
		json_object_array_add(tokens, o);
	}
	for (size_t i = 0; i < there->instance_count; i++)
		json_object_array_add(instances, instance(there, &there->instances[i]));
	*out = root;
	return 0;
}
