/* SPDX-License-Identifier: MIT */
/* cmd_create.c -- a token of one's own making, whose value goes into the vault and nowhere else. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cloudflare/token_object.h"
#include "lock.h"
#include "output.h"
#include "provision/deposit.h"
#include "provision/profile.h"
#include "provision/spread.h"
#include "token_words.h"
#include "vault/life.h"

#define NAME_MAX_BYTES 80	/* the account and what makes it unique come behind */

static struct create_settings {
	struct option_list permissions, resources, allow_ip, deny_ip;
	const char *owner, *service, *role, *expires;
} set;

/* "2027-01-31", "2027-01-31T12:00:00Z", or from now: "90d". */
static int take_expires(const char *text, int64_t *out, struct err *err)
{
	static const struct { const char *unit; int64_t seconds; } units[] = {
		{ "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 604800 },
	};
	int64_t now = clock_wall_s(&clock_system);
	char day[32];

	if (!text)
		return 0;
	snprintf(day, sizeof(day), "%.16sT00:00:00Z", text);
	if (rfc3339_parse(text, out) < 0 && (strlen(text) != 10 || rfc3339_parse(day, out) < 0)) {
		size_t digits = strspn(text, "0123456789");

		*out = 0;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (digits >= 1 && digits <= 9 && !strcmp(text + digits, units[i].unit))
				*out = now + strtoll(text, NULL, 10) * units[i].seconds;
	}
	if (*out >= now + 60)
		return 0;
	err_set(err, ERR_USAGE, "--expires: '%.40s' is no time ahead", text);
	return err_hint(err, "a day as 2027-01-31, an instant as 2027-01-31T12:00:00Z, or from now: 12h, 90d");
}

static int take_list(const struct option_list *from, struct profile_list *to, struct err *err)
{
	if (from->count > PROFILE_LIST_MAX)
		return err_set(err, ERR_USAGE, "more than %d of one option", PROFILE_LIST_MAX);
	for (; to->count < from->count; to->count++)
		if (text_copy(from->item[to->count], &to->item[to->count], err) < 0)
			return -1;
	return 0;
}

/* The rules of what may be asked for are those of a profile. */
static int check_grant(const struct cli *cli, const char *role, struct profile *p, struct err *err)
{
	static const char *const service[] = { TOKEN_GROUP_INDEX_ENGINE };
	static const char *const manager[] = { "AI Search Write", "AI Search Run" };
	struct option_list permissions = set.permissions;

	if (permissions.count == 0 && strcmp(role, "manager")) {
		permissions.item[permissions.count++] = service[0];
	} else if (permissions.count == 0) {
		permissions.item[permissions.count++] = manager[0];
		permissions.item[permissions.count++] = manager[1];
	}
	p->ttl_s = PROFILE_TTL_MIN;	/* what is not said in this way is checked by take_expires() */
	if (text_copy("create", &p->name, err) < 0 || text_copy(cli->account, &p->account, err) < 0 ||
	    text_copy(cli->s.url, &p->url, err) < 0 ||
	    take_list(&permissions, &p->permissions, err) < 0 ||
	    take_list(&set.resources, &p->resources, err) < 0 ||
	    take_list(&set.allow_ip, &p->allow_ip, err) < 0 ||
	    take_list(&set.deny_ip, &p->deny_ip, err) < 0)
		return -1;
	return profile_complete(p, err);
}

/* Where it goes, and what it is called. */
static int choose(const char *word, char role[64], const char **what, struct err *err)
{
	if (set.service && set.role)
		return err_set(err, ERR_USAGE, "--service and --role");
	if (set.role && (!strcmp(set.role, "creator") || !token_is_role(set.role))) {
		err_set(err, ERR_USAGE, "--role: no token is made for that");
		return err_hint(err, "manager or service:NAME");
	}
	if (set.role)
		snprintf(role, 64, "%s", set.role);
	else if (token_role_of(set.service ? set.service : word ? word : "default", role, err) < 0)
		return set.service ? -1 : err_hint(err, "with --service NAME any text can name the token");
	*what = word ? word : strncmp(role, "service:", 8) ? role : role + 8;
	for (const char *c = *what; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(err, ERR_USAGE, "the name has a control character");
	return strlen(*what) <= NAME_MAX_BYTES ? 0 : err_set(err, ERR_USAGE, "a name has 1 to %d bytes",
							     NAME_MAX_BYTES);
}

static struct token_list borrow(const struct profile_list *list)
{
	return (struct token_list){ (const char *const *)list->item, list->count };
}

/* What was asked for, in few letters: an interrupted run's token is taken when it is the same. */
static int fingerprint(const struct profile *p, char origin[32], struct err *err)
{
	scoped_buf struct buf text = BUF(PROFILE_FILE_MAX);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */

	if (profile_encode(p, &text, err) < 0)
		return -1;
	buf_addf(&text, " %s %s", set.expires ? set.expires : "", set.owner ? set.owner : "");
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
	snprintf(origin, 32, "create:%016llx", (unsigned long long)hash);
	return 0;
}

static int report(const struct cli *cli, const char *role, const char *name,
		  const struct deposit *d, const struct minted *token, struct err *err)
{
	const struct instant expires = { .known = token->expires_at > 0, .unix_s = token->expires_at };
	char until[RFC3339_SIZE] = "never";

	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();
		json_put_text(o, "role", role);
		json_put_text(o, "token_id", token->id);
		json_put_text(o, "name", name);
		json_put_text(o, "owner", token_owner_name(d->owner));
		json_put_instant(o, "expires_on", expires);
		json_object_object_add(o, "found", json_object_new_boolean(token->found));
		return output_json(o, err);
	}
	if (expires.known)
		rfc3339_format(expires.unix_s, until);
	output_line("%s token %s '%s' (%s-owned, expires %s); its value is in the vault as %s",
		    token->found ? "found, and gave a new value," : "created", token->id, name,
		    token_owner_name(d->owner), until, role);
	return 0;
}

static int choose_owner(struct client *creator, enum token_owner *out, struct err *err)
{
	scoped_token struct token self = {0};

	if (set.owner) {
		*out = strcmp(set.owner, "account") ? TOKEN_OF_USER : TOKEN_OF_ACCOUNT;
		return 0;
	}
	if (token_verify_any(creator, out, &self, err) < 0)
		return err_context(err, "the creator token");
	return 0;
}

/* What has expired is of no use to anybody: its place is free.  id is that of its token. */
static int look_for_expired(struct cli *cli, const char *role, struct deposit *d, char id[33],
			    struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;

	id[0] = '\0';
	if (vault_get(d->vault, &d->id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	d->dead = item->state == VAULT_ACTIVE &&
		  life_over(item->expires_at, clock_wall_s(&clock_system));
	if (!d->dead)
		return 0;
	snprintf(id, 33, "%s", item->token_id ? item->token_id : "");
	return token_check_rotation(cli, role, err);
}

static void on_spreading(void *ctx)
{
	progress_note(ctx, "%s", SPREAD_WORDS);
}

/*
 * Whoever comes next is not refused.  A token that takes longer is told as it is; one that is
 * bound to addresses cannot be asked about from here.
 */
static int settle(struct cli *cli, const struct token_grant *grant, const struct secret *value,
		  struct progress *progress, struct err *err)
{
	scoped_client struct client *client = NULL;
	struct spread spread = { .waiting = on_spreading, .ctx = progress };
	enum token_owner owner;

	if (grant->allow_ip.count > 0 || grant->deny_ip.count > 0)
		return 0;
	if (cli_client(cli, value, &client, err) < 0)
		return -1;
	spread.client = client;
	for (;;) {
		scoped_token struct token token = {0};

		if (token_verify_any(client, &owner, &token, err) == 0)
			return 0;
		if (err->kind == ERR_AUTH && spread_again(&spread, err))
			continue;
		progress_end(progress);
		if (err->kind == ERR_CANCELLED)
			return err_hint(err, "the token is minted, and in the vault");
		progress_line(progress, "the API does not take the token yet: it may be refused for a"
			      " minute");
		return 0;
	}
}

static int mint(struct cli *cli, const char *role, const struct profile *p, struct deposit *d,
		struct token_grant *grant, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *creator = NULL;
	scoped_minted struct minted made = {0};
	struct deposit_groups groups;
	struct progress progress;
	char name[TOKEN_NAME_MAX + 1], scope[128], dead_id[33];
	struct err ignored = {0};
	scoped_fd int lock = -1;

	progress_init(&progress, &clock_system);
	profile_scope(p, scope);
	if (token_creator(cli, &token, &creator, err) < 0 || cli_vault(cli, false, &d->vault, err) < 0 ||
	    lock_provision(cli, &progress, &lock, err) < 0 ||
	    look_for_expired(cli, role, d, dead_id, err) < 0 ||
	    choose_owner(creator, &d->owner, err) < 0 ||
	    deposit_find_groups(creator, d->owner, scope, (const char *const *)p->permissions.item,
				p->permissions.count, &groups, err) < 0)
		return -1;
	d->creator = creator;
	grant->groups = (struct token_list){ groups.item, groups.count };
	if (deposit_mint(d, name, &made, err) < 0) {
		if (err->kind == ERR_EXISTS)
			err_hint(err, "aisearch token rotate %s; when it is revoked: aisearch logout --role %s; or"
				 " another --service NAME", role, role);
		return -1;
	}
	/* it counts against the owner's limit */
	if (dead_id[0] && strcmp(dead_id, made.id))
		token_delete_any(creator, d->owner, dead_id, &ignored);
	return settle(cli, grant, made.value, &progress, err) < 0 ? -1
		: report(cli, role, name, d, &made, err);
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_profile struct profile profile = {0};
	struct token_grant grant = {0};
	char role[64], origin[32], path[64];
	struct deposit deposit = { .account = cli->account, .origin = origin, .grant = &grant,
				   .clock = &clock_system };

	if (choose(n > 0 ? args[0] : NULL, role, &deposit.what, err) < 0 ||
	    take_expires(set.expires, &grant.expires_on, err) < 0 || cli_account(cli, err) < 0 ||
	    check_grant(cli, role, &profile, err) < 0 || fingerprint(&profile, origin, err) < 0)
		return -1;
	deposit.id = cli_identity(cli, role, path);
	grant.resources = borrow(&profile.resources);
	grant.allow_ip = borrow(&profile.allow_ip);
	grant.deny_ip = borrow(&profile.deny_ip);
	return mint(cli, role, &profile, &deposit, &grant, err) < 0 ? -1 : EXIT_DONE;
}

static const struct option options[] = {
	{ "permission", 0, OPTION_LIST, "NAME", "a permission group, by name or id; again for more",
	  OPTION_IN(create_settings, permissions), 0, 0 },
	{ "resource", 0, OPTION_LIST, "RESOURCE", "on what (default: the account); again for more",
	  OPTION_IN(create_settings, resources), 0, 0 },
	{ "expires", 0, OPTION_TEXT, "TIME", "from now: 90d, 12h; or a day: 2027-01-31 (default: never)",
	  OPTION_IN(create_settings, expires), 0, 0 },
	{ "allow-ip", 0, OPTION_LIST, "RANGE", "only from these addresses or ranges",
	  OPTION_IN(create_settings, allow_ip), 0, 0 },
	{ "deny-ip", 0, OPTION_LIST, "RANGE", "not from these", OPTION_IN(create_settings, deny_ip), 0, 0 },
	{ "owner", 0, OPTION_CHOICE, "user|account", "whose it is (default: as the creator)",
	  OPTION_IN(create_settings, owner), 0, 0 },
	{ "service", 0, OPTION_TEXT, "NAME", "goes into the vault as service:NAME",
	  OPTION_IN(create_settings, service), 0, 0 },
	{ "role", 0, OPTION_TEXT, "ROLE", "goes into the vault as manager, or service:NAME",
	  OPTION_IN(create_settings, role), 0, 0 },
	{ 0 },
};

const struct command cmd_token_create = {
	.name = "token create",
	.args = "[NAME]",
	.summary = "mint a token, whose value goes into the vault",
	.details =
		"Without --service or --role it is stored as service:NAME.  The API knows it as\n"
		"\"aisearch NAME\", part of the account and eight digits, which make it unique.\n\n"
		"Without --permission it is a service token (AI Search Index Engine), or with\n"
		"--role manager one that edits and searches (AI Search Write, AI Search Run).\n\n"
		"An entry of the vault that has expired gives way to the new token; any other one stays.\n"
		"The command ends when the API takes the token, which takes it a moment to spread.\n\n"
		"The value is never shown.  The same command continues after an interruption: what was\n"
		"minted is found again, and not minted twice.  aisearch token register tells AI Search\n"
		"of a service token.  Needs a creator token in the vault.",
	.examples = "aisearch token create --role manager --expires 90d\n"
		    "aisearch token create nightly --allow-ip 192.0.2.0/24\n"
		    "aisearch token create 'site search' --service site --permission 'AI Search Run'\n",
	.options = options,
	.settings = &set,
	.max_args = 1,
	.hushed = true,
	.run = run,
};
