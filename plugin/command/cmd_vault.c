/* SPDX-License-Identifier: MIT */
/* cmd_vault.c -- the entries of the vault: list, show, restore, erase. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "prompt.h"
#include "vault/life.h"
#include "vault_entry.h"

/* --- list -------------------------------------------------------------------- */

struct listing {
	struct table table;
	struct json_object *json;	/* NULL = table */
	bool all;
	int hidden;
};

static int list_one(void *ctx, const struct vault_item *item)
{
	struct listing *l = ctx;

	if (item->state == VAULT_REJECTED && !l->all) {
		l->hidden++;
		return 0;
	}
	if (l->json) {
		json_object_array_add(l->json, entry_json(item));
		return 0;
	}
	scoped_free char *url = entry_url(item);
	table_addf(&l->table, "%lld", (long long)item->row);
	table_add(&l->table, url);
	table_add(&l->table, item->username);
	table_add(&l->table, entry_state(item));
	table_add_unix(&l->table, item->expires_at);
	table_add_unix(&l->table, item->stored_at);
	table_add_unix(&l->table, item->used_at);
	table_add(&l->table, item->origin);
	return 0;
}

/* No secret is shown, so no key is needed: a locked vault is listed too. */
static int open_keyless(struct cli *cli, struct vault **out, struct err *err)
{
	struct vault_config config;

	if (cli_vault_config(cli, true, &config, err) < 0)
		return -1;
	config.keyless = true;
	return vault_open(&config, out, err);
}

static int list(struct cli *cli, int n, char **args, struct err *err)
{
	static const char *const heads[] = { ">ROW", "ENTRY", "USER", "STATE", "EXPIRES", "STORED",
					     "USED", "ORIGIN" };
	static const unsigned char dispensable[] = { 7, 6, 5, 4, TABLE_END };
	scoped_json struct json_object *json = NULL;
	scoped_entry struct entry_name name = { 0 };
	scoped_vault struct vault *vault = NULL;
	struct listing l = { .all = cli->s.all };
	int r = 0;

	if (entry_parse(cli, n > 0 ? args[0] : NULL, &name, err) < 0)
		return -1;
	if (name.row)
		return err_set(err, ERR_USAGE, "list takes a URL; a row is for vault show");
	if (cli->s.user && !name.id.protocol)
		return err_set(err, ERR_USAGE, "--user goes with a URL");
	l.json = json = cli->s.json ? json_object_new_array() : NULL;
	table_init(&l.table, heads, sizeof(heads) / sizeof(heads[0]));
	l.table.dispensable = dispensable;
	if (open_keyless(cli, &vault, err) < 0)
		r = err->kind == ERR_NOT_FOUND ? 0 : -1;
	else
		r = vault_list(vault, name.id.protocol ? &name.id : NULL, list_one, &l, err);
	if (r == 0)
		r = json ? output_json(json, err) : table_print(&l.table, err);
	table_clear(&l.table);
	if (r == 0 && l.hidden > 0 && !json)
		fprintf(stderr, "%d rejected: aisearch vault list --all\n", l.hidden);
	return r < 0 ? -1 : EXIT_DONE;
}

/* --- picking one ------------------------------------------------------------- */

struct pick {
	const struct entry_name *name;
	bool rejected;		/* of those that match by URL: only, or none but */
	int64_t row;		/* the newest */
	int matches;
	struct vault_id id;	/* its; owned by keep, as are: */
	const char *token_id, *origin;
	char *keep[6];
};

static void clear_pick(struct pick *p)
{
	for (int i = 0; i < 6; i++)
		free(p->keep[i]);
}

static int pick_one(void *ctx, const struct vault_item *item)
{
	struct pick *p = ctx;
	const char *const from[6] = { item->protocol, item->host, item->path, item->username,
				      item->token_id, item->origin };

	if (p->name->row ? item->row != p->name->row : (item->state == VAULT_REJECTED) != p->rejected)
		return 0;
	p->row = item->row;
	p->matches++;
	for (int i = 0; i < 6; i++) {
		free(p->keep[i]);
		p->keep[i] = from[i] ? strdup(from[i]) : NULL;
	}
	p->id = (struct vault_id){ p->keep[0], p->keep[1], p->keep[2], p->keep[3] };
	p->token_id = p->keep[4];
	p->origin = p->keep[5];
	return 0;
}

static int pick(struct vault *vault, const struct entry_name *name, bool rejected, struct pick *out,
		struct err *err)
{
	out->name = name;
	out->rejected = rejected;
	if (vault_list(vault, name->row ? NULL : &name->id, pick_one, out, err) < 0)
		return -1;
	if (out->matches > 0)
		return 0;
	err_set(err, ERR_NOT_FOUND, rejected ? "the vault has no such rejected entry"
					     : "the vault has no such entry");
	return err_hint(err, "aisearch vault list --all");
}

/* --- show -------------------------------------------------------------------- */

