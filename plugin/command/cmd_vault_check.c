/* SPDX-License-Identifier: MIT */
/* cmd_vault_check.c -- is all of it sound, and if not, what can be saved. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "vault/check.h"
#include "vault/key.h"
#include "vault/keys.h"
#include "vault_entry.h"

struct findings {
	struct json_object *problems;
	bool json;
	int count;
};

__attribute__((format(printf, 3, 4)))
static void problem(struct findings *f, const char *hint, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->count++;
	if (f->json) {
		struct json_object *o = json_object_new_object();

		json_put_text(o, "problem", text);
		json_put_text(o, "hint", hint && *hint ? hint : NULL);
		json_object_array_add(f->problems, o);
		return;
	}
	output_line("problem: %s", text);
	if (hint && *hint)
		output_line("  hint: %s", hint);
}

static int on_damaged(void *ctx, const struct vault_item *item)
{
	scoped_free char *url = entry_url(item);

	problem(ctx, NULL, "row %lld, %s%s%s, does not open", (long long)item->row, url ? url : "",
		item->username ? " of user " : "", item->username ? item->username : "");
	return 0;
}

static int64_t entries(const struct vault_report *r)
{
	return r->active + r->expired + r->pending + r->rejected;
}

static const char *key_place(const struct vault_keys *keys)
{
	switch (keys->from) {
	case VAULT_KEY_CREDENTIAL: return "the service's credential";
	case VAULT_KEY_RING:       return "the kernel keyring";
	case VAULT_KEY_FILE:       return "the key file";
	default:                   return NULL;
	}
}

/* What a kill may have left, or somebody put there. */
static void check_leftovers(const struct vault_keys *keys, struct findings *f)
{
	char beside[4096];

	if (keys->passphrase && access(keys->key_file, F_OK) == 0)
		problem(f, "aisearch vault unlock removes it when it is the vault's",
			"there is a passphrase, but key file '%s' is still there", keys->key_file);
	if (snprintf(beside, sizeof(beside), "%s" KEY_NEW, keys->key_file) < (int)sizeof(beside) &&
	    access(beside, F_OK) == 0)
		problem(f, "aisearch vault rekey removes it",
			"a rekey was interrupted and left '%s'", beside);
}

static void say_odd(const struct vault_report *r, struct findings *f)
{
	const char *anew = "aisearch vault export --output FILE; move the vault away (not its key), then"
			   " aisearch vault import FILE";

	if (r->difference[0])
		problem(f, anew, "%s", r->difference);
	if (r->unknown)
		problem(f, "restore a backup, or aisearch vault erase ROW",
			"row %lld%s has a state or a field"
			" that no aisearch stores", (long long)r->unknown_row,
			r->unknown > 1 ? ", and others," : "");
	if (r->full)
		problem(f, anew,
			"its last row leaves no number for a newer one: nothing can be stored");
	if (r->useless)
		problem(f, NULL, "the vault cannot be used: no entry can be handed out");
}

static void say_saved(const struct vault_report *r, bool opened, struct findings *f)
{
	const int64_t all = entries(r) + r->gaps.lost;
	char text[160];

	if (opened)
		snprintf(text, sizeof(text), "%lld of %s%lld entries open",
			 (long long)(entries(r) - r->damaged), r->gaps.counted ? "" : "at least ",
			 (long long)all);
	else
		snprintf(text, sizeof(text),
			 "%lld entr%s can be read, none can be opened without the"
			 " key", (long long)entries(r), entries(r) == 1 ? "y" : "ies");
	if (r->trouble[0])
		problem(f, "save what opens: aisearch vault export --output FILE; move the vault away (not its"
			" key), then aisearch vault import FILE", "%s: %s", r->trouble, text);
	else if (r->gaps.cut_short)
		problem(f, "save the others: aisearch vault export --output FILE", "%s", text);
	else if (r->damaged)
		problem(f,
			"restore a backup of the vault, or aisearch vault erase ROW and store anew",
			"%s", text);
}

