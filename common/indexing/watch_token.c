/* SPDX-License-Identifier: MIT */
#include "indexing/watch_token.h"

int64_t token_use_pause_ms(int wishes, int64_t interval_ms)
{
	int64_t pause = interval_ms;

	for (int i = 1; i < wishes && pause < WATCH_REFUSED_MAX_MS; i++)
		pause *= 2;
	if (pause > WATCH_REFUSED_MAX_MS && interval_ms < WATCH_REFUSED_MAX_MS)
		pause = WATCH_REFUSED_MAX_MS;
	return pause - interval_ms / 2;		/* the cycle nearest to it */
}

bool token_use_wanted(const struct token_use *u, int64_t now)
{
	return (!u->token || u->refused) && now >= u->retry_at;
}

static void drop(struct token_use *u)
{
	secret_free(u->token);
	u->token = NULL;
}

static int take(struct token_use *u, struct secret *fresh,
		int (*adopt)(void *ctx, const struct secret *token, struct err *err), void *ctx,
		struct err *err)
{
	scoped_secret struct secret *token = fresh;

	if (secret_check_token(token, err) < 0)
		return -1;
	if (u->token && secret_equal(u->token, token))
		return 0;	/* once more with the same one */
	if (adopt(ctx, token, err) < 0) {
		drop(u);
		return -1;
	}
	u->refused = false;
	u->wishes = 0;
	drop(u);
	u->token = STEAL(token);
	return 0;
}

bool token_use_answer(struct token_use *u, struct token_answer *a, int64_t now,
		      int64_t interval_ms,
		      int (*adopt)(void *ctx, const struct secret *token, struct err *err), void *ctx)
{
	if (a->wanted) {
		u->wishes++;
		u->retry_at = now + token_use_pause_ms(u->wishes, interval_ms);
	}
	if (a->found == WATCH_TOKEN_NEW && take(u, STEAL(a->fresh), adopt, ctx, &a->why) < 0)
		a->found = WATCH_TOKEN_NONE;
	if (a->found == WATCH_TOKEN_NONE)
		u->err = a->why;
	if (a->found == WATCH_TOKEN_NONE && a->wanted)
		u->no_other = a->why;
	else if (a->found == WATCH_TOKEN_NEW)
		u->no_other.kind = ERR_NONE;
	if (u->token)
		return true;
	if (u->err.kind == ERR_NONE)
		err_set(&u->err, ERR_NOT_FOUND, "there is no token");
	return false;
}

void token_use_refused(struct token_use *u, const struct err *first)
{
	if (first->kind == ERR_AUTH)
		u->err = *first;
	else
		err_set(&u->err, ERR_AUTH, "HTTP 401: the API does not take the token");
	u->refused = true;
}

void token_use_explain(const struct token_use *u, const char *hint, struct err *first)
{
	struct err why = u->no_other;

	if (why.kind == ERR_NONE) {
		if (hint && first->kind == ERR_AUTH)
			err_hint(first, "%s", hint);
		return;
	}
	why.status = first->status;
	err_context(&why, "the API refuses the token, and no other comes");
	*first = why;
}

void token_use_taken(struct token_use *u)
{
	u->no_other.kind = ERR_NONE;
	u->refused = false;
	u->wishes = 0;
	u->retry_at = 0;
}

void token_use_clear(struct token_use *u)
{
	drop(u);
}