static int reveal(const struct vault_item *item, struct err *err)
{
	const struct secret *secret = item->secret ? item->secret : item->bearer;

	if (item->state == VAULT_REJECTED) {
		err_set(err, ERR_INPUT, "the entry was rejected: its secret is not given out");
		return err_hint(err, "first: aisearch vault restore %lld", (long long)item->row);
	}
	if (!secret)
		return err_set(err, ERR_NOT_FOUND, "the entry has no secret yet");
	if (output_secret(STDOUT_FILENO, secret_bytes(secret), secret_len(secret), err) < 0)
		return -1;
	return output_secret(STDOUT_FILENO, "\n", 1, err);
}

static void line_text(const char *key, const char *value)
{
	output_line("%-10s %s", key, value && *value ? value : "-");
}

static void line_time(const char *key, int64_t unix_s)
{
	char text[RFC3339_SIZE] = "-";

	if (unix_s > 0)
		rfc3339_format(unix_s, text);
	line_text(key, text);
}

static void line_secret(const char *key, const struct secret *secret)
{
	if (secret)
		output_line("%-10s ******** (%zu bytes)", key, secret_len(secret));
	else
		line_text(key, NULL);
}

static void put_bytes(struct json_object *o, const char *key, const struct secret *secret)
{
	json_object_object_add(o, key, secret ? json_object_new_int64((int64_t)secret_len(secret))
					      : NULL);
}

static int show_masked(const struct cli *cli, const struct vault_item *item, struct err *err)
{
	scoped_free char *url = entry_url(item);

	if (cli->s.json) {
		scoped_json struct json_object *o = entry_json(item);

		put_bytes(o, "password_bytes", item->secret);
		put_bytes(o, "bearer_bytes", item->bearer);
		put_bytes(o, "refresh_bytes", item->refresh);
		return output_json(o, err);
	}
	output_line("%-10s %lld", "row", (long long)item->row);
	line_text("entry", url);
	line_text("user", item->username);
	line_text("state", entry_state(item));
	line_secret("password", item->secret);
	line_text("authtype", item->authtype);
	line_secret("bearer", item->bearer);
	line_secret("refresh", item->refresh);
	line_text("token id", item->token_id);
	line_text("label", item->label);
	line_text("origin", item->origin);
	line_time("expires", item->expires_at);
	line_time("created", item->created_at);
	line_time("stored", item->stored_at);
	line_time("used", item->used_at);
	if (item->state == VAULT_REJECTED)
		line_time("rejected", item->rejected_at);
	return 0;
}

static int show(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_entry struct entry_name name = { 0 };
	SCOPED(clear_pick) struct pick p = { 0 };
	scoped_vault_item struct vault_item *item = NULL;
	struct vault *vault;
	int r;

	(void)n;
	if (cli->s.reveal && cli->s.json)
		return err_set(err, ERR_USAGE, "--reveal prints the secret alone, not JSON");
	if (cli->s.reveal && !cli->s.force && isatty(STDOUT_FILENO)) {
		err_set(err, ERR_USAGE, "a secret is not shown on a terminal");
		return err_hint(err, "send it to a program or file, or add --force");
	}
	if (entry_parse(cli, args[0], &name, err) < 0 || cli_vault(cli, true, &vault, err) < 0 ||
	    pick(vault, &name, false, &p, err) < 0 || vault_get_row(vault, p.row, &item, err) < 0)
		return -1;
	if (p.matches > 1)
		fprintf(stderr, "%d entries match; this is the one stored last\n", p.matches);
	r = cli->s.reveal ? reveal(item, err) : show_masked(cli, item, err);
	return r < 0 ? -1 : EXIT_DONE;
}

/* --- restore and erase ------------------------------------------------------- */

static int tell(const struct cli *cli, const char *done, const struct pick *p, struct err *err)
{
	const struct vault_item item = { .protocol = p->keep[0], .host = p->keep[1],
					 .path = p->keep[2] };
	scoped_free char *url = entry_url(&item);

	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_put_text(o, done, url);
		json_put_text(o, "username", p->keep[3]);
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("%s %s%s%s", done, url ? url : "", p->keep[3] ? " of user " : "",
		    p->keep[3] ? p->keep[3] : "");
	return EXIT_DONE;
}

/* Somebody wanted it dead, and the API was not reached, or it is back by mistake. */
static void tell_minted(const struct pick *p)
{
	const size_t skip = strlen(LIFE_ORIGIN_MINT);
	struct err note = { 0 };

	if (!p->token_id || !p->origin || strncmp(p->origin, LIFE_ORIGIN_MINT, skip))
		return;
	err_set(&note, ERR_NONE, "it was minted, and never revoked as far as the vault knows; to"
		" revoke it: aisearch token revoke %s %s", p->origin + skip, p->token_id);
	fprintf(stderr, "note: %s\n", note.what);
}

