/* SPDX-License-Identifier: MIT */
/* AWS's credential_process: the keys that R2's S3 API knows a Cloudflare token by. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "entry.h"
#include "r2.h"

#define API_HOST "api.cloudflare.com"
#define LIFE_MIN (20 * 60)	/* s; with less left the SDKs ask again at once, or fail */
#define LIFE_MAX (7 * 86400)	/* of a session */
#define PREFIXES_MAX 16

struct wish {			/* the words of the command */
	const char *account, *host, *username;
	const char *bucket, *scope, *jurisdiction;
	const char *prefixes[PREFIXES_MAX];
	size_t prefix_count;
	int64_t ttl;
};

enum option_id { OPT_ACCOUNT = 1, OPT_HOST, OPT_USERNAME, OPT_BUCKET, OPT_SCOPE, OPT_TTL,
		 OPT_PREFIX, OPT_JURISDICTION };

static const struct option options[] = {
	{ "account", required_argument, NULL, OPT_ACCOUNT },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "username", required_argument, NULL, OPT_USERNAME },
	{ "bucket", required_argument, NULL, OPT_BUCKET },
	{ "scope", required_argument, NULL, OPT_SCOPE },
	{ "ttl", required_argument, NULL, OPT_TTL },
	{ "prefix", required_argument, NULL, OPT_PREFIX },
	{ "jurisdiction", required_argument, NULL, OPT_JURISDICTION },
	{ NULL, 0, NULL, 0 },
};

static int take_ttl(struct wish *w, const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len < 1 || len > 9 || strspn(text, "0123456789") != len ||
	    (w->ttl = atoll(text)) < LIFE_MIN || w->ttl > LIFE_MAX) {
		err_set(err, ERR_USAGE, "--ttl is %d to %d seconds", LIFE_MIN, LIFE_MAX);
		return err_hint(err,
				"with less than 20 minutes the SDKs ask again for each request");
	}
	return 0;
}

static int take_option(struct wish *w, int opt, struct err *err)
{
	switch (opt) {
	case OPT_ACCOUNT:
		w->account = optarg;
		return 0;
	case OPT_HOST:
		w->host = optarg;
		return 0;
	case OPT_USERNAME:
		w->username = optarg;
		return 0;
	case OPT_BUCKET:
		w->bucket = optarg;
		return 0;
	case OPT_SCOPE:
		w->scope = optarg;
		return 0;
	case OPT_JURISDICTION:
		w->jurisdiction = optarg;
		return 0;
	case OPT_TTL:
		return take_ttl(w, optarg, err);
	case OPT_PREFIX:
		if (!optarg[0])	/* an unset variable would open the whole bucket */
			return err_set(err, ERR_USAGE, "--prefix is empty");
		if (w->prefix_count == PREFIXES_MAX)
			return err_set(err, ERR_USAGE, "there are more than %d prefixes",
				       PREFIXES_MAX);
		w->prefixes[w->prefix_count++] = optarg;
		return 0;
	}
	return err_set(err, ERR_USAGE, "an option is not known or lacks its value");
}

