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

/* A new registration. */
static int make(const struct registration *what, struct credential *out, struct err *err)
{
	struct err first;
	bool found;

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

/* One that is there. */
static int replace(const struct registration *what, struct credential *out, struct err *err)
{
	return credential_replace(what->manager, out->id, what->rename ? what->rename : out->name,
				  what->token_id, what->value, err);
}

int registration_make(const struct registration *what, struct credential *out, bool *replaced,
		      struct err *err)
{
	struct spread spread = { .client = what->manager, .waiting = what->waiting, .ctx = what->ctx,
				 .doubt = "AI Search takes tokens with '" TOKEN_GROUP_INDEX_ENGINE "'" };

	memset(out, 0, sizeof(*out));
	if (look(what, out, replaced, err) < 0)
		return -1;
	if (what->id && !*replaced) {
		err_set(err, ERR_NOT_FOUND, "there is no registration '%.64s'", what->id);
		return err_hint(err, "aisearch token list");
	}
	while ((*replaced ? replace : make)(what, out, err) < 0) {
		if (spread_refused(err) && spread_again(&spread, err))
			continue;
		credential_clear(out);
		return -1;
	}
	return 0;
}
