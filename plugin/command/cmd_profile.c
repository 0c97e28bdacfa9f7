/* SPDX-License-Identifier: MIT */
/* cmd_profile.c -- what `token mint` may mint. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "command.h"
#include "output.h"
#include "profile_file.h"

static int need_name(int n, char **args, struct err *err)
{
	if (n == 2)
		return profile_check_name(args[1], err);
	err_set(err, ERR_USAGE, n < 2 ? "which profile?" : "one profile at a time");
	return err_hint(err, "aisearch token profile list");
}

static int split(const char *option, const char *text, struct profile_list *out, struct err *err)
{
	if (!text || profile_list_split(text, out, err) == 0)
		return 0;
	return err_context(err, "--%s", option);
}

static int from_options(const struct cli *cli, const char *name, struct profile *p,
			struct err *err)
{
	const struct cli_settings *s = &cli->s;

	if (text_copy(name, &p->name, err) < 0 || text_copy(s->account, &p->account, err) < 0 ||
	    text_copy(s->owner, &p->owner, err) < 0 || text_copy(s->url, &p->url, err) < 0 ||
	    text_copy(s->ca_cert, &p->ca_cert, err) < 0 || text_copy(s->host, &p->host, err) < 0 ||
	    text_copy(s->path, &p->path, err) < 0 ||
	    text_copy(s->username, &p->username, err) < 0 ||
	    split("permissions", s->permissions, &p->permissions, err) < 0 ||
	    split("resources", s->resources, &p->resources, err) < 0 ||
	    split("allow-ip", s->allow_ip, &p->allow_ip, err) < 0 ||
	    split("deny-ip", s->deny_ip, &p->deny_ip, err) < 0)
		return -1;
	p->ttl_s = s->ttl_s;
	return profile_complete(p, err);
}

/* Two that answer for one identity would overwrite each other's tokens in the vault. */
static int check_rival(const struct profiles *all, const struct profile *p, struct err *err)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct profile *other = &all->one[i];

		if (!strcmp(other->name, p->name) || strcmp(other->host, p->host) ||
		    strcmp(other->username, p->username) || !other->path != !p->path ||
		    (p->path && strcmp(other->path, p->path)))
			continue;
		err_set(err, ERR_EXISTS, "profile '%s' answers for %s at https://%s%s%s already",
			other->name, p->username, p->host, p->path ? "/" : "", p->path ? p->path : "");
		return err_hint(err, "give another --username, --host or --path");
	}
	return 0;
}

static int tell(const char *done, const char *name, const char *file, struct err *err)
{
	scoped_json struct json_object *o = json_object_new_object();

	json_put_text(o, done, name);
	json_put_text(o, "file", file);
	return output_json(o, err) < 0 ? -1 : EXIT_DONE;
}

static int add(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_profiles struct profiles all = { 0 };
	scoped_profile struct profile p = { 0 };
	scoped_fd int lock = -1;

	if (need_name(n, args, err) < 0 || cli_account(cli, err) < 0)
		return -1;
	cli->s.account = cli->account;
	if (from_options(cli, args[1], &p, err) < 0 || profile_file_lock(cli, &lock, err) < 0 ||
	    profile_file_read(cli, &all, err) < 0)
		return -1;
	if (profiles_find(&all, p.name) && !cli->s.replace) {
		err_set(err, ERR_EXISTS, "there is a profile '%s'", p.name);
		return err_hint(err, "give --replace; then 'aisearch token mint --renew %s'", p.name);
	}
	if (check_rival(&all, &p, err) < 0 || profiles_put(&all, &p, err) < 0 ||
	    profile_file_write(cli, &all, err) < 0)
		return -1;
	if (!cli->s.json)
		output_line("profile %s is in %s", args[1], cli->profiles_path);
	return cli->s.json ? tell("stored", args[1], cli->profiles_path, err) : EXIT_DONE;
}

static void add_row(struct table *table, const struct profile *p)
{
	scoped_buf struct buf what = BUF(16384), where = BUF(2048);

	for (size_t i = 0; i < p->permissions.count; i++)
		buf_addf(&what, "%s%s", i ? ", " : "", p->permissions.item[i]);
	buf_addf(&where, "https://%s%s%s", p->host, p->path ? "/" : "", p->path ? p->path : "");
	table_add(table, p->name);
	table_add(table, p->account);
	table_addf(table, "%lld", (long long)p->ttl_s);
	table_add(table, p->username);
	table_add(table, where.data);
	table_add(table, what.data);
}

