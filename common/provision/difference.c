/* SPDX-License-Identifier: MIT */
/* difference.c -- what stands between two manifests, in an order that can be carried out. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cloudflare/client.h"
#include "provision/difference.h"

void difference_drop(struct action *a)
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
		difference_drop(&actions->one[i]);
	free(actions->one);
	json_object_put(actions->roots[0]);
	json_object_put(actions->roots[1]);
	memset(actions, 0, sizeof(*actions));
}

int difference_add(struct difference *d, struct action *action)
{
	struct actions *all = d->out;

	if (all->count % 64 == 0) {
		struct action *more = reallocarray(all->one, all->count + 64, sizeof(*more));

		if (!more) {
			difference_drop(action);
			return err_nomem(d->err);
		}
		all->one = more;
	}
	all->one[all->count++] = *action;
	return 0;
}

struct json_object *difference_without(struct json_object *o, const char *const *names)
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

/* --- updates ---------------------------------------------------------------- */

void difference_collect(void *ctx, const struct body_change *change)
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

int difference_compare(struct difference *d, struct action *a, struct json_object *wanted,
		   struct json_object *there)
{
	d->action = a;
	body_changes(wanted, there, difference_collect, d);
	if (d->failed)
		return err_nomem(d->err);
	if (a->change_count == 0)
		return 0;
	a->body = changed_members(a, wanted, there);
	return a->body ? 0 : err_nomem(d->err);
}

/* --- namespaces ------------------------------------------------------------- */

bool difference_is_default(const char *namespace)
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
		scoped_json struct json_object *wanted = difference_without(n->object, own);

		if (body_check(body_namespace, there ? wanted : n->object, !there, d->err) < 0) {
			if (d->err->kind == ERR_USAGE)
				d->err->kind = ERR_CONFIG;
			return err_context(d->err, "namespace '%s'", n->name);
		}
		if (!there && !difference_is_default(n->name)) {
			a.kind = ACTION_CREATE_NAMESPACE;
			a.body = json_object_get(n->object);
			if (difference_add(d, &a) < 0)
				return -1;
			continue;
		}
		a.kind = ACTION_UPDATE_NAMESPACE;
		if (difference_compare(d, &a, wanted, there ? there->object : NULL) < 0) {
			difference_drop(&a);
			return -1;
		}
		if (a.change_count > 0 && difference_is_default(n->name)) {
			difference_drop(&a);
			err_set(d->err, ERR_CONFIG, "namespace 'default' cannot be changed");	/* 7046 */
			return err_hint(d->err, "leave its members out");
		}
		if (a.change_count > 0 && difference_add(d, &a) < 0)
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

		if ((!there || !there->credential) && difference_add(d, &a) < 0)
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
		    !manifest_instance(d->wanted, i->namespace, i->id) && difference_add(d, &a) < 0)
			return -1;
	}
	for (size_t k = 0; d->wanted->whole && k < d->there->namespace_count; k++) {
		const char *name = d->there->namespaces[k].name;
		struct action a = { .kind = ACTION_DELETE_NAMESPACE, .namespace = name, .name = name };
		bool used = difference_is_default(name) || manifest_namespace(d->wanted, name);

		for (size_t i = 0; !used && i < d->wanted->instance_count; i++)
			used = !strcmp(d->wanted->instances[i].namespace, name);
		if (!used && difference_add(d, &a) < 0)
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
	if (namespaces(&d) < 0 || tokens(&d) < 0 || difference_instances(&d) < 0)
		return -1;
	return prune ? prune_all(&d) : 0;
}
