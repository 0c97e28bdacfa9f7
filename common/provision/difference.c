/* SPDX-License-Identifier: MIT */
/* difference.c -- what stands between two manifests, in an order that can be carried out. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cloudflare/client.h"
#include "provision/manifest.h"

static void action_clear(struct action *a)
{
	for (size_t i = 0; i < a->change_count; i++) {
		free(a->changes[i].path);
		json_object_put(a->changes[i].from);
		json_object_put(a->changes[i].to);
	}
	free(a->changes);
	json_object_put(a->body);
	memset(a, 0, sizeof(*a));
}

void actions_clear(struct actions *actions)
{
	for (size_t i = 0; i < actions->count; i++)
		action_clear(&actions->one[i]);
	free(actions->one);
	json_object_put(actions->roots[0]);
	json_object_put(actions->roots[1]);
	memset(actions, 0, sizeof(*actions));
}

struct difference {		/* what is being made */
	const struct manifest *wanted, *there;
	struct actions *out;
	struct action *action;	/* whose changes are collected */
	struct err *err;
	bool failed;
};

/* Takes over *action. */
static int add(struct difference *d, struct action *action)
{
	struct actions *all = d->out;

	if (all->count % 64 == 0) {
		struct action *more = reallocarray(all->one, all->count + 64, sizeof(*more));

		if (!more) {
			action_clear(action);
			return err_nomem(d->err);
		}
		all->one = more;
	}
	all->one[all->count++] = *action;
	return 0;
}

/* The members of o without those named; shared, not copied. */
static struct json_object *without(struct json_object *o, const char *const *names)
{
	struct json_object *out = json_object_new_object();

	json_object_object_foreach(o, key, value) {
		const char *const *n = names;

		while (*n && strcmp(*n, key))
			n++;
		if (!*n && out)
			json_object_object_add(out, key, json_object_get(value));
	}
	return out;
}

static bool is_builtin(struct json_object *o)
{
	struct json_object *type = NULL;

	json_object_object_get_ex(o, "type", &type);
	return !type || !strcmp(json_object_get_string(type), "builtin");
}

/* --- updates ---------------------------------------------------------------- */

static void collect(void *ctx, const struct body_change *change)
{
	struct difference *d = ctx;
	struct action *a = d->action;
	struct action_change *more = reallocarray(a->changes, a->change_count + 1, sizeof(*more));
	const struct body_field *field = body_field(body_instance, change->path);
	char *path = strdup(change->path);

	if (more)
		a->changes = more;
	if (!more || !path) {
		free(path);
		d->failed = true;
		return;
	}
	more[a->change_count++] = (struct action_change){
		.path = path, .from = json_object_get(change->from), .to = json_object_get(change->to),
		.reindexes = a->kind == ACTION_UPDATE_INSTANCE && field && field->reindexes,
	};
}

/* The members that change, each whole (body_for_update()): others stay as they are. */
static struct json_object *changed_members(const struct action *a, struct json_object *wanted,
					   struct json_object *there)
{
	const struct body_field *table = a->kind == ACTION_UPDATE_INSTANCE ? body_instance : body_namespace;
	scoped_json struct json_object *changed = json_object_new_object();

	json_object_object_foreach(wanted, key, value) {
		size_t len = strlen(key);
		bool changes = false;

		for (size_t i = 0; i < a->change_count && !changes; i++) {
			const char *path = a->changes[i].path;

			changes = !strncmp(path, key, len) && (!path[len] || path[len] == '.');
		}
		if (changes)
			json_object_object_add(changed, key, json_object_get(value));
	}
	return body_for_update(table, there, changed);
}

static int compare(struct difference *d, struct action *a, struct json_object *wanted,
		   struct json_object *there)
{
	d->action = a;
	body_changes(wanted, there, collect, d);
	if (d->failed)
		return err_nomem(d->err);
	if (a->change_count == 0)
		return 0;
	a->body = changed_members(a, wanted, there);
	return a->body ? 0 : err_nomem(d->err);
}

/* --- namespaces ------------------------------------------------------------- */

static bool is_default(const char *namespace)
{
	return !strcmp(namespace, CLIENT_NAMESPACE_DEFAULT);
}

static int namespaces(struct difference *d)
{
	static const char *const own[] = { "name", NULL };

	for (size_t i = 0; i < d->wanted->namespace_count; i++) {
		const struct manifest_namespace *n = &d->wanted->namespaces[i];
		const struct manifest_namespace *there = manifest_namespace(d->there, n->name);
		struct action a = { .namespace = n->name, .name = n->name };
		scoped_json struct json_object *wanted = without(n->object, own);

		if (body_check(body_namespace, there ? wanted : n->object, !there, d->err) < 0) {
			if (d->err->kind == ERR_USAGE)
				d->err->kind = ERR_CONFIG;
			return err_context(d->err, "namespace '%s'", n->name);
		}
		if (!there && !is_default(n->name)) {
			a.kind = ACTION_CREATE_NAMESPACE;
			a.body = json_object_get(n->object);
			if (add(d, &a) < 0)
				return -1;
			continue;
		}
		a.kind = ACTION_UPDATE_NAMESPACE;
		if (compare(d, &a, wanted, there ? there->object : NULL) < 0) {
			action_clear(&a);
			return -1;
		}
		if (a.change_count > 0 && is_default(n->name)) {
			action_clear(&a);
			err_set(d->err, ERR_CONFIG, "namespace 'default' cannot be changed");	/* 7046 */
			return err_hint(d->err, "leave its members out");
		}
		if (a.change_count > 0 && add(d, &a) < 0)
			return -1;
	}
	return 0;
}