static int print_text(struct buf *text)
{
	fputs(text->data, stdout);
	return EXIT_DONE;
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { "NAME", "ACCOUNT", ">TTL", "USER", "ANSWERS FOR",
					     "PERMISSIONS" };
	scoped_profiles struct profiles all = { 0 };
	scoped_buf struct buf text = BUF(2 * PROFILE_FILE_MAX);
	scoped_table struct table table;

	table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
	if (n != 1)
		return err_set(err, ERR_USAGE, "unexpected argument '%.80s'", args[1]);
	if (profile_file_read(cli, &all, err) < 0)
		return -1;
	if (cli->s.json)
		return profiles_encode(&all, &text, err) < 0 ? -1 : print_text(&text);
	for (size_t i = 0; i < all.count; i++)
		add_row(&table, &all.one[i]);
	return table_print(&table, err) < 0 ? -1 : EXIT_DONE;
}

static int show(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_profile struct profile p = { 0 };
	scoped_buf struct buf text = BUF(2 * PROFILE_FILE_MAX);

	if (need_name(n, args, err) < 0 || profile_file_find(cli, args[1], &p, err) < 0 ||
	    profile_encode(&p, &text, err) < 0)
		return -1;
	return print_text(&text);
}

static int discard(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_profiles struct profiles all = { 0 };
	scoped_fd int lock = -1;

	if (need_name(n, args, err) < 0 || profile_file_lock(cli, &lock, err) < 0 ||
	    profile_file_read(cli, &all, err) < 0)
		return -1;
	struct profile *p = profiles_find(&all, args[1]);
	if (!p) {
		err_set(err, ERR_NOT_FOUND, "there is no profile '%s'", args[1]);
		return err_hint(err, "aisearch token profile list");
	}
	profiles_remove(&all, p);
	if (profile_file_write(cli, &all, err) < 0)
		return -1;
	if (!cli->s.json)
		output_line("profile %s is gone; what it minted lives on until it expires", args[1]);
	return cli->s.json ? tell("removed", args[1], cli->profiles_path, err) : EXIT_DONE;
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	static const struct {
		const char *verb;
		int (*run)(struct cli *cli, int n, char **args, struct err *err);
	} verbs[] = {
		{ "add", add }, { "list", list }, { "show", show }, { "remove", discard },
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(args[0], verbs[i].verb))
			return verbs[i].run(cli, n, args, err);
	err_set(err, ERR_USAGE, "there is no such word after 'token profile'");
	return err_hint(err, "add, list, show or remove");
}

static const struct option options[] = {
	{ "permissions", 0, OPTION_TEXT, "LIST", "permission groups, by name or id, with commas between",
	  OPTION_TO(permissions), 0, 0 },
	{ "ttl", 0, OPTION_NUMBER, "SECONDS", "how long a token lives", OPTION_TO(ttl_s),
	  PROFILE_TTL_MIN, PROFILE_TTL_MAX },
	{ "resources", 0, OPTION_TEXT, "LIST", "what they are for (default: the account)",
	  OPTION_TO(resources), 0, 0 },
	{ "owner", 0, OPTION_TEXT, "OWNER", "of the tokens: user or account (default: as the creator)",
	  OPTION_TO(owner), 0, 0 },
	{ "allow-ip", 0, OPTION_TEXT, "LIST", "only from these addresses or ranges",
	  OPTION_TO(allow_ip), 0, 0 },
	{ "deny-ip", 0, OPTION_TEXT, "LIST", "not from these", OPTION_TO(deny_ip), 0, 0 },
	{ "host", 0, OPTION_TEXT, "HOST", "it answers for https://HOST (default: the API's)",
	  OPTION_TO(host), 0, 0 },
	{ "path", 0, OPTION_TEXT, "PATH", "and this path (default: none)", OPTION_TO(path), 0, 0 },
	{ "username", 0, OPTION_TEXT, "NAME", "as this user (default: the profile's name)",
	  OPTION_TO(username), 0, 0 },
	{ "replace", 0, OPTION_FLAG, NULL, "an existing profile of that name", OPTION_TO(replace), 0, 0 },
	{ 0 },
};

const struct command cmd_token_profile = {
	.name = "token profile",
	.args = "add NAME | list | show NAME | remove NAME",
	.summary = "what tokens may be minted on demand",
	.details = "A profile says what a token may do, how long it lives and what it answers for;\n"
		   "MINTING in aisearch(1) has the whole.  add needs --permissions and --ttl, from 60\n"
		   "to 31536000 seconds, and an account.  The account, --url and --ca-cert become part\n"
		   "of the profile, and no later option or variable changes them.\n\n"
		   "With --json list prints the file's object, show the profile's, also without it; add\n"
		   "and remove one with stored or removed, the name, and file.",
	.examples = "  aisearch token profile add --permissions 'AI Search Read' --ttl 3600 ci",
	.options = options,
	.min_args = 1,
	.max_args = 2,
	.hushed = true,
	.run = run,
};