static void print_report(const struct vault_report *r, const struct vault_keys *keys, bool opened)
{
	output_line("schema     %d", r->schema);
	output_line("key        %s%s", opened ? key_place(keys) : "not at hand",
		    keys->passphrase ? ", under a passphrase" : "");
	output_line("entries    %lld active, %lld expired, %lld pending, %lld rejected",
		    (long long)r->active, (long long)r->expired, (long long)r->pending,
		    (long long)r->rejected);
}

static void put_report(struct json_object *o, const struct vault_report *r,
		       const struct vault_keys *keys, bool opened)
{
	struct json_object *e = json_object_new_object();

	json_object_object_add(o, "schema", json_object_new_int(r->schema));
	json_put_text(o, "key", opened ? key_place(keys) : NULL);
	json_object_object_add(o, "passphrase", json_object_new_boolean(keys->passphrase));
	json_object_object_add(e, "active", json_object_new_int64(r->active));
	json_object_object_add(e, "expired", json_object_new_int64(r->expired));
	json_object_object_add(e, "pending", json_object_new_int64(r->pending));
	json_object_object_add(e, "rejected", json_object_new_int64(r->rejected));
	json_object_object_add(e, "damaged", opened ? json_object_new_int64(r->damaged) : NULL);
	json_object_object_add(o, "entries", e);
}

/*
 * First as anybody would open it: that checks owner, mode and key.  When the file is
 * the trouble, as it can be; when the key is, without one: what is in the clear can still be counted.
 */
static int open_somehow(const struct vault_config *config, struct vault **out, bool *usable,
			bool *opened, struct findings *f)
{
	struct vault_config salvage = *config, keyless = *config;
	struct err err = { 0 };

	*usable = *opened = vault_open(config, out, &err) == 0;
	if (*opened)
		return 0;
	problem(f, err.hint, "%s", err.what);
	salvage.salvage = keyless.salvage = true;
	*opened = err.kind == ERR_STORAGE && vault_open(&salvage, out, &err) == 0;
	if (*opened)
		return 0;
	keyless.keyless = true;
	return vault_open(&keyless, out, &err);
}

static int check(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_json struct json_object *json = json_object_new_object();
	scoped_vault struct vault *vault = NULL;
	struct findings f = { json_object_new_array(), cli->s.json, 0 };
	struct vault_config config;
	struct vault_report report;
	struct vault_keys keys;
	struct err why = { 0 };
	bool usable, opened;

	(void)n, (void)args;
	json_object_object_add(json, "problems", f.problems);
	if (cli_vault_config(cli, true, &config, err) < 0)
		return -1;
	json_put_text(json, "vault", config.path);
	if (open_somehow(&config, &vault, &usable, &opened, &f) == 0) {
		if (vault_keys(vault, &keys, &why) < 0 ||
		    vault_check(vault, clock_wall_s(&clock_system), on_damaged, &f, &report, &why) < 0) {
			problem(&f, why.hint, "%s", why.what);
			usable = false;
		} else {
			usable = usable && !report.useless;
			check_leftovers(&keys, &f);
			say_odd(&report, &f);
			say_saved(&report, opened, &f);
			if (cli->s.json)
				put_report(json, &report, &keys, opened);
			else
				print_report(&report, &keys, opened);
		}
	}
	json_object_object_add(json, "sound", json_object_new_boolean(f.count == 0));
	if (cli->s.json && output_json(json, err) < 0)
		return -1;
	if (!cli->s.json && f.count == 0)
		output_line("the vault is sound");
	return f.count == 0 ? EXIT_DONE : usable ? EXIT_WITH_ERRORS : EXIT_FAILED;
}

const struct command cmd_vault_check = {
	.name = "vault check",
	.args = "",
	.summary = "check file, key and every entry; say what can be saved",
	.details = "Opens every entry and checks the file, its key, and owner and mode of all; says\n"
		   "what is wrong, what mends it, and what can be saved.\n\n"
		   "Exit 1 when the vault cannot be used, 4 when it can but something is wrong.",
	.local = true,
	.run = check,
};