static bool is_account(const char *text)
{
	return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static int check(const struct wish *w, struct err *err)
{
	if (!w->account || !is_account(w->account))
		return err_set(err, ERR_USAGE,
			       "--account is needed: the account's id, 32 hex digits");
	if (server_check_host(w->host, err) < 0)
		return -1;
	if (!w->bucket != !w->scope || !w->bucket != !w->ttl)
		return err_set(err, ERR_USAGE, "--bucket, --scope and --ttl go together");
	if (!w->bucket && (w->prefix_count > 0 || w->jurisdiction))
		return err_set(err, ERR_USAGE, "--prefix and --jurisdiction need a --bucket");
	return 0;
}

struct users {			/* of the account's tokens that could be used */
	int64_t now;
	size_t count;
	char names[256];	/* of the first ones, for the hint */
};

static int count_user(void *ctx, const struct vault_item *item)
{
	struct users *u = ctx;
	size_t len = strlen(u->names);

	if (item->state != VAULT_ACTIVE || !item->username ||
	    (item->expires_at > 0 && item->expires_at <= u->now))
		return 0;
	if (len + strlen(item->username) + 3 < sizeof(u->names))
		snprintf(u->names + len, sizeof(u->names) - len, "%s%s", u->count ? ", " : "",
			 item->username);
	u->count++;
	return 0;
}

/* An account has tokens of very different power: none is taken by chance. */
static int check_only_one(const struct entry *e, const struct vault_id *query, int64_t now,
			  struct err *err)
{
	struct users users = { .now = now };

	if (query->username)
		return 0;
	if (vault_list(e->vault, query, count_user, &users, err) < 0)
		return -1;
	if (users.count <= 1)
		return 0;
	err_set(err, ERR_CONFIG, "the vault has %zu tokens for this account", users.count);
	return err_hint(err, "choose with --username: %s", users.names);
}

static int find_token(const struct door *door, const struct wish *w, struct entry *e,
		      struct err *err)
{
	scoped_free char *path = NULL;

	if (asprintf(&path, "accounts/%s", w->account) < 0) {
		path = NULL;
		return err_nomem(err);
	}
	const struct vault_id query = { "https", w->host, path, w->username };
	if (entry_find(door, &query, 0, e, err) < 0)
		return err->kind != ERR_NOT_FOUND || w->username || !e->vault ? -1 :
		       err_hint(err, "the creator's token is only taken with --username creator");
	if (check_only_one(e, &query, clock_wall_s(door->clock), err) < 0)
		return -1;
	if (!e->item->secret)
		return err_set(err, ERR_NOT_FOUND, "the entry has no token");
	if (!e->item->token_id || !e->item->token_id[0]) {
		err_set(err, ERR_CONFIG,
			"the vault does not know the id of this token, which is the"
			" access key id");
		return err_hint(err,
				"store it again with 'aisearch login', which asks the API for it");
	}
	return 0;
}

static int add_keys(const char *id, const struct secret *key, struct buf *answer, struct err *err)
{
	if (entry_add_text(answer, "{\"Version\":1,\"AccessKeyId\":", id, err) < 0)
		return -1;
	return entry_add_secret(answer, ",\"SecretAccessKey\":", key, err);
}

static int add_own_keys(const struct entry *e, const struct secret *key, int64_t now,
			struct buf *answer, struct err *err)
{
	if (add_keys(e->item->token_id, key, answer, err) < 0)
		return -1;
	/* without it the SDKs use the keys until they are refused, which is soon enough */
	if (e->item->expires_at < now + LIFE_MIN)
		return 0;
	return entry_add_time(answer, ",\"Expiration\":", e->item->expires_at, err);
}

static int add_session(const struct wish *w, const struct entry *e, const struct secret *parent,
		       int64_t now, struct buf *answer, struct err *err)
{
	scoped_secret struct secret *key = NULL;
	scoped_secret struct secret *session = NULL;
	struct r2_grant grant = {
		.account = w->account, .jurisdiction = w->jurisdiction, .key_id = e->item->token_id,
		.bucket = w->bucket, .scope = w->scope,
		.prefixes = w->prefixes, .prefix_count = w->prefix_count,
		.issued_at = now, .expires_at = now + w->ttl,
	};

	/* a session ends with its parent */
	if (e->item->expires_at > 0 && e->item->expires_at < grant.expires_at)
		grant.expires_at = e->item->expires_at;
	if (grant.expires_at < now + LIFE_MIN) {
		err_set(err, ERR_CONFIG, "the token expires in less than 20 minutes, too soon for a"
			" session");
		return err_hint(err, "store a new token with 'aisearch login'");
	}
	if (r2_session(&grant, parent, &key, &session, err) < 0 ||
	    add_keys(grant.key_id, key, answer, err) < 0 ||
	    entry_add_secret(answer, ",\"SessionToken\":", session, err) < 0)
		return -1;
	return entry_add_time(answer, ",\"Expiration\":", grant.expires_at, err);
}

static int answer_keys(const struct door *door, const struct wish *w, struct err *err)
{
	const int64_t now = clock_wall_s(door->clock);
	scoped_entry struct entry e = { 0 };
	scoped_secret struct secret *key = NULL;
	scoped_buf struct buf answer = BUF(ENTRY_ANSWER_MAX);

	if (find_token(door, w, &e, err) < 0 || r2_secret_key(e.item->secret, &key, err) < 0)
		return -1;
	if ((w->bucket ? add_session(w, &e, key, now, &answer, err) :
	     add_own_keys(&e, key, now, &answer, err)) < 0)
		return -1;
	buf_adds(&answer, "}\n");
	return entry_answer(door, &e, &answer, err);
}

static int run(const struct door *door, int count, char **words, struct err *err)
{
	struct wish wish = { .host = API_HOST };
	int opt;

	if (door_no_mint(door, err) < 0)
		return -1;
	optind = 0;		/* from the start again, after main() */
	while ((opt = getopt_long(count + 1, words - 1, "+", options, NULL)) != -1)
		if (take_option(&wish, opt, err) < 0)
			return -1;
	if (optind != count + 1)
		return err_set(err, ERR_USAGE, "aws takes options only");
	if (check(&wish, err) < 0)
		return -1;
	return answer_keys(door, &wish, err);
}

const struct protocol protocol_aws = {
	.name = "aws",
	.words = "--account ID [--host HOST] [--username NAME]\n"
		 "      [--bucket NAME --scope SCOPE --ttl SECONDS [--prefix PREFIX]...\n"
		 "       [--jurisdiction eu|fedramp]]        (experimental: a session for one R2 bucket)\n",
	.run = run,
};
