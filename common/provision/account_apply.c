/* SPDX-License-Identifier: MIT */
/* account_apply.c -- an action carried out, also when its answer is lost. */
#include <stdio.h>
#include <string.h>

#include "cloudflare/call.h"
#include "provision/account.h"
#include "provision/plan.h"
#include "provision/spread.h"

#define READ "AI Search Read"
#define EDIT "AI Search Edit"
#define CODE_NOT_EMPTY 7065

/* --- tokens ----------------------------------------------------------------- */

/* Names that were borrowed from there stay: they belong to its JSON. */
static int note_made(struct manifest *there, const char *name, const char *credential, struct err *err)
{
	struct manifest_token *token = manifest_token(there, name);
	struct json_object *list = json_object_object_get(there->root, "tokens"), *o = NULL;

	for (size_t i = 0; token && i < json_object_array_length(list); i++)
		if (json_object_object_get_ex(json_object_array_get_idx(list, i), "name", &o) &&
		    !strcmp(json_object_get_string(o), name)) {
			json_object_object_add(json_object_array_get_idx(list, i), "credential",
					       json_object_new_string(credential));
			break;
		}
	if (!token) {
		o = json_object_new_object();
		json_object_object_add(o, "name", json_object_new_string(name));
		json_object_object_add(o, "credential", json_object_new_string(credential));
		json_object_array_add(list, o);
	}
	free(there->namespaces);
	free(there->tokens);
	free(there->instances);
	there->namespace_count = there->token_count = there->instance_count = 0;
	return manifest_index(there, err);
}

static int make_token(const struct account *a, const struct action *action,
		      const struct manifest *wanted, struct manifest *there, struct err *err)
{
	const struct manifest_token *token = manifest_token(wanted, action->name);
	struct provision_result out = { 0 };
	const struct provision_config config = {
		.creator = a->creator, .manager = a->manager, .vault = a->vault,
		.vault_host = a->vault_host, .account = a->id, .service = action->name,
		.owner_of_creator = !token || !token->owner,
		.owner = token && token->owner && !strcmp(token->owner, "account") ? TOKEN_OF_ACCOUNT
										   : TOKEN_OF_USER,
		.clock = a->clock, .event = a->event, .event_ctx = a->event_ctx,
	};
	int r = provision_token(&config, &out, err);

	if (r == 0)
		r = note_made(there, action->name, out.credential_id, err);
	provision_result_clear(&out);
	return r;
}

/* With the registration of a token that was made since. */
static int add_token(const struct action *action, const struct manifest *there, struct err *err)
{
	const struct manifest_token *token;

	if (!action->token)
		return 0;
	token = manifest_token(there, action->token);
	if (!token || !token->credential)
		return err_set(err, ERR_CONFIG, "the token '%s' is not registered", action->token);
	json_object_object_add(action->body, "token_id", json_object_new_string(token->credential));
	return 0;
}

/* --- what the API carries out ----------------------------------------------- */

static bool creates(const struct action *a)
{
	return a->kind == ACTION_CREATE_NAMESPACE || a->kind == ACTION_CREATE_INSTANCE;
}

static bool deletes(const struct action *a)
{
	return a->kind == ACTION_DELETE_NAMESPACE || a->kind == ACTION_DELETE_INSTANCE;
}

/* collection: where it is created.  Both names were checked: neither needs to be escaped. */
static void add_path(const struct account *a, const struct action *action, bool collection,
		     struct buf *path)
{
	const char *name = collection ? NULL : action->name;

	switch (action->kind) {
	case ACTION_CREATE_NAMESPACE:
	case ACTION_UPDATE_NAMESPACE:
	case ACTION_DELETE_NAMESPACE:
		account_add_namespace(a, name, path);
		break;
	default:
		account_add_instance(a, action->namespace, name, path);
	}
}

/* Is what is there what was to be made of it? */
static int judge(const struct action *action, struct json_object *there, struct err *err)
{
	scoped_buf struct buf differ = BUF(4096);
	const char *what = action->kind == ACTION_CREATE_INSTANCE ? "instance" : "namespace";

	if (deletes(action))
		return -1;
	compare_shown(action->body, there, &differ);
	if (!differ.len && !differ.failed)
		return 0;
	if (!creates(action))
		return -1;
	err_set(err, ERR_EXISTS, "somebody made that %s meanwhile: %s", what, differ.data);
	return err_hint(err, "look what there is to do now: aisearch plan FILE");
}

/*
 * Nobody knows whether it was carried out, or somebody else was faster: what is there decides.
 * err comes with the failure, and keeps it unless more is known.
 */
static int look(const struct account *a, const struct action *action, struct err *err)
{
	scoped_buf struct buf path = BUF(1024);
	scoped_json struct json_object *there = NULL;
	struct err why = { 0 };
	int r;

	add_path(a, action, false, &path);
	if (call_json(a->manager, "GET", &path, NULL, READ, &there, &why) == 0)
		r = judge(action, there, &why);
	else
		r = deletes(action) && why.kind == ERR_NOT_FOUND ? 0 : -1;
	if (r == 0)
		memset(err, 0, sizeof(*err));
	else if (why.kind == ERR_CANCELLED || why.kind == ERR_EXISTS)
		*err = why;
	return r;
}

static int try_once(const struct account *a, const struct action *action, struct err *err)
{
	const char *method = creates(action) ? "POST" : deletes(action) ? "DELETE" : "PUT";
	scoped_buf struct buf path = BUF(1024);

	add_path(a, action, creates(action), &path);
	if (call_json(a->manager, method, &path, action->body, EDIT, NULL, err) == 0)
		return 0;
	/* gone is gone, whether by a first try whose answer was lost or by somebody else */
	if (deletes(action) && err->kind == ERR_NOT_FOUND) {
		memset(err, 0, sizeof(*err));
		return 0;
	}
	if ((creates(action) && err->kind == ERR_EXISTS) || plan_ambiguous(err))
		return look(a, action, err);
	return -1;
}

struct telling {
	const struct account *account;
	const struct action *action;
};

static void waiting(void *ctx)
{
	const struct telling *t = ctx;
	const struct provision_event e = { .kind = PROVISION_STEP_BEGINS, .name = t->action->name,
					   .detail = SPREAD_WORDS };

	if (t->account->event)
		t->account->event(t->account->event_ctx, &e);
}

int account_apply(const struct account *a, const struct action *action,
		  const struct manifest *wanted, struct manifest *there, struct err *err)
{
	struct telling telling = { a, action };
	struct spread spread = { .client = a->manager, .waiting = waiting, .ctx = &telling,
				 .doubt = "Revoked?  aisearch token list" };

	if (action->kind == ACTION_CREATE_TOKEN)
		return make_token(a, action, wanted, there, err);
	if (add_token(action, there, err) < 0)
		return -1;
	while (try_once(a, action, err) < 0) {
		if (spread_refused(err) && spread_again(&spread, err))
			continue;
		if (err->code == CODE_NOT_EMPTY)
			err_hint(err, "somebody made an instance in it meanwhile: aisearch plan FILE");
		return -1;
	}
	return 0;
}