/* --- tokens ----------------------------------------------------------------- */

static int tokens(struct difference *d)
{
	for (size_t i = 0; i < d->wanted->token_count; i++) {
		const struct manifest_token *t = &d->wanted->tokens[i];
		const struct manifest_token *there = manifest_token(d->there, t->name);
		struct action a = { .kind = ACTION_CREATE_TOKEN, .name = t->name };

		if ((!there || !there->credential) && add(d, &a) < 0)
			return -1;
	}
	return 0;
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

/* --- instances -------------------------------------------------------------- */

/* What is sent or compared: without the file's own words, and with the token's registration. */
static struct json_object *body_of(const struct manifest_instance *i, const char *credential)
{
	static const char *const own[] = { "id", "namespace", "token", NULL };
	static const char *const own_builtin[] = { "id", "namespace", "token", "type", NULL };
	struct json_object *body = without(i->object, is_builtin(i->object) ? own_builtin : own);

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

static int check_body(struct difference *d, const struct manifest_instance *i,
		      const struct manifest_instance *there, struct json_object *wanted)
{
	scoped_json struct json_object *create = body_to_create(i, wanted, true), *update = json_object_new_object();
	struct json_object *source = NULL;

	/* a source that the file does not say is there already */
	if (there && !is_builtin(i->object) &&
	    !json_object_object_get_ex(create, "source", &source) &&
	    json_object_object_get_ex(there->object, "source", &source) && source)
		json_object_object_add(create, "source", json_object_get(source));

	json_object_object_foreach(wanted, key, value) {
		const struct body_field *field = body_field(body_instance, key);

		if (field && !field->create)
			json_object_object_add(update, key, json_object_get(value));
	}
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
	collect(d, &change);
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
	if (compare(d, &a, wanted, there) < 0 || refuse_fixed(d, &a) < 0 ||
	    (token_unknown && add_unknown_token(d, &a) < 0)) {
		action_clear(&a);
		return -1;
	}
	return a.change_count > 0 ? add(d, &a) : 0;
}

static int instances(struct difference *d)
{
	for (size_t k = 0; k < d->wanted->instance_count; k++) {
		const struct manifest_instance *i = &d->wanted->instances[k];
		const struct manifest_instance *there = manifest_instance(d->there, i->namespace, i->id);
		const char *credential;

		if (!is_default(i->namespace) && !manifest_namespace(d->wanted, i->namespace) &&
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
		struct action a = { .kind = ACTION_CREATE_INSTANCE, .namespace = i->namespace,
				    .name = i->id, .token = unknown ? i->token : NULL,
				    .body = body_to_create(i, wanted, false) };
		if (add(d, &a) < 0)
			return -1;
	}
	return 0;
}

/* --- what is not wanted ----------------------------------------------------- */

/* Is the file about this namespace at all? */
static bool speaks_of(const struct manifest *m, const char *namespace)
{
	if (m->whole)
		return true;
	for (size_t i = 0; i < m->instance_count; i++)
		if (!strcmp(m->instances[i].namespace, namespace))
			return true;
	return false;
}

static int prune_all(struct difference *d)
{
	for (size_t k = 0; k < d->there->instance_count; k++) {
		const struct manifest_instance *i = &d->there->instances[k];
		struct action a = { .kind = ACTION_DELETE_INSTANCE, .namespace = i->namespace, .name = i->id };

		if (speaks_of(d->wanted, i->namespace) &&
		    !manifest_instance(d->wanted, i->namespace, i->id) && add(d, &a) < 0)
			return -1;
	}
	for (size_t k = 0; d->wanted->whole && k < d->there->namespace_count; k++) {
		const char *name = d->there->namespaces[k].name;
		struct action a = { .kind = ACTION_DELETE_NAMESPACE, .namespace = name, .name = name };
		bool used = is_default(name) || manifest_namespace(d->wanted, name);

		for (size_t i = 0; !used && i < d->wanted->instance_count; i++)
			used = !strcmp(d->wanted->instances[i].namespace, name);
		if (!used && add(d, &a) < 0)
			return -1;
	}
	return 0;
}

int manifest_difference(const struct manifest *wanted, const struct manifest *there, bool prune,
			struct actions *out, struct err *err)
{
	struct difference d = { .wanted = wanted, .there = there, .out = out, .err = err };

	out->roots[0] = json_object_get(wanted->root);
	out->roots[1] = json_object_get(there->root);
	/* in the order of action_kind: namespaces before what is in them, deletions last */
	if (namespaces(&d) < 0 || tokens(&d) < 0 || instances(&d) < 0)
		return -1;
	return prune ? prune_all(&d) : 0;
}
