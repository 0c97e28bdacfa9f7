/* SPDX-License-Identifier: MIT */
/*
 * doctor_api.c -- the tokens: are they alive, and what may they do.
 *
 * Whether a token may write is found out by requests that cannot write anything: they
 * name a thing with a random id, which is not there, and have an empty body.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cloudflare/call.h"
#include "cloudflare/token.h"
#include "doctor.h"
#include "token_words.h"

/*
 * %a = /accounts/ID, %o = /user or /accounts/ID as the token is owned, %n = the namespace,
 * %h = 32 random hex digits, %u = a random UUID
 */
static const struct access {
	const char *role, *what, *method, *path, *permission;
} accesses[] = {
	{ "manager", "list namespaces", "GET", "%a/ai-search/namespaces?per_page=1",
	  "Account > AI Search > Read" },
	{ "manager", "list instances", "GET", "%a/ai-search/namespaces/%n/instances?per_page=1",
	  "Account > AI Search > Read" },
	{ "manager", "list registered tokens", "GET", "%a/ai-search/tokens?per_page=1",
	  "Account > AI Search > Read" },
	{ "manager", "edit instances", "PUT", "%a/ai-search/namespaces/%n/instances/%h",
	  "Account > AI Search > Edit" },
	{ "manager", "edit registered tokens", "PUT", "%a/ai-search/tokens/%u",
	  "Account > AI Search > Edit" },
	{ "manager", "search", "POST", "%a/ai-search/namespaces/%n/instances/%h/search",
	  "Account > AI Search > Run" },
	{ "creator", "list API tokens", "GET", "%o/tokens?per_page=5", "API Tokens > Read" },
	{ "creator", "look up permission groups", "GET",
	  "%o/tokens/permission_groups?name=AI%20Search%20Read", "API Tokens > Read" },
	{ "creator", "edit API tokens", "PUT", "%o/tokens/%h", "API Tokens > Edit" },
};

static void add_random(struct buf *path, bool uuid)
{
	unsigned char bytes[16];
	char hex[33];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
	if (uuid)
		buf_addf(path, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 13,
			 hex + 17, hex + 20);
	else
		buf_adds(path, hex);
}

static void add_path(struct buf *path, const char *pattern, struct client *client,
		     enum token_owner owner)
{
	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			buf_add(path, pattern, 1);
			continue;
		}
		switch (pattern[1]) {
		case 'a':
			client_add_account(client, path);
			break;
		case 'o':
			if (owner == TOKEN_OF_USER)
				buf_adds(path, "/user");
			else
				client_add_account(client, path);
			break;
		case 'n':
			buf_adds(path, client_namespace(client));
			break;
		case 'h':
		case 'u':
			add_random(path, pattern[1] == 'u');
			break;
		default:	/* %20 */
			buf_add(path, pattern, 1);
			continue;
		}
		pattern++;
	}
}

/* So that no probe takes longer, repetitions included. */
static void set_deadline(struct doctor *d, struct client *client)
{
	client_set_deadline(client, clock_mono_ms(&clock_system) + doctor_wait_ms(d));
}

static void try_access(struct doctor *d, const char *role, const struct access *a,
		       struct client *client, enum token_owner owner)
{
	scoped_buf struct buf path = BUF(1024);
	struct json_object *body = strcmp(a->method, "GET") ? json_object_new_object() : NULL;
	struct finding f;
	struct err err = { 0 };

	add_path(&path, a->path, client, owner);
	set_deadline(d, client);
	int r = call_json(client, a->method, &path, body, NULL, NULL, &err);
	json_object_put(body);
	judge_access(role, a->what, a->permission, r < 0 ? &err : NULL, &f);
	doctor_say(d, &f);
}

/* name: as it is shown; kind: whose requests are tried. */
static void look_at(struct doctor *d, const char *name, const char *kind,
		    const struct secret *token)
{
	scoped_client struct client *client = NULL;
	scoped_token struct token found = { 0 };
	enum token_owner owner = TOKEN_OF_USER;
	const char *status = NULL;
	struct finding f;
	struct err err = { 0 };

	if (cli_client(d->cli, token, &client, &err) == 0) {
		set_deadline(d, client);
		if (token_verify_any(client, &owner, &found, &err) == 0)
			status = token_state_told(&found);
	}
	judge_token(name, status, found.expires_on.known ? found.expires_on.unix_s : 0,
		    clock_wall_s(&clock_system), &err, &f);
	doctor_say(d, &f);
	if (f.verdict == VERDICT_FAIL)
		return;
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++)
		if (!strcmp(accesses[i].role, kind))
			try_access(d, name, &accesses[i], client, owner);
	if (!strcmp(kind, "manager") && !d->client) {
		struct err ignored = { 0 };

		/* the client borrows it */
		if (secret_new(secret_bytes(token), secret_len(token), &d->manager, &ignored) == 0) {
			client_set_token(client, d->manager);
			d->client = STEAL(client);
		}
	}
}

static void look_at_role(struct doctor *d, const char *role)
{
	scoped_secret struct secret *token = NULL;
	struct finding f;
	struct err err = { 0 };

	if (cli_token(d->cli, role, &token, &err) < 0) {
		finding_err(&f, VERDICT_FAIL, &err);
		doctor_say(d, &f);
		return;
	}
	look_at(d, role, role, token);
}

/* A first "login" leaves it so, and every command but provision fails then. */
static void say_no_manager(struct doctor *d)
{
	struct finding f;

	finding_set(&f, VERDICT_WARN, "manager: there is none yet, and most commands need it");
	finding_fix(&f, "aisearch provision mints it, or: aisearch token create --role manager");
	doctor_say(d, &f);
}

void doctor_tokens(struct doctor *d)
{
	scoped_roles struct token_roles roles = { 0 };
	struct finding f;
	struct err err = { 0 };
	bool any = d->cli->env_token != NULL, manager = any, unread;

	if (!d->reached || !d->account_known) {
		finding_set(&f, VERDICT_SKIP, d->offline ? "not tried: --offline" : !d->account_known
			    ? "not tried: the account is not known" : "not tried: the API was not reached");
		doctor_say(d, &f);
		return;
	}
	unread = token_roles(d->cli, false, &roles, &err) < 0;
	if (d->cli->env_token)
		look_at(d, "CLOUDFLARE_API_TOKEN", "manager", d->cli->env_token);
	for (size_t i = 0; i < roles.count; i++) {
		if (roles.one[i].kept.state != VAULT_ACTIVE || roles.one[i].kept.rotating)
			continue;
		look_at_role(d, roles.one[i].name);
		manager = manager || !strcmp(roles.one[i].name, "manager");
		any = true;
	}
	if (any) {
		if (!manager)
			say_no_manager(d);
		return;
	}
	if (unread) {
		/* its own probe tells why */
		finding_set(&f, VERDICT_SKIP, "not tried: the vault cannot be read");
	} else {
		finding_set(&f, VERDICT_FAIL, "the vault has none for account %s at %s",
			    d->cli->account, d->cli->host);
		finding_fix(&f, "store the first one: aisearch login");
	}
	doctor_say(d, &f);
}

void doctor_budget(struct doctor *d)
{
	struct finding f;

	if (d->client)
		judge_budget(client_ratelimit(d->client), &f);
	else
		finding_set(&f, VERDICT_SKIP, "not known without a manager token");
	doctor_say(d, &f);
}
