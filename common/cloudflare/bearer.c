/* SPDX-License-Identifier: MIT */
#include "cloudflare/bearer.h"

#include <string.h>

void bearer_init(struct bearer *b, const struct secret *token, const struct bearer_source *source)
{
	*b = (struct bearer){ .token = token, .source = *source };
}

static void forget_past(struct bearer *b)
{
	while (b->tries > 0)
		secret_free(b->past[--b->tries]);
}

void bearer_clear(struct bearer *b)
{
	forget_past(b);
	secret_free(b->own);
	memset(b, 0, sizeof(*b));
}

static bool was_refused(const struct bearer *b, const struct secret *token)
{
	for (size_t i = 0; i < b->tries; i++)
		if (secret_equal(b->past[i], token))
			return true;
	return false;
}

/* The one in use joins those that were refused. */
static bool keep_past(struct bearer *b)
{
	struct err ignored = { 0 };

	if (b->tries == BEARER_TRIES ||
	    secret_new(secret_bytes(b->token), secret_len(b->token), &b->past[b->tries], &ignored) < 0)
		return false;
	b->tries++;
	return true;
}

bool bearer_refused(struct bearer *b, unsigned turn, struct err *err)
{
	scoped_secret struct secret *fresh = NULL;

	if (turn != b->turn)
		return true;
	if (!b->token || !b->source.ask)
		return false;
	if (b->asked) {
		if (b->hint[0])
			err_hint(err, "%s", b->hint);
		return false;
	}
	b->source.ask(b->source.ctx, b->token, &fresh, err);
	if (fresh && !secret_equal(fresh, b->token) && !was_refused(b, fresh) && keep_past(b)) {
		secret_free(b->own);
		b->token = b->own = STEAL(fresh);
		b->turn++;
		return true;
	}
	memcpy(b->hint, err->hint, sizeof(b->hint));
	b->asked = true;
	return false;
}

void bearer_accepted(struct bearer *b, unsigned turn)
{
	if (turn != b->turn)
		return;
	b->asked = false;
	forget_past(b);
}
