/* SPDX-License-Identifier: MIT */
/* difference_instance.c -- what makes an instance as the file says: a create, an update, nothing. */
#include <string.h>

#include "base/cleanup.h"
#include "provision/difference.h"

static bool is_builtin(struct json_object *o)
{
	struct json_object *type = NULL;

	json_object_object_get_ex(o, "type", &type);
	return !type || !strcmp(json_object_get_string(type), "builtin");
}

/* The registration of the instance's token, if that is known yet. */
static int token_of(struct difference *d, const struct manifest_instance *i, const char **credential)
{
	const struct manifest_token *there = i->token ? manifest_token(d->there, i->token) : NULL;

	*credential = there ? there->credential : NULL;
	if (!i->token || *credential || manifest_token(d->wanted, i->token))
		return 0;
	err_set(d->err, ERR_CONFIG, "instance '%s' names the token '%s', which is neither in the file nor"
		" in the vault", i->id, i->token);
	return err_hint(d->err, "add { \"name\": \"%s\" } to its \"tokens\"", i->token);
}

/* What is sent or compared: without the file's own words, and with the token's registration. */
static struct json_object *body_of(const struct manifest_instance *i, const char *credential)
{
	static const char *const own[] = { "id", "namespace", "token", NULL };
	static const char *const own_builtin[] = { "id", "namespace", "token", "type", NULL };
	struct json_object *body = difference_without(i->object, is_builtin(i->object) ? own_builtin : own);

	if (credential && body)
		json_object_object_add(body, "token_id", json_object_new_string(credential));
	return body;
}

/*
 * Members that may only stand in an update come with it, right after.  null asks for the API's
 * default: so does its absence.
 */
static struct json_object *body_to_create(const struct manifest_instance *i, struct json_object *wanted,
					  bool nulls)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "id", json_object_new_string(i->id));
	json_object_object_foreach(wanted, key, value) {
		const struct body_field *field = body_field(body_instance, key);

		if ((value || nulls) && (!field || field->create))
			json_object_object_add(body, key, json_object_get(value));
	}
	return body;
}

/* The others. */
static struct json_object *body_to_update(struct json_object *wanted)
{
	struct json_object *body = json_object_new_object();

	json_object_object_foreach(wanted, key, value) {
		const struct body_field *field = body_field(body_instance, key);

		if (field && !field->create)
			json_object_object_add(body, key, json_object_get(value));
	}
	return body;
}

static int check_body(struct difference *d, const struct manifest_instance *i,
		      const struct manifest_instance *there, struct json_object *wanted)
{
	scoped_json struct json_object *create = body_to_create(i, wanted, true);
	scoped_json struct json_object *update = body_to_update(wanted);
	struct json_object *source = NULL, *type = NULL;

	if (is_builtin(i->object) && json_object_object_get_ex(i->object, "type", &type))
		json_object_object_add(create, "type", json_object_get(type));

	/* a source that the file does not say is there already */
	if (there && !is_builtin(i->object) &&
	    !json_object_object_get_ex(create, "source", &source) &&
	    json_object_object_get_ex(there->object, "source", &source) && source)
		json_object_object_add(create, "source", json_object_get(source));
	if (body_check(body_instance, create, true, d->err) == 0 &&
	    body_check(body_instance, update, false, d->err) == 0)
		return 0;
	if (d->err->kind == ERR_USAGE)
		d->err->kind = ERR_CONFIG;
	return err_context(d->err, "instance '%s'", i->id);
}

static int cannot_change(struct difference *d, const char *id, const char *path, const char *from,
			 const char *to)
{
	err_set(d->err, ERR_CONFIG, "instance '%s': '%s' cannot be changed, from %s to %s", id, path,
		from ? from : "nothing", to ? to : "nothing");
	return err_hint(d->err, "choose another id, or delete it first: aisearch instance delete %s", id);
}

static int refuse_fixed(struct difference *d, const struct action *a)
{
	for (size_t i = 0; i < a->change_count; i++) {
		const struct action_change *c = &a->changes[i];
		const struct body_field *field = body_field(body_instance, c->path);

		/* without its source it would be another type */
		if (field && (!field->update || (!strcmp(c->path, "source") && !c->to)))
			return cannot_change(d, a->name, c->path, json_object_get_string(c->from),
					     json_object_get_string(c->to));
	}
	return 0;
}

static int add_unknown_token(struct difference *d, struct action *a)
{
	const struct body_change change = { .path = "token_id" };

	d->action = a;
	difference_collect(d, &change);
	if (!a->body)
		a->body = json_object_new_object();
	return d->failed ? err_nomem(d->err) : 0;
}

static int update_instance(struct difference *d, const struct manifest_instance *i,
			   struct json_object *there, struct json_object *wanted, bool token_unknown)
{
	struct action a = { .kind = ACTION_UPDATE_INSTANCE, .namespace = i->namespace, .name = i->id,
			    .token = token_unknown ? i->token : NULL };
	struct json_object *type = NULL;

	if (is_builtin(i->object) != is_builtin(there) &&
	    json_object_object_get_ex(i->object, "type", &type))
		return cannot_change(d, i->id, "type", is_builtin(there) ? "builtin" :
				     json_object_get_string(json_object_object_get(there, "type")),
				     type ? json_object_get_string(type) : "builtin");
	if (difference_compare(d, &a, wanted, there) < 0 || refuse_fixed(d, &a) < 0 ||
	    (token_unknown && add_unknown_token(d, &a) < 0)) {
		difference_drop(&a);
		return -1;
	}
	return a.change_count > 0 ? difference_add(d, &a) : 0;
}

static int create_instance(struct difference *d, const struct manifest_instance *i,
			   struct json_object *wanted, bool token_unknown)
{
	scoped_json struct json_object *later = body_to_update(wanted);
	struct action a = { .kind = ACTION_CREATE_INSTANCE, .namespace = i->namespace, .name = i->id,
			    .token = token_unknown ? i->token : NULL,
			    .body = body_to_create(i, wanted, false) };

	d->action = &a;
	body_changes(later, NULL, difference_collect, d);
	if (d->failed || !a.body) {
		difference_drop(&a);
		return err_nomem(d->err);
	}
	return difference_add(d, &a);
}

int difference_instances(struct difference *d)
{
	for (size_t k = 0; k < d->wanted->instance_count; k++) {
		const struct manifest_instance *i = &d->wanted->instances[k];
		const struct manifest_instance *there = manifest_instance(d->there, i->namespace, i->id);
		const char *credential;

		if (!difference_is_default(i->namespace) && !manifest_namespace(d->wanted, i->namespace) &&
		    !manifest_namespace(d->there, i->namespace)) {
			err_set(d->err, ERR_CONFIG, "instance '%s' is to be in the namespace '%s', which is "
				"neither in the file nor in the account", i->id, i->namespace);
			return err_hint(d->err, "add { \"name\": \"%s\" } to its \"namespaces\"", i->namespace);
		}
		if (token_of(d, i, &credential) < 0)
			return -1;
		scoped_json struct json_object *wanted = body_of(i, credential);
		if (!wanted)
			return err_nomem(d->err);
		if (check_body(d, i, there, wanted) < 0)
			return -1;
		bool unknown = i->token && !credential;
		if (there) {
			if (update_instance(d, i, there->object, wanted, unknown) < 0)
				return -1;
			continue;
		}
		if (create_instance(d, i, wanted, unknown) < 0)
			return -1;
	}
	return 0;
}