static int restore(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_entry struct entry_name name = { 0 };
	SCOPED(clear_pick) struct pick p = { 0 };
	struct vault *vault;

	(void)n;
	if (entry_parse(cli, args[0], &name, err) < 0 || cli_vault(cli, true, &vault, err) < 0 ||
	    pick(vault, &name, true, &p, err) < 0 || cli_vault(cli, false, &vault, err) < 0 ||
	    vault_restore(vault, name.row ? &p.id : &name.id, name.row, clock_wall_s(&clock_system),
			  err) < 0)
		return -1;
	tell_minted(&p);
	return tell(cli, "restored", &p, err);
}

struct erasure {
	struct vault *vault;
	int64_t row;
	struct err *err;
};

static int erase_one(void *ctx, const struct vault_item *item)
{
	struct erasure *e = ctx;

	return item->row == e->row ? vault_erase_item(e->vault, item, e->err) : 0;
}

static int erase(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_entry struct entry_name name = { 0 };
	SCOPED(clear_pick) struct pick p = { 0 };
	struct erasure e = { .err = err };

	(void)n;
	if (entry_parse(cli, args[0], &name, err) < 0 || cli_vault(cli, true, &e.vault, err) < 0 ||
	    pick(e.vault, &name, false, &p, err) < 0)
		return -1;
	if (p.matches > 1) {
		err_set(err, ERR_USAGE, "%d entries match", p.matches);
		return err_hint(err, "name the row: aisearch vault list --all");
	}
	e.row = p.row;
	if (prompt_confirm(cli->s.yes, "erasing", "not erased", "Erase this entry for good? [y/N] ",
			   err) < 0 || cli_vault(cli, false, &e.vault, err) < 0 ||
	    vault_list(e.vault, &p.id, erase_one, &e, err) < 0)
		return -1;
	return tell(cli, "erased", &p, err);
}

static const struct option list_options[] = {
	{ "all", 'a', OPTION_FLAG, NULL, "rejected entries too", OPTION_TO(all), 0, 0 },
	{ "user", 'u', OPTION_TEXT, "NAME", "of this user only", OPTION_TO(user), 0, 0 },
	{ 0 },
};

const struct command cmd_vault_list = {
	.name = "vault list",
	.args = "[URL]",
	.summary = "list the entries of the vault, never a secret",
	.details = "A line for each entry: its row, what it is for, its state, when it expires, when\n"
		   "it was stored and last handed out, and by which program it was stored.  With --all\n"
		   "the rejected ones too, which are kept for 30 days.  It works on a locked vault.",
	.options = list_options,
	.max_args = 1,
	.local = true,
	.run = list,
};

#define OPTION_USER { "user", 'u', OPTION_TEXT, "NAME", "the entry of this user", OPTION_TO(user), 0, 0 }

static const struct option show_options[] = {
	OPTION_USER,
	{ "reveal", 0, OPTION_FLAG, NULL, "print the secret alone, not to a terminal",
	  OPTION_TO(reveal), 0, 0 },
	{ "force", 0, OPTION_FLAG, NULL, "to a terminal too", OPTION_TO(force), 0, 0 },
	{ 0 },
};

const struct command cmd_vault_show = {
	.name = "vault show",
	.args = "ROW|URL",
	.summary = "show an entry, its secrets masked",
	.details = "An entry is named by its row, or by a URL like https://host/path, in which what is\n"
		   "left out matches anything, and its user.  Of several that match, the one stored\n"
		   "last.\n\n"
		   "With --reveal it prints the password, or else the bearer, and nothing more.  That\n"
		   "of a rejected entry is not printed before the entry is restored.",
	.options = show_options,
	.min_args = 1,
	.max_args = 1,
	.local = true,
	.hushed = true,
	.run = show,
};

static const struct option user_options[] = { OPTION_USER, { 0 } };

const struct command cmd_vault_restore = {
	.name = "vault restore",
	.args = "ROW|URL",
	.summary = "bring back an entry that was rejected",
	.details = "Of several that match a URL, the one rejected last.  An active entry of the same\n"
		   "identity is rejected in its place.  A minted token that could not be revoked is\n"
		   "brought back too, with a note how to revoke it.",
	.options = user_options,
	.min_args = 1,
	.max_args = 1,
	.local = true,
	.hushed = true,
	.run = restore,
};

static const struct option erase_options[] = {
	OPTION_USER,
	{ "yes", 'y', OPTION_FLAG, NULL, "do not ask", OPTION_TO(yes), 0, 0 },
	{ 0 },
};

const struct command cmd_vault_erase = {
	.name = "vault erase",
	.args = "ROW|URL",
	.summary = "delete an entry for good; asks first",
	.details = "Of rejected and active ones alike, exactly one.  Without a terminal to ask on,\n"
		   "--yes is required.",
	.options = erase_options,
	.min_args = 1,
	.max_args = 1,
	.local = true,
	.hushed = true,
	.run = erase,
};
