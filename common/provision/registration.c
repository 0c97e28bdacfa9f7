/* SPDX-License-Identifier: MIT */
#include "provision/registration.h"

#include <string.h>

#include "base/text.h"
#include "provision/plan.h"
#include "provision/spread.h"

struct looking {
	const struct registration *what;
	struct credential *out;
	bool found, failed;
};

static int on_credential(void *ctx, const struct credential *c)
{
	struct looking *l = ctx;
	const char *id = l->what->id;

	if (id ? strcmp(c->id, id) : strcmp(c->cf_api_id, l->what->token_id))
		return 0;
	struct err ignored = {0};
	l->failed = text_copy(c->id, &l->out->id, &ignored) < 0 ||
		    text_copy(c->name, &l->out->name, &ignored) < 0 ||
		    text_copy(c->cf_api_id, &l->out->cf_api_id, &ignored) < 0;
	l->out->enabled = c->enabled;
	l->found = true;
	return 1;
}

static int look(const struct registration *what, struct credential *out, bool *found, struct err *err)
{
	struct looking l = { .what = what, .out = out };

	credential_clear(out);
	if (credential_list(what->manager, on_credential, &l, err) < 0)
		return -1;
	*found = l.found;
	return l.failed ? err_nomem(err) : 0;
}

struct attempt {
	const struct registration *what;
	struct credential *out;
	bool there;
};

static int try_once(void *ctx, struct err *err)
{
	const struct attempt *a = ctx;
	const struct registration *what = a->what;
	struct credential *out = a->out;
	struct err first;
	bool found;

	if (a->there)
		return credential_replace(what->manager, out->id, what->rename ? what->rename : out->name,
					  what->token_id, what->value, err);
	if (credential_register(what->manager, what->name ? what->name : what->token_id, what->token_id,
				what->value, out, err) == 0)
		return 0;
	if (err->kind != ERR_EXISTS && !plan_ambiguous(err))
		return -1;
	first = *err;
	if (look(what, out, &found, err) == 0 && found)
		return 0;
	if (err->kind != ERR_CANCELLED)
		*err = first;
	return -1;
}

static void waiting(void *ctx)
{
	const struct attempt *a = ctx;

	if (a->what->waiting)
		a->what->waiting(a->what->ctx);
}

int registration_make(const struct registration *what, struct credential *out, bool *replaced,
		      struct err *err)
{
	struct attempt attempt = { what, out, false };

	memset(out, 0, sizeof(*out));
	if (look(what, out, replaced, err) < 0)
		return -1;
	if (what->id && !*replaced) {
		err_set(err, ERR_NOT_FOUND, "there is no registration '%.64s'", what->id);
		return err_hint(err, "aisearch token list");
	}
	attempt.there = *replaced;
	if (spread_try(what->manager, try_once, waiting, &attempt, err) == 0)
		return 0;
	if (spread_refused(err))
		err_hint(err, "AI Search takes tokens with the permission '%s'", TOKEN_GROUP_INDEX_ENGINE);
	credential_clear(out);
	return -1;
}
